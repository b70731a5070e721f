"""What the page says of its video, and what the server makes of it (rules 2, 3, 10; row 16, row 31)."""

from msgspec.structs import replace

from classroom.attendance.checks import slot_missing
from classroom.attendance.events import Hidden, Paused, Played, Refusal, Refuse, Reported, SteppedOut
from classroom.attendance.segment import allowance, earn
from classroom.attendance.state import WAITING_FOR_US, Kind, Lesson, Phase, Segment, State
from classroom.attendance.turn import Turn

_BACKWARDS_MS = 1_000
LEFT = "LEFT"  # reason of the pause that the learner announced (暂时离开)


def played(turn: Turn, event: Played) -> None:
    """The learner plays: refused ahead of the earned point; a check that is owed comes first."""
    state = turn.state
    if (refusal := _refusal(state)) is not None:
        turn.effects.append(Refuse(refusal))
        return
    if event.position_ms > turn.earned_to_ms + state.rules.ahead_tolerance_ms:
        turn.account(event.at, gap=None if state.segment is None else "AHEAD")
        turn.seek_back("seek")  # 2.1.2: no fast-forward, no dragging
        return
    # A person is on the way and the learner isn't to know: jumping about shows nothing of it.
    unseen = state.phase is Phase.STUDYING and state.waits_for_person
    turn.account(event.at)
    turn.set(hidden=False, contact_at=event.at)
    if state.phase is not Phase.STUDYING:
        turn.set(interacted_at=event.at)
    owed = _owed_before_earning(turn, event.at)
    if owed is not None and not unseen:
        turn.set(phase=Phase.PAUSED, reason="AWAITING_CHECK", waiting_since=event.at, blurred_at=None)
        turn.owe(owed)
        return
    turn.open_segment(event.at, event.position_ms, event.delivered_to_ms)


def _refusal(state: State) -> Refusal | None:
    if state.session is None:
        return "NO_SESSION"
    if state.phase in (Phase.CHALLENGED, Phase.AWAITING_LOGIN_CHECK):
        return "CHECK_OPEN"
    if state.barred:
        return "SUSPENDED" if "SUSPENDED" in state.barred else "PAUSED_BY_STAFF"
    if state.lesson is None:
        return "NO_LESSON"
    if state.phase is Phase.PAUSED and state.reason in WAITING_FOR_US:
        return "BUSY"
    if state.requested and not (state.phase is Phase.STUDYING and state.waits_for_person):
        return "CHECK_OPEN"
    return None


def _owed_before_earning(turn: Turn, at: int) -> Kind | None:
    state = turn.state
    most, limit = allowance(state)
    if most == 0 and limit == "DAILY_LIMIT":
        return None  # rule 10: at the cap nothing is pushed
    # A drawn moment that came while nobody was told is still due: it goes before the lesson's end.
    drawn_is_due = state.draw_at_ms is not None and state.draw_at_ms <= state.studied_ms
    if not drawn_is_due and needs_closing(state, turn.open_lesson, turn.open_lesson.earned_to_ms):
        return Kind.CLOSING
    if state.owed is not None:
        return state.owed
    # After a pause so long that the window of a forced push would end past the interval: before anything is earned.
    if state.last_pass_at is None or at - state.last_pass_at >= state.rules.forced_ms:
        return Kind.RESUME
    return None


def needs_closing(state: State, lesson: Lesson, earned_to_ms: int) -> bool:
    """At a course's end, and at the end of a lesson in which no drawn check was passed yet (rules 4, 11).

    Once its end is counted a lesson asks for none: else whoever plays it again would choose the moment of a check. Nor
    once it is covered, while what is held waits for a drawn check (ADR 29).
    """
    if earned_to_ms < lesson.length_ms - state.rules.end_tolerance_ms:
        return False
    return not lesson.covered or (lesson.last and earned_to_ms > lesson.counted_to_ms and not state.slipped)


def reported(turn: Turn, event: Reported) -> None:
    """A heartbeat. Quiet as long as playback runs as it should."""
    state = turn.state
    if state.session is None:
        return
    _hear(turn, event)
    segment = state.segment
    if segment is None or state.blurred_at is not None:
        return
    if state.phase is not Phase.STUDYING:
        if segment.frozen_at is not None and state.phase is Phase.PAUSED:
            turn.report(event.at, event.position_ms, event.delivered_to_ms)
            turn.account(event.at)  # the page's last position after an interruption settles its segment
        return
    if segment.frozen_at is None and _jumped(turn, segment, event):
        return
    turn.report(event.at, event.position_ms, event.delivered_to_ms)
    if segment.frozen_at is None:
        _judge(turn, event, moved=event.position_ms > segment.position_ms)


