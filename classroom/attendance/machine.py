"""The attendance as a pure state machine: ``step(state, event)``; no clock, no randomness, no waiting.

Time and drawn values arrive in the events. Before an event is handled, everything that was due by then happens, dated
at its deadline and not at the moment it was noticed, so a late wake-up leaves the same record.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from classroom.attendance import bars, checks, person
from classroom.attendance.behaviour import Reaction, reaction_to
from classroom.attendance.deadline import Due, next_due
from classroom.attendance.events import (
    Allowed,
    AttendanceOpened,
    Blurred,
    CheckAcknowledged,
    CheckAsked,
    CheckFailed,
    CheckPassed,
    CheckPushed,
    CheckVoided,
    Continued,
    Corrected,
    Disconnected,
    DrawTaken,
    Effect,
    Event,
    Focused,
    FramesSeen,
    Hidden,
    Interacted,
    LearnerLeft,
    LessonOpened,
    LessonsAdded,
    OwnerLost,
    Paused,
    PausedByStaff,
    PersonCheckBegun,
    PersonJoined,
    PersonLeft,
    PersonRequested,
    PersonWithdrawn,
    Played,
    Raise,
    Readmitted,
    Reconnected,
    Refuse,
    ResumedByStaff,
    SessionOffered,
    Shown,
    SignedOutByStaff,
    SlotRefused,
    SteppedOut,
    Suspended,
    Ticked,
    TryFailed,
    WarnIdle,
)
from classroom.attendance.events import Reported as ReportedEvent
from classroom.attendance.playback import hide, played, reported, step_out, stop
from classroom.attendance.state import Check, Kind, Lesson, Phase, Rival, Session, State
from classroom.attendance.turn import Turn

DUE_AT_MOST = 100  # transitions by themselves between two events; a handful in any real life


@dataclass(frozen=True, slots=True)
class Step:
    """What an event led to. ``loud``: the journal must hold the event; else the checkpoint carries what changed."""

    state: State
    effects: tuple[Effect, ...]
    loud: bool


def step(state: State, event: Event) -> Step:
    """Apply one event. Total: an event that doesn't fit the state changes nothing, or is refused with a code."""
    turn = Turn(state)
    if isinstance(event, Continued):
        _continue(turn, event)
        return Step(turn.state, (), loud=True)
    if isinstance(event, DrawTaken):
        turn.set(draw_at_ms=turn.state.studied_ms + event.after_ms)
        return Step(turn.state, (), loud=True)
    _catch_up(turn, event.at)
    turn.roll_day(event.at)
    _handle(turn, event)
    _promote(turn, event.at)
    bars.rest(turn, event.at)
    _catch_up(turn, event.at)
    return Step(turn.state, tuple(turn.effects), turn.loud)


def _catch_up(turn: Turn, until: int) -> None:
    for _ in range(DUE_AT_MOST):
        due = next_due(turn.state)
        if due is None or due[0] > until:
            return
        _fire(turn, *due)
        _promote(turn, due[0])
        bars.rest(turn, due[0])
    raise RuntimeError("a deadline doesn't pass by being met")  # a bug; better one seat lost than a process that spins


def continued(state: State, at: int) -> Continued:
    """All that quiet events may have changed, as one event."""
    segment = state.segment
    if segment is None:
        return Continued(at, state.contact_at, state.interacted_at)
    return Continued(
        at, state.contact_at, state.interacted_at, segment.last_at, segment.position_ms, segment.delivered_to_ms
    )


def _continue(turn: Turn, event: Continued) -> None:
    turn.set(contact_at=event.contact_at, interacted_at=event.interacted_at)
    segment = turn.state.segment
    if segment is not None and event.last_at is not None:
        turn.set(
            segment=replace(
                segment,
                last_at=event.last_at,
                position_ms=event.position_ms,
                delivered_to_ms=event.delivered_to_ms,
            )
        )


