"""A live check by a person: called for, begun, joined, left without a decision (rule 8; face is never the only way).

While ``State.person`` is set a check that falls due calls a person instead of a media process. The learner studies on and is
told nothing until ``overdue``; then waits, and nobody idles. The push is the proctor's, at a moment nobody else chooses.
"""

from msgspec.structs import replace

from classroom.attendance import checks
from classroom.attendance.events import (
    CheckVoided,
    PersonCheckBegun,
    PersonJoined,
    PersonLeft,
    PersonRequested,
    PersonWithdrawn,
    Refuse,
    ReleaseSlot,
)
from classroom.attendance.state import CONFIRMING, WAITING_FOR_US, Check, Kind, Phase, Rival, State
from classroom.attendance.turn import Turn

_PUSHABLE = (Phase.STUDYING, Phase.AWAITING_LOGIN_CHECK, Phase.PAUSED, Phase.BROWSING)


def requested(turn: Turn, event: PersonRequested) -> None:
    """From the next check on; an open one, and its deadline, stay as they are."""
    state = turn.state
    if state.session is not None and state.person is None:
        turn.set(person="asked")
        if state.requested and state.owed is not None:
            turn.emit(ReleaseSlot(state.session.id))
            if state.phase is Phase.PAUSED and state.reason != "AWAITING_CHECK":
                turn.account(event.at)
                turn.set(reason="AWAITING_CHECK")
            turn.call(state.session.id, state.owed, person=True)
    rival = state.rival
    if rival is not None and rival.person is None:
        turn.set(rival=replace(rival, person="asked"))
        if rival.check is None:
            turn.emit(ReleaseSlot(rival.session.id))
            turn.call(rival.session.id, Kind.LOGIN, person=True)


def withdrawn(turn: Turn, event: PersonWithdrawn) -> None:
    """By face again: what is due lets the learner go on and confirms nothing, for its moment may be known by now."""
    rival = turn.state.rival
    if rival is not None and rival.person == "asked":
        turn.set(rival=replace(rival, person=None))
        if rival.check is None:
            turn.call(rival.session.id, Kind.LOGIN, person=False)
    if turn.state.person != "asked":
        return
    waited = turn.state.waits_for_person
    turn.checked_by(None)
    if waited and turn.state.owed is not None:
        turn.owe(turn.state.owed)


def begun(turn: Turn, event: PersonCheckBegun) -> None:
    """The push: wherever the learner is, unless another check is open or nobody is at the page."""
    state = turn.state
    rival = state.rival
    if rival is not None and rival.session.id == event.session and rival.check is None:
        if rival.person is None:
            turn.emit(ReleaseSlot(rival.session.id))
        check = Check(event.check, Kind.PERSON, event.at, by=event.by, stands_for=Kind.LOGIN, owing=True)
        turn.set(rival=replace(rival, check=check))
        return
    mine = state.session is not None and state.session.id == event.session
    if not mine or not state.connected or state.check is not None or state.phase not in _PUSHABLE:
        turn.effects.append(Refuse("NOT_NOW"))
        return
    if state.requested and not state.waits_for_person:
        turn.emit(ReleaseSlot(event.session))
    waited = state.phase in (Phase.STUDYING, Phase.AWAITING_LOGIN_CHECK) or (
        state.phase is Phase.PAUSED and state.reason in WAITING_FOR_US
    )
    check = Check(
        event.check,
        Kind.PERSON,
        event.at,
        by=event.by,
        stands_for=state.owed or Kind.ASKED,
        earning=state.phase is Phase.STUDYING,
        owing=state.owed is not None,
        back_to=None if waited else (state.phase, state.reason),
    )
    checks.challenge(turn, event.at, check)


def joined(turn: Turn, event: PersonJoined) -> None:
    """The two see each other."""
    if is_person(turn.state, event.check):
        checks.seen(turn, event.check, event.at)


def is_person(state: State, check_id: str) -> bool:
    """Whether this is an open check by a person."""
    of_rival = None if state.rival is None else state.rival.check
    return any(one is not None and one.id == check_id and one.kind is Kind.PERSON for one in (state.check, of_rival))


def unseen(turn: Turn, check_id: str) -> bool:
    """Nobody judges whom they didn't see."""
    of_rival = None if turn.state.rival is None else turn.state.rival.check
    both = (turn.state.check, of_rival)
    found = any(
        one is not None and one.id == check_id and one.kind is Kind.PERSON and one.first_frame_at is None for one in both
    )
    if found:
        turn.effects.append(Refuse("NOT_NOW"))
    return found


