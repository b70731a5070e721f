"""The launcher as an operator meets it: a real process, real signals, both servers."""

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from load_tests.servers import answers, free_port
from realtime.protocol import CLOSE_UNAUTHENTICATED

ROOT = Path(__file__).resolve().parents[2]
CLOCK = time.monotonic  # noqa: TID251  # the test's own stopwatch
INSTALL = "import asyncio, settings; from classroom.database import install; asyncio.run(install(settings.DATABASE))"


@dataclass
class Operator:
    """A data folder, two ports and what an operator does with them."""

    folder: Path
    port: int
    media_port: int
    environment: dict[str, str]

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def media_url(self) -> str:
        return f"http://127.0.0.1:{self.media_port}"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "realtime.launcher", *arguments]

    def refused(self, *arguments: str, **changed: str) -> tuple[int, str]:
        """Start where a start must be refused; status and stderr."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment | changed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stderr

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        with self.log.open("wb") as log:
            process = subprocess.Popen(self.command(*arguments), cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        try:
            self.until(f"{self.url}/healthz", process)
            yield process
        finally:
            process.kill()
            process.wait()

    def until(self, url: str, process: subprocess.Popen[bytes]) -> None:
        until = CLOCK() + 60
        while not answers(url):
            assert process.poll() is None, self.log.read_text()
            assert CLOCK() < until, self.log.read_text()
            time.sleep(0.05)

    def ended_by(self, process: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, float]:
        """Status and seconds."""
        began = CLOCK()
        process.send_signal(number)
        return process.wait(10), CLOCK() - began


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    folder, port, media_port = tmp_path_factory.mktemp("data"), free_port(), free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANXUE_")}
    environment = kept | {
        "ANXUE_DATA": str(folder),
        "ANXUE_DEMO": "1",
        "ANXUE_PORT": str(port),
        "ANXUE_MEDIA_URL": f"http://127.0.0.1:{media_port}",
        "ANXUE_MEDIA_SECRET": secrets.token_urlsafe(32),
    }
    subprocess.run([sys.executable, "-c", INSTALL], cwd=ROOT, env=environment, check=True, timeout=60)
    return Operator(folder, port, media_port, environment)


async def a_socket_that_is_open(operator: Operator) -> int | None:
    """Open one without a login; the code it is closed with."""
    async with connect(f"ws://127.0.0.1:{operator.port}/ws/classroom", origin=operator.url) as socket:
        with suppress(ConnectionClosed):
            async with asyncio.timeout(5):
                await socket.recv()
        return socket.close_code


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_either_server_serves_and_ends_within_two_seconds(
    operator: Operator, server: str, number: signal.Signals
) -> None:
    with operator.running("--server", server) as process:
        operator.until(f"{operator.media_url}/healthz", process)
        assert asyncio.run(a_socket_that_is_open(operator)) == CLOSE_UNAUTHENTICATED
        [media] = psutil.Process(process.pid).children()
        status, took_s = operator.ended_by(process, number)
        assert status == 0, operator.log.read_text()
        assert took_s < 2
        assert not media.is_running()
    lines = [
        json.loads(line) for line in operator.log.read_text().splitlines() if line.startswith("{")
    ]  # not mediapipe's
    opened = [line for line in lines if line["event"] == "The classroom is open."]
    assert [line["address"] for line in opened] == [f"{operator.url}/"]
    assert [line for line in lines if line["level"] in ("error", "critical")] == []


def test_it_ends_in_time_with_idle_connections_and_half_a_request(operator: Operator) -> None:
    """Kept-alive connections made daphne's own shutdown trip; a half-sent request never ends by itself."""
    with operator.running("--no-media") as process, socket.socket() as idle, socket.socket() as half:
        idle.connect(("127.0.0.1", operator.port))
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        half.connect(("127.0.0.1", operator.port))
        half.sendall(b"POST /api/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(1.2)  # daphne's reaper has forgotten the finished request by then, which is the case to test
        status, took_s = operator.ended_by(process, signal.SIGTERM)
        assert (status, took_s < 2) == (0, True), operator.log.read_text()


def test_a_second_control_process_on_the_same_sqlite_database_is_refused_with_a_sentence(operator: Operator) -> None:
    with operator.running("--no-media") as process:
        status, said = operator.refused("--no-media", ANXUE_PORT=str(free_port()))
    assert status == 2
    assert f"Another control process (pid {process.pid}) already uses this SQLite database." in said
    assert "Traceback" not in said


def test_a_port_in_use_and_a_setting_that_makes_no_sense_are_refused_with_a_sentence(operator: Operator) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, said = operator.refused("--no-media", ANXUE_PORT=port)
        assert (status, said) == (2, f"Port {port} on 127.0.0.1 is in use; stop what uses it or set ANXUE_PORT.\n")
        status, said = operator.refused(ANXUE_MEDIA_URL=f"http://127.0.0.1:{port}")
    assert status == 2
    assert said == f"Port {port} is in use, where the media process would be; set ANXUE_MEDIA_URL.\n"
    status, said = operator.refused("--no-media", ANXUE_PORT="many")
    assert status == 2
    assert said.startswith("ANXUE_PORT: ")
    assert "Traceback" not in said


def test_a_killed_media_process_is_back_by_itself_and_dies_with_a_killed_launcher(operator: Operator) -> None:
    with operator.running() as process:
        operator.until(f"{operator.media_url}/healthz", process)
        [media] = psutil.Process(process.pid).children()
        media.kill()
        media.wait(5)
        operator.until(f"{operator.media_url}/healthz", process)
        [again] = psutil.Process(process.pid).children()
        process.kill()
        process.wait()
        gone, _ = psutil.wait_procs([again], timeout=5)
        assert gone == [again]
    assert "The media process ended; it is started again." in operator.log.read_text()


def test_the_media_process_gets_no_key_of_the_platform(operator: Operator) -> None:
    with operator.running() as process:
        [media] = psutil.Process(process.pid).children()
        known = {name for name in media.environ() if name.startswith("ANXUE_")}
        assert known == {"ANXUE_MEDIA_URL", "ANXUE_MEDIA_SECRET"}
        assert not any(operator.environment["ANXUE_MEDIA_SECRET"] in word for word in media.cmdline())
