"""The boards of a process on a real database: who joins a class that is watched already, who leaves while it is loaded."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from classroom.attendance.standing import Standing
from classroom.attendance.store import SeatSeen
from classroom.courses import service as courses
from realtime.cluster.messages import Body
from realtime.seen import Seen, Sight
from realtime.wall.walls import Walls
from tests.cast import Cast

LIVE = Standing(1, 1, 0, 0, "studying", None, 0, True, "s", "l", 0, 0, 0, 0, None, None, None, None, None, ())


class Here:
    """A process with these seats."""

    def __init__(self, owner: str = "process-1", *seats: Seen) -> None:
        self.owner = owner
        self.seats = list(seats)

    def standings(self, class_id: str) -> list[Seen]:
        return self.seats

    async def standings_of_class(self, class_id: str) -> list[SeatSeen]:
        return []


class Wire:
    """What two processes say to each other; nothing arrives, and nothing is kept, while it is down."""

    def __init__(self) -> None:
        self.up = False
        self.ends: dict[str, Walls] = {}

    def end(self, me: str) -> "End":
        return End(self, me)


class End:
    """One process' end of it."""

    def __init__(self, wire: Wire, me: str) -> None:
        self._wire, self._me = wire, me

    @property
    def others(self) -> set[str]:
        return set(self._wire.ends) - {self._me}

    def reaches(self, peer: str) -> bool:
        return self._wire.up

    def send(self, peer: str, body: Body) -> None:
        if self._wire.up:
            self._wire.ends[peer].heard(self._me, body)

    def send_all(self, body: Body) -> None:
        for peer in self._wire.ends:
            self.send(peer, body)


@pytest.fixture
def sight() -> Sight:
    return Sight()


@pytest_asyncio.fixture
async def walls(cast: Cast, sight: Sight) -> AsyncIterator[Walls]:
    walls = Walls(Here(), sight, None)
    yield walls
    await walls.close()


async def test_who_is_enrolled_later_comes_onto_the_wall_by_studying(walls: Walls, sight: Sight, cast: Cast) -> None:
    """With a name, without anybody loading the page anew."""
    changed = asyncio.Event()
    await walls.watch(cast.class_id, changed.set)
    changed.clear()
    await courses.enrol(cast.other_learner, cast.class_id)
    board = walls.board(cast.class_id)
    assert board is not None and not board.knows(cast.other_learner)

    async with asyncio.timeout(5):
        while not board.knows(cast.other_learner):
            sight.tell(Seen(cast.other_learner, cast.class_id, LIVE, quiet=True))
            await changed.wait()
            changed.clear()
        sight.tell(Seen(cast.other_learner, cast.class_id, LIVE, quiet=True))
        await changed.wait()

    [row] = [one for one in board.snapshot(0).rows if one.learner_id == cast.other_learner]
    assert row.phase == "studying" and row.name
    walls.leave(cast.class_id, changed.set)


async def test_a_board_that_nobody_looks_at_any_more_goes(walls: Walls, sight: Sight, cast: Cast) -> None:
    """Also when the last one went while it was being loaded: else heartbeats would be made out for nobody."""

    def wake() -> None:
        return None

    loading = asyncio.create_task(walls.watch(cast.class_id, wake))
    await asyncio.sleep(0)
    walls.leave(cast.class_id, wake)
    await loading

    assert walls.board(cast.class_id) is None
    assert not sight.closely(cast.class_id)


async def test_a_wall_that_was_opened_before_the_layer_was_there_hears_of_the_others_all_the_same(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process has just started: what it says of its wall reaches nobody, or whoever hears it can't answer yet."""
    monkeypatch.setattr("realtime.wall.walls.ANNOUNCE_S", 0.01)
    wire, changed = Wire(), asyncio.Event()
    paused = Seen(cast.learner, cast.class_id, LIVE, quiet=False)
    here = Walls(Here("process-1"), Sight(), wire.end("process-1"))
    there = Walls(Here("process-2", paused), Sight(), wire.end("process-2"))
    wire.ends = {"process-1": here, "process-2": there}
    try:
        await here.watch(cast.class_id, changed.set)
        board = here.board(cast.class_id)
        assert board is not None and all(row.as_of_ms is None for row in board.snapshot(0).rows)
        changed.clear()

        wire.up = True

        async with asyncio.timeout(5):
            await changed.wait()
        assert [row.phase for row in board.snapshot(0).rows if row.as_of_ms is not None] == ["studying"]
    finally:
        await here.close()
        await there.close()
