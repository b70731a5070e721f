"""A media process that hangs instead of dying: noticed by our own evidence, replaced, no strike for anybody."""

import os
import signal

import psutil
import pytest

from realtime import protocol as p
from tests.live.camera import Drawn
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.record import assert_sound, outcomes
from tests.live.server import BRISK, Plan

pytestmark = pytest.mark.slow


async def test_a_hung_media_process_is_replaced_and_the_check_it_held_is_no_strike(
    open_server: Open, portrait: list[float], actor_camera: Drawn
) -> None:
    """SIGSTOP: its sockets stay open and it says nothing. Rule 7: PROVIDER_DOWN, by the server's own evidence."""
    rules = BRISK | {"camera_ms": 20_000, "window_ms": 20_000}
    server = open_server(Plan(rules=rules, portrait=portrait, real_media=True))
    async with Learner(server, camera=actor_camera) as learner:
        await learner.sign_in()
        await learner.enter()
        hung = server.media_pid
        learner.send(p.Begin())
        await learner.until(lambda: bool(learner.of(p.CheckPrompt)))
        os.kill(hung, signal.SIGSTOP)
        await learner.until(lambda: bool(learner.of(p.CheckEnded)))
        [ended] = learner.of(p.CheckEnded)
        assert psutil.pid_exists(hung)  # the learner didn't have to wait for the kill
        learner.send(p.Begin())  # asked while it hangs
        await learner.until(lambda: len(learner.of(p.CheckEnded)) == 2, seconds=60)
        assert not psutil.pid_exists(hung)
        assert server.media_pid != hung
        assert learner.view and learner.view.failures_left == 6
        await learner.sign_out()
        record = await learner.record()

    assert (ended.outcome, ended.reason) == ("provider_down", "PROVIDER_DOWN")
    assert_sound(record)
    assert outcomes(record) == [("login", "provider_down"), ("login", "passed")]
    assert "The media process lives but doesn't answer; it is killed." in server.lines()
    assert server.replay()[0] == 0
