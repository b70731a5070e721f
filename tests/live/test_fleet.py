"""The topology on one machine, restarted under load: one address, and nobody pauses."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress

import asyncpg
import psutil
import pytest

from load_tests.servers import answers
from realtime import protocol as p
from tests.live.cluster import Cluster
from tests.live.learner import Learner
from tests.live.record import assert_sound, earned_ms, outcomes, reasons
from tests.live.server import BRISK, ROOT, Plan, Server, until

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis, pytest.mark.timeout(240)]

LATE = {"drawn_from_ms": 60_000, "drawn_to_ms": 70_000, "report_gap_ms": 3_000, "window_ms": 4_000}
JITTER_MS = 250


class Fleet(Server):
    """``python -m realtime.fleet`` with the stand-in for its media plane; its address is the balancer's."""

    def start(self) -> None:
        self._stub = self._stub or self._spawn("load_tests.stand_in")
        until(self._media_answers, f"the stand-in did not start: {self.log}")
        self._launcher = self._spawn("realtime.fleet", "--media", "0")
        until(self._answers, f"the fleet did not start: {self.log}")

    def children(self) -> dict[int, psutil.Process]:
        """Its control processes, by pid."""
        assert self._launcher is not None
        found = {}
        for one in psutil.Process(self._launcher.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # a zombie, too
                if "realtime.launcher" in one.cmdline():
                    found[one.pid] = one
        return found

    def ready(self) -> int:
        """How many of them take pages."""
        count = 0
        for one in self.children().values():
            with suppress(psutil.NoSuchProcess):
                count += answers(f"http://127.0.0.1:{one.environ()['ANXUE_PORT']}/readyz")
        return count


@pytest.fixture
def fleet(tmp_path_factory: pytest.TempPathFactory, postgres_url: str, redis_url: str) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    plan = Plan(rules=BRISK | LATE, lessons=((120_000, 1_000),), learners=4, environment={"ANXUE_DRAIN_S": "20"})
    cluster = Cluster(folder, plan, postgres_url=postgres_url, redis_url=redis_url, processes=1)
    one = Fleet(folder, cluster.servers[0].plan)
    cluster.servers = [one]
    try:
        cluster.start()
        yield one
    finally:
        cluster.close()


async def test_a_rolling_restart_under_load_pauses_nobody_and_costs_no_second(fleet: Fleet) -> None:
    """Row 34: both control processes are replaced while four learn; each learner's own stopwatch says what was earned."""
    before = set(fleet.children())
    async with AsyncExitStack() as stack:
        learners = [await stack.enter_async_context(Learner(fleet, f"learner-{n}")) for n in range(4)]
        for learner in learners:
            learner.plays_on = True
            await learner.sign_in()
            await learner.enter()
            await learner.begin()
            await learner.open()
            await learner.play()
            await stack.enter_async_context(learner.roaming(fleet))
        seen = [len(learner.of(p.View)) for learner in learners]
        fleet.signal(signal.SIGHUP)
        async with asyncio.timeout(120):
            while "every control process was restarted" not in fleet.lines():
                await asyncio.gather(*(learner.watch(500) for learner in learners))
        await asyncio.gather(*(learner.watch(1_000) for learner in learners))
        for learner, views in zip(learners, seen, strict=True):
            assert {view.phase for view in learner.of(p.View)[views:]} == {"studying"}
            await learner.sign_out()
            record = await learner.record()
            assert_sound(record)
            assert outcomes(record) == [("login", "passed")]
            assert set(reasons(record)) <= {"AWAITING_CHECK", "BROWSING", "STALLED"}
            lost_ms = learner.video.total_ms - earned_ms(record)
            print(f"shown {learner.video.total_ms:.0f} ms, earned {earned_ms(record)} ms, lost {lost_ms:.0f} ms")
            assert -JITTER_MS <= lost_ms <= 4 * JITTER_MS
    after = fleet.children()
    assert len(after) == 2
    assert not before & set(after)
    assert fleet.replay()[0] == 0


def test_ctrl_c_ends_all_of_it_and_one_that_dies_is_started_again(fleet: Fleet) -> None:
    victim, survivor = fleet.children().values()
    victim.kill()
    until(lambda: len(fleet.children()) == 2 and victim.pid not in fleet.children(), "it wasn't started again")
    everything = [survivor, *fleet.children().values()]
    fleet.signal(signal.SIGINT)
    assert fleet.wait(20) == 0
    _, alive = psutil.wait_procs(everything, timeout=5)
    assert not alive


def test_a_restart_that_fails_ends_nobody_who_serves_and_is_made_good(fleet: Fleet) -> None:
    """As after an upgrade that can't start: what is there goes on, and needs no second signal once the fault is mended."""
    before = set(fleet.children())
    asyncio.run(_do(fleet, "ALTER TRIGGER journal_no_change ON journal RENAME TO journal_aside"))
    fleet.signal(signal.SIGHUP)
    until(lambda: "the restart went no further" in fleet.lines(), f"nothing was said: {fleet.log}")

    assert before & set(fleet.children())
    assert answers(f"{fleet.url}/healthz")
    until(lambda: fleet.lines().count("it is started again") >= 2, f"it wasn't tried again: {fleet.log}")
    assert before & set(fleet.children())
    asyncio.run(_do(fleet, "ALTER TRIGGER journal_aside ON journal RENAME TO journal_no_change"))
    until(lambda: fleet.ready() == 2, f"it didn't come back: {fleet.log}")


async def _do(fleet: Fleet, statement: str) -> None:
    connection = await asyncpg.connect(fleet.environment["ANXUE_DATABASE"])
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def test_without_a_database_it_says_what_to_do(fleet: Fleet) -> None:
    """Debian's programs may be here: then it is root that PostgreSQL refuses, or one of our own that is started."""
    if os.getuid() != 0:
        pytest.skip("only root is refused")
    fleet.environment["ANXUE_DATABASE"] = ""
    done = subprocess.run(
        [sys.executable, "-m", "realtime.fleet"], cwd=ROOT, env=fleet.environment, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "set ANXUE_DATABASE" in done.stderr
