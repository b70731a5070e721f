"""The live check by a person: called, begun, judged, let pass, left; what asking for one can and can't do (rule 8, ADR 21)."""

import json

import pytest

from classroom.attendance.codec import decode, encode
from classroom.attendance.events import (
    CallPerson,
    CheckAcknowledged,
    CheckFailed,
    CheckPassed,
    CloseCheck,
    LessonOpened,
    OwnerLost,
    PersonCheckBegun,
    PersonJoined,
    PersonLeft,
    PersonRequested,
    PersonWithdrawn,
    Played,
    RequestSlot,
    SessionOffered,
)
from tests.attendance.desk import ALL, Desk, ms


class Office(Desk):
    """A desk with a proctor."""

    def asks(self, second: float) -> None:
        self.do(PersonRequested(self.at(second)))

    def withdraws(self, second: float) -> None:
        self.do(PersonWithdrawn(self.at(second)))

    def called(self, second: float, session: str = "s1", check: str = "p1") -> str:
        self.do(PersonCheckBegun(self.at(second), session, check, "proctor"))
        return check

    def seen(self, second: float, check: str = "p1") -> str:
        self.do(CheckAcknowledged(self.at(second), check, None, ALL))
        self.do(PersonJoined(self.at(second), check))
        return check

    def by_person(self, second: float, session: str = "s1", check: str = "p1") -> None:
        """A whole check within one instant."""
        self.called(second, session, check)
        self.seen(second, check)
        self.do(CheckPassed(self.at(second), check))

    @property
    def calls(self) -> list[tuple[str, bool]]:
        return [(one.kind, one.told) for one in self.found(CallPerson)]


def asked_and_due() -> Office:
    """A person was asked for at 20 s, the drawn moment came at 100 s."""
    office = Office(2_700, draw=100)
    office.studies(0)
    office.watches(20)
    office.asks(20)
    office.watches(130)
    return office


def told_to_wait() -> Office:
    office = asked_and_due()
    office.watches(830)
    return office


def test_who_asked_studies_on_when_a_check_falls_due_and_is_told_nothing() -> None:
    office = asked_and_due()

    assert office.calls == [("drawn", False)]
    assert office.requested == ["login"]  # no media process is asked
    assert office.now == ("studying", None)
    assert office.settled(130).held_ms == ms(130)


def test_nobody_comes_in_time_then_the_learner_waits_and_neither_earns_nor_idles() -> None:
    """Rule 8: nothing is earned past the interval; waiting is nobody's idling."""
    office = told_to_wait()

    assert office.now == ("paused", "AWAITING_CHECK")
    assert office.calls == [("drawn", False), ("drawn", True)]
    assert office.settled(825).held_ms == ms(825)
    office.ticks(8_000)
    assert office.now == ("paused", "AWAITING_CHECK")
    assert office.settled(8_000).held_ms == ms(825)
    assert office.due is None


@pytest.mark.parametrize("waiting", [asked_and_due, told_to_wait], ids=["untold", "told"])
def test_a_pass_has_the_effect_of_what_it_stands_for(waiting) -> None:  # type: ignore[no-untyped-def]
    office = waiting()
    held = office.settled(900).held_ms
    now = 900 if office.now[0] == "paused" else 130
    office.by_person(now)

    assert office.closed[-1] == ("person", "by_person")
    assert office.settled(900).counted_ms == held
    assert office.lesson().covered
    assert office.now == ("studying", None)
    office.plays(now + 1)
    office.watches(now + 105)
    assert office.requested == ["login", "drawn"]  # that was the person asked for: by face again


def test_login_and_resume_by_a_person_only_let_go_on() -> None:
    """Rule 4: their moment is the learner's choice."""
    office = Office(2_700, draw=800)
    office.do(SessionOffered(office.at(0), "s1", office.rules, 0, "d1", "always"))
    assert office.calls == [("login", True)]
    office.by_person(300)
    assert office.now == ("browsing", None)
    office.opens(300)
    office.plays(300)
    office.watches(400)
    office.pauses(400, 100)
    office.plays(1_200)  # 900 s after the last pass

    assert office.calls == [("login", True), ("resume", True)]
    office.by_person(1_500, check="p2")
    assert office.settled(1_500).counted_ms == 0
    assert office.settled(1_500).held_ms == ms(100)
    assert office.now == ("studying", None)


def test_a_call_of_the_proctors_own_confirms_what_is_held_and_covers_no_lesson() -> None:
    office = Office(2_700, draw=800).studies(0)
    office.watches(100)
    office.by_person(100)

    assert office.settled(100).counted_ms == ms(100)
    assert not office.lesson().covered


