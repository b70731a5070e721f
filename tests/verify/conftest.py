"""A media process for the tests: started for real, spoken to over its socket."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import psutil
import pytest

from tests.actor.frames import Actor, actor
from verify.protocol import Action, Open, Script, Step

ROOT = Path(__file__).resolve().parents[2]
START_TRIES = 300


@dataclass(slots=True)
class Media:
    """One running media process."""

    process: subprocess.Popen[bytes]
    url: str
    secret: str

    @property
    def peers(self) -> int:
        """How many UDP sockets the process holds: none without a peer connection."""
        return len(psutil.Process(self.process.pid).net_connections("udp"))

    def healthz(self) -> bytes:
        """Return what the process says of itself."""
        with urllib.request.urlopen(self.url + "/healthz", timeout=5) as response:
            return bytes(response.read())


Start = Callable[..., Media]


@pytest.fixture(scope="session")
def start_media() -> Iterator[Start]:
    """Start media processes; all end with the tests."""
    started: list[Media] = []

    def start(**env: str) -> Media:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
        media = Media(None, url, secrets.token_hex(24))  # type: ignore[arg-type]
        settings = {"ANXUE_MEDIA_URL": url, "ANXUE_MEDIA_SECRET": media.secret, "ANXUE_MEDIA_SLOTS": "8", **env}
        media.process = subprocess.Popen(
            [sys.executable, "-m", "verify"], cwd=ROOT, env=os.environ | settings, stderr=subprocess.DEVNULL
        )
        started.append(media)
        for _ in range(START_TRIES):
            try:
                media.healthz()
                return media
            except OSError:
                assert media.process.poll() is None, "the media process ended at its start"
                time.sleep(0.1)
        raise AssertionError("the media process doesn't answer")

    yield start
    for media in started:
        if media.process.poll() is None:
            media.process.send_signal(signal.SIGKILL)
        media.process.wait()


@pytest.fixture(scope="session")
def media(start_media: Start) -> Media:
    """The media process that most tests share."""
    return start_media()


@pytest.fixture(scope="session")
def cast() -> Actor:
    """The actor with the public-domain face."""
    return actor()


def request(*scripts: tuple[Action, ...], gap_ms: int = 500, **more: object) -> Open:
    """Return an Open with these tries, in test's haste."""
    asked = [Script([Step(action, gap_ms) for action in script]) for script in scripts]
    settings: dict[str, object] = {"purpose": "check", "portrait": None, "ready_ms": 0, **more}
    return Open(check_id=secrets.token_hex(4), scripts=asked, **settings)  # type: ignore[arg-type]


def three(number: int) -> tuple[Action, ...]:
    """Return one of the 60 scripts of three distinct actions."""
    return list(permutations(Action, 3))[17 * number % 60]
