"""Starts a whole platform for a load: a database of its own, control processes, a stand-in for the media plane."""

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from types import TracebackType
from typing import Self

import asyncpg

ROOT = Path(__file__).resolve().parents[1]
START_S = 90.0
STOP_S = 10.0


class Servers:
    """Control processes on one database, in a folder of their own that goes with them."""

    def __init__(
        self,
        *,
        postgres: str | None = None,
        redis: str | None = None,
        server: str = "daphne",
        processes: int = 1,
        rules: Mapping[str, int] | None = None,
        real_media: bool = False,
        second_factor: bool = False,
        data: Path | None = None,
        port: int | None = None,
    ) -> None:
        """``postgres`` may create databases, else SQLite; ``real_media``: faces that are no stand-in's are really judged.

        ``second_factor``: staff sign in with an authenticator's code, too. ``data``: a folder that is there already and
        stays. Raises ValueError for more processes than the database allows.
        """
        if processes > 1 and (postgres is None or redis is None):
            raise ValueError("several control processes need PostgreSQL and Redis")
        self._made = None if data is not None else Path(tempfile.mkdtemp(prefix="classroom-load-"))
        self.folder = data or self._made or Path()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "load-server.log"
        self.server = server
        self._postgres = postgres
        self.database = f"sqlite://{self.folder}/classroom.sqlite3"
        if postgres is not None:
            self._name = f"classroom_load_{uuid.uuid4().hex[:12]}"
            self.database = f"{postgres.rpartition('/')[0]}/{self._name}"
        first = port or free_port()
        self.urls = [f"http://127.0.0.1:{one}" for one in (first, *(free_port() for _ in range(processes - 1)))]
        self.media_url, self._behind = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
        self._real_media = real_media
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANXUE_")}
        self.environment = kept | {
            "ANXUE_DATA": str(self.folder),
            "ANXUE_DEMO": "1",
            "ANXUE_SECOND_FACTOR": str(int(second_factor)),
            "ANXUE_DATABASE": self.database,
            "ANXUE_MEDIA_URL": self.media_url,
            "ANXUE_MEDIA_SECRET": secrets.token_urlsafe(32),
            "ANXUE_MEDIA_SLOTS": "100000",
            **{f"ANXUE_RULES_{name.upper()}": str(value) for name, value in (rules or {}).items()},
        }
        if processes > 1:
            assert redis is not None
            self.environment |= {"ANXUE_REDIS_URL": redis, "ANXUE_REDIS_PREFIX": f"load-{uuid.uuid4().hex[:8]}"}
        if real_media:
            self.environment["ANXUE_MEDIA_BEHIND"] = self._behind

    @property
    def url(self) -> str:
        """Of the first process."""
        return self.urls[0]

    @property
    def pids(self) -> list[int]:
        """Of the control processes."""
        return [one.pid for name, one in self._processes.items() if name.startswith("control")]

    @property
    def alive(self) -> bool:
        """Whether every process runs."""
        return all(one.poll() is None for one in self._processes.values())

    def __enter__(self) -> Self:
        if self._postgres is not None:
            asyncio.run(_sql(self._postgres, f'CREATE DATABASE "{self._name}"'))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._postgres is not None:
            asyncio.run(_sql(self._postgres, f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)'))
        if self._made is not None:
            rmtree(self._made, ignore_errors=True)

    def start(self) -> None:
        """Start everything, and wait until it answers."""
        self._spawn("stand-in", "load_tests.stand_in")
        if self._real_media:
            self._spawn("media", "verify", ANXUE_MEDIA_URL=self._behind, ANXUE_MEDIA_SLOTS="8")
        for number, url in enumerate(self.urls):
            arguments = ("--no-media", "--server", self.server)
            self._spawn(f"control {number}", "realtime.launcher", *arguments, ANXUE_PORT=url.rpartition(":")[2])
        for url in (self.media_url, *self.urls):
            self._until(lambda url=url: answers(f"{url}/healthz"), f"{url} does not answer")  # type: ignore[misc]

    def stop(self) -> None:
        """End the processes in order."""
        for process in reversed(list(self._processes.values())):
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()

    def run(self, module: str, *arguments: str, stdin: str | None = None) -> tuple[int, str]:
        """A command beside them: its status, and what it said."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=ROOT, env=self.environment, input=stdin, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def replay(self) -> tuple[bool, str]:
        """Whether the journal is sound, as an operator would verify it."""
        status, said = self.run("classroom.attendance.replay")
        return status == 0, said.strip().splitlines()[-1] if said.strip() else ""

    def _spawn(self, name: str, module: str, *arguments: str, **environment: str) -> None:
        with self.log.open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT, env=self.environment | environment, stdout=log, stderr=log,
            )  # fmt: skip

    def _until(self, true: Callable[[], bool], otherwise: str) -> None:
        for _ in range(int(START_S / 0.1)):
            if true():
                return
            if not self.alive:
                break
            time.sleep(0.1)
        last = "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])
        raise RuntimeError(f"{otherwise}:\n{last}")


def answers(url: str) -> bool:
    """Whether somebody answers there with success."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(urllib.error.URLError, OSError, TimeoutError), opener.open(url, timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _sql(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
