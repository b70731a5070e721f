"""A proctor's wall over two control processes: every learner live and correct, wherever the seat is (rows 20, 29, 38)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import aiohttp
import msgspec
import pytest

from realtime import protocol as room
from realtime.wall import protocol as p
from tests.live.cluster import Cluster
from tests.live.learner import Learner
from tests.live.names import CLASS
from tests.live.server import BRISK, Plan, Server
from tests.live.steps import study
from tests.realtime.wall.wall_page import WallPage

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

RULES = BRISK | {"drawn_from_ms": 40_000, "drawn_to_ms": 50_000, "report_gap_ms": 15_000, "window_ms": 4_000}
WAIT_S = 20.0


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, postgres_url: str, redis_url: str) -> Iterator[Cluster]:
    cluster = Cluster(
        tmp_path_factory.mktemp("wall"),
        Plan(rules=RULES, lessons=((60_000, 1_000),), learners=6, environment={"ANXUE_DRAIN_S": "20"}),
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


class Watcher:
    """Somebody's wall at one process."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.page = WallPage()
        self.heard: list[str] = []
        self.socket = socket
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._read(), name="wall")

    async def _read(self) -> None:
        async for frame in self.socket:
            if frame.type is aiohttp.WSMsgType.TEXT:
                self.heard.append(frame.data)
                self.page.hear(frame.data)
                self._news.set()
        self._news.set()

    async def until(self, true: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                while not true():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"waited in vain: {self.page.all(CLASS)}") from None

    async def close(self) -> None:
        await self.socket.close()
        await self._task


@asynccontextmanager
async def watching(
    server: Server, account: str = "staff", *classes: str, since: dict[str, p.Since] | None = None
) -> AsyncIterator[Watcher]:
    async with Learner(server, account) as person:
        await person.sign_in()
        socket = await person._http.ws_connect(server.url.replace("http", "ws") + "/ws/wall", origin=server.url)
        watcher = Watcher(socket)
        message = p.Watch(p.VERSION, list(classes or (CLASS,)), since or {})
        await socket.send_str(msgspec.json.encode(message).decode())
        try:
            yield watcher
        finally:
            await watcher.close()


@asynccontextmanager
async def studying(server: Server, account: str) -> AsyncIterator[tuple[Learner, str]]:
    async with Learner(server, account) as learner:
        learner.plays_on = True
        await study(learner, 0)
        _, me = await learner.ask("GET", "/api/me")
        yield learner, me["account"]["id"]


async def test_a_wall_at_one_process_sees_the_learners_of_both(cluster: Cluster) -> None:
    """State, reason, connection and the three times are what each learner's own page is told."""
    here, there = cluster.servers
    async with (
        watching(here) as wall,
        studying(here, "learner-0") as (near, near_id),
        studying(there, "learner-1") as (far, far_id),
    ):
        for learner_id in (near_id, far_id):
            await wall.until(lambda one=learner_id: _is(wall, one, "studying", connected=True))
        await far.watch(1_500)
        await wall.until(lambda: _row(wall, far_id).held_ms > 1_000)  # heartbeats cross the processes

        far.send(room.Hidden(position_ms=far.video.position_ms))
        near.send(room.Pause(position_ms=near.video.position_ms))
        await wall.until(lambda: _is(wall, far_id, "paused", "PAGE_HIDDEN"))
        await wall.until(lambda: _is(wall, near_id, "paused", "PAUSED_BY_LEARNER"))

        for learner, learner_id in ((near, near_id), (far, far_id)):
            await learner.until(lambda one=learner: one.view is not None and one.view.phase == "paused")
            row, view = _row(wall, learner_id), learner.view
            assert view is not None and row.lesson_id == view.lesson_id
            assert row.counted_ms + row.held_ms == view.today_ms
        assert len(wall.page.rows[CLASS]) == 6 and wall.page.whole == 1
        assert [row.name for row in wall.page.rows[CLASS].values()] == [f"张小安{n}" for n in range(6)]

        await far.leave()
        await wall.until(lambda: not _row(wall, far_id).connected)


async def test_who_watches_is_shown_to_nobody(cluster: Cluster) -> None:
    """Neither to the other watchers of the class, at this process or another, nor to those who are watched."""
    here, there = cluster.servers
    watchers = {"staff": "王老师", "head-zhao": "赵主任", "proctor-ouyang": "欧阳监学"}
    async with (
        watching(here, "staff") as first,
        watching(there, "head-zhao") as second,
        studying(here, "learner-0") as (learner, learner_id),
    ):
        for one in (first, second):
            await one.until(lambda wall=one: _is(wall, learner_id, "studying"))
        async with watching(here, "proctor-ouyang") as late:
            await late.until(lambda: _is(late, learner_id, "studying"))
            learner.send(room.Pause(position_ms=learner.video.position_ms))
            for one in (first, second, late):
                await one.until(lambda wall=one: _is(wall, learner_id, "paused"))
        _, classes = await learner.ask("GET", "/api/classes")
        heard = [*first.heard, *second.heard, *late.heard, *(text for _, text in learner.heard), str(classes)]
        for account, name in watchers.items():
            assert not [text for text in heard if account in text or name in text], account


