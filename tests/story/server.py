"""A real server with the demo's data, started as a user would have it, with rules short enough for a test."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from load_tests.servers import free_port

ROOT = Path(__file__).parents[2]
START_S = 60
CLOCK = time.monotonic  # noqa: TID251  # a test's own patience


def make_demo(folder: Path) -> None:
    """The demo's database and course, as the first run of the demo makes them."""
    install = (
        "import asyncio, settings; from classroom.database import install; asyncio.run(install(settings.DATABASE))"
    )
    for command in (["-c", install], ["-m", "classroom.demo"]):
        subprocess.run([sys.executable, *command], cwd=ROOT, env=_environment(folder), check=True, timeout=300)


@contextmanager
def serving(demo: Path, folder: Path, declared: Mapping[str, int] | None = None, **rules: int) -> Iterator[str]:
    """The address of a server over a copy of the demo's data; ``declared``: design loads (row 25)."""
    shutil.copytree(demo, folder)
    with running(folder, declared, **rules) as address:
        yield address


@contextmanager
def running(folder: Path, declared: Mapping[str, int] | None = None, **rules: int) -> Iterator[str]:
    """The address of a server over this data, once both planes are well."""
    port, media = free_port(), free_port()
    environment = _environment(folder) | {"ANXUE_PORT": str(port), "ANXUE_MEDIA_URL": f"http://127.0.0.1:{media}"}
    environment |= {f"ANXUE_RULES_{name.upper()}": str(value) for name, value in rules.items()}
    environment |= {f"ANXUE_DESIGN_{name.upper()}": str(value) for name, value in (declared or {}).items()}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "realtime.launcher"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}"
            for plane in (address, f"http://127.0.0.1:{media}"):
                _wait(process, plane, folder / "server.log")
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def replay(folder: Path) -> subprocess.CompletedProcess[str]:
    """What the verifier says of the server's record."""
    return subprocess.run(
        [sys.executable, "-m", "classroom.attendance.replay"],
        cwd=ROOT, env=_environment(folder), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANXUE_")}
    return kept | {"ANXUE_DATA": str(folder), "ANXUE_DEMO": "1", "PYTHONUNBUFFERED": "1"}


def _wait(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    until = CLOCK() + START_S
    while CLOCK() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"the server did not start: {log.read_text()[-2000:]}")
