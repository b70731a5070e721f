"""What a page shows of its seat, made from the state that is being committed."""

from dataclasses import dataclass
from typing import cast

from classroom.attendance.segment import allowance, earn
from classroom.attendance.state import BARS, Check, Kind, Session, State, day_of
from classroom.attendance.state import Phase as Where
from classroom.attendance.times import Settled, settle
from realtime.protocol import (
    Beaten,
    CheckView,
    LessonView,
    Lost,
    Outcome,
    Phase,
    Portrait,
    Reason,
    Stretch,
    Times,
    View,
)
from realtime.scripts import ACTIONS_A_SCRIPT


@dataclass(frozen=True, slots=True)
class Standing:
    """What one connection is to the seat."""

    holds: bool
    rival: bool
    portrait: str
    retry_after_ms: int | None


def check_view(check: Check, state: State) -> CheckView:
    """The open check as far as the page may know it."""
    rules = state.rules
    return CheckView(
        check_id=check.id,
        kind=check.kind.value,
        deadline_ms=check.deadline(rules),
        ready_at_ms=check.pushed_at + rules.ready_ms,
        tries_left=0 if check.kind is Kind.PERSON else rules.tries - check.tries_failed,
        total_steps=0 if check.kind is Kind.PERSON else ACTIONS_A_SCRIPT,
        acknowledged=check.acknowledged,
    )


def view_of(state: State, at: int, titles: dict[str, str], standing: Standing) -> View:
    """The whole View of one connection."""
    settled = settle(state, at)
    session, phase, reason, check = _scene(state, standing)
    outcome = state.outcome
    return View(
        seq=0,
        as_of_ms=settled.as_of,
        phase=cast(Phase, phase),
        reason=cast(Reason | None, reason),
        here=standing.holds or standing.rival,
        elsewhere=state.session is not None and not standing.holds and not standing.rival,
        portrait=cast(Portrait, standing.portrait),
        session_id=None if session is None else session.id,
        started_at_ms=None if session is None else session.offered_at,
        ended_at_ms=None if session is None else session.ended_at,
        lesson_id=state.lesson if standing.holds else None,
        lessons=_lessons(settled, titles),
        times=None if settled.session is None or standing.rival else times_of(settled),
        today_ms=settled.state.used_today_ms,
        cap_ms=state.rules.daily_cap_ms,
        held_ms=settled.state.held_ms,
        drawn_only=state.slipped,
        idle_at_ms=_idle_at(state) if standing.holds else None,
        failures_left=max(0, state.rules.failed_checks_a_day - state.day.failed_checks),
        by_person=state.rival.person if standing.rival and state.rival is not None else state.person,
        check=None if check is None else check_view(check, state),
        retry_after_ms=standing.retry_after_ms,
        last_check_id=None if outcome is None else outcome.check,
        last_outcome=None if outcome is None else cast(Outcome, outcome.outcome),
        last_outcome_reason=None if outcome is None else outcome.reason,
        last_cost_ms=0 if outcome is None else outcome.cost_ms,
        lost=_lost(state),
    )


def _lost(state: State) -> Lost | None:
    lost = state.lost
    if lost is None:
        return None
    stretches = [Stretch(lesson, start, end) for lesson, start, end in lost.stretches]
    return Lost(lost.at, cast(Reason, lost.reason), stretches)


def _scene(state: State, standing: Standing) -> tuple[Session | None, str, str | None, Check | None]:
    if standing.rival and state.rival is not None:
        check = state.rival.check
        phase = Where.AWAITING_LOGIN_CHECK if check is None else Where.CHALLENGED
        return state.rival.session, phase, None, check
    if state.session is not None and not standing.holds:
        return state.session, state.phase, state.reason, None
    return state.session or state.last_session, state.phase, state.reason, state.check


def _lessons(settled: Settled, titles: dict[str, str]) -> list[LessonView]:
    return [
        LessonView(
            lesson_id=lesson.id,
            title=titles.get(lesson.id, ""),
            length_ms=lesson.length_ms,
            counted_to_ms=lesson.counted_to_ms,
            earned_to_ms=lesson.earned_to_ms,
            dropped_to_ms=lesson.dropped_to_ms,
            finished=lesson.finished(settled.state.rules),
        )
        for lesson in settled.state.lessons
    ]


def times_of(settled: Settled) -> Times:
    """The three times; they sum to the total."""
    return Times(
        total_ms=settled.total_ms,
        counted_ms=settled.counted_ms,
        held_ms=settled.held_ms,
        not_counted_ms=settled.not_counted_ms,
    )


def beaten_of(state: State, at: int) -> Beaten:
    """The small answer to a heartbeat that changed nothing else."""
    return _studying(state) or by_settling(state, at)


def by_settling(state: State, at: int) -> Beaten:
    """``beaten_of`` in whatever state it is."""
    settled = settle(state, at)
    lesson = settled.state.lesson_of(state.lesson or "")
    return Beaten(
        seq=0,
        as_of_ms=settled.as_of,
        earned_to_ms=0 if lesson is None else lesson.earned_to_ms,
        times=times_of(settled),
        today_ms=settled.state.used_today_ms,
        held_ms=settled.state.held_ms,
        idle_at_ms=_idle_at(state),
    )


def _studying(state: State) -> Beaten | None:
    """The same as by ``settle``, without making the state that it leads to: who studies hears this every five seconds."""
    session, segment, lesson = state.session, state.segment, state.lesson_of(state.lesson or "")
    if session is None or segment is None or lesson is None or state.phase is not Where.STUDYING:
        return None
    most, limit = allowance(state)
    earning = earn(segment, lesson, most, limit)
    not_counted = dict(session.not_counted_ms)
    for reason, ms in (("REPEATED", earning.repeated_ms), *earning.rest):
        if ms:
            not_counted[reason] = not_counted.get(reason, 0) + ms
    held = sum(stretch.ms for stretch in state.held if stretch.session == session.id) + earning.gain_ms
    today = earning.gain_ms if day_of(segment.opened_at) == state.day.number else 0
    return Beaten(
        seq=0,
        as_of_ms=segment.last_at,
        earned_to_ms=lesson.earned_to_ms + earning.gain_ms,
        times=Times(
            total_ms=session.counted_ms + held + sum(not_counted.values()),
            counted_ms=session.counted_ms,
            held_ms=held,
            not_counted_ms=dict(sorted(not_counted.items())),
        ),
        today_ms=state.used_today_ms + today,
        held_ms=state.held_ms + earning.gain_ms,
        idle_at_ms=_idle_at(state),
    )


def _idle_at(state: State) -> int | None:
    if state.session is None or state.phase in (Where.CHALLENGED, Where.AWAITING_LOGIN_CHECK):
        return None
    if state.connected and state.phase is Where.PAUSED and state.reason in BARS:
        return None  # nobody idles who may not go on
    return state.interacted_at + state.rules.idle_ms
