"""What a person reads of an attendance (row 38), and the three times of a session."""

from classroom.attendance.codec import decode
from classroom.attendance.events import CheckPushed, LearnerLeft
from classroom.attendance.ledger import events_of
from classroom.attendance.record import Interval, Record, SessionRecord, totals
from tests.attendance.desk import ALL, NINE, Desk, ms


def record_of(desk: Desk, second: float) -> Record:
    save = desk.ledger.take()
    record = Record()
    for event in events_of(desk.ledger.attendance, save.rows):
        record.read(event)
    if save.checkpoint is not None:
        record.read(decode(save.checkpoint)[1])
    record.finish(desk.at(second))
    return record


def told(session: SessionRecord) -> list[tuple[float, float, str, str | None]]:
    return [
        ((one.from_ms - NINE) / 1000, (one.to_ms - NINE) / 1000, one.state, one.reason) for one in session.intervals
    ]


def test_every_second_of_a_session_is_counted_held_or_carries_its_reason() -> None:
    """Every second of a session is counted, held, or carries a reason for why not."""
    desk = Desk(draw=100).login(0)
    desk.opens(10)
    desk.plays(20)
    desk.watches(120)
    desk.passes(125, position=105)
    desk.plays(126)
    desk.watches(136)
    desk.do(LearnerLeft(desk.at(140), ms(119), ALL))

    session = record_of(desk, 200).sessions["s1"]

    assert told(session) == [
        (0, 10, "not_counted", "BROWSING"),
        (10, 20, "not_counted", "BROWSING"),  # another lesson is open
        (20, 125, "counted", None),
        (125, 126, "not_counted", "STALLED"),
        (126, 140, "held", None),
    ]
    assert totals(session) == {
        "total_ms": 140_000,
        "counted_ms": 105_000,
        "held_ms": 14_000,
        "not_counted_ms": {"BROWSING": 20_000, "STALLED": 1_000},
    }
    assert (session.started_at_ms, session.ended_at_ms, session.ended_reason) == (NINE, NINE + 140_000, "BY_LEARNER")


def test_what_was_held_and_lost_says_why_in_the_session_in_which_it_was_watched() -> None:
    """2.2.2 b, across sessions."""
    desk = Desk(draw=400).studies(0).watches(60)
    desk.do(LearnerLeft(desk.at(60), ms(60), ALL))
    desk.offer(100, "s2")
    desk.fails(100, "s2")

    record = record_of(desk, 200)

    assert told(record.sessions["s1"]) == [(0, 60, "not_counted", "VERIFICATION_FAILED")]
    assert totals(record.sessions["s2"])["total_ms"] == 0
    assert record.checks["c2"].dropped_ms == 60_000


def test_a_running_session_ends_at_its_last_report() -> None:
    desk = Desk().studies(0).watches(20)

    session = record_of(desk, 23).sessions["s1"]

    assert told(session) == [(0, 20, "held", None)]
    assert session.ended_at_ms is None


def test_a_session_in_a_pause_runs_up_to_now() -> None:
    desk = Desk().studies(0).watches(20)
    desk.pauses(20, 20)

    assert told(record_of(desk, 60).sessions["s1"])[-1] == (20, 60, "not_counted", "PAUSED_BY_LEARNER")


def test_a_check_has_its_time_its_outcome_and_its_tries() -> None:
    desk = Desk(draw=60).studies(0).watches(60)
    check = desk.pushed(61)
    desk.shown(62, check, 61)
    desk.loses_try(70, check)
    desk.ticks(4_000)

    found = record_of(desk, 4_000).checks[check]

    assert (found.session_id, found.kind, found.pushed_at_ms) == ("s1", "drawn", desk.at(61))
    assert (found.outcome, found.reason, found.tries, found.dropped_ms) == ("missed", "NO_CAMERA", 1, 61_000)
    assert found.ended_at_ms == desk.at(136)  # its deadline, not the tick


def test_a_check_that_was_not_due_leaves_no_trace() -> None:
    desk = Desk().login(0)
    desk.do(CheckPushed(desk.at(1), "s1", "forged"))

    assert list(record_of(desk, 5).checks) == ["c1"]


def test_a_device_that_waited_in_vain_has_a_session_of_its_own() -> None:
    desk = Desk().studies(0).watches(20)
    desk.offer(20, "s2")
    desk.do(LearnerLeft(desk.at(20), forced=True))

    record = record_of(desk, 50)

    assert (record.sessions["s2"].started_at_ms, record.sessions["s2"].ended_at_ms) == (desk.at(20), desk.at(20))


def test_an_offer_that_was_refused_begins_no_session() -> None:
    desk = Desk(failed_checks_a_day=1)
    desk.offer(0)
    desk.fails(1)
    desk.offer(2, "s2")

    assert list(record_of(desk, 5).sessions) == ["s1"]


def test_nothing_is_open_when_nobody_is_here() -> None:
    desk = Desk()

    assert desk.settled(5).total_ms == 0
    assert record_of(desk, 5).sessions == {}


def test_neighbours_of_one_reason_are_one_interval() -> None:
    session = SessionRecord("s", 0)
    for start in (0, 5, 10):
        Record._add(session, Interval(start, start + 5, "not_counted", "BROWSING", None))
    Record._add(session, Interval(15, 20, "held", None, "L1"))
    Record._add(session, Interval(20, 25, "held", None, "L1"))  # each is judged by itself

    assert [(one.from_ms, one.to_ms) for one in session.intervals] == [(0, 15), (15, 20), (20, 25)]
