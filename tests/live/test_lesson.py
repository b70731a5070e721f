"""One lesson from the login check to its end, over real HTTP, a real socket and real VP8."""

import pytest

from tests.live.camera import Drawn
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.record import assert_sound, counted_ms, outcomes
from tests.live.server import BRISK, Plan

pytestmark = pytest.mark.slow

# A check by a real face takes about ten seconds.
REAL = BRISK | {"drawn_from_ms": 4_000, "drawn_to_ms": 6_000, "camera_ms": 8_000, "window_ms": 30_000}


async def test_a_lesson_is_counted_by_checks_that_a_real_face_passed(
    open_server: Open, portrait: list[float], actor_camera: Drawn
) -> None:
    """Rows 10, 18, 30: login, drawn and closing check; counted only once a drawn or closing check confirmed it."""
    server = open_server(Plan(rules=REAL, lessons=((8_000, 1_000),), portrait=portrait, real_media=True))
    async with Learner(server, camera=actor_camera) as learner:
        await learner.sign_in()
        await learner.enter()

        await learner.begin()
        await learner.open()
        await learner.play()
        assert learner.view and learner.view.phase == "studying"
        await learner.until(lambda: learner.beaten is not None and learner.beaten.held_ms > 1_000)
        assert learner.beaten and learner.beaten.times.counted_ms == 0
        await learner.until_phase("challenged")
        assert learner.view.check and learner.view.check.kind == "drawn"
        held_ms = learner.view.held_ms
        await learner.until_phase("studying")
        assert learner.view.times and learner.view.times.counted_ms >= held_ms >= 4_000
        await learner.until(lambda: learner.view is not None and learner.view.lessons[0].finished)
        record = await learner.record()

    assert outcomes(record) == [("login", "passed"), ("drawn", "passed"), ("closing", "passed")]
    assert_sound(record)
    assert abs(counted_ms(record) - learner.video.total_ms) <= 1_000
    assert record["lessons"][0]["finished"]
    assert server.replay() == (0, "1 attendances verified, 0 findings\n")
