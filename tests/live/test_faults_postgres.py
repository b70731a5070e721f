"""PostgreSQL stopped, crashed, cut off in the middle of a lesson: nothing false is said, nothing earned is lost."""

import asyncio
from collections.abc import Iterator

import pytest

from realtime import protocol as p
from tests.live.camera import Told
from tests.live.learner import Learner
from tests.live.postgres import Postgres
from tests.live.server import Plan, Server
from tests.live.steps import FAULT_RULES, finish, hears_more, nothing_confirmed_since, study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    one = Postgres()
    yield one
    one.close()


@pytest.fixture(scope="module")
def server(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {"ANXUE_DATABASE": postgres.url, "ANXUE_DATABASE_PATIENCE_S": "4"}
    plan = Plan(rules=FAULT_RULES, lessons=((60_000, 1_000),), learners=8, environment=environment)
    server = Server(tmp_path_factory.mktemp("live"), plan)
    server.seed()
    server.start()
    yield server
    server.close()


async def test_a_restart_of_three_seconds_costs_nothing(postgres: Postgres, server: Server) -> None:
    """Nothing is confirmed meanwhile; what was watched meanwhile is earned when it is back."""
    async with Learner(server, "learner-0") as learner:
        await study(learner)
        await asyncio.to_thread(postgres.stop)
        heard = len(learner.messages)
        await learner.watch(1_500)
        assert nothing_confirmed_since(learner, heard)
        assert learner.online
        await asyncio.to_thread(postgres.start)
        await hears_more(learner)
        await finish(learner, server, "PostgreSQL restarted", faults=0)


@pytest.mark.parametrize("fault", ["connections ended", "crash"])
async def test_a_cut_in_the_middle_of_writing_costs_nothing(postgres: Postgres, server: Server, fault: str) -> None:
    """A commit whose answer was lost is not written twice, nor is the seat lost for it."""
    number = {"connections ended": 1, "crash": 3}[fault]
    async with Learner(server, f"learner-{number}") as learner, Learner(server, f"learner-{number + 1}") as other:
        await asyncio.gather(study(learner), study(other))
        if fault == "crash":
            await asyncio.to_thread(postgres.stop, "immediate")
            await asyncio.to_thread(postgres.start)
        else:
            for _ in range(5):
                await asyncio.to_thread(postgres.end_connections)
        await asyncio.gather(hears_more(learner), hears_more(other))
        assert learner.online
        assert other.online
        await asyncio.gather(*(finish(one, server, f"PostgreSQL: {fault}", faults=0) for one in (learner, other)))


async def test_an_outage_longer_than_patience_sends_the_pages_away_and_keeps_what_they_earned(
    postgres: Postgres, server: Server
) -> None:
    """Four seconds here, twenty by default. One studies, one is in a drawn check, which is no strike (rule 7)."""
    async with Learner(server, "learner-5") as learner, Learner(server, "learner-6") as challenged:
        await asyncio.gather(study(learner), study(challenged))
        challenged.camera = Told("nobody")
        await challenged.until_phase("challenged")
        await learner.until(lambda: bool(learner.of(p.CheckEnded)[1:]))
        await learner.until_phase("studying")
        await learner.watch(700)
        await asyncio.to_thread(postgres.stop)
        heard = len(learner.messages)
        await learner.until(lambda: not learner.online, 30)
        await challenged.until(lambda: not challenged.online, 30)
        assert learner.close_code == challenged.close_code == p.CLOSE_RESTART
        assert nothing_confirmed_since(learner, heard)
        await asyncio.to_thread(postgres.start)
        challenged.camera = Told("passes")
        await asyncio.gather(learner.come_back(), challenged.come_back())
        for one in (learner, challenged):
            assert one.view
            assert (one.view.phase, one.view.reason, one.view.failures_left) == ("paused", "SYSTEM_ERROR", 6)
        await finish(learner, server, "PostgreSQL away past patience")
        await finish(challenged, server, "PostgreSQL away past patience, challenged")