def test_a_refusal_is_a_failed_check() -> None:
    office = asked_and_due()
    office.called(130)
    office.seen(140)
    office.do(CheckFailed(office.at(200), "p1", "NOT_THE_LEARNER"))

    assert office.found(CloseCheck)[-1] == CloseCheck(
        office.at(200), "s1", "p1", "person", "failed", "NOT_THE_LEARNER", ms(130)
    )
    assert office.ended[-1] == ("CHECK_FAILED", 200)
    assert office.state.day.failed_checks == 1
    assert office.state.person is None


def test_a_call_that_nobody_answers_while_studying_is_missed() -> None:
    office = asked_and_due()
    office.called(130)
    assert office.due == 205  # push + 75 s
    office.ticks(300)

    assert office.closed[-1] == ("person", "missed")
    assert office.ended[-1] == ("CHECK_MISSED", 205)
    assert office.settled(300).held_ms == 0


def test_waiting_costs_nothing_but_the_moment_that_was_let_pass_is_gone() -> None:
    office = told_to_wait()
    office.called(900)
    office.ticks(980)

    assert office.closed[-1] == ("person", "unanswered")
    assert office.now == ("paused", "AWAITING_CHECK")
    assert office.settled(980).held_ms == ms(825)
    assert office.state.day.failed_checks == 0
    assert office.calls[-1] == ("resume", True)  # what comes again lets go on, and confirms nothing
    office.by_person(1_000, check="p2")
    assert office.settled(1_000).held_ms == ms(825)
    assert office.state.draw_at_ms is None  # drawn anew with the next second studied


def test_after_that_the_next_call_must_be_answered() -> None:
    office = told_to_wait()
    office.called(900)
    office.ticks(980)
    office.by_person(1_000, check="p2")
    office.asks(1_001)
    office.plays(1_001)
    office.watches(1_900)
    assert office.now == ("paused", "AWAITING_CHECK")
    office.called(1_950, check="p3")
    office.ticks(2_100)

    assert office.closed[-1] == ("person", "missed")


@pytest.mark.parametrize("gone", [PersonLeft, None, OwnerLost], ids=["hung up", "decided nothing", "our process died"])
def test_a_proctor_who_is_gone_is_no_strike(gone: type | None) -> None:
    office = told_to_wait()
    office.called(900)
    office.seen(905)
    assert office.due == 1_505  # a time of their own: 600 s
    if gone is PersonLeft:
        office.do(PersonLeft(office.at(950), "p1"))
    elif gone is OwnerLost:
        office.do(OwnerLost(office.at(950)))
        office.comes_back(955)
    else:
        office.ticks(1_600)

    assert office.closed[-1] == ("person", "device_error" if gone is OwnerLost else "provider_down")
    assert office.now == ("paused", "AWAITING_CHECK")
    assert office.state.day.failed_checks == 0
    assert office.settled(1_600).held_ms == ms(825)
    assert office.calls[-1] == ("drawn", True)  # who was seen when called has kept the appointment
    office.by_person(1_700, check="p2")
    assert office.settled(1_700).counted_ms == ms(825)


def test_a_request_while_a_check_is_open_changes_nothing_of_it() -> None:
    """Rule 8: the deadline stays, and so does who judges."""
    office = Office(2_700, draw=100).studies(0)
    office.watches(100)
    check = office.pushed(100)
    before = (office.due, office.state.check)
    office.asks(110)

    assert (office.due, office.state.check) == before
    office.verdict(120, check)
    assert office.closed[-1] == ("drawn", "passed")
    assert office.settled(120).counted_ms == ms(100)
    office.asks(300)
    assert office.calls == []


def test_a_request_takes_the_place_of_a_slot_that_was_asked_for() -> None:
    office = Office(2_700, draw=100).studies(0)
    office.watches(100)
    office.busy(100)
    assert office.now == ("paused", "AWAITING_CHECK")
    office.asks(105)

    assert office.calls == [("drawn", True)]
    assert office.pushed(106)
    assert office.refused[-1] == "NOT_DUE"  # a slot that comes all the same
    office.busy(107, cause="PROVIDER_DOWN")
    assert office.now == ("paused", "AWAITING_CHECK")


def test_withdrawing_brings_a_check_by_face_that_confirms_nothing() -> None:
    office = told_to_wait()
    office.withdraws(900)

    assert office.requested == ["login", "resume"]
    office.passes(905)
    assert office.settled(905).held_ms == ms(825)
    assert office.state.draw_at_ms is None


