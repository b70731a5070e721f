"""What must hold whatever a learner, an impostor, a page, the media plane and our own machines do (issue: Properties)."""

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec import structs

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
    Corrected,
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
    Reported,
    ResumedByStaff,
    SessionOffered,
    Shown,
    SignedOutByStaff,
    SlotRefused,
    SteppedOut,
    Suspended,
    TakeDraw,
    Ticked,
    TryFailed,
    Way,
)
from classroom.attendance.ledger import Ledger, events_of, fold
from classroom.attendance.record import Record, totals
from classroom.attendance.rules import Rules
from classroom.attendance.state import BARS, Kind, Phase, State
from classroom.attendance.store import Row
from classroom.attendance.times import settle
from realtime.view import beaten_of, by_settling
from tests.attendance.desk import ALL, NINE, Desk
from tests.attendance.effort import effort
from tests.attendance.honest import HonestPage
from tests.attendance.witness import Witness

COURSES = (
    (("L1", 50_000), ("L2", 400_000), ("L3", 1_700_000)),
    (("L1", 2_700_000),),
    (("L1", 300_000), ("L2", 61_500), ("L3", 90_000)),
)
SETTINGS = (
    Rules(),
    Rules(daily_cap_ms=1_200_000),
    Rules(drawn_from_ms=20_000, drawn_to_ms=100_000, idle_ms=90_000),
    Rules(held_most_ms=90_000),
    Rules(void_held_on_failure=False),
)
QUIET = ("contact_at", "interacted_at", "segment")  # all that a quiet event may change
WAITS = st.one_of(
    st.sampled_from([0, 200, 1_600, 5_000, 14_900, 15_100, 61_000, 76_000]),
    st.integers(0, 20_000),
    st.integers(100_000, 800_000),
    st.sampled_from([910_000, 3_600_000, 86_400_000]),
)
SLIPS = st.one_of(st.just(0), st.integers(-90_000, 90_000))
FRACTION = st.one_of(st.just(1.0), st.floats(0, 1))
HAPPENINGS = (
    *("pause", "step out", "hide", "show", "blur", "focus", "touch", "cut", "back", "leave"),
    *("withdraw", "staff", "crash", "asked", "asked", "allow", "beat", "other"),
)


