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
from tests.verify.conftest import Media, request, three
from tests.verify.test_jpeg import coded
from verify.config import Config
from verify.landmarks import Landmarker, Picture, Reading
from verify.pace import Pace, Starvation
from verify.protocol import Answer, Failed, FirstFrame, Frame, Granted, Passed, Prompt, TryFailed
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


@pytest.mark.parametrize("frame_s", [0.5, 5.0])
async def test_a_check_that_starves_ends_without_a_verdict(
    cast: Actor, monkeypatch: pytest.MonkeyPatch, frame_s: float
) -> None:
    async with slow_media(monkeypatch, frame_s) as url:
        outcome = await run_check(url, SECRET, request(three(1)), sender.honest(cast))

    assert FirstFrame() in outcome.messages or (frame_s == 5.0 and outcome.of(Answer))  # it isn't read by then
    assert not any(isinstance(message, Passed | Failed | TryFailed) for message in outcome.messages)


async def test_no_try_is_lost_while_every_second_frame_is_left_out(
    cast: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who does nothing can't be told from somebody who was overlooked: the check ends without a strike."""
    async with slow_media(monkeypatch, 0.25) as url:
        outcome = await run_check(url, SECRET, request(three(1)), sender.still(cast))

    assert outcome.of(Prompt)
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


def test_a_process_stopped_nine_tenths_of_the_time_gives_a_check_up_within_six_looks() -> None:
    starvation = Starvation()

    assert [starvation.looked(second * 1_000, 900) for second in range(1, 8)] == [False] * 5 + [True] * 2


def test_a_stall_now_and_then_starves_no_check() -> None:
    """A look that comes late again after ten seconds starts the count anew; small delays never count."""
    starvation = Starvation()

    assert not any(starvation.looked(second * 1_000, 4_900) for second in range(0, 100, 10))
    assert not any(starvation.looked(100_000 + tenth * 100, 390) for tenth in range(500))


def test_small_delays_make_a_check_thin_while_they_take_half_of_the_looks() -> None:
    starvation = Starvation()
    for tenth in range(100):
        starvation.looked(tenth * 150, 50)  # two looks of three
    assert not starvation.thin
    for tenth in range(100):
        starvation.looked(15_000 + tenth * 250, 150)  # two of five
    assert starvation.thin
    for tenth in range(100):
        starvation.looked(40_000 + tenth * 100, -1)  # woken early by a hair: it pays nothing back
    assert not starvation.thin


@pytest.mark.parametrize("then", ["nothing", "rubbish"])
async def test_a_page_that_sends_one_frame_and_then_nothing_to_judge_is_missed_not_forgiven(
    media: Media, cast: Actor, then: str
) -> None:
    """Rule 6: whoever stops sending, or sends rubbish, makes nothing late: a first frame, never a prompt, and missed."""

    async def send(client: sender.Client) -> None:
        await client.say(Frame(coded(cast.pictures()[0])))
        while FirstFrame() not in client.outcome.messages:
            await asyncio.sleep(0.02)
        while then == "rubbish":
            await client.say(Frame(b"\xff\xd8" + b"\0" * 40_000 + b"\xff\xd9"))
            await asyncio.sleep(0.02)

    async with sender.connect(media.url, media.secret) as client:
        await client.say(request(three(1), window_ms=8_000))
        assert await client.hear() == Granted()
        sending = asyncio.create_task(send(client))
        outcome = await client.play(sender.Script(rest=()))
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    assert FirstFrame() in outcome.messages
    assert not outcome.of(Prompt)
    assert isinstance(outcome.verdict, Failed)
    assert outcome.verdict.missed
