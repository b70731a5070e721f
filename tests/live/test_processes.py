"""Several control processes: a learner's seat is in one of them, and may move to another without costing a second."""

from collections.abc import Iterator

import pytest

from tests.live.cluster import Cluster
from tests.live.learner import Learner
from tests.live.record import assert_sound, earned_ms, outcomes, reasons
from tests.live.server import BRISK, Plan

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

RULES = BRISK | {"drawn_from_ms": 20_000, "drawn_to_ms": 30_000, "report_gap_ms": 3_000}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, postgres_url: str, redis_url: str) -> Iterator[Cluster]:
    cluster = Cluster(
        tmp_path_factory.mktemp("cluster"),
        Plan(rules=RULES, lessons=((60_000, 1_000),), learners=20, environment={"ANXUE_DRAIN_S": "20"}),
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
    shared.start_servers()
    return shared


async def test_a_takeover_between_processes_and_back(cluster: Cluster) -> None:
    """Rule 9: the second device is told that another holds the session, passes its check through the relay, goes on."""
    here, there = cluster.servers
    async with Learner(here, "learner-0") as first, Learner(there, "learner-0") as second:
        await first.sign_in()
        await second.sign_in()
        await first.enter()
        await first.begin()
        await first.open()
        await first.play()
        await first.watch(1_000)
        await second.enter()
        assert second.view and second.view.elsewhere and not second.view.here
        await second.begin_beside()
        await second.until(lambda: bool(second.view and second.view.here and second.view.phase == "browsing"))
        await first.until(lambda: bool(first.view and first.view.elsewhere))
        assert first.view
        await second.open()
        await second.play()
        await second.watch(1_500)
        assert second.view and second.view.phase == "studying"
        shown_ms = first.video.total_ms + second.video.total_ms
        await second.sign_out()
        record = await second.record()
    assert_sound(record)
    assert outcomes(record) == [("login", "passed"), ("login", "passed")]
    print(shown_ms, earned_ms(record), reasons(record))
