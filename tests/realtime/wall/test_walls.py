"""The boards of a process on a real database: who joins a class that is watched already, who leaves while it is loaded."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from classroom.attendance.standing import Standing
from classroom.attendance.store import SeatSeen
from classroom.courses import service as courses
from realtime.seen import Seen, Sight
from realtime.wall.walls import Walls
from tests.cast import Cast

LIVE = Standing(1, 1, 0, 0, "studying", None, 0, True, "s", "l", 0, 0, 0, 0, None, None, None, None, None, ())


class Here:
    """A process without seats."""

    owner = "process-1"

    def standings(self, class_id: str) -> list[Seen]:
        return []

    async def standings_of_class(self, class_id: str) -> list[SeatSeen]:
        return []


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
