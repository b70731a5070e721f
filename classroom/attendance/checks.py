"""What a check does to the attendance: pushed, seen, passed, failed, missed, lost to a fault (rules 4 to 9)."""

from msgspec.structs import replace

from classroom.attendance.events import (
    Cause,
    CheckAcknowledged,
    CheckFailed,
    CheckPassed,
    CheckPushed,
    CheckVoided,
    CloseCheck,
    EndSession,
    FramesSeen,
    Raise,
    Refuse,
    SeekBack,
    SlotRefused,
    Spend,
    TryFailed,
)
from classroom.attendance.state import (
    CONFIRMING,
    COVERS_LESSON,
    WAITING_FOR_US,
    Check,
    Kind,
    Outcome,
    Phase,
    Rival,
    Session,
    State,
)
from classroom.attendance.turn import Turn, spent

ONE_FAULT_MS = 2_000  # within it the sockets of all checks of a process that died are known to be broken
WHOSE_FACE = {"NO_MATCH": "wrong_face", "SPOOF": "spoof"}
OURS_TO_REPEAT = frozenset({"PROVIDER_DOWN", "BUSY"})  # the media plane's: the check comes again by itself


def pushed(turn: Turn, event: CheckPushed) -> None:
    """A push is made only once a slot is granted (rule 6), and only while it is still due."""
    state = turn.state
    rival = state.rival
    if rival is not None and rival.session.id == event.session and rival.check is None and rival.person is None:
        turn.set(rival=replace(rival, check=Check(event.check, Kind.LOGIN, event.at)))
        return
    ready = state.phase in (Phase.STUDYING, Phase.AWAITING_LOGIN_CHECK) or (
        state.phase is Phase.PAUSED and state.reason in WAITING_FOR_US
    )
    mine = state.session is not None and state.session.id == event.session
    if not (mine and ready and state.requested and state.owed is not None) or state.waits_for_person:
        turn.effects.append(Refuse("NOT_DUE"))
        return
    challenge(turn, event.at, Check(event.check, state.owed, event.at))


def challenge(turn: Turn, at: int, check: Check) -> None:
    """The check is open: the video stops, the idle clock stands still."""
    if turn.state.segment is not None:
        turn.freeze(at)
    else:
        turn.account(at)
    turn.set(
        phase=Phase.CHALLENGED,
        reason=None,
        check=check,
        owed=None,
        requested=False,
        blurred_at=None,
        waiting_since=turn.state.waiting_since or at,
    )


def slot_refused(turn: Turn, event: SlotRefused) -> None:
    """The seat pauses and earns nothing; no other seat does. The shell asks again."""
    state = turn.state
    if state.session is None or state.session.id != event.session or not state.requested or state.waits_for_person:
        return
    slot_missing(turn, event.at, "PROVIDER_DOWN" if event.cause == "PROVIDER_DOWN" else "AWAITING_CHECK")


def slot_missing(turn: Turn, at: int, reason: str) -> None:
    """No check without a slot, nothing earned without a check: the seat pauses until there is one."""
    state = turn.state
    match state.phase:
        case Phase.STUDYING:
            turn.freeze(at)
            turn.set(phase=Phase.PAUSED, reason=reason, waiting_since=at, blurred_at=None)
            if state.waits_for_person and state.session is not None and state.owed is not None:
                turn.call(state.session.id, state.owed, person=True)  # told now
        case Phase.PAUSED if state.reason in WAITING_FOR_US and state.reason != reason:
            turn.account(at)
            turn.set(reason=reason)
        case Phase.AWAITING_LOGIN_CHECK if state.reason != reason:
            turn.set(reason=reason)
        case _:
            pass


def acknowledged(turn: Turn, event: CheckAcknowledged) -> None:
    """The page shows the check; its last position settles the segment that the push interrupted."""
    state = turn.state
    if state.rival is not None and state.rival.check is not None and state.rival.check.id == event.check:
        turn.set(rival=replace(state.rival, check=replace(state.rival.check, acknowledged=True)))
        return
    if state.check is None or state.check.id != event.check or state.check.acknowledged:
        return
    if event.position_ms is not None:
        turn.report(event.at, event.position_ms, event.delivered_to_ms)
    turn.account(event.at)
    turn.set(check=replace(state.check, acknowledged=True))


