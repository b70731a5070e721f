"""Keeps the books of an attendance from its effects alone, and says where the machine broke a rule."""

from collections import defaultdict
from dataclasses import dataclass, field, replace

from classroom.attendance.events import (
    CheckPushed,
    CloseCheck,
    Confirm,
    Correct,
    Drop,
    Effect,
    EndSession,
    Event,
    PersonCheckBegun,
    SessionOffered,
    Spend,
)
from classroom.attendance.rules import Rules
from classroom.attendance.state import Phase, State

CONFIRMING = {"drawn", "closing", "asked"}  # rule 4, said here again on purpose


def day_of(at: int) -> int:
    """The day in Guangdong, eight hours ahead of UTC."""
    return (at + 28_800_000) // 86_400_000


@dataclass
class Witness:
    """What an honest observer noted; nothing of it is read from the machine's sums."""

    rules: Rules
    open: list[Spend] = field(default_factory=list)  # earned, no check has judged it yet
    counted: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # by lesson
    by_day: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # counted, by the day of watching
    elsewhere: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    ends: dict[str, int] = field(default_factory=dict)  # how far each session is accounted for
    over: set[str] = field(default_factory=set)
    passes: list[int] = field(default_factory=list)
    covered: set[str] = field(default_factory=set)
    judged: dict[str, str] = field(default_factory=dict)  # outcome of each check
    covered_before: set[str] = field(default_factory=set)
    slipped: bool = False  # a drawn check was lost to a fault; only another one passed makes good for it
    stands: dict[str, str] = field(default_factory=dict)  # what each check by a person stood for
    pushed: dict[str, tuple[str, int]] = field(default_factory=dict)  # session and instant of those without one
    reached: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # counted, by position
    lost_to: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # how far it was earned and lost
    idle: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # by day: neither counted nor held
    barred_at: int | None = None

    def note(self, before: State, event: Event, effects: list[Effect], after: State) -> None:
        """One event and what it led to; raises AssertionError where a rule is broken."""
        self.covered_before = set(self.covered)
        if not after.barred:
            self.barred_at = None
        elif self.barred_at is None:
            self.barred_at = event.at
        if isinstance(event, CheckPushed | PersonCheckBegun) and _open(event.check, after):
            self.pushed[event.check] = (event.session, event.at)
            if isinstance(event, PersonCheckBegun):
                beside = before.session is None or before.session.id != event.session
                self.stands[event.check] = "login" if beside else str(before.owed or "asked")
        if isinstance(event, SessionOffered) and _live(event.session, after):
            self.ends[event.session] = event.at
            if after.rival is None:  # else the session that goes on was told of its day before
                self.elsewhere[day_of(event.at)] = event.used_elsewhere_ms
        for effect in effects:
            match effect:
                case Spend():
                    self._spend(effect)
                case CloseCheck():
                    self._close(effect, before)
                case Confirm(check, kind):
                    kind = self.stands.get(check, kind)
                    assert kind in CONFIRMING
                    assert kind != "closing" or not self.slipped, "an end can be seen coming"
                    self.slipped = False
                    if kind == "closing":  # once an end is counted, playing it again brings no check at will
                        fresh = any(one.lesson == before.lesson for one in self.open)
                        assert fresh or before.lesson not in self.covered_before
                    for one in self.open:
                        self.counted[one.lesson or ""] += one.to_at - one.from_at
                        self.reached[one.lesson or ""] += one.to_at - one.from_at
                        self.by_day[day_of(one.from_at)] += one.to_at - one.from_at
                    self.open = []
                case Correct(_, _, given, _):
                    for lesson, start, end in given:
                        assert start == self.reached[lesson] < end <= self.lost_to[lesson], "what nobody lost"
                        self.reached[lesson] = end
                        self._repeat(lesson, end - start)
                case Drop():
                    assert "failed" in self.judged.values() or "missed" in self.judged.values() or self._losing(effects)
                case EndSession(at, session, _):
                    assert session not in self.over
                    assert self.ends[session] == at, "every second of a session has its place"
                    assert session not in {whose for whose, _ in self.pushed.values()}, "each check has its outcome"
                    self.over.add(session)
                case _:
                    pass
        self._pushed(before, event, after)

    def _spend(self, spend: Spend) -> None:
        assert self.ends[spend.session] == spend.from_at < spend.to_at, "no second is lost, none is found twice"
        assert spend.session not in self.over
        self.ends[spend.session] = spend.to_at
        if spend.bucket != "earned":
            self._wasted(spend.from_at, spend.to_at)
            return
        assert self.barred_at is None or spend.to_at <= self.barred_at, "nothing is earned while barred"
        assert self.passes, "nothing is earned before the login check"
        latest = self.passes[-1] + self.rules.forced_ms + self.rules.margin_ms
        assert spend.to_at <= latest, "nothing is earned when the next window would end past the interval"
        for session, pushed_at in self.pushed.values():
            assert session != spend.session or spend.to_at <= pushed_at, "nothing is earned during a check"
        assert day_of(spend.from_at) == day_of(spend.to_at - 1), "each second belongs to one day"
        self.open.append(spend)

    def _close(self, close: CloseCheck, before: State) -> None:
        assert close.check not in self.judged, "one outcome a check"
        self.judged[close.check] = close.outcome
        self.pushed.pop(close.check)
        if close.outcome in ("passed", "by_person"):
            assert (close.outcome == "by_person") == (close.check in self.stands)
            self.passes.append(close.at)
            if self.stands.get(close.check, close.kind) in ("drawn", "closing") and before.lesson is not None:
                self.covered.add(before.lesson)
        elif close.outcome in ("provider_down", "device_error", "unanswered"):
            assert close.cost_ms == 0
            kept = close.check in self.stands and before.check is not None and before.check.first_frame_at is not None
            self.slipped |= self.stands.get(close.check, close.kind) == "drawn" and not kept
        elif self.rules.void_held_on_failure:
            self.slipped = False
            assert close.cost_ms == sum(one.to_at - one.from_at for one in self.open)
            for lesson in {one.lesson or "" for one in self.open}:
                there = sum(one.to_at - one.from_at for one in self.open if (one.lesson or "") == lesson)
                self.lost_to[lesson] = max(self.lost_to[lesson], self.reached[lesson] + there)
            for one in self.open:
                self._wasted(one.from_at, one.to_at)
            self.open = []  # whatever the machine says: it may never be counted
        else:
            assert close.cost_ms == 0

    def _wasted(self, from_at: int, to_at: int) -> None:
        for day in {day_of(from_at), day_of(to_at - 1)}:  # those between are over before anybody looks
            begins = day * 86_400_000 - 28_800_000
            self.idle[day] += max(0, min(to_at, begins + 86_400_000) - max(from_at, begins))

    def _repeat(self, lesson: str, ms: int) -> None:
        """The oldest of what is earned there lies below the counted point now."""
        for number, one in enumerate(self.open):
            taken = min(ms, one.to_at - one.from_at) if (one.lesson or "") == lesson else 0
            self._wasted(one.from_at, one.from_at + taken)
            self.open[number] = replace(one, from_at=one.from_at + taken)
            ms -= taken
        self.open = [one for one in self.open if one.from_at < one.to_at]

    @staticmethod
    def _losing(effects: list[Effect]) -> bool:
        return any(isinstance(one, CloseCheck) and one.outcome in ("failed", "missed") for one in effects)

    def _pushed(self, before: State, event: Event, after: State) -> None:
        """From any pass to the next check's deadline <= 900 s of wall clock while studying."""
        check = after.check
        if not isinstance(event, CheckPushed | PersonCheckBegun) or check is None or check.id != event.check:
            return
        segment = after.segment
        running = before.phase is Phase.STUDYING and segment is not None and segment.frozen_at == check.pushed_at
        if running and not segment.capped and self.passes:  # type: ignore[union-attr]
            assert check.deadline(self.rules) <= self.passes[-1] + self.rules.interval_ms

    # -------------------------------------------------------------- against the machine's own sums

    def agree(self, state: State) -> None:
        """The machine's books say the same."""
        held: dict[str, int] = defaultdict(int)
        days: dict[int, int] = defaultdict(int, self.by_day)
        for one in self.open:
            held[one.lesson or ""] += one.to_at - one.from_at
            days[day_of(one.from_at)] += one.to_at - one.from_at
        assert state.held_ms == sum(held.values()) <= self.rules.held_most_ms  # rule 3
        for lesson in state.lessons:
            assert 0 <= lesson.counted_to_ms <= lesson.earned_to_ms <= lesson.length_ms  # rule 2
            assert lesson.counted_to_ms == self.reached[lesson.id] <= self.counted[lesson.id] + self.lost_to[lesson.id]
            assert lesson.earned_to_ms - lesson.counted_to_ms == held[lesson.id]
            if lesson.finished(state.rules):
                assert lesson.id in self.covered  # rule 11
        assert state.day.not_counted_ms == self.idle[state.day.number]
        for day, used in days.items():
            assert used <= max(0, self.rules.daily_cap_ms - self.elsewhere[day])  # rule 10


def _open(check: str, state: State) -> bool:
    rival = None if state.rival is None else state.rival.check
    return any(one is not None and one.id == check for one in (state.check, rival))


def _live(session: str, state: State) -> bool:
    rival = None if state.rival is None else state.rival.session
    return any(one is not None and one.id == session for one in (state.session, rival))