async def test_a_killed_process_is_shown_with_its_age_and_its_learners_come_back_elsewhere(cluster: Cluster) -> None:
    """kill -9: until another process has the seat the row says since when it can't be vouched for."""
    here, there = cluster.servers
    async with watching(here) as wall, studying(there, "learner-2") as (learner, learner_id):
        await wall.until(lambda: _is(wall, learner_id, "studying"))
        there.kill()
        await wall.until(lambda: _row(wall, learner_id).stale_since_ms is not None)
        assert _row(wall, learner_id).phase == "studying"  # the newest that is known

        learner.server = here
        await learner.come_back()

        await wall.until(lambda: _is(wall, learner_id, "paused", "SYSTEM_ERROR", connected=True))
        assert _row(wall, learner_id).stale_since_ms is None


async def test_a_wall_that_comes_back_is_told_what_it_missed(cluster: Cluster) -> None:
    """By version at the same process while somebody else keeps the board; else the class comes whole."""
    here, there = cluster.servers
    async with watching(here) as other, studying(there, "learner-3") as (learner, learner_id):
        await other.until(lambda: _is(other, learner_id, "studying"))
        known, rows = other.page.since[CLASS], dict(other.page.rows[CLASS])
        learner.send(room.Pause(position_ms=learner.video.position_ms))
        await other.until(lambda: _is(other, learner_id, "paused"))
        async with watching(here, since={CLASS: known}) as again:
            again.page.since[CLASS], again.page.rows[CLASS] = known, rows
            await again.until(lambda: _is(again, learner_id, "paused"))
            assert again.page.whole == 0
        async with watching(there, since={CLASS: known}) as elsewhere:
            await elsewhere.until(lambda: _is(elsewhere, learner_id, "paused"))
            assert elsewhere.page.whole == 1


async def test_others_classes_are_not_known_to_exist(cluster: Cluster) -> None:
    """A learner sees no class on a wall, and nobody one that isn't there or isn't theirs."""
    here, _ = cluster.servers
    async with watching(here, "learner-4") as learner:
        await learner.until(lambda: bool(learner.page.refused))
        assert [one.code for one in learner.page.refused] == ["NOT_FOUND"] and not learner.page.rows
    async with watching(here, "staff", "no-such-class", "x" * 5_000, "\0") as staff:
        await staff.until(lambda: len(staff.page.refused) == 3)
        assert {one.code for one in staff.page.refused} == {"NOT_FOUND"} and not staff.page.rows
    async with watching(here, "staff", *(f"class-{n}" for n in range(p.MAX_CLASSES + 1))) as greedy:
        await greedy.until(lambda: bool(greedy.page.refused))
        assert greedy.page.refused[0].code == "TOO_MANY_CLASSES"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("rubbish", p.CLOSE_MALFORMED),
        ('{"type":"watch"}', p.CLOSE_MALFORMED),
        ('{"type":"watch","version":99,"classes":[]}', p.CLOSE_VERSION),
        ("[" * 8_000, p.CLOSE_MALFORMED),
        ("x" * (p.MAX_MESSAGE_BYTES + 1), p.CLOSE_TOO_LARGE),
        (b"\0", p.CLOSE_MALFORMED),
    ],
)
async def test_rubbish_closes_the_wall_with_a_code(cluster: Cluster, said: str | bytes, code: int) -> None:
    """And nothing else."""
    here, _ = cluster.servers
    async with watching(here) as wall:
        await (wall.socket.send_bytes(said) if isinstance(said, bytes) else wall.socket.send_str(said))
        await wall.until(lambda: wall.socket.closed)
        assert wall.socket.close_code == code


async def test_a_flood_ends_that_wall_alone(cluster: Cluster) -> None:
    """More messages than any page sends."""
    here, _ = cluster.servers
    async with watching(here) as wall, watching(here) as honest:
        for _ in range(100):
            if not wall.socket.closed:
                await wall.socket.send_str('{"type":"watch","version":1,"classes":[]}')
        await wall.until(lambda: wall.socket.closed)
        assert wall.socket.close_code == p.CLOSE_TOO_FAST
        await honest.until(lambda: CLASS in honest.page.rows)
        assert not honest.socket.closed


def _row(wall: Watcher, learner_id: str) -> p.Row:
    row = wall.page.row_of(CLASS, learner_id)
    assert row is not None
    return row


def _is(
    wall: Watcher, learner_id: str, phase: str, reason: str | None = None, *, connected: bool | None = None
) -> bool:
    row = wall.page.row_of(CLASS, learner_id)
    if row is None or row.phase != phase or (reason is not None and row.reason != reason):
        return False
    return connected is None or row.connected == connected
