"""Random lives of an attendance, honest and hostile: what must hold after every single event."""

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from classroom.attendance.codec import decode
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
    CloseCheck,
    Confirm,
    Disconnected,
    DrawTaken,
    Drop,
    Event,
    Focused,
    FramesSeen,
    Hidden,
    Interacted,
    LearnerLeft,
    LessonOpened,
    OwnerLost,
    Paused,
    Played,
    Reconnected,
    Reported,
    SessionOffered,
    Shown,
    SlotRefused,
    Spend,
    TakeDraw,
    Ticked,
    TryFailed,
)
from classroom.attendance.ledger import Ledger, events_of, fold
from classroom.attendance.record import Record, totals
from classroom.attendance.rules import Rules
from classroom.attendance.state import CONFIRMING, Check, Phase, State
from classroom.attendance.store import Row
from classroom.attendance.times import settle

RULES = Rules(daily_cap_ms=2_400_000)  # a cap that a life reaches
LESSONS = (("short", 50_000), ("middle", 400_000), ("long", 1_700_000))
START = 1_700_000_000_000
FAR = 10**9

pauses = st.one_of(
    st.integers(0, 300), st.just(5_000), st.just(5_000), st.integers(4_500, 5_500), st.integers(0, 20_000),
    st.integers(0, 1_000_000),
)  # fmt: skip
slips = st.one_of(st.just(0), st.just(0), st.just(0), st.integers(-90_000, 90_000))