def frames_seen(turn: Turn, event: FramesSeen) -> None:
    """The first decoded frame: the window runs."""
    seen(turn, event.check, event.at)


def seen(turn: Turn, check_id: str, at: int) -> None:
    """Whoever judges sees the learner, from this instant on."""
    _change(turn, check_id, lambda check: replace(check, first_frame_at=check.first_frame_at or at))


def try_failed(turn: Turn, event: TryFailed) -> None:
    """A try is lost; the media plane goes on with the next."""
    _change(turn, event.check, lambda check: replace(check, tries_failed=check.tries_failed + 1))


def _change(turn: Turn, check_id: str, change) -> None:  # type: ignore[no-untyped-def]
    state = turn.state
    if state.check is not None and state.check.id == check_id:
        turn.set(check=change(state.check))
    elif state.rival is not None and state.rival.check is not None and state.rival.check.id == check_id:
        turn.set(rival=replace(state.rival, check=change(state.rival.check)))


# ------------------------------------------------------------------ outcomes


def passed(turn: Turn, event: CheckPassed) -> None:
    """Login and resume let the learner go on; drawn, closing and asked confirm what is held; a person's what it stands for."""
    state = turn.state
    if state.rival is not None and state.rival.check is not None and state.rival.check.id == event.check:
        _take_over(turn, state.rival, event)
        return
    check = state.check
    if check is None or check.id != event.check or state.session is None:
        return
    turn.account(event.at)
    close(turn, event.at, state.session, check, _passed(check))
    if check.effect in CONFIRMING and not (check.effect is Kind.CLOSING and state.slipped):
        turn.confirm(check.id, check.kind)
    if check.effect in COVERS_LESSON and turn.state.lesson is not None:
        turn.set_lesson(replace(turn.open_lesson, covered=True))
    turn.set(
        check=None,
        last_pass_at=event.at,
        interacted_at=event.at,
        waiting_since=None,
        contact_at=event.at,
        reason=None,
    )
    if check.kind is Kind.PERSON and state.person == "asked":
        turn.checked_by(None)  # that was the person asked for
    if not state.connected:
        turn.set(phase=Phase.PAUSED, reason="DISCONNECTED")
    elif state.hidden:
        turn.set(phase=Phase.PAUSED, reason="PAGE_HIDDEN")
    elif check.back_to is not None:
        phase, reason = check.back_to
        turn.set(phase=phase, reason=reason)
    elif check.effect in (Kind.LOGIN, Kind.CLOSING) or turn.state.lesson is None:
        turn.set(phase=Phase.BROWSING)
    else:
        turn.set(phase=Phase.STUDYING)  # the page plays on by itself; time until then is STALLED


def _passed(check: Check) -> str:
    return "by_person" if check.kind is Kind.PERSON else "passed"


def failed(turn: Turn, event: CheckFailed) -> None:
    """The third try failed, the media plane's window ran out, or a person refused."""
    check = turn.state.check
    if check is not None and check.id == event.check and check.kind is Kind.PERSON and turn.state.person == "asked":
        turn.set(person=None)  # answered; all that was held is dropped
    lose(turn, event.at, event.check, "missed" if event.missed else "failed", event.reason)


