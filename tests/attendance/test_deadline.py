"""When a check comes: rule 5 of "Credit, exactly", and exact examples of late ticks."""

import pytest

from classroom.attendance.deadline import deadline
from classroom.attendance.events import DrawTaken, LearnerLeft, TakeDraw, Ticked
from classroom.attendance.machine import step
from classroom.attendance.state import State
from tests.attendance.desk import ALL, NINE, Desk, ms


def test_nothing_is_due_before_anything_began() -> None:
    assert deadline(State()) is None


def test_the_drawn_moment_lies_between_60_and_815_studied_seconds() -> None:
    """Rule 5: uniform between 60 and 815."""
    desk = Desk().studies(0)

    assert desk.drawn == [TakeDraw(60_000, 815_000)]
    assert desk.state.draw_at_ms == 400_000


def test_the_drawn_moment_is_counted_in_studied_seconds() -> None:
    """Rule 5: counted in studied seconds after the last confirming pass."""
    desk = Desk(draw=400).studies(0).watches(300)
    desk.pauses(300, 300)
    desk.plays(350)
    assert desk.due is not None
    desk.watches(500)

    assert desk.requested == ["login", "drawn"]
    assert desk.passes(500) and desk.lesson().counted_to_ms == 450_000  # up to the push
    assert len(desk.drawn) == 1


@pytest.mark.parametrize("how", ["pause", "sign out", "reconnect", "takeover"])
def test_the_drawn_moment_survives(how: str) -> None:
    """Rule 5: it survives sign-out, pause, reconnect and takeover."""
    desk = Desk(draw=400).studies(0).watches(100)
    session = "s1"
    match how:
        case "pause":
            desk.pauses(100, 100)
        case "sign out":
            desk.do(LearnerLeft(desk.at(100), ms(100), ALL))
            desk.login(110, session := "s2")
            desk.opens(110)
        case "reconnect":
            desk.leaves_socket(100)
            desk.comes_back(105)
        case _:
            desk.offer(100, session := "s2")
            desk.passes(100, session)
            desk.opens(110)
    desk.plays(120)

    desk.watches(420)

    assert desk.requested[-1] == "drawn"
    desk.passes(420, session)
    assert desk.lesson().counted_to_ms == 400_000
    assert len(desk.drawn) == 1


def test_a_draw_beyond_the_end_of_a_lesson_is_taken_again_inside_it() -> None:
    """Rule 5: every lesson has at least one drawn inside it."""
    desk = Desk(300, 2_700, draw=800).studies(0, "L2").watches(50)
    desk.pauses(50, 50)
    desk.opens(60, "L1")
    desk.plays(60)

    assert desk.drawn == [TakeDraw(60_000, 815_000), TakeDraw(10_000, 299_000)]
    assert desk.state.draw_at_ms == 50_000 + 299_000


def test_a_new_draw_falls_inside_a_lesson_that_has_none() -> None:
    desk = Desk(300, 2_700).studies(0)

    assert desk.drawn == [TakeDraw(60_000, 299_000)]


def test_a_lesson_too_short_for_a_draw_has_its_closing_check() -> None:
    desk = Desk(50, 2_700, draw=400).studies(0)
    assert desk.drawn == [TakeDraw(60_000, 815_000)]

    desk.watches(50)

    assert desk.requested[-1] == "closing"


def test_the_end_of_a_lesson_too_near_for_a_redraw_has_its_closing_check() -> None:
    desk = Desk(50, 2_700, draw=400).studies(0, "L2").watches(5)
    desk.pauses(5, 5)
    desk.opens(5)
    desk.plays(5)

    assert len(desk.drawn) == 1


def test_a_lesson_that_had_its_drawn_check_takes_any_draw() -> None:
    desk = Desk(300, 2_700, draw=100).studies(0).watches(100)
    desk.draw = 815
    desk.passes(100, position=100)
    desk.plays(100)

    assert desk.drawn[-1] == TakeDraw(60_000, 815_000)


# ------------------------------------------------------------------ 15 minutes (row 10)


def test_815_seconds_of_wall_clock_after_any_pass_a_push_is_forced_and_is_a_resume_check_in_effect() -> None:
    """Rule 5: never later than 815 s of wall clock after any pass (900 - 15 camera - 60 window - 10 margin)."""
    desk = Desk(draw=815).login(0)
    desk.opens(0)
    desk.plays(300)
    assert desk.due == 315  # silence
    desk.watches(814)
    assert desk.requested == ["login"]

    desk.ticks(815)

    assert desk.requested == ["login", "resume"]
    desk.passes(815, position=515)
    assert desk.lesson().counted_to_ms == 0
    assert desk.state.held_ms == 515_000
    desk.plays(820)
    desk.watches(1_120)
    assert desk.requested == ["login", "resume", "drawn"]


@pytest.mark.parametrize(
    ("pause", "kinds"), [(814.9, ["login"]), (815, ["login", "resume"]), (899, ["login", "resume"])]
)
def test_after_a_longer_pause_a_resume_check_comes_before_anything_is_earned(pause: float, kinds: list[str]) -> None:
    """Rule 4: resume (before anything is earned when the interval has passed since the last pass)."""
    desk = Desk().login(0)
    desk.opens(0)

    desk.plays(pause)

    assert desk.requested == kinds
    assert (desk.state.segment is None) == (len(kinds) == 2)


def test_a_resume_check_that_is_passed_lets_the_learner_go_on() -> None:
    desk = Desk().login(0)
    desk.opens(0)
    desk.plays(890)
    desk.passes(891)
    assert desk.now == ("studying", None)

    desk.plays(892)
    desk.watches(902)

    assert desk.lesson().earned_to_ms == 10_000


@pytest.mark.parametrize("late", [0, 4, 9])
def test_a_tick_that_is_late_asks_for_the_same_check(late: float) -> None:
    """Exact late ticks: the state is the one of a tick in time, except for the reports in between."""
    in_time, too_late = (Desk(draw=300).studies(0).watches(298) for _ in range(2))
    in_time.ticks(300)

    too_late.ticks(300 + late)

    assert too_late.state == in_time.state
    assert too_late.effects == in_time.effects


def test_many_deadlines_that_passed_unnoticed_happen_in_their_order() -> None:
    """A process that slept for hours leaves the record of one that did not."""
    asleep, awake = (Desk(draw=300).studies(0).watches(100) for _ in range(2))

    asleep.ticks(20_000)
    for second in range(101, 20_001, 50):
        awake.ticks(second)

    assert asleep.ended == awake.ended == [("IDLE", 1_000)]
    assert asleep.settled(20_000).not_counted_ms == awake.settled(20_000).not_counted_ms == {"DISCONNECTED": 900_000}


def test_a_draw_of_no_seconds_is_due_at_once() -> None:
    desk = Desk().studies(0)
    desk.do(DrawTaken(NINE, 0))

    found = step(desk.state, Ticked(NINE))

    assert [str(effect.kind) for effect in found.effects if hasattr(effect, "kind")] == ["drawn"]
