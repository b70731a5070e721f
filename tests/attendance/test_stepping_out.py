"""Honest and unlucky in the core: leaving for a moment, and what a lost check dropped (rules 4, 6, 8; row 30)."""

import pytest

from classroom.attendance.events import CheckAsked, Hidden, Shown, SteppedOut
from classroom.attendance.state import Lost
from tests.attendance.desk import ALL, Desk, ms


def steps_out(desk: Desk, second: float, position: float = 0) -> None:
    desk.do(SteppedOut(desk.at(second), ms(position), ALL))


def test_leaving_pauses_with_its_own_reason_and_loses_nothing() -> None:
    desk = Desk().studies(0).watches(100)

    steps_out(desk, 102, 102)

    assert desk.now == ("paused", "LEFT")
    assert desk.lesson().earned_to_ms == ms(102) == desk.state.held_ms
    assert desk.state.day.failed_checks == 0
    assert desk.settled(400).not_counted_ms == {"LEFT": ms(298)}


def test_no_drawn_moment_falls_while_away_and_what_was_held_waits_for_the_next_one() -> None:
    """Nothing is earned, so nothing is due; the moment stays where it was on the studied clock (rule 5)."""
    desk = Desk(draw=400).studies(0).watches(300)
    steps_out(desk, 300, 300)

    desk.ticks(700)
    desk.plays(700)
    desk.watches(800)

    assert desk.requested == ["login", "drawn"]
    desk.passes(800, position=400)
    assert desk.lesson().counted_to_ms == ms(400)


def test_whoever_is_away_for_long_comes_back_with_a_resume_check() -> None:
    """Rule 4: before anything is earned when the last pass is too long ago."""
    desk = Desk().studies(0).watches(100)
    steps_out(desk, 100, 100)

    desk.plays(890)

    assert (desk.now, desk.requested) == (("paused", "AWAITING_CHECK"), ["login", "resume"])
    desk.passes(892)
    assert desk.state.held_ms == ms(100)
    assert desk.closed[-1] == ("resume", "passed")


def test_idle_sign_out_comes_a_whole_span_after_leaving_and_costs_nothing() -> None:
    desk = Desk().studies(0).watches(100)

    steps_out(desk, 100, 100)
    desk.ticks(999)
    assert desk.now == ("paused", "LEFT")
    desk.ticks(1_000)

    assert desk.ended == [("IDLE", 1_000)]
    assert (desk.state.held_ms, desk.state.lost) == (ms(100), None)


def test_leaving_is_refused_while_a_check_is_open() -> None:
    """Rule 8: leaving then is missing it."""
    desk = Desk(draw=100).studies(0).watches(100)
    desk.pushed(101)

    steps_out(desk, 102, 100)

    assert desk.refused == ["CHECK_OPEN"]
    assert desk.now == ("challenged", None)


def test_a_check_that_was_due_and_not_yet_pushed_comes_back_as_a_resume_check_and_confirms_nothing() -> None:
    """Rule 4: who steps out at that moment may know that a check is near."""
    desk = Desk(draw=100).studies(0).watches(101)
    assert desk.requested == ["login", "drawn"]

    desk.busy(101)  # told to wait
    steps_out(desk, 101, 101)
    desk.plays(200)
    desk.passes(201)

    assert desk.closed == [("login", "passed"), ("resume", "passed")]
    assert desk.lesson().counted_to_ms == 0
    assert desk.state.held_ms > 0


def test_who_waits_for_us_may_leave_and_then_idles_like_everybody() -> None:
    desk = Desk(draw=100).studies(0).watches(100)
    desk.busy(101)
    desk.beats(102, 100)

    steps_out(desk, 150, 100)
    desk.ticks(1_050)

    assert desk.ended == [("IDLE", 1_050)]


def test_a_page_that_is_hidden_while_away_is_still_away() -> None:
    desk = Desk().studies(0).watches(50)
    steps_out(desk, 50, 50)

    desk.do(Hidden(desk.at(60), ms(50), ALL))
    desk.do(Shown(desk.at(90)))

    assert desk.now == ("paused", "LEFT")
    assert desk.settled(100).not_counted_ms == {"LEFT": ms(50)}


@pytest.mark.parametrize("position", [0, 400, 10_000])
def test_a_last_position_that_playback_cannot_have_reached_earns_nothing(position: float) -> None:
    desk = Desk().studies(0).watches(100)

    steps_out(desk, 101, position)

    assert desk.lesson().earned_to_ms <= ms(101)


def test_without_a_session_or_a_lesson_there_is_nothing_to_leave() -> None:
    desk = Desk()
    steps_out(desk, 0)
    desk.login(0)
    steps_out(desk, 1)

    assert desk.refused == ["NO_SESSION", "NO_LESSON"]


def test_leaving_before_playing_waits_and_playing_comes_back() -> None:
    desk = Desk().login(0)
    desk.opens(1)

    steps_out(desk, 2)
    assert desk.now == ("paused", "LEFT")
    desk.plays(30)

    assert desk.now == ("studying", None)


# ------------------------------------------------------------------ what a lost check dropped


def test_what_a_failed_check_dropped_is_remembered_with_lesson_and_stretch() -> None:
    """Rule 6: what was dropped may be watched again (补录)."""
    desk = Desk(600, 600, draw=900)
    desk.studies(0).watches(100)
    desk.pauses(100, 100)
    desk.opens(101, "L2")
    desk.plays(102)
    desk.watches(152)
    desk.do(CheckAsked(desk.at(152), "proctor"))

    desk.fails(153, position=50)

    lost = Lost(desk.at(153), "VERIFICATION_FAILED", (("L1", 0, ms(100)), ("L2", 0, ms(50))))
    assert desk.state.lost == lost
    assert lost.ms == ms(150)
    assert desk.state.last_session is not None
    assert desk.state.last_session.ended_at == lost.at  # this sign-out cost it


def test_it_is_still_known_after_later_checks_were_passed_and_something_new_was_lost_or_not() -> None:
    desk = Desk(draw=100).studies(0).watches(100)
    desk.fails(101, position=100)
    first = desk.state.lost

    desk.login(200, "s2")
    assert desk.state.lost == first
    desk.do(SteppedOut(desk.at(201), 0, ALL))
    desk.offer(300, "s3", device="d2")
    desk.passes(301, "s3")

    assert desk.state.lost == first
    assert desk.lesson().dropped_to_ms == ms(100)
