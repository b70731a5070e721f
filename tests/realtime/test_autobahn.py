"""Autobahn's cases against the launcher's servers: nothing fails that a bare ``websockets`` echo passes."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from kosoku import FailureError, run_fuzzingclient
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from realtime.servers import MAX_FRAME_BYTES
from tests.live.server import ROOT

# Not 9 (megabytes: over the bound that the launcher sets), nor 12 and 13 (compression, which none of them offers).
LEFT_OUT = ["9.*", "12.*", "13.*"]
CASES_AT_LEAST = 240


@asynccontextmanager
async def echo(name: str) -> AsyncIterator[str]:
    """The address of an echo; it may log nothing of what it is sent."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.realtime.echo", name, cwd=ROOT, stdout=-1, stderr=-1
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            yield f"ws://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.terminate()
        _, said = await process.communicate()
    assert b"Traceback" not in said, said.decode()[-3_000:]


async def run(url: str, cases: list[str] | None = None, concurrency: int = 4) -> dict[str, bool]:
    """Case -> whether it passed."""
    try:
        ran = await run_fuzzingclient(url, cases=cases, exclude_cases=LEFT_OUT, concurrency=concurrency)
    except FailureError as failed:  # carries all of them, too
        ran = failed.results
    return {result.case_id: result.passed for result in ran}


@pytest.mark.parametrize("name", ["daphne", "uvicorn"])
async def test_a_page_may_be_told_more_than_it_may_say(name: str) -> None:
    """Row 20: a wall's class of a thousand learners is some 400 KB in one message."""
    length = 4 * MAX_FRAME_BYTES
    async with echo(name) as url, connect(url, max_size=None, proxy=None) as socket:
        await socket.send(f"long {length} x")
        assert await socket.recv() == "x" * length
        await socket.send("y" * (MAX_FRAME_BYTES + 1))
        with pytest.raises(ConnectionClosed):
            await socket.recv()


@pytest.mark.slow
@pytest.mark.timeout(200)
async def test_no_case_fails_that_the_bare_library_passes() -> None:
    async with echo("websockets") as url:
        bare = await run(url)
    assert len(bare) >= CASES_AT_LEAST
    for name in ("daphne", "uvicorn"):
        async with echo(name) as url:
            ours = await run(url)
            failed = sorted(case for case, passed in ours.items() if not passed and bare[case])
            if failed:  # a busy machine misses a case's deadline; alone it must pass
                failed = [case for case, passed in (await run(url, failed, 1)).items() if not passed]
        print(f"{name}: {sum(ours.values())} of {len(ours)} cases; bare: {sum(bare.values())}")
        assert set(ours) == set(bare)
        assert failed == [], name