def lose(turn: Turn, at: int, check_id: str, outcome: str, reason: str | None) -> None:
    """Rule 6: nothing held survives a failed or missed check, and the session is signed out (row 30)."""
    state = turn.state
    missed = outcome == "missed"
    code = "VERIFICATION_MISSED" if missed else "VERIFICATION_FAILED"
    rival = state.rival
    if rival is not None and rival.check is not None and rival.check.id == check_id:
        # The old device goes on, but a failed check in between confirms nothing that came before it.
        cost = _drop_beside(turn, at, code)
        _strike(turn, rival.check, missed=missed)
        _suspect(turn, reason)
        close(turn, at, rival.session, rival.check, outcome, reason, cost)
        end_rival(turn, at, "CHECK_MISSED" if missed else "CHECK_FAILED")
        return
    check = state.check
    if check is None or check.id != check_id or state.session is None:
        return
    turn.account(at)
    cost = _void_held(turn, at, code)
    _strike(turn, check, missed=missed)
    _suspect(turn, reason)
    close(turn, at, state.session, check, outcome, reason, cost)
    turn.set(check=None, owed=None)
    turn.sign_out(at, "CHECK_MISSED" if missed else "CHECK_FAILED")


def _drop_beside(turn: Turn, at: int, code: str) -> int:
    state, segment = turn.state, turn.state.segment
    turn.close_segment()
    cost = _void_held(turn, at, code)
    if segment is None or state.phase is not Phase.STUDYING or segment.frozen_at is not None:
        turn.account(at)
    elif cost:
        turn.account(at)
        turn.emit(SeekBack(turn.open_lesson.earned_to_ms, "DROPPED"))
    else:  # nothing was lost: it goes on from its last report
        turn.open_segment(segment.last_at, segment.position_ms, segment.delivered_to_ms)
        turn.set(contact_at=state.contact_at, blurred_at=state.blurred_at)
    return cost


def _void_held(turn: Turn, at: int, code: str) -> int:
    if turn.state.rules.void_held_on_failure:
        return turn.drop(at, code)
    # The milder reading of 2.2.2 b: only what follows the prompt is lost, and the rest isn't confirmed by a lesson's end.
    turn.set(draw_at_ms=None, slipped=True)
    return 0


def _strike(turn: Turn, check: Check, *, missed: bool) -> None:
    """Being away isn't guessing: a missed check counts against the day only when a try was lost in it."""
    if not missed or check.tries_failed:
        day = turn.state.day
        turn.set(day=replace(day, failed_checks=day.failed_checks + 1))
        turn.emit(Raise("check_failures"))


def _suspect(turn: Turn, reason: str | None) -> None:
    """Whose face it was is a flag for a person to look at; the lost check itself has its own cost."""
    if reason in WHOSE_FACE:
        turn.emit(Raise(WHOSE_FACE[reason]))


def voided(turn: Turn, event: CheckVoided) -> None:
    """Rule 7: a check lost to a fault that isn't the learner's is no strike; what is held stays held."""
    state = turn.state
    rival = state.rival
    if rival is not None and rival.check is not None and rival.check.id == event.check:
        if not forgiven(turn, event, rival.check):
            lose(turn, event.at, event.check, "missed", event.cause)
            return
        close(turn, event.at, rival.session, rival.check, _outcome(event.cause), event.cause)
        if event.cause in OURS_TO_REPEAT and not rival.gone:
            turn.set(rival=replace(rival, check=None))
            turn.call(rival.session.id, Kind.LOGIN, person=rival.person is not None)
        else:
            end_rival(turn, event.at, "BY_LEARNER")
        return
    check = state.check
    if check is None or check.id != event.check or state.session is None:
        return
    if not forgiven(turn, event, check):
        lose(turn, event.at, event.check, "missed", event.cause)
        return
    turn.account(event.at)
    close(turn, event.at, state.session, check, _outcome(event.cause), event.cause)
    turn.stop_waiting(event.at)
    turn.set(check=None)
    if check.kind is Kind.LOGIN:
        again = state.connected
        reason = _shown(event.cause)
        turn.set(phase=Phase.AWAITING_LOGIN_CHECK, reason=reason, owed=Kind.LOGIN, interacted_at=event.at)
    else:
        # Its moment is known now: the check that replaces it lets the learner go on, the drawn one is drawn anew.
        again = event.cause in OURS_TO_REPEAT and state.connected and not state.hidden
        same = again and check.kind is Kind.CLOSING
        turn.set(phase=Phase.PAUSED, reason=_pause_reason(state, event.cause, again=again))
        turn.set(owed=Kind.CLOSING if same else Kind.RESUME)
        turn.forget_draw(check.kind)
    if again and turn.state.owed is not None:
        turn.set(waiting_since=event.at)
        turn.owe(turn.state.owed)