def _fire(turn: Turn, at: int, due: Due) -> None:
    """A deadline passed."""
    state = turn.state
    match due:
        case "check":
            assert state.check is not None
            if state.check.kind is Kind.PERSON:
                person.expired(turn, at, state.check)
                return
            checks.lose(turn, at, state.check.id, "missed", "TOO_LATE" if state.check.first_frame_at else "NO_CAMERA")
        case "rival_check":
            check = None if state.rival is None else state.rival.check
            assert check is not None
            if check.kind is Kind.PERSON:
                person.expired(turn, at, check)
                return
            checks.lose(turn, at, check.id, "missed", "TOO_LATE")
        case "draw":
            turn.owe(Kind.DRAWN)
        case "forced" | "owed":
            if state.last_pass_at is None or at > state.last_pass_at + state.rules.forced_ms or due == "owed":
                turn.freeze(at)  # too late for its window to end inside the interval: nothing is earned before it
            turn.owe(state.owed or Kind.RESUME)
        case "overdue":
            checks.slot_missing(turn, at, "AWAITING_CHECK")
        case "silence":
            turn.pause(at, "DISCONNECTED", gap="DISCONNECTED")
        case "blur":
            turn.pause(at, "FOCUS_LOST", gap="FOCUS_LOST")
        case "idle":
            turn.sign_out(at, "IDLE")
        case "idle_warning":
            turn.set(warned_at=at)
            turn.emit(WarnIdle(state.interacted_at + state.rules.idle_ms))
        case "bar_ends":
            bars.lift(turn, at, "PAUSED_BY_STAFF")


def _handle(turn: Turn, event: Event) -> None:
    state = turn.state
    match event:
        case AttendanceOpened():
            last = len(event.lessons) - 1
            lessons = tuple(Lesson(name, length, number == last) for number, (name, length) in enumerate(event.lessons))
            turn.set(lessons=lessons)
        case LessonsAdded():
            _grow(turn, event)
        case SessionOffered():
            _offer(turn, event)
        case Reconnected():
            _reconnect(turn, event)
        case Disconnected():
            _disconnect(turn, event)
        case OwnerLost():
            _owner_lost(turn, event)
        case LearnerLeft():
            _leave(turn, event)
        case SignedOutByStaff():
            if state.check is not None and state.session is not None:
                turn.account(event.at)
                checks.close(turn, event.at, state.session, state.check, "device_error", "BY_STAFF")
                turn.forget_draw(state.check.effect)
            if state.session is None:
                turn.effects.append(Refuse("NO_SESSION"))
            turn.sign_out(event.at, "BY_STAFF")
        case PausedByStaff():
            bars.pause(turn, event)
        case ResumedByStaff():
            bars.resume(turn, event)
        case Suspended():
            bars.bar(turn, "SUSPENDED")
        case Readmitted():
            bars.lift(turn, event.at, "SUSPENDED")
        case Corrected():
            turn.correct(event.at, event.about, event.stretches)
        case Allowed():
            turn.set(day=replace(turn.state.day, failed_checks=0))
        case LessonOpened():
            _open_lesson(turn, event)
        case Played():
            played(turn, event)
        case ReportedEvent():
            reported(turn, event)
        case Paused():
            stop(turn, event, "PAUSED_BY_LEARNER")
        case SteppedOut():
            step_out(turn, event)
        case Hidden():
            hide(turn, event)
        case Shown():
            if turn.state.hidden:
                turn.set(hidden=False)
        case Blurred():
            if reaction_to("window_blurred", turn.state.rules.reactions) is not Reaction.PAUSE:
                turn.emit(Raise("window_switching"))
            elif turn.state.phase is Phase.STUDYING and turn.state.blurred_at is None:
                turn.report(event.at, event.position_ms, event.delivered_to_ms)
                turn.set(blurred_at=event.at)
        case Focused():
            if turn.state.blurred_at is not None:
                turn.set(blurred_at=None)
        case Interacted():
            if turn.state.session is not None:
                turn.state = replace(turn.state, interacted_at=max(turn.state.interacted_at, event.at))
        case CheckAsked():
            _ask(turn)
        case SlotRefused():
            checks.slot_refused(turn, event)
        case CheckPushed():
            checks.pushed(turn, event)
        case CheckAcknowledged():
            checks.acknowledged(turn, event)
        case FramesSeen():
            checks.frames_seen(turn, event)
        case TryFailed():
            checks.try_failed(turn, event)
        case CheckPassed():
            if not person.unseen(turn, event.check):
                checks.passed(turn, event)
        case CheckFailed():
            if not person.unseen(turn, event.check):
                checks.failed(turn, event)
        case CheckVoided():
            _void(turn, event)
        case PersonRequested():
            person.requested(turn, event)
        case PersonWithdrawn():
            person.withdrawn(turn, event)
        case PersonCheckBegun():
            person.begun(turn, event)
        case PersonJoined():
            person.joined(turn, event)
        case PersonLeft():
            person.left(turn, event)
        case Ticked():
            pass
        case _:  # pragma: no cover
            raise TypeError(f"no such event: {type(event).__name__}")