class Life(RuleBasedStateMachine):
    """One attendance; a ledger of what the effects said is kept beside it, independently."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger("life", 1, [], None)
        self.rows: list[Row] = []
        self.now = START
        self.names = 0
        self.earned: list[Spend] = []  # not judged yet
        self.confirmed_ms = 0
        self.lost_since_pass = False
        self.last_pass_at: int | None = None
        self.covered: set[str] = set()

    # -------------------------------------------------------------- driving

    def name(self) -> str:
        self.names += 1
        return f"n{self.names}"

    @property
    def state(self) -> State:
        return self.ledger.state

    def do(self, event: Event, draw: float = 0.5) -> None:
        before = self.state
        effects = self.ledger.apply(event)
        for effect in effects:
            match effect:
                case TakeDraw(earliest, latest):
                    assert 0 <= earliest <= latest <= RULES.drawn_to_ms
                    self.ledger.apply(DrawTaken(event.at, earliest + int(draw * (latest - earliest))))
                case Spend(bucket="earned"):
                    self.no_earning_after_a_long_pause(effect)
                    self.earned.append(effect)
                case Confirm(_, kind):
                    assert kind in {str(one) for one in CONFIRMING}
                    self.confirmed_ms += sum(one.to_at - one.from_at for one in self.earned)
                    self.earned = []
                case Drop():
                    self.earned = []
                case CloseCheck(outcome="failed" | "missed"):
                    assert self.earned == []  # rule 6: nothing held survives it
                case CloseCheck(kind=kind, outcome="passed"):
                    self.last_pass_at = event.at
                    if kind in ("drawn", "closing") and before.lesson is not None:
                        self.covered.add(before.lesson)
                case _:
                    pass

    def no_earning_after_a_long_pause(self, spend: Spend) -> None:
        """From any pass, nothing is earned at an instant at which a push's window would end past the interval.

        Between the forced moment and the push or the slot's refusal lie the media plane's three seconds at most; in this
        life they may be any time, but then playback is frozen by silence (15 s).
        """
        assert self.last_pass_at is not None, "nothing is earned before a pass"
        latest = self.last_pass_at + RULES.forced_ms + RULES.report_gap_ms
        if self.state.requested or self.state.check is not None:
            return
        assert spend.to_at <= latest

    # -------------------------------------------------------------- the life

    @initialize(at=st.integers(0, 86_400_000))
    def enrolled(self, at: int) -> None:
        self.now = START + at
        self.do(AttendanceOpened(self.now, LESSONS))

    @rule(ms=pauses, draw=st.floats(0, 1))
    def time_passes(self, ms: int, draw: float) -> None:
        self.now += ms
        self.do(Ticked(self.now), draw)

    @rule(device=st.sampled_from("ab"))
    def a_device_begins(self, device: str) -> None:
        self.do(SessionOffered(self.now, self.name(), RULES, 0, device))

    @precondition(lambda self: self.state.requested)
    @rule(granted=st.sampled_from(["push", "push", "push", "BUSY", "PROVIDER_DOWN"]))
    def the_media_plane_answers(self, granted: str) -> None:
        session = self.state.session
        assert session is not None
        if granted == "push":
            self.do(CheckPushed(self.now, session.id, self.name()))
        else:
            self.do(SlotRefused(self.now, session.id, granted))  # type: ignore[arg-type]

    @precondition(lambda self: self.state.rival is not None and self.state.rival.check is None)
    @rule()
    def the_rival_is_pushed(self) -> None:
        assert self.state.rival is not None
        self.do(CheckPushed(self.now, self.state.rival.session.id, self.name()))

    def open_checks(self) -> list[Check]:
        rival = self.state.rival
        return [one for one in (self.state.check, None if rival is None else rival.check) if one is not None]

    @precondition(lambda self: self.open_checks())
    @rule(
        which=st.integers(0, 1),
        what=st.sampled_from(
            ["ack", "ack there", "frames", "try", "pass", "pass", "pass", "fail", "down", "lost", "ours"]
        ),
        ms=st.integers(0, 12_000),
    )
    def a_check_goes_on(self, which: int, what: str, ms: int) -> None:
        self.now += ms
        checks = self.open_checks()
        check = checks[min(which, len(checks) - 1)].id
        match what:
            case "ack":
                self.do(CheckAcknowledged(self.now, check, None))
            case "ack there":
                self.do(CheckAcknowledged(self.now, check, self.position(0), FAR))
            case "frames":
                self.do(FramesSeen(self.now, check))
            case "try":
                self.do(TryFailed(self.now, check, "TOO_LATE"))
            case "pass":
                self.do(CheckPassed(self.now, check))
            case "fail":
                self.do(CheckFailed(self.now, check, "NO_MATCH"))
            case "down":
                self.do(CheckVoided(self.now, check, "PROVIDER_DOWN"))
            case "lost":
                self.do(CheckVoided(self.now, check, "DISCONNECTED"))
            case _:
                self.do(CheckVoided(self.now, check, "SYSTEM_ERROR"))

    def position(self, slip: int) -> int:
        segment = self.state.segment
        there = 0 if segment is None else segment.from_ms + self.now - segment.opened_at
        return max(0, there + slip)

    @precondition(lambda self: self.state.session is not None)
    @rule(lesson=st.sampled_from([name for name, _ in LESSONS]), draw=st.floats(0, 1), slip=slips)
    def a_lesson_is_played(self, lesson: str, draw: float, slip: int) -> None:
        if self.state.lesson is None or slip > 50_000:
            self.do(LessonOpened(self.now, lesson))
        about = self.state.lesson_of(self.state.lesson or "")
        if about is not None:
            self.do(Played(self.now, max(0, about.earned_to_ms + slip), FAR), draw)

    @precondition(lambda self: self.state.segment is not None)
    @rule(
        beats=st.integers(1, 60), slip=slips, ms=st.integers(3_000, 6_000), behind=st.sampled_from([FAR, 0, -2_000]),
        draw=st.floats(0, 1),
    )  # fmt: skip
    def playback_goes_on(self, beats: int, slip: int, ms: int, behind: int, draw: float) -> None:
        for beat in range(beats):
            if self.state.segment is None or self.state.segment.frozen_at is not None:
                return
            self.now += ms
            position = self.position(slip if beat == beats - 1 else 0)
            self.do(Reported(self.now, position, position + behind, self.now if beat % 2 else 0), draw)

    @rule(
        what=st.sampled_from(
            [
                "pause",
                "hide",
                "show",
                "blur",
                "focus",
                "touch",
                "cut",
                "back",
                "leave",
                "withdraw",
                "crash",
                "asked",
                "allow",
            ]
        ),
        slip=slips,
    )
    def something_else(self, what: str, slip: int) -> None:
        now, position = self.now, self.position(slip)
        session = self.state.session.id if self.state.session is not None else ""
        events: dict[str, Event] = {
            "pause": Paused(now, position, FAR),
            "hide": Hidden(now, position, FAR),
            "show": Shown(now),
            "blur": Blurred(now, position, FAR),
            "focus": Focused(now),
            "touch": Interacted(now),
            "cut": Disconnected(now, session),
            "back": Reconnected(now),
            "leave": LearnerLeft(now, position, FAR),
            "withdraw": LearnerLeft(now, forced=True),
            "crash": OwnerLost(now),
            "asked": CheckAsked(now, "staff"),
            "allow": Allowed(now, "staff"),
        }
        self.do(events[what])

    @rule(checkpoint=st.booleans())
    def the_process_dies(self, checkpoint: bool) -> None:
        """State = journal folded, then the checkpoint; what was written is all there is."""
        save = self.ledger.take()
        self.rows += save.rows
        assert fold("life", self.rows, save.checkpoint) == self.state
        if checkpoint:
            self.ledger = Ledger("life", 2, self.rows, save.checkpoint)

    # -------------------------------------------------------------- what must hold

    @invariant()
    def positions_are_in_order(self) -> None:
        for lesson in self.state.lessons:
            assert 0 <= lesson.counted_to_ms <= lesson.earned_to_ms <= lesson.length_ms
            if lesson.finished(self.state.rules):
                assert lesson.id in self.covered  # rule 11

    @invariant()
    def held_is_what_is_earned_and_not_counted(self) -> None:
        gaps = sum(lesson.earned_to_ms - lesson.counted_to_ms for lesson in self.state.lessons)
        assert self.state.held_ms == gaps <= RULES.held_most_ms
        assert self.state.held_ms == sum(one.to_at - one.from_at for one in self.earned)

    @invariant()
    def every_counted_second_was_confirmed(self) -> None:
        assert sum(lesson.counted_to_ms for lesson in self.state.lessons) == self.confirmed_ms

    @invariant()
    def the_three_times_sum_to_the_session(self) -> None:
        settled = settle(self.state, self.now)
        if settled.session is not None:
            end = settled.as_of if self.state.session is not None else settled.session.ended_at
            assert end is not None
            assert settled.total_ms == end - settled.session.offered_at
            assert min(settled.not_counted_ms.values(), default=0) >= 0

    @invariant()
    def the_cap_of_the_day_holds(self) -> None:
        assert self.state.used_today_ms <= RULES.daily_cap_ms

    @invariant()
    def no_deadline_lies_behind(self) -> None:
        due = self.ledger.due_at
        assert due is None or due >= self.now

    def teardown(self) -> None:
        """The record that a person reads says the same as the state."""
        save = self.ledger.take()
        self.rows += save.rows
        reader = Record()
        for event in events_of("life", self.rows):
            reader.read(event)
        if save.checkpoint is not None:
            reader.read(decode(save.checkpoint)[1])
        assert reader.state == self.state
        reader.finish(self.now)
        sums = [totals(session) for session in reader.sessions.values()]
        settled = settle(self.state, self.now)
        assert sum(one["counted_ms"] for one in sums) == self.confirmed_ms
        assert sum(one["held_ms"] for one in sums) == settled.state.held_ms
        for session, total in zip(reader.sessions.values(), sums, strict=True):
            ended = session.ended_at_ms
            if ended is not None:
                assert total["total_ms"] == ended - session.started_at_ms


Life.TestCase.settings = settings(
    max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLife = Life.TestCase


def test_a_loud_event_is_one_that_changed_more_than_the_last_report() -> None:
    """The journal misses nothing: a quiet step may touch the last report and the last sign of life only."""
    ledger = Ledger("quiet", 1, [], None)
    now = START
    for event in (
        AttendanceOpened(now, LESSONS),
        SessionOffered(now, "s", RULES, 0, "a"),
        CheckPushed(now, "s", "c"),
        CheckAcknowledged(now, "c", None),
        CheckPassed(now + 9_000, "c"),
        LessonOpened(now + 9_000, "long"),
        Played(now + 9_000, 0, FAR),
        DrawTaken(now + 9_000, 700_000),
    ):
        ledger.apply(event)
    ledger.take()
    before = ledger.state
    ledger.apply(Reported(now + 14_000, 5_000, FAR, now + 14_000))
    after = ledger.state
    assert not ledger.has_rows
    assert after != before
    assert before.segment is not None
    assert replace(
        after, contact_at=before.contact_at, interacted_at=before.interacted_at, segment=before.segment
    ) == before  # fmt: skip
    assert after.phase is Phase.STUDYING