def test_after_a_moment_was_evaded_a_lessons_end_confirms_nothing() -> None:
    """ADR 29: else whoever lets the drawn moment slip by asking would come for the closing check alone."""
    office = Office(300, 300, draw=100)
    office.studies(0)
    office.watches(20)
    office.asks(20)
    office.watches(300)
    assert office.now == ("paused", "AWAITING_CHECK")  # at the lesson's end there is nothing to do but wait
    office.withdraws(310)
    office.passes(315)
    office.plays(320)

    assert office.requested[-1] == "closing"
    office.passes(325)
    assert (office.lesson().covered, office.lesson().counted_to_ms) == (True, 0)
    office.opens(330, "L2")
    office.plays(330)
    office.asks(330)
    office.watches(440)
    assert office.calls[-1] == ("drawn", False)
    office.by_person(440)
    assert office.lesson().finished(office.rules)
    assert not office.state.slipped


def test_neither_playing_nor_choosing_a_lesson_shows_that_a_moment_has_come() -> None:
    office, before = asked_and_due(), Office(2_700, 300, draw=500)
    for one in (office, before):
        one.do(Played(one.at(131), ms(100), ALL)) if one is office else one.studies(0)
    assert office.now == ("studying", None)
    assert office.refused == []
    office.beats(136, 105)
    assert office.now == ("studying", None)
    office.do(LessonOpened(office.at(137), "L1"))
    office.pauses(138, 107)
    assert office.refused == []
    office.plays(140)
    assert office.now == ("studying", None)
    assert office.calls == [("drawn", False), ("drawn", False)]


def test_the_second_device_of_a_learner_without_face_waits_for_a_person_too() -> None:
    """Rule 9: the old one goes on until then."""
    office = Office(2_700, draw=400)
    office.do(SessionOffered(office.at(0), "s1", office.rules, 0, "d1", "always"))
    office.by_person(10)
    office.opens(10)
    office.plays(10)
    office.watches(60)
    office.do(SessionOffered(office.at(60), "s2", office.rules, 0, "d2", "always"))
    assert office.calls[-1] == ("login", True)
    assert office.found(RequestSlot) == []
    office.watches(70)
    office.called(70, "s2", "p2")
    office.watches(150)
    assert office.closed[-1] == ("person", "unanswered")
    assert office.now == ("studying", None)
    office.by_person(150, "s2", "p3")

    assert office.ended[-1][0] == "TAKEN_OVER"
    assert office.state.session is not None
    assert (office.state.session.id, office.state.person) == ("s2", "always")


def test_who_waits_and_loses_the_line_waits_on() -> None:
    office = told_to_wait()
    office.leaves_socket(850)
    office.comes_back(860)

    assert office.now == ("paused", "AWAITING_CHECK")
    assert office.calls[-1] == ("drawn", True)
    office.by_person(870)
    assert office.settled(870).counted_ms == ms(825)


@pytest.mark.parametrize("where", ["challenged", "gone", "nobody"])
def test_a_call_finds_nobody_where_a_check_is_open_or_no_page_is(where: str) -> None:
    office = Office(2_700, draw=100).studies(0)
    office.watches(100)
    if where == "challenged":
        office.pushed(100)
    elif where == "gone":
        office.leaves_socket(100)
    state = office.state
    office.called(101, "other" if where == "nobody" else "s1")

    assert office.refused[-1] == "NOT_NOW"
    assert office.state.check == state.check


def test_a_pause_of_the_learners_own_goes_on_after_the_call() -> None:
    office = Office(2_700, draw=400).studies(0)
    office.watches(100)
    office.pauses(100, 100)
    office.by_person(110)

    assert office.now == ("paused", "PAUSED_BY_LEARNER")
    assert office.settled(110).counted_ms == ms(100)


def test_a_journal_of_before_is_read() -> None:
    event = SessionOffered(5, "s1", Desk().rules, 0, "d1")
    value = json.loads(encode(event))
    del value["event"]["person"], value["event"]["rules"]["person_ms"]

    assert decode(json.dumps(value)) == (None, event)


@pytest.mark.parametrize("verdict", [CheckPassed, CheckFailed])
def test_nobody_judges_whom_they_did_not_see(verdict) -> None:  # type: ignore[no-untyped-def]
    office = told_to_wait()
    check = office.called(900)
    reason = ("NOT_THE_LEARNER",) if verdict is CheckFailed else ()
    office.do(verdict(office.at(905), check, *reason))

    assert office.refused == ["NOT_NOW"]
    assert office.now == ("challenged", None)
    assert office.state.held_ms == ms(825)
