"""When the media plane is full or slow, who waits loses nothing, and nobody else waits."""

from contextlib import AsyncExitStack

import pytest

from realtime import protocol as p
from tests.live.camera import Drawn, Told
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.record import assert_sound, earned_ms, outcomes, reasons
from tests.live.server import BRISK, Plan

pytestmark = pytest.mark.slow


async def test_without_a_free_slot_the_seat_waits_and_no_other_seat_does(open_server: Open) -> None:
    """Rule 6: a push is made only once a slot is granted; until then the seat pauses and earns nothing."""
    rules = BRISK | {"drawn_to_ms": 1_100, "window_ms": 4_000}
    plan = Plan(rules=rules, lessons=((20_000, 1_000),), learners=3, environment={"ANXUE_MEDIA_SLOTS": "1"})
    server = open_server(plan)
    async with AsyncExitStack() as stack:
        waiting, holding, studying = [
            await stack.enter_async_context(Learner(server, f"learner-{n}")) for n in range(3)
        ]
        for learner in (waiting, holding, studying):
            await learner.sign_in()
            await learner.enter()
            await learner.begin()
            await learner.open()
        holding.camera = Told("nobody")  # holds the only slot until its deadline
        await holding.play()
        await holding.until_phase("challenged")
        await waiting.play()
        view = await waiting.until_phase("paused")
        assert view.reason == "AWAITING_CHECK"
        assert view.retry_after_ms is not None
        await studying.play()
        await studying.watch(500)
        assert studying.view and studying.view.phase == "studying"
        await waiting.until_phase("challenged")
        await waiting.until_phase("studying")
        assert holding.view and holding.view.phase == "signed_out"
        assert waiting.view and waiting.view.failures_left == 6
        await waiting.sign_out()
        record = await waiting.record()

    assert_sound(record)
    assert outcomes(record) == [("login", "passed"), ("drawn", "passed")]
    assert abs(earned_ms(record) - waiting.video.total_ms) <= 300
    assert reasons(record)["AWAITING_CHECK"] > 1_500
    assert server.replay()[0] == 0


async def test_a_check_outlives_a_stun_server_that_never_answers(
    open_server: Open, portrait: list[float], actor_camera: Drawn
) -> None:
    """The answer to an offer may take seconds: that is no sign of a dead process, and must not cost the learner a check."""
    servers = '[{"urls": ["stun:192.0.2.1:3478"]}]'
    plan = Plan(
        rules=BRISK | {"camera_ms": 15_000, "window_ms": 15_000},
        portrait=portrait,
        real_media=True,
        environment={"ANXUE_ICE_SERVERS": servers},
    )
    server = open_server(plan)
    async with Learner(server, camera=actor_camera) as learner:
        await learner.sign_in()
        await learner.enter()
        learner.send(p.Begin())
        await learner.until(lambda: bool(learner.of(p.CheckPrompt)))
        record = await learner.record()

    assert outcomes(record) == [("login", None)]
