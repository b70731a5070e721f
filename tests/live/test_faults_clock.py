"""Clocks that are set by an hour in the middle of a lesson, and one that was wrong from the start (libfaketime)."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.own_ledger import confirmed
from tests.live.server import ROOT, Plan
from tests.live.steps import FAULT_RULES, finish, study

pytestmark = pytest.mark.slow

HOUR = "+3600"
LESSONS = ((40_000, 1_000),)


@pytest.fixture
def faked(tmp_path: Path) -> tuple[Path, Mapping[str, str]]:
    """A file that says by how much the clock is wrong, and the environment that makes a process believe it."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        pytest.skip("no libfaketime (Debian: libfaketime)")
    said = tmp_path / "faketime"
    said.write_text("+0")
    return said, {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(said), "FAKETIME_NO_CACHE": "1"}


def test_a_wall_clock_set_by_an_hour_and_back_is_not_noticed(faked: tuple[Path, Mapping[str, str]]) -> None:
    """The platform's clock is the machine's running one, in the core and in daphne: no second more, none less."""
    said, environment = faked
    code = """
import sys
from realtime.servers import start
from classroom.clock import now_ms
import time
start("daphne", None, "127.0.0.1", 0)
from daphne import http_protocol, server, ws_protocol
for line in sys.stdin:
    served = {round(module.time.time() * 1000) for module in (http_protocol, server, ws_protocol)}
    print(time.time_ns() // 1_000_000, now_ms(), min(served), max(served), flush=True)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **environment, "DONT_FAKE_MONOTONIC": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    seen = []
    try:
        for step in ("+0", HOUR, "+0", "-3600"):
            said.write_text(step)
            process.stdin.write("\n")
            process.stdin.flush()
            seen.append([int(one) for one in process.stdout.readline().split()])
        process.stdin.close()
        assert process.wait(10) == 0
    finally:
        process.kill()
    wall = [one[0] - seen[0][0] for one in seen]
    assert [round(one / 3_600_000) for one in wall] == [0, 1, 0, -1]  # it believed it
    assert all(0 <= now - seen[0][1] < 60_000 for _, now, _, _ in seen)
    assert all(abs(served - now) < 10_000 for _, now, low, high in seen for served in (low, high))  # not in one instant


async def test_a_running_clock_that_jumps_an_hour_costs_a_heartbeat_at_most(
    open_server: Open, faked: tuple[Path, Mapping[str, str]]
) -> None:
    """As after an hour's suspend: rule 7, the seats are interrupted as of then; held time stays."""
    said, environment = faked
    server = open_server(Plan(rules=FAULT_RULES, lessons=LESSONS, environment=environment))
    async with Learner(server) as learner:
        await study(learner)
        before = confirmed(learner)["lesson-1"]
        said.write_text(HOUR)
        await learner.until(lambda: not learner.online)
        await learner.come_back()
        assert learner.view
        assert learner.view.phase == "signed_out"  # an hour without a sign of life: IDLE, dated a quarter past
        assert learner.view.reason == "IDLE"
        assert confirmed(learner)["lesson-1"] >= before
        await learner.begin()
        await learner.open()
        await finish(learner, server, "an hour's suspend")
