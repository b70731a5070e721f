"""A course grows while it is studied: what was earned, held and counted stays what it is."""

from msgspec.structs import replace

from classroom.attendance.codec import decode, encode
from classroom.attendance.events import AttendanceOpened, LessonsAdded
from classroom.attendance.machine import step
from classroom.attendance.state import Lesson, State

AT = 1_000


def opened() -> State:
    state = step(State(), AttendanceOpened(AT, (("L1", 60_000), ("L2", 30_000)))).state
    first = replace(state.lessons[0], earned_to_ms=20_000, counted_to_ms=10_000, covered=True)
    return replace(state, lessons=(first, state.lessons[1]))


def test_a_new_lesson_comes_after_the_others_and_is_the_courses_last() -> None:
    before = opened()

    result = step(before, LessonsAdded(AT + 1, (("L1", 60_000), ("L2", 30_000), ("L3", 90_000))))

    first, second = before.lessons
    assert result.state.lessons == (first, replace(second, last=False), Lesson("L3", 90_000, last=True))
    assert result.loud  # a replay must know it
    assert (result.state.held, result.state.day.counted_ms) == (before.held, before.day.counted_ms)


def test_lessons_that_are_known_change_nothing_whatever_length_is_said() -> None:
    before = opened()

    result = step(before, LessonsAdded(AT + 1, (("L1", 1), ("L2", 9_000_000))))

    assert result.state.lessons == before.lessons
    assert not result.loud


def test_it_is_read_back_from_the_journal() -> None:
    event = LessonsAdded(AT, (("L3", 90_000),))
    assert decode(encode(event)) == (None, event)
