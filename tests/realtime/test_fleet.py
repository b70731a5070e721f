"""What the media processes of a fleet are given."""

import asyncio
import os
from pathlib import Path

import aiohttp
import psutil
import pytest

from load_tests.servers import free_port
from realtime.fleet.keyfiles import make
from realtime.fleet.processes import Fleet

pytestmark = pytest.mark.timeout(90)
READY_S = 60.0


async def test_a_media_process_finds_its_secret_in_the_files_and_gets_no_other_key(tmp_path: Path) -> None:
    """As `run.py cluster` starts it, secrets being files in the data's folder; it decodes bytes from strangers."""
    make(tmp_path / "secrets")
    port, given = free_port(), {name: value for name, value in os.environ.items() if not name.startswith("ANXUE_")}
    given |= {"ANXUE_DATA": str(tmp_path), "ANXUE_JOURNAL_KEY": "what a media process must not know of the platform"}
    fleet = Fleet(given, control=[], media=[port], log=tmp_path / "fleet.log")
    await fleet.open("127.0.0.1", free_port())
    try:
        await _until_it_answers(fleet, port, tmp_path / "fleet.log")
        known = {name for name in psutil.Process(fleet.pids[port]).environ() if name.startswith("ANXUE_")}
        assert known == {"ANXUE_MEDIA_URL", "ANXUE_MEDIA_SECRET"}
    finally:
        await fleet.close()


async def _until_it_answers(fleet: Fleet, port: int, log: Path) -> None:
    """Look until it does; one that has ended instead, or never does, fails with its own words."""
    died = asyncio.create_task(fleet.died(), name="died")
    try:
        async with asyncio.timeout(READY_S), aiohttp.ClientSession() as client:
            while not await _answers(client, port):
                assert not died.done(), log.read_text()
                await asyncio.wait([died], timeout=0.1)
    except TimeoutError:
        pytest.fail(log.read_text())
    finally:
        died.cancel()
        await asyncio.gather(died, return_exceptions=True)


async def _answers(client: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with client.get(f"http://127.0.0.1:{port}/healthz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