def _hear(turn: Turn, event: Reported) -> None:
    turn.state = replace(
        turn.state, contact_at=event.at, interacted_at=max(turn.state.interacted_at, min(event.interacted_at, event.at))
    )


def _jumped(turn: Turn, segment: Segment, event: Reported) -> bool:
    """Playback faster than time, or not where it was: the segment ends at the last honest report."""
    rules = turn.state.rules
    advanced = event.position_ms - segment.position_ms
    elapsed = event.at - segment.last_at
    if advanced > elapsed + rules.rate_tolerance_ms:
        if event.position_ms > turn.earned_to_ms + rules.ahead_tolerance_ms:
            turn.account(event.at, gap="AHEAD")
            turn.seek_back("progress_ahead")
            return True
    elif advanced >= -_BACKWARDS_MS:
        return False
    turn.account(event.at)
    turn.open_segment(event.at, event.position_ms, event.delivered_to_ms)
    return True


def _judge(turn: Turn, event: Reported, *, moved: bool) -> None:
    """After an ordinary report: the lesson's end, the day's cap, playback that fell behind."""
    state, rules = turn.state, turn.state.rules
    segment = state.segment
    if segment is None:
        return
    lesson = turn.open_lesson
    most, limit = allowance(state)
    earning = earn(segment, lesson, most, limit)
    earned_to = lesson.earned_to_ms + earning.gain_ms
    by_clock = segment.from_ms + segment.last_at - segment.opened_at
    if not segment.capped and needs_closing(state, lesson, earned_to):
        if state.owed is None:
            turn.freeze(event.at)
            turn.owe(Kind.CLOSING)
        if turn.state.waits_for_person:  # at the lesson's end there is nothing to do but wait
            slot_missing(turn, event.at, "AWAITING_CHECK")
    elif event.position_ms >= lesson.length_ms - rules.end_tolerance_ms and by_clock >= lesson.length_ms:
        turn.account(event.at)
        turn.release()
        turn.set(phase=Phase.BROWSING, reason=None)
    elif not segment.capped and limit == "DAILY_LIMIT" and earning.gain_ms == most:
        turn.account(event.at)
        turn.open_segment(event.at, event.position_ms, event.delivered_to_ms)  # capped: watching on earns nothing
    elif moved and by_clock - event.position_ms > rules.lag_ms:
        turn.account(event.at)
        turn.open_segment(event.at, event.position_ms, event.delivered_to_ms)


def stop(turn: Turn, event: Paused | Hidden | SteppedOut, reason: str) -> None:
    """The page stopped its video by itself."""
    state = turn.state
    if state.phase is Phase.STUDYING:
        if state.segment is not None and state.blurred_at is None and not _leapt(turn, state.segment, event):
            turn.report(event.at, event.position_ms, event.delivered_to_ms)
        turn.pause(event.at, reason)
    elif state.phase is Phase.PAUSED and state.segment is not None:
        turn.report(event.at, event.position_ms, event.delivered_to_ms)
        turn.account(event.at)


def _leapt(turn: Turn, segment: Segment, event: Paused | Hidden | SteppedOut) -> bool:
    """A last position that playback can't have reached is not believed."""
    advanced = event.position_ms - segment.position_ms
    return advanced > event.at - segment.last_at + turn.state.rules.rate_tolerance_ms


def step_out(turn: Turn, event: SteppedOut) -> None:
    """The learner must leave: a pause of its own, no strike; nothing is earned while away, so no drawn moment falls there.

    Rule 8: refused while a check is open, leaving then is missing it. A check that was only due comes back as a resume
    check, as after any pause. A pause by staff is not the learner's to change.
    """
    state = turn.state
    refusal = _refusal(state)
    if state.phase is Phase.PAUSED and refusal == "BUSY":
        refusal = None  # who waits for us need not sit there
    elif state.phase is Phase.STUDYING and state.requested:
        refusal = None  # due, not open: it was not pushed yet
    if refusal is not None:
        turn.effects.append(Refuse(refusal))
        return
    stop(turn, event, LEFT)
    if turn.state.reason != LEFT:
        turn.pause(event.at, LEFT)
    turn.set(interacted_at=max(turn.state.interacted_at, event.at))


def hide(turn: Turn, event: Hidden) -> None:
    """Row 31: hidden or minimised pauses at once; not during a check, where the clock runs on."""
    stop(turn, event, "PAGE_HIDDEN")
    state = turn.state
    if state.session is None:
        return
    turn.set(hidden=True)
    if state.phase is Phase.PAUSED and state.reason in WAITING_FOR_US and not state.waits_for_person:
        turn.pause(event.at, "PAGE_HIDDEN")  # who waits for a person may do something else: the page rings
