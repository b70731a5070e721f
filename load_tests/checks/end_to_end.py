"""Some of the scripts for real: a media process of our own, aiortc on both sides, frames at ten a second."""

import asyncio
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from aiohttp import ClientError, ClientSession
from aiortc import RTCSessionDescription

from load_tests.checks.film import ROOT, Film
from load_tests.checks.judging import Trial
from load_tests.checks.players import Player
from load_tests.checks.subjects import Subject
from tests.actor.face import Picture
from tests.actor.sender import Outcome, connect
from verify.protocol import Answer, Failed, Granted, Open, Passed, Prompt, StepSeen

READY_TRIES, RETRY_S = 300, 0.1
BUSY_TRIES = 60


@dataclass(slots=True)
class Media:
    """A media process that this bench started."""

    process: subprocess.Popen[bytes]
    url: str
    secret: str


@contextmanager
def media_process(slots: int, log: IO[bytes] | None = None) -> Iterator[Media]:
    """Start a media process on a free port; it ends with the block. ``log`` takes its lines."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    secret = secrets.token_hex(24)
    settings = {"ANXUE_MEDIA_URL": url, "ANXUE_MEDIA_SECRET": secret, "ANXUE_MEDIA_SLOTS": str(slots)}
    process = subprocess.Popen(
        [sys.executable, "-m", "verify"], cwd=ROOT, env=os.environ | settings, stderr=log or subprocess.DEVNULL
    )
    try:
        yield Media(process, url, secret)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Shown:
    """A player as the sender of frames wants it."""

    def __init__(self, film: Film, player: Player) -> None:
        self._film, self._player = film, player
        self._last: Picture | None = None

    def next(self) -> Picture:
        """Return the next frame; a lost one shows the last again."""
        number = self._player.next()
        if number is not None or self._last is None:
            self._last = self._film.picture(number or 0)
        return self._last


async def run_all(media: Media, subject: Subject, checks: int, at_once: int) -> list[Trial | None]:
    """Run checks of one try each; None where the media plane gave none a verdict."""
    await ready(media)
    gate = asyncio.Semaphore(at_once)

    async def one(number: int) -> Trial | None:
        async with gate:
            return await _run(media, subject, np.random.default_rng(9_000 + number))

    return list(await asyncio.gather(*(one(number) for number in range(checks))))


async def ready(media: Media) -> None:
    """Wait until it answers. Raises TimeoutError."""
    async with ClientSession() as session:
        for _ in range(READY_TRIES):
            try:
                async with session.get(media.url + "/healthz"):
                    return
            except (ClientError, OSError):
                await asyncio.sleep(RETRY_S)
    raise TimeoutError("the media process doesn't answer")


async def _run(media: Media, subject: Subject, rng: np.random.Generator) -> Trial | None:
    scripts = subject.draw(rng)[:1]
    player, portrait = subject.cast(rng)
    asked = Open(
        check_id=secrets.token_hex(4),
        purpose="check",
        scripts=scripts,
        portrait=None if portrait is None else [float(x) for x in portrait],
    )
    loop = asyncio.get_running_loop()
    for _ in range(BUSY_TRIES):
        async with connect(media.url, media.secret) as client:
            await client.say(asked)
            if not isinstance(await client.hear(), Granted):
                await asyncio.sleep(1)
                continue
            granted_s, shown = loop.time(), Shown(subject.film, player)
            await client.show(shown)  # type: ignore[arg-type]
            while (heard := await client.hear()) is not None:
                match heard:
                    case Answer(sdp):
                        assert client.peer is not None
                        await client.peer.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
                    case Prompt(_, index, _, action):
                        player.prompted(index, action)
                    case StepSeen():
                        player.seen()
                    case _:
                        pass
            return _trial(client.outcome, loop.time() - granted_s)
    return None


def _trial(outcome: Outcome, took_s: float) -> Trial | None:
    last: Any = outcome.messages[-1] if outcome.messages else None
    if isinstance(last, Passed):
        return Trial(True, 1, [], took_s)
    return Trial(False, 1, [str(last.reason)], took_s) if isinstance(last, Failed) else None


def judged(trials: Sequence[Trial | None]) -> list[Trial]:
    """Return those that came to a verdict."""
    return [trial for trial in trials if trial is not None]
