"""One lesson from the login check to its end, over real HTTP, a real socket and real VP8."""

import pytest

from realtime import protocol as p
from tests.live.record import assert_sound, counted_ms, outcomes, reasons
from tests.live.story import LENGTH_MS, RULES, Story

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def test_a_lesson_is_counted_by_checks_that_a_real_face_passed(story: Story) -> None:
    """Rows 10, 18, 30: login, drawn and closing check; every second of the session has one place."""
    assert outcomes(story.record) == [("login", "passed"), ("drawn", "passed"), ("closing", "passed")]
    assert_sound(story.record)
    [lesson] = story.record["lessons"]
    assert lesson["finished"]
    assert LENGTH_MS - 1_000 <= counted_ms(story.record) == lesson["counted_to_ms"] <= LENGTH_MS
    assert abs(counted_ms(story.record) - story.shown_ms) <= 1_000
    assert set(reasons(story.record)) <= {"AWAITING_CHECK", "BROWSING", "STALLED", "PAGE_HIDDEN"}
    assert story.replay == (0, "1 attendances verified, 0 findings\n")


def test_nothing_is_counted_before_the_drawn_check_and_all_that_was_held_then(story: Story) -> None:
    """Rule 4: a pass of the login check counts nothing."""
    ended = next(n for n, one in enumerate(story.messages) if isinstance(one, p.CheckEnded) and one.kind == "drawn")
    before = [one for one in story.messages[:ended] if isinstance(one, p.Beaten)]
    after = next(one for one in story.messages[ended:] if isinstance(one, p.View))

    assert len(before) >= RULES["drawn_from_ms"] // RULES["heartbeat_ms"] - 1
    assert {one.times.counted_ms for one in before} == {0}
    assert after.times is not None
    assert after.held_ms == 0
    assert after.times.counted_ms == after.lessons[0].counted_to_ms >= before[-1].held_ms >= 3_000


def test_the_times_on_screen_always_sum_to_the_sessions_length(story: Story) -> None:
    shown = [one for one in story.messages if isinstance(one, p.View | p.Beaten) and one.times is not None]
    for one in shown:
        times = one.times
        assert times.counted_ms + times.held_ms + sum(times.not_counted_ms.values()) == times.total_ms
    [session] = story.record["sessions"]
    assert shown[-1].times.total_ms == session["total_ms"]
