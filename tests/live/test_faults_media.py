"""The media process full, gone, slow: only who is due a check waits, and it costs nobody anything."""

import asyncio
import os
import signal

import pytest

from realtime import protocol as p
from tests.live.camera import Drawn
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.own_ledger import confirmed
from tests.live.record import assert_sound, outcomes
from tests.live.server import BRISK, Plan
from tests.live.steps import FAULT_RULES, OURS, finish, hears_more, study

pytestmark = pytest.mark.slow

WINDOW_S = 80  # push to the deadline, and a little


@pytest.mark.parametrize(("how", "reason"), [("media-full", "AWAITING_CHECK"), ("media-down", "PROVIDER_DOWN")])
async def test_without_a_slot_only_who_is_due_pauses_and_it_costs_nothing(
    open_server: Open, how: str, reason: str
) -> None:
    """Rule 6: no push without a slot, nothing earned without a push, held stays, no other seat pauses."""
    server = open_server(Plan(rules=FAULT_RULES, lessons=((40_000, 1_000),), learners=2))
    async with Learner(server, "learner-0") as due, Learner(server, "learner-1") as other:
        await asyncio.gather(study(due), study(other))
        other.pause()
        await other.until_phase("paused")
        (server.folder / how).touch()
        await due.until(lambda: due.view is not None and due.view.reason == reason)
        assert due.view
        assert due.view.phase == "paused"
        await asyncio.sleep(2 * FAULT_RULES["heartbeat_ms"] / 1000)  # the page's last position settles what it watched
        held_ms, before = due.view.held_ms, confirmed(due)["lesson-1"]
        await other.play()
        await hears_more(other)
        assert other.view
        assert other.view.phase == "studying"
        other.pause()
        await asyncio.sleep(1.5)
        assert due.view.held_ms == held_ms <= 900_000
        assert confirmed(due)["lesson-1"] == before
        (server.folder / how).unlink()
        await due.until_phase("studying")
        await asyncio.gather(*(finish(one, server, f"the media plane {how[6:]}", faults=0) for one in (due, other)))


async def test_a_media_process_that_gets_a_tenth_of_the_time_for_a_whole_window_fails_nobody(
    open_server: Open, portrait: list[float], actor_camera: Drawn
) -> None:
    """Stopped 0.9 s of each second until the check is over: it can't be judged fairly, is given up, and comes again."""
    rules = BRISK | {"camera_ms": 15_000, "window_ms": 60_000, "action_ms": 8_000}
    server = open_server(Plan(rules=rules, portrait=portrait, real_media=True))
    async with Learner(server, camera=actor_camera) as learner:
        await learner.sign_in()
        await learner.enter()
        slow = asyncio.create_task(_slow_down(server.media_pid))
        try:
            learner.send(p.Begin())
            await learner.until(lambda: learner.view is not None and learner.view.last_outcome is not None, WINDOW_S)
        finally:
            slow.cancel()
            await asyncio.gather(slow, return_exceptions=True)
        await learner.until_phase("browsing", seconds=90)
        assert learner.view
        assert learner.view.failures_left == 6
        record = await learner.record()
    assert_sound(record)
    assert {outcome for _, outcome in outcomes(record)} <= OURS
    assert len(outcomes(record)) > 1
    assert outcomes(record)[-1] == ("login", "passed")
    print(f"a media process with a tenth of the time: {outcomes(record)}")


async def _slow_down(pid: int) -> None:
    try:
        while True:
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(0.9)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(0.1)
    finally:
        os.kill(pid, signal.SIGCONT)