def _void(turn: Turn, event: CheckVoided) -> None:
    """A check is lost to a fault."""
    if person.is_person(turn.state, event.check):
        person.voided(turn, event)
    else:
        checks.voided(turn, event)


# ------------------------------------------------------------------ sessions


def _grow(turn: Turn, event: LessonsAdded) -> None:
    """What is earned, held and counted stays; the course ends with its new last lesson."""
    known = {lesson.id for lesson in turn.state.lessons}
    new = [Lesson(name, length, last=False) for name, length in event.lessons if name not in known]
    if new:
        before = (replace(lesson, last=False) for lesson in turn.state.lessons)
        turn.set(lessons=(*before, *new[:-1], replace(new[-1], last=True)))


def _offer(turn: Turn, event: SessionOffered) -> None:
    state = turn.state
    if state.day.failed_checks >= state.rules.failed_checks_a_day:
        turn.effects.append(Refuse("FAILED_CHECKS_EXHAUSTED"))
        return
    session = Session(event.session, event.device, event.at, event.at)
    if state.session is not None:
        if state.rival is not None and state.rival.check is not None:
            turn.effects.append(Refuse("CHECK_OPEN"))
            return
        checks.end_rival(turn, event.at, "BY_LEARNER")
        turn.set(rival=Rival(session, event.rules, event.used_elsewhere_ms, person=event.person))
        turn.call(session.id, Kind.LOGIN, person=event.person is not None)
        return
    turn.set(
        rules=event.rules,
        session=session,
        phase=Phase.AWAITING_LOGIN_CHECK,
        reason=None,
        connected=True,
        hidden=False,
        lesson=None,
        interacted_at=event.at,
        contact_at=event.at,
        waiting_since=None,
        day=replace(state.day, used_elsewhere_ms=event.used_elsewhere_ms),
    )
    turn.checked_by(event.person)
    turn.owe(Kind.LOGIN)


def _promote(turn: Turn, at: int) -> None:
    """The old device is gone: the one that waits for its login check is the seat's only one now."""
    rival = turn.state.rival
    if rival is None or turn.state.session is not None:
        return
    turn.set(
        rival=None,
        session=rival.session,
        connected=True,
        hidden=False,
        interacted_at=at,
        reason=None,
        check=rival.check,
        phase=Phase.AWAITING_LOGIN_CHECK if rival.check is None else Phase.CHALLENGED,
    )
    turn.follow(rival)
    if rival.check is None:
        turn.set(owed=Kind.LOGIN, requested=True)  # its slot has been asked for already


def _reconnect(turn: Turn, event: Event) -> None:
    state = turn.state
    if state.session is None:
        return
    turn.set(connected=True, hidden=False)
    if state.phase is Phase.AWAITING_LOGIN_CHECK and not state.requested:
        turn.owe(Kind.LOGIN)
    elif person.wait_again(turn, event.at):
        pass
    elif state.phase is Phase.PAUSED and state.reason in ("DISCONNECTED", "SYSTEM_ERROR") and state.lesson is None:
        turn.account(event.at)
        turn.set(phase=Phase.BROWSING, reason=None)


