"""What a check asks for is even, new each try and unforeseeable."""

from collections import Counter

import pytest

from classroom.people.rules import ACTIONS
from realtime.scripts import draw_scripts
from verify.protocol import Action


def test_every_script_has_three_different_actions_and_gaps_from_half_a_second_to_two() -> None:
    for script in (one for _ in range(200) for one in draw_scripts(3)):
        assert len({step.action for step in script.steps}) == len(script.steps) == 3
        assert all(500 <= step.gap_ms <= 2000 for step in script.steps)


def test_no_order_comes_twice_in_a_check() -> None:
    for _ in range(200):
        orders = [tuple(step.action for step in script.steps) for script in draw_scripts(5)]
        assert len(set(orders)) == 5


def test_all_sixty_orders_come_equally_often() -> None:
    drawn = 12_000
    orders = Counter(tuple(step.action for step in draw_scripts(1)[0].steps) for _ in range(drawn))
    expected = drawn / 60
    chi_squared = sum((orders[order] - expected) ** 2 / expected for order in orders)
    assert len(orders) == 60
    assert chi_squared < 120  # 59 degrees of freedom: by chance once in some 250,000 runs


def test_gaps_fill_their_range_evenly() -> None:
    gaps = [step.gap_ms for _ in range(2000) for step in draw_scripts(1)[0].steps]
    assert min(gaps) < 520
    assert max(gaps) > 1980
    assert abs(sum(gaps) / len(gaps) - 1250) < 30


def test_every_action_can_come_first() -> None:
    assert {draw_scripts(1)[0].steps[0].action for _ in range(500)} == set(Action)


def test_the_people_and_the_media_plane_speak_of_the_same_actions() -> None:
    assert tuple(Action) == ACTIONS


@pytest.mark.parametrize(("asked", "orders"), [(ACTIONS[1:], 24), (("turn_left", "turn_right", "open_mouth"), 6)])
def test_whoever_cannot_do_an_action_is_never_asked_for_it_and_all_other_orders_come(
    asked: tuple[str, ...], orders: int
) -> None:
    """Three prompts a script, none twice in it, no order twice in a check."""
    checks = [draw_scripts(5, asked) for _ in range(400)]
    drawn = {tuple(step.action.value for step in script.steps) for check in checks for script in check}
    assert len(drawn) == orders
    assert all(set(order) <= set(asked) and len(set(order)) == 3 for order in drawn)
    assert all(len({tuple(step.action for step in script.steps) for script in check}) == 5 for check in checks)