class Life(RuleBasedStateMachine):
    """One attendance of two devices, an impostor's page included; the witness keeps the books beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger("life", 1, [], None)
        self.rows: list[Row] = []
        self.events: list[Event] = []
        self.now = NINE
        self.names = 0
        self.fraction, self.rest = 0.5, 0
        self.dropped: list[tuple[tuple[str, int, int], ...]] = [(("L1", 0, 10**9),)]  # and what nobody ever dropped

    @initialize(
        hour=st.one_of(st.integers(0, 24 * 3_600_000), st.integers(14 * 3_600_000, 15 * 3_600_000)),
        course=st.sampled_from(COURSES),
        chosen=st.sampled_from(SETTINGS),
        used=st.integers(0, 900),
    )
    def enrolled(self, hour: int, course: tuple[tuple[str, int], ...], chosen: Rules, used: int) -> None:
        self.rules, self.used, self.lessons = chosen, used * 1_000, course
        self.witness = Witness(chosen)
        self.now += hour
        self.do(AttendanceOpened(self.now, course))

    # -------------------------------------------------------------- the shell

    @property
    def state(self) -> State:
        return self.ledger.state

    def name(self) -> str:
        self.names += 1
        return f"n{self.names}"

    def do(self, event: Event) -> None:
        """Apply as the seat does; look at everything afterwards."""
        before, written = self.state, len(self.ledger._rows)
        event = replace(event, at=max(event.at, self.ledger.latest_at))  # what the ledger does, for the books
        effects = list(self.ledger.apply(event))
        self.events.append(event)
        self.quiet_means_nothing_but_the_last_report(before, written, effects, event)
        self.witness.note(before, event, effects, self.state)
        for effect in effects:
            if isinstance(effect, Drop):
                self.dropped.append(effect.stretches)
            if isinstance(effect, TakeDraw):
                assert 0 <= effect.from_ms <= effect.to_ms <= self.rules.drawn_to_ms
                self.do(DrawTaken(event.at, effect.from_ms + round(self.fraction * (effect.to_ms - effect.from_ms))))
        if not isinstance(event, DrawTaken):
            self.what_must_hold()

    def quiet_means_nothing_but_the_last_report(
        self, before: State, written: int, effects: list[object], event: Event
    ) -> None:
        after = self.state
        same = structs.replace(after, **{name: getattr(before, name) for name in QUIET}) == before
        if len(self.ledger._rows) == written:
            assert same
            assert [one for one in effects if type(one).__name__ != "Refuse"] == []
            assert (after.segment is None) == (before.segment is None)
        elif isinstance(event, Reported | Interacted | Ticked) and not effects:
            assert not same or before.segment != after.segment, "a heartbeat that changed nothing left a row"

    def what_must_hold(self) -> None:
        state = self.state
        self.witness.agree(state)
        due = self.ledger.due_at
        assert due is None or due >= self.ledger.latest_at
        if due is None:  # something lies ahead by itself, or somebody's answer is awaited
            waits = state.requested and (
                state.phase is Phase.AWAITING_LOGIN_CHECK or state.reason in ("AWAITING_CHECK", "PROVIDER_DOWN")
            )
            barred = state.connected and state.phase is Phase.PAUSED and state.reason in BARS
            assert state.session is None or waits or barred
        settled = settle(state, self.now)
        assert beaten_of(state, self.now) == by_settling(state, self.now)
        if settled.session is not None:
            end = settled.as_of if settled.session.ended_at is None else settled.session.ended_at
            assert settled.total_ms == end - settled.session.offered_at
            assert min(settled.not_counted_ms.values(), default=0) >= 0
        if state.phase is not Phase.STUDYING:
            assert state.blurred_at is None
        if state.barred and state.session is not None and state.phase in (Phase.BROWSING, Phase.STUDYING, Phase.PAUSED):
            assert (state.phase, state.reason) == (Phase.PAUSED, state.barred[0])

    # -------------------------------------------------------------- time

    @rule(wait=WAITS, ticks=st.booleans(), fraction=FRACTION)
    def time_passes(self, wait: int, ticks: bool, fraction: float) -> None:
        """Whether the alarm rings in time or the next event comes first must make no difference."""
        self.now += wait
        self.fraction = fraction
        if ticks:
            self.do(Ticked(self.now))

    # -------------------------------------------------------------- sessions

    @rule(device=st.sampled_from("ab"), way=st.sampled_from([None, None, "asked", "always"]))
    def begins(self, device: str, way: Way | None) -> None:
        self.do(SessionOffered(self.now, self.name(), self.rules, self.used, device, way))

    @rule(
        what=st.sampled_from(["asks", "asks", "withdraws", "called", "called", "called", "called beside"]),
        wait=st.integers(0, 12_000),
    )
    def a_person(self, what: str, wait: int) -> None:
        """Asked for, called off, or there: at any moment, wanted or not."""
        self.now += wait
        session, rival = self.state.session, self.state.rival
        match what:
            case "asks":
                self.do(PersonRequested(self.now))
            case "withdraws":
                self.do(PersonWithdrawn(self.now))
            case "called":
                self.do(PersonCheckBegun(self.now, "none" if session is None else session.id, self.name(), "proctor"))
            case "called beside":
                self.do(
                    PersonCheckBegun(self.now, "none" if rival is None else rival.session.id, self.name(), "proctor")
                )

    @precondition(lambda self: self.state.requested)
    @rule(answer=st.sampled_from(["push", "push", "push", "BUSY", "PROVIDER_DOWN"]), wait=st.integers(0, 12_000))
    def the_media_plane_answers(self, answer: str, wait: int) -> None:
        session = self.state.session
        assert session is not None
        self.now += wait
        if answer == "push":
            self.do(CheckPushed(self.now, session.id, self.name()))
        else:
            self.do(SlotRefused(self.now, session.id, answer))  # type: ignore[arg-type]

    @precondition(lambda self: self.state.rival is not None and self.state.rival.check is None)
    @rule()
    def the_other_device_is_pushed(self) -> None:
        assert self.state.rival is not None
        self.do(CheckPushed(self.now, self.state.rival.session.id, self.name()))

    @rule(
        steps=st.one_of(st.integers(1, 40), st.integers(80, 160)),
        wait=st.integers(4_500, 13_000),
        number=st.integers(0, 2),
        fraction=FRACTION,
        rest=st.sampled_from([0, 0, 20_000, 300_000]),
        until=st.sampled_from(["", "", "requested", "requested", "pushed", "shown", "lost try", "held"]),
    )
    def studies_in_earnest(self, steps: int, wait: int, number: int, fraction: float, rest: int, until: str) -> None:
        """The whole way of an honest learner from wherever things stand, so that random lives get far; may stop short."""
        self.fraction, self.rest = fraction, rest
        for _ in range(steps):
            state = self.state
            reached = {
                "requested": state.requested,
                "pushed": state.check is not None,
                "shown": state.check is not None and state.check.acknowledged,
                "lost try": state.check is not None and state.check.tries_failed > 0,
                "held": state.held_ms > 100_000,
            }
            if until and reached[until]:
                return
            self.does_what_is_next(number, wait)

    def does_what_is_next(self, number: int, wait: int) -> None:
        state, at = self.state, self.now
        check = state.check
        if state.session is None:
            if state.day.failed_checks >= self.rules.failed_checks_a_day:
                self.do(Allowed(at, "teacher"))
            way: Way | None = "always" if self.rest == 20_000 else None
            self.do(SessionOffered(at, self.name(), self.rules, self.used, "a", way))
        elif not state.connected:
            self.do(Reconnected(at))
        elif state.barred and state.check is None and not state.requested:
            self.do(ResumedByStaff(at, "teacher") if state.bar_ends_at is not None else Readmitted(at, "city"))
        elif check is not None and not check.acknowledged:
            self.do(CheckAcknowledged(at, check.id, None if state.segment is None else self.position(0), ALL))
        elif check is not None and check.first_frame_at is None:
            self.do(PersonJoined(at, check.id) if check.kind is Kind.PERSON else FramesSeen(at, check.id))
        elif check is not None and check.tries_failed == 0 and wait % 3 == 0:
            self.do(TryFailed(at, check.id, "TOO_LATE"))
        elif check is not None:
            self.do(CheckPassed(at, check.id))
        elif state.waits_for_person and state.phase is Phase.STUDYING and state.segment is not None and wait % 4:
            self.now += wait  # the proctor takes a while
            self.do(Reported(self.now, self.position(0), ALL, self.now))
        elif state.waits_for_person:
            self.do(PersonCheckBegun(at, state.session.id, self.name(), "proctor"))
        elif state.requested:
            self.do(CheckPushed(at, state.session.id, self.name()))
        elif state.lesson is None:
            self.do(LessonOpened(at, self.lessons[number % len(self.lessons)][0]))
        elif state.segment is None:
            lesson = state.lesson_of(state.lesson)
            assert lesson is not None
            if state.phase is not Phase.STUDYING and state.reason not in ("AWAITING_CHECK", "PROVIDER_DOWN"):
                self.now, at = self.now + self.rest, self.now + self.rest
            self.do(Played(at, lesson.earned_to_ms, ALL))
        elif state.blurred_at is not None:
            self.do(Focused(at))
        else:
            self.now += wait
            self.do(Reported(self.now, self.position(0), ALL, self.now))

    # -------------------------------------------------------------- checks

    def open_checks(self) -> list[str]:
        rival = self.state.rival
        return [one.id for one in (self.state.check, None if rival is None else rival.check) if one is not None]

    @precondition(lambda self: self.open_checks())
    @rule(
        last=st.booleans(),
        what=st.sampled_from(
            [
                "shown",
                "shown",
                "frames",
                "frames",
                "try",
                "pass",
                "pass",
                "pass",
                "pass",
                "fail",
                "missed",
                "down",
                "gone",
                "ours",
                "joined",
                "left",
            ]
        ),
        wait=st.integers(0, 12_000),
        slip=SLIPS,
    )
    def a_check_goes_on(self, last: bool, what: str, wait: int, slip: int) -> None:
        self.now += wait
        at, check = self.now, self.open_checks()[-1 if last else 0]
        self.do(
            {
                "shown": CheckAcknowledged(at, check, None if slip > 50_000 else self.position(slip), ALL),
                "frames": FramesSeen(at, check),
                "try": TryFailed(at, check, "TOO_LATE"),
                "pass": CheckPassed(at - min(wait, 2_000), check),  # its evidence took a moment to store
                "fail": CheckFailed(at, check, "NO_MATCH"),
                "missed": CheckFailed(at, check, "TOO_LATE", missed=True),
                "down": CheckVoided(at, check, "PROVIDER_DOWN"),
                "gone": CheckVoided(at, check, "DISCONNECTED"),
                "ours": CheckVoided(at, check, "SYSTEM_ERROR"),
                "joined": PersonJoined(at, check),
                "left": PersonLeft(at, check),
            }[what]
        )

    # -------------------------------------------------------------- playback

    def position(self, slip: int) -> int:
        segment = self.state.segment
        there = 0 if segment is None else segment.from_ms + self.now - segment.opened_at
        return max(0, there + slip)

    @precondition(lambda self: self.state.session is not None)
    @rule(number=st.integers(0, 2), again=st.booleans(), slip=SLIPS, fraction=FRACTION)
    def plays(self, number: int, again: bool, slip: int, fraction: float) -> None:
        self.fraction = fraction
        if self.state.lesson is None or not again:
            self.do(LessonOpened(self.now, self.lessons[number % len(self.lessons)][0]))
        about = self.state.lesson_of(self.state.lesson or "")
        if about is not None:
            self.do(Played(self.now, max(0, about.earned_to_ms + slip), ALL))

    @precondition(lambda self: self.state.segment is not None)
    @rule(
        beats=st.integers(1, 80),
        slip=SLIPS,
        wait=st.integers(3_000, 6_000),
        behind=st.sampled_from([ALL, ALL, 0, -2_000]),
        fraction=FRACTION,
    )
    def goes_on_playing(self, beats: int, slip: int, wait: int, behind: int, fraction: float) -> None:
        self.fraction = fraction
        for beat in range(beats):
            if self.state.segment is None or self.state.segment.frozen_at is not None:
                return
            self.now += wait
            position = self.position(slip if beat == beats - 1 else 0)
            self.do(Reported(self.now, position, position + behind, self.now if beat % 2 else 0))

    @rule(
        what=st.sampled_from(
            [
                "pause",
                "step out",
                "hide",
                "show",
                "blur",
                "focus",
                "touch",
                "cut",
                "back",
                "leave",
                "withdraw",
                "staff",
                "crash",
                "asked",
                "asked",
                "allow",
                "beat",
                "other",
            ]
        ),
        slip=SLIPS,
        late=st.sampled_from([0, 0, 0, 1_500]),
    )
    def something_else(self, what: str, slip: int, late: int) -> None:
        """Also messages that waited for something while others were handled: their instants lie a little behind."""
        at, position = self.now - late, self.position(slip)
        session = self.state.session.id if self.state.session is not None else "none"
        rival = self.state.rival.session.id if self.state.rival is not None else "none"
        events: dict[str, Event] = {
            "pause": Paused(at, position, ALL),
            "step out": SteppedOut(at, position, ALL),
            "hide": Hidden(at, position, ALL),
            "show": Shown(at),
            "blur": Blurred(at, position, ALL),
            "focus": Focused(at),
            "touch": Interacted(at),
            "cut": Disconnected(at, session),
            "other": Disconnected(at, rival),
            "back": Reconnected(at),
            "leave": LearnerLeft(at, position, ALL),
            "withdraw": LearnerLeft(at, forced=True),
            "staff": SignedOutByStaff(at, "teacher"),
            "crash": OwnerLost(at),
            "asked": CheckAsked(at, "proctor"),
            "allow": Allowed(at, "teacher"),
            "beat": Reported(at, position, position, at),
        }
        self.do(events[what])

    # -------------------------------------------------------------- staff and authorities

    @rule(
        what=st.sampled_from(["pause", "resume", "suspend", "readmit"]),
        lasts=st.sampled_from([0, 5_000, 600_000, 40_000_000]),
    )
    def staff_acts(self, what: str, lasts: int) -> None:
        at = self.now
        events: dict[str, Event] = {
            "pause": PausedByStaff(at, "teacher", at + lasts, "NOT_ATTENTIVE"),
            "resume": ResumedByStaff(at, "teacher"),
            "suspend": Suspended(at, "city"),
            "readmit": Readmitted(at, "city"),
        }
        self.do(events[what])

    @rule(which=st.integers(0, 9), twice=st.booleans())
    def an_appeal_is_granted(self, which: int, twice: bool) -> None:
        for _ in range(2 if twice else 1):
            self.do(Corrected(self.now, "check", "teacher", "head", self.dropped[which % len(self.dropped)]))

    # -------------------------------------------------------------- what is stored

    @rule(dies=st.booleans())
    def is_written(self, dies: bool) -> None:
        """State = fold(journal) + checkpoint, at any moment and from any process."""
        save = self.ledger.take()
        self.rows += save.rows
        assert fold("life", self.rows, save.checkpoint) == self.state
        if dies:
            self.ledger = Ledger("life", 2, self.rows, save.checkpoint)
            assert self.ledger.latest_at <= self.now

    def teardown(self) -> None:
        if not self.events:
            return
        save = self.ledger.take()
        self.rows += save.rows
        state = fold("life", self.rows, save.checkpoint)
        assert state == self.state
        self.the_record_says_the_same(save.checkpoint)
        self.one_who_was_always_in_time_has_the_same_record()

    def the_record_says_the_same(self, checkpoint: str | None) -> None:
        record = Record()
        for event in events_of("life", self.rows):
            record.read(event)
        if checkpoint is not None:
            record.read(decode(checkpoint)[1])
        assert record.state == self.state
        record.finish(self.now)
        for session in record.sessions.values():
            reached = session.started_at_ms
            for interval in session.intervals:
                assert (interval.from_ms, interval.from_ms < interval.to_ms) == (reached, True)
                reached = interval.to_ms
            if session.ended_at_ms is not None:
                assert reached == session.ended_at_ms
        sums = {name: totals(session) for name, session in record.sessions.items()}
        assert sum(one["counted_ms"] for one in sums.values()) == sum(self.witness.counted.values())
        settled = settle(self.state, self.now)
        assert sum(one["held_ms"] for one in sums.values()) == settled.state.held_ms
        if settled.session is not None:
            mine = sums[settled.session.id]
            assert mine["counted_ms"] == settled.counted_ms
            assert mine["held_ms"] == settled.held_ms
            assert mine["not_counted_ms"] == {k: v for k, v in sorted(settled.not_counted_ms.items()) if v}

    def one_who_was_always_in_time_has_the_same_record(self) -> None:
        """A late wake-up gives the same state as an alarm that rang at each deadline."""
        punctual = Ledger("life", 1, [], None)
        for event in (*self.events, Ticked(self.now)):
            while not isinstance(event, DrawTaken) and (due := punctual.due_at) is not None and due < event.at:
                punctual.apply(Ticked(due))
            punctual.apply(event)
        self.ledger.apply(Ticked(self.now))
        assert punctual.state == self.ledger.state


Life.TestCase.settings = effort()
TestLife = Life.TestCase


# ------------------------------------------------------------------ jitter


DELAYS = st.lists(st.integers(0, 500), min_size=1, max_size=40)
FRACTIONS = st.lists(st.floats(0, 1), min_size=1, max_size=6)


@effort()
@given(delays=DELAYS, fractions=FRACTIONS, last=st.booleans())
def test_jitter_costs_an_honest_lesson_nothing(delays: list[int], fractions: list[float], last: bool) -> None:
    """Jitter of 0 to 500 ms on every report costs an honest 45-minute lesson nothing (row 10's checks included)."""
    desk = Desk(2_700) if last else Desk(2_700, 2_700)
    page = HonestPage(desk, delays, fractions)

    page.run(until=2 * 3600)

    lesson, settled = desk.lesson(), desk.settled(desk.seconds(page.now) or 0)
    waited = settled.not_counted_ms.pop("AWAITING_CHECK", 0)
    assert page.over
    assert lesson.earned_to_ms >= 2_699_000
    assert desk.found(Raise) == []  # nobody is suspected
    assert waited <= page.checks * 16_500  # answering took 14 s, the network the rest
    assert sum(settled.not_counted_ms.values()) <= 1_500 * (page.checks + 1)
    if last:
        assert lesson.finished(desk.rules)
        assert abs(settled.counted_ms - 2_700_000) <= 1_000
        assert settled.held_ms == 0