def _disconnect(turn: Turn, event: Disconnected) -> None:
    state = turn.state
    if state.rival is not None and state.rival.session.id == event.session:
        _rival_gone(turn, event.at, state.rival.check)
        return
    if state.session is None or state.session.id != event.session:
        return
    turn.set(connected=False)
    match state.phase:
        case Phase.STUDYING:
            turn.pause(event.at, "DISCONNECTED", gap="DISCONNECTED")
        case Phase.BROWSING:
            turn.pause(event.at, "DISCONNECTED")
        case Phase.PAUSED if state.barred:
            turn.set(interacted_at=event.at)  # until now the learner waited for staff
        case Phase.PAUSED if state.requested:
            turn.pause(event.at, "DISCONNECTED")
        case Phase.AWAITING_LOGIN_CHECK:
            turn.release()
            turn.set(interacted_at=event.at)  # until now the learner waited for us
        case Phase.CHALLENGED if state.check is not None and not state.check.acknowledged:
            _void(turn, CheckVoided(event.at, state.check.id, "DISCONNECTED"))
        case _:
            pass


def _rival_gone(turn: Turn, at: int, check: Check | None) -> None:
    if check is None:
        checks.end_rival(turn, at, "BY_LEARNER")
    elif not check.acknowledged:
        _void(turn, CheckVoided(at, check.id, "DISCONNECTED"))
    elif turn.state.rival is not None:
        turn.set(rival=replace(turn.state.rival, gone=True))


def _owner_lost(turn: Turn, event: OwnerLost) -> None:
    """Our own crash: no check lost to it is a strike, and it costs at most the time since the last report."""
    state = turn.state
    if state.rival is not None:
        if state.rival.check is not None:
            _void(turn, CheckVoided(event.at, state.rival.check.id, "SYSTEM_ERROR"))
        else:
            checks.end_rival(turn, event.at, "BY_LEARNER")
    if turn.state.session is None:
        return
    turn.set(connected=False)
    match turn.state.phase:
        case Phase.STUDYING | Phase.BROWSING:
            turn.pause(event.at, "SYSTEM_ERROR", gap="SYSTEM_ERROR")
        case Phase.PAUSED if turn.state.barred:
            turn.set(interacted_at=event.at)  # until now the learner waited for staff
        case Phase.PAUSED if turn.state.requested:
            turn.pause(event.at, "SYSTEM_ERROR")
        case Phase.AWAITING_LOGIN_CHECK:
            turn.release()
            turn.set(interacted_at=event.at)  # until now the learner waited for us
        case Phase.CHALLENGED if turn.state.check is not None:
            _void(turn, CheckVoided(event.at, turn.state.check.id, "SYSTEM_ERROR"))
        case _:
            pass


def _leave(turn: Turn, event: LearnerLeft) -> None:
    state = turn.state
    if event.forced and state.rival is not None:
        if state.rival.check is not None:
            checks.lose(turn, event.at, state.rival.check.id, "missed", None)
        checks.end_rival(turn, event.at, "BY_LEARNER")
        state = turn.state
    if state.session is None:
        turn.effects.append(Refuse("NO_SESSION"))
    elif state.check is not None and not event.forced:
        turn.effects.append(Refuse("CHECK_OPEN"))  # rule 8: leaving then is missing it
    elif state.check is not None:
        checks.lose(turn, event.at, state.check.id, "missed", None)
    else:
        if event.position_ms is not None and state.blurred_at is None:
            turn.report(event.at, event.position_ms, event.delivered_to_ms)
        turn.sign_out(event.at, "BY_LEARNER")


def _open_lesson(turn: Turn, event: LessonOpened) -> None:
    state = turn.state
    if state.session is None or state.phase is Phase.AWAITING_LOGIN_CHECK:
        turn.effects.append(Refuse("NO_SESSION"))
    elif state.check is not None or (
        state.requested and not (state.phase is Phase.STUDYING and state.waits_for_person)
    ):
        turn.effects.append(Refuse("CHECK_OPEN"))
    elif state.lesson_of(event.lesson) is None:
        turn.effects.append(Refuse("NO_SUCH_LESSON"))
    elif state.lesson != event.lesson or state.phase is not Phase.BROWSING:
        turn.account(event.at)
        turn.release()
        turn.set(phase=Phase.BROWSING, reason=None, lesson=event.lesson, blurred_at=None)


def _ask(turn: Turn) -> None:
    state = turn.state
    if state.session is None or state.owed is not None or state.check is not None:
        turn.effects.append(Refuse("NOT_NOW"))
    elif state.phase is Phase.STUDYING and not (state.segment is not None and state.segment.capped):
        turn.owe(Kind.ASKED)
    else:
        turn.set(owed=Kind.ASKED)
