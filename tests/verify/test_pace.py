"""A process that can't keep up says so, and no learner pays for it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from tests.actor import sender
from tests.actor.frames import Actor
from tests.actor.sender import Outcome, run_check, was_busy
from tests.verify.conftest import request, three
from verify.config import Config
from verify.landmarks import Landmarker, Picture, Reading
from verify.pace import Pace, Starvation
from verify.protocol import Failed, FirstFrame, Passed, TryFailed
from verify.server import MediaServer

SECRET = "s" * 40


@asynccontextmanager
async def slow_media(monkeypatch: pytest.MonkeyPatch, slow_s: float) -> AsyncIterator[str]:
    """A media server in this process, each of whose frames takes this long."""
    read = Landmarker.read

    def slow(self: Landmarker, picture: Picture) -> Reading:
        time.sleep(slow_s)
        return read(self, picture)

    monkeypatch.setattr(Landmarker, "read", slow)
    runner = web.AppRunner(MediaServer(Config("127.0.0.1", 0, SECRET, 8, ())).app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_check_that_starves_ends_without_a_verdict(cast: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    async with slow_media(monkeypatch, 0.5) as url:
        outcome = await run_check(url, SECRET, request(three(1)), sender.honest(cast))

    assert FirstFrame() in outcome.messages
    assert not any(isinstance(message, Passed | Failed | TryFailed) for message in outcome.messages)


async def test_a_process_that_is_behind_grants_no_slot(cast: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    async with slow_media(monkeypatch, 0.3) as url:
        running = asyncio.create_task(run_check(url, SECRET, request(three(1), window_ms=8_000), sender.still(cast)))
        late = Outcome()
        while not was_busy(late) and not running.done():
            late = await run_check(url, SECRET, request(three(2), camera_ms=100), None)
        await running

    assert was_busy(late)


def test_pace_is_an_average_and_forgets_at_rest() -> None:
    pace = Pace()
    for _ in range(3):
        pace.note(2_000)
    assert pace.behind
    pace.rest()
    assert not pace.behind
    for _ in range(100):
        pace.note(60)
    pace.note(1_000)  # one slow frame is no overload
    assert not pace.behind


def test_only_slow_frames_in_a_row_starve_a_check() -> None:
    starvation = Starvation()

    assert [starvation.note(ms) for ms in (500, 500, 500, 500, 300, 500, 500, 500, 500, 500)] == [False] * 9 + [True]