def left(turn: Turn, event: PersonLeft) -> None:
    """Ours, never a strike: back to the head of the queue."""
    if is_person(turn.state, event.check):
        _again(turn, event.at, event.check, "provider_down", "PERSON_GONE")


def expired(turn: Turn, at: int, check: Check) -> None:
    """The deadline: a proctor who decided nothing; a learner who didn't answer: missed, unless they waited for us."""
    if check.first_frame_at is not None:
        _again(turn, at, check.id, "provider_down", "PERSON_GONE")
    elif _had_to_be_there(turn.state, check):
        checks.lose(turn, at, check.id, "missed", "NOT_ANSWERED")
    else:  # waiting costs nothing: back to the end of the queue
        _again(turn, at, check.id, "unanswered", "NOT_ANSWERED")


def _had_to_be_there(state: State, check: Check) -> bool:
    """Studying; or after a moment that was let pass before: else one could wait for the call that suits."""
    return check.earning or (state.slipped and check.owing and check.effect in CONFIRMING)


def voided(turn: Turn, event: CheckVoided) -> None:
    """Rule 7: the line was cut before the page showed it, or our process died."""
    state = turn.state
    of_rival = None if state.rival is None else state.rival.check
    check = state.check if state.check is not None and state.check.id == event.check else of_rival
    if check is None:
        return
    if event.cause == "DISCONNECTED" and _had_to_be_there(state, check) and not checks.forgiven(turn, event, check):
        checks.lose(turn, event.at, event.check, "missed", event.cause)
        return
    if of_rival is not None and check is of_rival and state.rival is not None:
        turn.set(rival=replace(state.rival, gone=True))
    _again(turn, event.at, event.check, "device_error", event.cause)


def _again(turn: Turn, at: int, check_id: str, outcome: str, reason: str) -> None:
    """No verdict, no strike, nothing dropped; the check comes again.

    Whoever was seen when called has kept the appointment: what was due is due as it was. Who was not learns of the moment by
    the call: what comes again confirms nothing, and the drawn one is drawn anew (ADR 3).
    """
    state, rival = turn.state, turn.state.rival
    if rival is not None and rival.check is not None and rival.check.id == check_id:
        _again_beside(turn, at, rival, rival.check, outcome, reason)
        return
    check = state.check
    if check is None or check.id != check_id or state.session is None:
        return
    turn.account(at)
    checks.close(turn, at, state.session, check, outcome, reason)
    turn.stop_waiting(at)
    owed = check.stands_for if check.owing else None
    if check.first_frame_at is None and owed in (Kind.DRAWN, Kind.ASKED):
        turn.forget_draw(owed)
        owed = Kind.RESUME
    turn.set(check=None, owed=owed, requested=False)
    _go_on(turn, at, check)


def _go_on(turn: Turn, at: int, check: Check) -> None:
    state = turn.state
    if check.effect is Kind.LOGIN:
        turn.set(phase=Phase.AWAITING_LOGIN_CHECK, reason=None, owed=Kind.LOGIN, interacted_at=at)
    elif not state.connected:
        turn.set(phase=Phase.PAUSED, reason="DISCONNECTED")
    elif check.back_to is not None:
        phase, reason = check.back_to
        turn.set(phase=phase, reason=reason)
    elif state.owed is not None:
        turn.set(phase=Phase.PAUSED, reason="AWAITING_CHECK", waiting_since=at)
    elif state.hidden:
        turn.set(phase=Phase.PAUSED, reason="PAGE_HIDDEN")
    else:
        turn.set(phase=Phase.STUDYING, reason=None, contact_at=at)  # the page plays on by itself
    waiting = turn.state.phase is Phase.AWAITING_LOGIN_CHECK or turn.state.reason == "AWAITING_CHECK"
    if waiting and turn.state.connected and turn.state.owed is not None:
        turn.owe(turn.state.owed)


def _again_beside(turn: Turn, at: int, rival: Rival, check: Check, outcome: str, reason: str) -> None:
    checks.close(turn, at, rival.session, check, outcome, reason)
    if rival.gone:
        checks.end_rival(turn, at, "BY_LEARNER")
        return
    turn.set(rival=replace(rival, check=None))
    turn.call(rival.session.id, Kind.LOGIN, person=rival.person is not None)


def wait_again(turn: Turn, at: int) -> bool:
    """The page is back: who waited for a person waits on, in the same place."""
    state = turn.state
    broken = state.phase is Phase.PAUSED and state.reason in ("DISCONNECTED", "SYSTEM_ERROR")
    if not broken or state.owed is None or state.person is None:
        return False
    turn.account(at)
    turn.set(reason="AWAITING_CHECK", waiting_since=at)
    turn.owe(state.owed)
    return True
