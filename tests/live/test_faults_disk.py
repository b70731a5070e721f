"""The embedded database without room, and locked by somebody else: nothing false is said, nothing earned is lost."""

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from realtime import protocol as p
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.server import Plan, Server
from tests.live.steps import FAULT_RULES, finish, hears_more, nothing_confirmed_since, study

pytestmark = pytest.mark.slow

LESSONS = ((40_000, 1_000),)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"a file system of the test's own needs root: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(os.getuid() != 0, reason="a file system of the test's own needs root")
async def test_a_full_disk_confirms_nothing_and_costs_nothing_once_there_is_room(small_disk: Path) -> None:
    """The database, the evidence, the lessons' media and the log share the disk."""
    server = Server(small_disk, Plan(rules=FAULT_RULES, lessons=LESSONS, learners=2))
    try:
        server.seed()
        server.start()
        async with Learner(server, "learner-0") as learner, Learner(server, "learner-1") as patient:
            await study(patient)
            patient.pause()
            await patient.until_phase("paused")
            await study(learner)  # last: its drawn moment falls while the disk is full
            filler = small_disk / "filler"
            _fill(filler)
            await asyncio.sleep(0.3)
            heard = len(learner.messages)
            await learner.watch(3_000)
            assert nothing_confirmed_since(learner, heard)
            assert learner.online
            filler.unlink()
            await hears_more(learner)
            await patient.play()
            for one in (learner, patient):
                await finish(one, server, "disk full", faults=0)
    finally:
        server.close()


def _fill(filler: Path) -> None:
    """Until not a byte is left."""
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                pass


@contextmanager
def _locked(database: Path) -> Iterator[None]:
    """As a careless backup does it: from another process' point of view the database is being written."""
    other = sqlite3.connect(database, isolation_level=None, timeout=10)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def test_a_lock_within_patience_costs_nothing_and_one_past_it_a_heartbeat_at_most(open_server: Open) -> None:
    """Past patience (6 s here, 20 by default) the pages are sent away, and come back to what they had earned."""
    environment = {"ANXUE_DATABASE_PATIENCE_S": "6"}
    server = open_server(Plan(rules=FAULT_RULES, lessons=LESSONS, learners=2, environment=environment))
    database = server.folder / "classroom.sqlite3"
    async with Learner(server, "learner-0") as learner, Learner(server, "learner-1") as other:
        await study(learner)
        with _locked(database):
            await asyncio.sleep(0.3)
            heard = len(learner.messages)
            await asyncio.sleep(2.7)
            assert nothing_confirmed_since(learner, heard)
        await hears_more(learner)
        await finish(learner, server, "database locked for 3 s", faults=0)

        await study(other)
        with _locked(database):
            await asyncio.sleep(0.3)
            heard = len(other.messages)
            loop = asyncio.get_running_loop()
            until = loop.time() + 10
            await other.until(lambda: not other.online, 20)
            assert other.close_code == p.CLOSE_RESTART
            assert nothing_confirmed_since(other, heard)
            await asyncio.sleep(max(0, until - loop.time()))
        await other.come_back()
        assert other.view
        assert (other.view.phase, other.view.reason) == ("paused", "SYSTEM_ERROR")
        await finish(other, server, "database locked for 10 s, past patience")
