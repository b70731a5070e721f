"""Rule 6 and 7: a media plane that has too much to do costs the learner nothing, however often."""

from tests.attendance.desk import Desk


def test_a_check_given_up_for_want_of_time_is_never_a_strike() -> None:
    """Given a media process too slow to judge fairly, when it gives checks up again and again, then nothing is lost."""
    desk = Desk(draw=400).studies(0).watches(400)
    second = 400
    for _ in range(5):
        desk.voids(second + 10, desk.pushed(second), "BUSY")
        assert desk.now == ("paused", "AWAITING_CHECK")
        second += 20
    assert desk.state.held_ms == 400_000
    assert desk.state.day.faults == desk.state.day.failed_checks == 0
    assert {outcome for kind, outcome in desk.closed if kind != "login"} == {"provider_down"}


def test_the_check_that_follows_lets_go_on_and_confirms_nothing() -> None:
    """Its moment is known: the drawn one is drawn anew."""
    desk = Desk(draw=400).studies(0).watches(400)
    desk.voids(410, desk.pushed(400), "BUSY")
    desk.passes(420)
    assert desk.closed[-1] == ("resume", "passed")
    assert desk.state.held_ms == 400_000
    assert desk.lesson().counted_to_ms == 0
