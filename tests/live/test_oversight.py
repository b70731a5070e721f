"""Regulators over two control processes: the number is true wherever seats live, and a suspension reaches them all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import aiohttp
import msgspec
import pytest

from realtime.census.census import LEASE_S, PUBLISH_S
from realtime.oversight import protocol as p
from realtime.oversight.views import PUSH_S
from tests.live.cluster import Cluster
from tests.live.learner import Learner
from tests.live.names import INSTITUTION
from tests.live.record import assert_sound, earned_ms
from tests.live.server import BRISK, Plan, Server
from tests.live.test_wall import studying

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

# Nothing is drawn: a check that is missed on a busy machine would sign somebody out, and the number be another one.
RULES = BRISK | {"drawn_from_ms": 600_000, "drawn_to_ms": 700_000, "report_gap_ms": 15_000, "window_ms": 15_000}
WAIT_S = 60.0
BUSY_S = 3.0  # of a machine that runs other tests
SUSPENSIONS = "/api/oversight/suspensions"
SUSPEND = {"subject": "institution", "subject_id": INSTITUTION, "reason": "抽查不合格"}
_decoder = msgspec.json.Decoder(p.ToOversight)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, postgres_url: str, redis_url: str) -> Iterator[Cluster]:
    cluster = Cluster(
        tmp_path_factory.mktemp("oversight"),
        Plan(rules=RULES, lessons=((300_000, 5_000),), learners=6, environment={"ANXUE_DRAIN_S": "20"}),
        postgres_url=postgres_url,
        redis_url=redis_url,
    )
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


@pytest.fixture
def cluster(shared: Cluster) -> Cluster:
    shared.start_servers()  # a test may have ended one
    return shared


class Office:
    """A regulator's page at one process: asks over HTTP, hears counts over its socket."""

    def __init__(self, person: Learner, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.ask = person.ask
        self._socket = socket

    async def online(self, true: Callable[[int], bool]) -> float:
        """Until the number is so; the answer is after how many seconds."""
        began, told = asyncio.get_running_loop().time(), []
        try:
            async with asyncio.timeout(WAIT_S):
                while True:
                    said = _decoder.decode((await self._socket.receive()).data)
                    told.append(said)
                    if isinstance(said, p.OversightSums) and true(said.total[0]):
                        return asyncio.get_running_loop().time() - began
        except TimeoutError:
            raise AssertionError(f"waited in vain; last told: {told[-5:]}") from None


@asynccontextmanager
async def office(server: Server, city: str = "440100") -> AsyncIterator[Office]:
    async with Learner(server, f"regulator-{city}") as person:
        await person.sign_in()
        address = server.url.replace("http", "ws") + "/ws/oversight"
        async with person._http.ws_connect(address, origin=server.url) as socket:
            await socket.send_str(msgspec.json.encode(p.Look(p.VERSION, 1)).decode())
            yield Office(person, socket)


@pytest.mark.alone
async def test_the_number_counts_the_seats_of_both_and_a_killed_process_no_longer_than_its_lease(
    cluster: Cluster,
) -> None:
    """Row 20; kill -9."""
    here, there = cluster.servers
    async with (
        office(here) as ours,
        office(here, "440300") as others,
        studying(here, "learner-0"),
        studying(there, "learner-1"),
    ):
        await ours.online(lambda n: n == 2)
        await others.online(lambda n: n == 0)  # of another city

        there.kill()
        wrong_s = await ours.online(lambda n: n == 1)

        print(f"the number was wrong for {wrong_s:.1f} s after kill -9")
        assert wrong_s <= LEASE_S + PUBLISH_S + PUSH_S + BUSY_S


async def test_a_suspension_stops_who_studies_at_either_process_and_costs_nothing(cluster: Cluster) -> None:
    """Article 30; another city's regulator isn't told that there is one."""
    here, there = cluster.servers
    async with (
        office(here) as ours,
        office(there, "440300") as others,
        studying(here, "learner-2") as (near, _),
        studying(there, "learner-3") as (far, _),
    ):
        both = (near, far)
        for learner in both:
            await learner.watch(1_500)
        assert (await others.ask("POST", SUSPENSIONS, SUSPEND))[0] == 404

        status, made = await ours.ask("POST", SUSPENSIONS, SUSPEND)
        assert status == 200
        for learner in both:
            await learner.until(lambda one=learner: one.view is not None and one.view.reason == "SUSPENDED")
        assert (await others.ask("POST", f"{SUSPENSIONS}/{made['id']}/lift", {"reason": "越界"}))[0] == 404
        held = [learner.view.held_ms for learner in both if learner.view is not None]
        assert min(held) >= 1_000

        status, _ = await ours.ask("POST", f"{SUSPENSIONS}/{made['id']}/lift", {"reason": "整改完成"})
        assert status == 204
        for learner in both:
            await learner.until(lambda one=learner: one.view is not None and one.view.reason != "SUSPENDED")
        for learner, before in zip(both, held, strict=True):
            await learner.sign_out()
            record = await learner.record()
            assert_sound(record)
            assert earned_ms(record) >= before
