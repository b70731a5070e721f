"""How far delivered segments reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.courses.rules import Lesson, reaches, segment_at

LESSON = Lesson("l", "第一课", 10_500, (0, 4_000, 8_000))


@pytest.mark.parametrize(
    ("delivered", "from_ms", "end"),
    [
        (set(), 0, 0),
        ({0}, 0, 4_000),
        ({0}, 3_999, 4_000),
        ({0}, 4_000, 4_000),
        ({1}, 0, 0),
        ({1}, 4_000, 8_000),
        ({0, 2}, 100, 4_000),
        ({0, 1, 2}, 100, 10_500),
        ({2}, 8_000, 10_500),
        ({2}, 10_500, 10_500),
        ({2}, 11_000, 11_000),
        ({0, 1, 2, 7}, 0, 10_500),
    ],
)
def test_the_run_ends_at_the_first_segment_that_is_missing(delivered: set[int], from_ms: int, end: int) -> None:
    """Credit rule 2: media delivered bounds what studying earns."""
    assert reaches(LESSON, delivered, from_ms) == end


@given(
    lengths=st.lists(st.integers(1, 5_000), min_size=1, max_size=8),
    delivered=st.sets(st.integers(0, 9)),
    from_ms=st.integers(0, 45_000),
)
def test_every_moment_up_to_the_end_was_delivered_and_the_next_was_not(
    lengths: list[int], delivered: set[int], from_ms: int
) -> None:
    starts = tuple(sum(lengths[:index]) for index in range(len(lengths)))
    lesson = Lesson("l", "t", sum(lengths), starts)

    end = reaches(lesson, delivered, from_ms)

    inside = list(range(from_ms, end, 97))
    assert all(segment_at(starts, position) in delivered for position in inside)
    assert end >= from_ms
    assert end >= lesson.length_ms or segment_at(starts, end) not in delivered
