"""The bench of how checks spread measures what it says."""

import pytest

from load_tests import spread


def test_a_timer_brings_a_class_back_at_once_and_the_servers_draws_do_not() -> None:
    told = spread.compare(400, 3_600_000)
    assert told["peak_over_mean"] < 2.2 < told["timer"]


def test_the_entropy_of_a_uniform_draw_is_all_there_can_be_and_of_a_known_one_none_past_its_bin() -> None:
    every_second = [second * 1_000 for second in range(60, 816)] * 5
    assert spread.entropy(every_second)["bits_at_the_draw"] == pytest.approx(
        spread.entropy(every_second)["bits_most"], abs=0.01
    )
    assert spread.entropy([300_000] * 1_000)["bits_at_the_draw"] == pytest.approx(
        2.32, abs=0.01
    )  # the five seconds of a bin
