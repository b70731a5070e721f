"""The record of a learner in a class: every second with its place, every check with its outcome (row 38)."""

from dataclasses import dataclass, field
from typing import Any

from classroom.attendance.events import (
    CheckPushed,
    CloseCheck,
    Confirm,
    Correct,
    Drop,
    EndSession,
    Event,
    PausedByStaff,
    PersonCheckBegun,
    SessionOffered,
    Spend,
    Suspended,
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


@dataclass(slots=True)
class BarRecord:
    """A pause by staff or a suspension: nothing was earned from here to there."""

    bar: str
    from_ms: int
    reason: str  # a code
    to_ms: int | None = None


@dataclass(slots=True)
class CorrectionRecord:
    """An appeal that two persons granted."""

    at_ms: int
    about: str  # the check, or the session
    given: list[tuple[str, int, int]]  # lesson, from and to in media ms

    @property
    def given_ms(self) -> int:
        return sum(end - start for _, start, end in self.given)


class Record:
    """Folds a journal into what a person can read; uses nothing but ``step`` and its effects."""

    def __init__(self) -> None:
        self.state = State()
        self.sessions: dict[str, SessionRecord] = {}
        self.checks: dict[str, CheckRecord] = {}
        self.bars: list[BarRecord] = []
        self.corrections: list[CorrectionRecord] = []
        self.dropped: dict[str, tuple[tuple[str, int, int], ...]] = {}  # by check: lesson, from and to in media ms
        self._held: list[Interval] = []
        self._last_drop: tuple[tuple[str, int, int], ...] = ()

    def read(self, event: Event) -> None:
        """One event of the journal, in order."""
        before = self.state
        result = step(before, event)
        self.state = result.state
        self._barred(before, event)
        if isinstance(event, SessionOffered) and self._offered(event):
            self.sessions[event.session] = SessionRecord(event.session, event.at)
        elif isinstance(event, CheckPushed | PersonCheckBegun) and event.check not in self.checks and self._open(event.check):
            self.checks[event.check] = CheckRecord(event.check, event.session, self._open(event.check), event.at)
        elif isinstance(event, TryFailed) and event.check in self.checks:
            self.checks[event.check].tries += 1
        for effect in result.effects:
            self._apply(effect)

    def finish(self, at: int) -> None:
        """Add the stretch that is still open; nothing may be read after this."""
        for effect in open_stretch(self.state, at):
            self._apply(effect)

    def _barred(self, before: State, event: Event) -> None:
        for bar in self.state.barred:
            if bar not in before.barred:
                reason = event.reason if isinstance(event, PausedByStaff | Suspended) else ""
                self.bars.append(BarRecord(bar, event.at, reason))
        for record in self.bars:
            if record.to_ms is None and record.bar not in self.state.barred:
                ends_at = before.bar_ends_at if record.bar == "PAUSED_BY_STAFF" else None
                record.to_ms = event.at if ends_at is None else min(event.at, ends_at)

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
            case Drop(reason, _, stretches):
                self._last_drop = stretches
                for interval in self._held:
                    interval.state, interval.reason = "not_counted", reason
                self._held = []
            case Correct(at, about, given, repeated):
                self.corrections.append(CorrectionRecord(at, about, list(given)))
                for lesson, ms in repeated:
                    self._repeat(lesson, ms)
            case CloseCheck(at, _, check, _, outcome, reason, cost_ms):
                if (found := self.checks.get(check)) is not None:
                    found.outcome, found.reason, found.dropped_ms = outcome, reason, cost_ms
                    found.ended_at_ms = at
                    found.tries += outcome in ("passed", "by_person", "failed")
                if cost_ms:
                    self.dropped[check] = self._last_drop
            case EndSession(at, session, reason):
                record = self.sessions[session]
                record.ended_at_ms, record.ended_reason = at, reason
            case _:
                pass

    def _repeat(self, lesson: str, ms: int) -> None:
        """The oldest that is held of a lesson was given back by a correction: it was watched twice."""
        for interval in [one for one in self._held if one.lesson_id == lesson]:
            length = interval.to_ms - interval.from_ms
            if not ms:
                return
            if ms < length:
                session = next(one for one in self.sessions.values() if any(i is interval for i in one.intervals))
                place = next(n for n, one in enumerate(session.intervals) if one is interval)
                middle = interval.from_ms + ms
                session.intervals.insert(place, Interval(interval.from_ms, middle, "not_counted", "REPEATED", lesson))
                interval.from_ms = middle
                return
            interval.state, interval.reason = "not_counted", "REPEATED"
            self._held = [one for one in self._held if one is not interval]
            ms -= length

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