def _pause_reason(state: State, cause: Cause, *, again: bool) -> str:
    """Who isn't there doesn't wait for us, whatever became of the check."""
    if again or cause not in OURS_TO_REPEAT:
        return _shown(cause)
    return "PAGE_HIDDEN" if state.connected else "DISCONNECTED"


def _shown(cause: Cause) -> str:
    return "AWAITING_CHECK" if cause == "BUSY" else cause


def _outcome(cause: Cause) -> str:
    return "provider_down" if cause in OURS_TO_REPEAT else "device_error"


def forgiven(turn: Turn, event: CheckVoided, check: Check) -> bool:
    """How often a day a fault on this learner's own path is believed; our own crash always.

    Whoever could crash us at each push gains no lesson's end by it (ADR 29), and is seen.
    """
    day, rules = turn.state.day, turn.state.rules
    match event.cause:
        case "PROVIDER_DOWN":
            if day.faulted_at is not None and check.pushed_at <= day.faulted_at >= event.at - ONE_FAULT_MS:
                return True  # the old device's check and the new one's died with one media process: one fault
            if day.faults >= rules.faults_a_day:
                turn.emit(Raise("spoof"))
                return False
            turn.set(day=replace(day, faults=day.faults + 1, faulted_at=event.at))
        case "DISCONNECTED":
            if day.unacknowledged >= rules.unacknowledged_a_day:
                return False
            turn.set(day=replace(day, unacknowledged=day.unacknowledged + 1))
        case "SYSTEM_ERROR":
            turn.set(day=replace(day, crashes=day.crashes + 1))
            if day.crashes >= rules.crashes_a_day:
                turn.emit(Raise("check_failures"))
        case _:
            pass
    return True


def close(
    turn: Turn, at: int, session: Session, check: Check, outcome: str, reason: str | None = None, cost_ms: int = 0
) -> None:
    """A check has its outcome, dated when it fell and not when it was noticed."""
    turn.emit(CloseCheck(at, session.id, check.id, check.kind, outcome, reason, cost_ms))
    turn.set(outcome=Outcome(check.kind, outcome, reason, cost_ms, check.id))


# ------------------------------------------------------------------ the second device


def _take_over(turn: Turn, rival: Rival, event: CheckPassed) -> None:
    """Rule 9: the new device has passed; an open check on the old one is missed."""
    turn.set(rival=None)
    if turn.state.check is not None:
        lose(turn, event.at, turn.state.check.id, "missed", "TAKEN_OVER")
    else:
        turn.sign_out(event.at, "TAKEN_OVER")
    turn.set(session=rival.session, phase=Phase.CHALLENGED, reason=None)
    turn.spend(event.at, "AWAITING_CHECK")
    if rival.check is not None:
        close(turn, event.at, rival.session, rival.check, _passed(rival.check))
    turn.set(
        phase=Phase.BROWSING,
        connected=True,
        hidden=False,
        last_pass_at=event.at,
        interacted_at=event.at,
        contact_at=event.at,
        waiting_since=None,
    )
    asked = rival.person == "asked" and rival.check is not None and rival.check.kind is Kind.PERSON
    turn.follow(replace(rival, person=None) if asked else rival)
    turn.emit(Raise("device_switch"))


def end_rival(turn: Turn, at: int, reason: str) -> None:
    """The other device gives up, or may not: its session is over, the old one goes on."""
    rival = turn.state.rival
    if rival is None:
        return
    session = rival.session
    if at > session.accounted_to:
        turn.emit(Spend(session.id, session.accounted_to, at, "AWAITING_CHECK", None))
        session = spent(session, at, "AWAITING_CHECK")
    turn.emit(EndSession(at, session.id, reason))
    turn.set(rival=None)
