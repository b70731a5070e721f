"""What staff do at one control process reaches a learner whose seat is at another, and is told to the walls of both."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from realtime import protocol as room
from tests.live.cluster import Cluster
from tests.live.learner import Learner
from tests.live.names import CLASS
from tests.live.server import Plan, Server
from tests.live.test_wall import RULES, _is, cluster, studying, watching

__all__ = ["cluster"]
pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, postgres_url: str, redis_url: str) -> Iterator[Cluster]:
    plan = Plan(rules=RULES, lessons=((60_000, 1_000),), learners=6, environment={"ANXUE_DRAIN_S": "20"})
    made = Cluster(tmp_path_factory.mktemp("acts"), plan, postgres_url=postgres_url, redis_url=redis_url)
    try:
        made.start()
        yield made
    finally:
        made.close()


class Staff:
    """At one process, over HTTP."""

    def __init__(self, person: Learner, learner_id: str) -> None:
        self._person = person
        self._learner_id = learner_id

    async def act(self, act: str, **more: Any) -> tuple[int, Any]:
        path = f"/api/wall/classes/{CLASS}/learners/{self._learner_id}/act"
        return await self._person.ask("POST", path, {"act": act, "reason": "CAMERA", **more})

    async def acts(self) -> list[tuple[str, str | None]]:
        _, done = await self._person.ask("GET", f"/api/wall/classes/{CLASS}/learners/{self._learner_id}/acts")
        return [(one["act"], one["outcome"]) for one in done]


async def at(stack: AsyncExitStack, server: Server, learner_id: str) -> Staff:
    person = await stack.enter_async_context(Learner(server, "staff"))
    return Staff(await person.sign_in(), learner_id)


async def test_a_pause_at_one_process_stops_a_learner_at_the_other(cluster: Cluster) -> None:
    """Committed when it is answered; told to the page and to the walls of both; resumed the same way."""
    here, there = cluster.servers
    async with (
        AsyncExitStack() as stack,
        watching(here) as near_wall,
        watching(there) as far_wall,
        studying(there, "learner-0") as (learner, learner_id),
    ):
        staff = await at(stack, here, learner_id)
        await learner.watch(1_000)

        assert await staff.act("pause") == (200, {"outcome": "DONE"})

        await learner.until(lambda: _stands(learner, "paused", "PAUSED_BY_STAFF"))
        for wall in (near_wall, far_wall):
            await wall.until(lambda wall=wall: _is(wall, learner_id, "paused", "PAUSED_BY_STAFF"))
        assert any(news.list == "notes" for news in learner.of(room.News))
        held = learner.view.held_ms if learner.view else 0
        learner.send(room.Play(position_ms=learner.video.position_ms))
        await learner.until(lambda: any(one.code == "PAUSED_BY_STAFF" for one in learner.of(room.Refused)))

        assert (await staff.act("resume"))[0] == 200
        await learner.until(lambda: _stands(learner, "browsing", None))
        await learner.play()
        await learner.until(lambda: learner.view is not None and learner.view.phase == "studying")
        assert learner.view is not None and learner.view.held_ms >= held > 0
        assert await staff.acts() == [("resume", "DONE"), ("pause", "DONE")]


async def test_two_proctors_at_two_processes_pause_once(cluster: Cluster) -> None:
    here, there = cluster.servers
    async with AsyncExitStack() as stack, studying(there, "learner-1") as (learner, learner_id):
        one, other = [await at(stack, server, learner_id) for server in (here, there)]

        answers = await asyncio.gather(one.act("pause"), other.act("pause"))

        assert sorted(status for status, _ in answers) == [200, 409]
        assert sorted(outcome or "" for _, outcome in await one.acts()) == ["DONE", "NOT_NOW"]
        await learner.until(lambda: _stands(learner, "paused", "PAUSED_BY_STAFF"))


async def test_a_message_and_a_sign_out_come_from_the_other_process(cluster: Cluster) -> None:
    here, there = cluster.servers
    async with AsyncExitStack() as stack, studying(there, "learner-2") as (learner, learner_id):
        staff = await at(stack, here, learner_id)

        said = await staff.act("message", words="请一个人学习")
        assert said == (200, {"outcome": "DONE"})  # a page was there to hear it
        await learner.until(lambda: any(news.list == "notes" for news in learner.of(room.News)))
        _, [note] = await learner.ask("GET", "/api/notes")
        assert note["words"] == "请一个人学习"

        assert (await staff.act("sign_out"))[0] == 200
        await learner.until(lambda: _stands(learner, "signed_out", "BY_STAFF"))


async def test_a_blocked_device_is_refused_at_every_process_and_let_in_again(cluster: Cluster) -> None:
    here, there = cluster.servers
    async with AsyncExitStack() as stack, studying(there, "learner-3") as (learner, learner_id):
        staff = await at(stack, here, learner_id)
        assert (await staff.act("block_device"))[0] == 200
        await learner.until(lambda: _stands(learner, "signed_out", "BY_STAFF"))

        learner.send(room.Begin())
        await learner.until(lambda: any(one.code == "DEVICE_BLOCKED" for one in learner.of(room.Refused)))
        assert learner.view is not None and learner.view.phase == "signed_out"

        assert (await staff.act("unblock_device"))[0] == 200
        await learner.begin()


async def test_an_alert_is_told_to_walls_of_both_processes(cluster: Cluster) -> None:
    """An asked check that nobody answers is missed: an alert, claimed once."""
    here, there = cluster.servers
    async with (
        AsyncExitStack() as stack,
        watching(here) as wall,
        watching(there) as far_wall,
        studying(there, "learner-4") as (learner, learner_id),
    ):
        learner.answers = False
        staff = await at(stack, here, learner_id)
        assert (await staff.act("ask_check"))[0] == 200
        await learner.until(lambda: _stands(learner, "signed_out", "CHECK_MISSED"))

        for one in (wall, far_wall):
            await one.until(lambda one=one: (CLASS, "alerts") in one.page.news)
        people = [await stack.enter_async_context(Learner(server, "staff")) for server in (here, there)]
        for person in people:
            await person.sign_in()
        _, alerts = await people[0].ask("GET", f"/api/wall/alerts?class_id={CLASS}")
        [alert] = [one for one in alerts if one["learner_id"] == learner_id]
        assert alert["kind"] == "check_missed"
        claims = await asyncio.gather(
            *(person.ask("POST", f"/api/wall/alerts/{alert['id']}/claim") for person in people)
        )
        assert sorted(status for status, _ in claims) == [204, 409]


def _stands(learner: Learner, phase: str, reason: str | None) -> bool:
    view = learner.view
    return view is not None and (view.phase, view.reason) == (phase, reason)
