"""The record of a learner in a class: every second with its place, every check with its outcome (row 38)."""

from dataclasses import dataclass, field
from typing import Any

from classroom.attendance.events import (
    CheckPushed,
    CloseCheck,
    Confirm,
    Drop,
    EndSession,
    Event,
    SessionOffered,
    Spend,
    TryFailed,
)
from classroom.attendance.machine import step
from classroom.attendance.state import State
from classroom.attendance.times import open_stretch


@dataclass(slots=True)
class Interval:
    """A stretch of a session: ``counted``, ``held`` or ``not_counted`` with its reason."""

    from_ms: int
    to_ms: int
    state: str
    reason: str | None
    lesson_id: str | None


@dataclass(slots=True)
class SessionRecord:
    """A session from the offer of its login check to its sign-out."""

    id: str
    started_at_ms: int
    ended_at_ms: int | None = None
    ended_reason: str | None = None
    intervals: list[Interval] = field(default_factory=list)


@dataclass(slots=True)
class CheckRecord:
    """A check."""

    id: str
    session_id: str
    kind: str
    pushed_at_ms: int
    ended_at_ms: int | None = None
    outcome: str | None = None
    reason: str | None = None
    tries: int = 0
    dropped_ms: int = 0


class Record:
    """Folds a journal into what a person can read; uses nothing but ``step`` and its effects."""

    def __init__(self) -> None:
        self.state = State()
        self.sessions: dict[str, SessionRecord] = {}
        self.checks: dict[str, CheckRecord] = {}
        self._held: list[Interval] = []

    def read(self, event: Event) -> None:
        """One event of the journal, in order."""
        result = step(self.state, event)
        self.state = result.state
        if isinstance(event, SessionOffered) and self._offered(event):
            self.sessions[event.session] = SessionRecord(event.session, event.at)
        elif isinstance(event, CheckPushed) and event.check not in self.checks and self._open(event.check):
            self.checks[event.check] = CheckRecord(event.check, event.session, self._open(event.check), event.at)
        elif isinstance(event, TryFailed) and event.check in self.checks:
            self.checks[event.check].tries += 1
        for effect in result.effects:
            self._apply(effect)

    def finish(self, at: int) -> None:
        """Add the stretch that is still open; nothing may be read after this."""
        for effect in open_stretch(self.state, at):
            self._apply(effect)

    def _offered(self, event: SessionOffered) -> bool:
        state = self.state
        sessions = (state.session, None if state.rival is None else state.rival.session)
        return any(one is not None and one.id == event.session for one in sessions)

    def _open(self, check: str) -> str:
        state = self.state
        for one in (state.check, None if state.rival is None else state.rival.check):
            if one is not None and one.id == check:
                return str(one.kind)
        return ""

    def _apply(self, effect: object) -> None:
        match effect:
            case Spend(session, from_at, to_at, bucket, lesson):
                earned = bucket == "earned"
                interval = Interval(
                    from_at, to_at, "held" if earned else "not_counted", None if earned else bucket, lesson
                )
                self._add(self.sessions[session], interval)
                if earned:
                    self._held.append(interval)
            case Confirm():
                for interval in self._held:
                    interval.state = "counted"
                self._held = []
            case Drop(reason, _):
                for interval in self._held:
                    interval.state, interval.reason = "not_counted", reason
                self._held = []
            case CloseCheck(at, _, check, _, outcome, reason, cost_ms):
                if (found := self.checks.get(check)) is not None:
                    found.outcome, found.reason, found.dropped_ms = outcome, reason, cost_ms
                    found.ended_at_ms = at
                    found.tries += outcome in ("passed", "failed")
            case EndSession(at, session, reason):
                record = self.sessions[session]
                record.ended_at_ms, record.ended_reason = at, reason
            case _:
                pass

    @staticmethod
    def _add(session: SessionRecord, interval: Interval) -> None:
        last = session.intervals[-1] if session.intervals else None
        if last and (last.to_ms, last.state, last.reason, last.lesson_id) == (
            interval.from_ms, interval.state, interval.reason, interval.lesson_id,
        ) and interval.state == "not_counted":  # fmt: skip
            last.to_ms = interval.to_ms
        else:
            session.intervals.append(interval)


def totals(session: SessionRecord) -> dict[str, Any]:
    """The three times of a session; they sum to ``total_ms``."""
    counted = sum(i.to_ms - i.from_ms for i in session.intervals if i.state == "counted")
    held = sum(i.to_ms - i.from_ms for i in session.intervals if i.state == "held")
    reasons: dict[str, int] = {}
    for interval in session.intervals:
        if interval.state == "not_counted" and interval.reason:
            reasons[interval.reason] = reasons.get(interval.reason, 0) + interval.to_ms - interval.from_ms
    total = counted + held + sum(reasons.values())
    return {"total_ms": total, "counted_ms": counted, "held_ms": held, "not_counted_ms": dict(sorted(reasons.items()))}
