"""An appeal that two persons granted gives back positions not earned since, never seconds (rule 11)."""

from classroom.attendance.codec import decode, encode
from classroom.attendance.events import Correct, Corrected, Event
from classroom.attendance.state import Day
from tests.attendance.desk import Desk, ms
from tests.attendance.test_record import record_of, told

LOST = (("L1", 0, ms(100)),)


def failed(draw: float = 100) -> Desk:
    """A hundred seconds were dropped."""
    desk = Desk(draw=draw).studies(0).watches(100)
    desk.fails(101, position=100)
    return desk


def granted(desk: Desk, second: float, stretches: tuple[tuple[str, int, int], ...] = LOST) -> None:
    desk.do(Corrected(desk.at(second), "c2", "teacher", "head", stretches))


def test_what_was_dropped_is_counted_again_by_position_and_the_seconds_stay_as_they_were() -> None:
    desk = failed()

    granted(desk, 500)

    assert (desk.lesson().counted_to_ms, desk.lesson().earned_to_ms) == (ms(100), ms(100))
    assert desk.settled(500).not_counted_ms == {"STALLED": ms(1), "VERIFICATION_FAILED": ms(100)}
    assert desk.settled(500).counted_ms == 0
    assert desk.state.used_today_ms == 0  # the daily cap isn't charged
    assert desk.state.lost is None  # nothing is left to watch again


def test_what_was_earned_since_is_not_given_twice_and_what_is_held_below_is_repeated() -> None:
    desk = failed()
    desk.draw = 600
    desk.studies(200, session="s2").watches(260)
    desk.pauses(260, 60)

    granted(desk, 300)

    assert (desk.lesson().counted_to_ms, desk.lesson().earned_to_ms) == (ms(100), ms(100))
    assert desk.state.held == ()
    settled = desk.settled(300)
    assert settled.not_counted_ms == {"REPEATED": ms(60), "PAUSED_BY_LEARNER": ms(40)}
    assert settled.total_ms == ms(100)


def test_a_held_stretch_that_reaches_beyond_is_trimmed_and_the_rest_waits_for_its_check() -> None:
    desk = failed()
    desk.draw = 600
    desk.studies(200, session="s2").watches(350)
    desk.pauses(350, 150)

    granted(desk, 400)

    assert [(one.from_ms, one.to_ms) for one in desk.state.held] == [(ms(100), ms(150))]
    assert desk.lesson().counted_to_ms == ms(100)
    assert desk.lesson().earned_to_ms == ms(150)
    session = record_of(desk, 400).sessions["s2"]
    assert told(session)[:2] == [(200, 300, "not_counted", "REPEATED"), (300, 350, "held", None)]


def test_a_running_lesson_below_the_point_given_back_is_watched_again() -> None:
    desk = failed()
    desk.draw = 600
    desk.studies(200, session="s2").watches(250)

    granted(desk, 250)
    desk.watches(320)

    assert desk.state.held_ms == 0
    assert desk.settled(320).state.held_ms == ms(20)  # from 100 to 120
    assert desk.settled(320).not_counted_ms["REPEATED"] == ms(100)


def test_never_more_than_was_dropped_and_never_with_a_gap() -> None:
    desk = failed()

    granted(desk, 500, (("L1", 0, ms(2_000)), ("L9", 0, ms(5))))
    assert desk.lesson().counted_to_ms == ms(100)
    granted(desk, 501, (("L1", ms(200), ms(300)),))

    assert [one.given for one in desk.found(Correct)] == [(("L1", 0, ms(100)),), ()]


def test_granting_the_same_twice_gives_it_once() -> None:
    desk = failed()

    granted(desk, 500)
    granted(desk, 501)

    assert desk.lesson().counted_to_ms == ms(100)
    assert [one.given for one in desk.found(Correct)] == [LOST, ()]


def test_a_lesson_given_back_to_its_end_still_wants_the_check_that_lies_inside_it() -> None:
    """Rule 11: finished only when a drawn or closing check passed inside."""
    desk = Desk(100, 600, draw=99)
    desk.studies(0).watches(99)
    desk.fails(100, position=99)

    granted(desk, 400, (("L1", 0, ms(99)),))

    assert desk.lesson().counted_to_ms == ms(99)
    assert not desk.lesson().finished(desk.rules)
    desk.login(500, "s3")
    desk.opens(501)
    desk.plays(502)
    assert desk.requested[-1] == "closing"
    desk.passes(503, "s3")
    assert desk.lesson().finished(desk.rules)


def test_the_record_shows_the_correction_and_what_each_check_dropped() -> None:
    desk = failed()
    granted(desk, 500)

    record = record_of(desk, 600)

    assert record.dropped == {"c2": LOST}
    assert [(one.about, one.given_ms) for one in record.corrections] == [("c2", ms(100))]
    assert told(record.sessions["s1"])[0] == (0, 100, "not_counted", "VERIFICATION_FAILED")


def test_old_journals_and_new_events_are_read() -> None:
    old = '{"before":null,"event":{"at":5,"by":"teacher","kind":"SignedOutByStaff"}}'
    events: list[Event] = [decode(old)[1], Corrected(5, "c2", "a", "b", LOST)]

    assert [decode(encode(one))[1] for one in events] == events
    assert Day(1) == Day(1, flags=(), not_counted_ms=0)
