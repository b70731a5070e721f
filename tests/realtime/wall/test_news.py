"""A wall hears that a list of a class it watches has changed, and nothing of any other class."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest_asyncio

from classroom import notices
from classroom.courses import service as courses
from realtime.seen import Sight
from realtime.wall.page import Wall
from realtime.wall.walls import Walls
from tests.cast import Cast
from tests.realtime.wall.wall_page import WallPage


class Nobody:
    owner = "here"

    def standings(self, class_id: str) -> list[Any]:
        return []

    async def standings_of_class(self, class_id: str) -> list[Any]:
        return []


@pytest_asyncio.fixture
async def walls() -> AsyncIterator[Walls]:
    made = Walls(Nobody(), Sight(), None)
    yield made
    await made.close()


@asynccontextmanager
async def wall_on(walls: Walls, *classes: str) -> AsyncIterator[tuple[Wall, WallPage, asyncio.Queue[str]]]:
    page, sent = WallPage(), asyncio.Queue[str]()
    wall = Wall(walls, account_id="staff", session="", expires_at_ms=None)

    async def send(message: Any) -> None:
        page.hear(message["text"])
        sent.put_nowait(message["text"])

    pump = asyncio.create_task(wall.pump(send), name="wall")
    await wall.watch(dict.fromkeys(classes))
    try:
        for _ in classes:
            await sent.get()
        yield wall, page, sent
    finally:
        wall.leave()
        pump.cancel()
        await asyncio.wait([pump])


async def test_news_of_a_class_come_to_its_walls_and_to_no_others(cast: Cast, walls: Walls) -> None:
    course = await courses.add_course("高压电工", [])
    await courses.add_class("second", "第二班", "school", course)
    async with wall_on(walls, cast.class_id) as (_, page, sent), wall_on(walls, "second") as (_, other, other_sent):
        await notices.publish("class_news", class_id=cast.class_id, list="alerts")
        await notices.publish("class_news", class_id="second", list="appeals")
        await sent.get()
        await other_sent.get()

        assert (page.news, other.news) == ([(cast.class_id, "alerts")], [("second", "appeals")])


async def test_many_news_at_once_are_told_as_one(cast: Cast, walls: Walls) -> None:
    """Nothing is queued for a wall, so nothing can pile up."""
    async with wall_on(walls, cast.class_id) as (_, page, sent):
        for _ in range(500):
            await notices.publish("class_news", class_id=cast.class_id, list="alerts")
        await notices.publish("class_news", class_id=cast.class_id, list="appeals")
        await sent.get()
        await sent.get()

        assert page.news == [(cast.class_id, "alerts"), (cast.class_id, "appeals")]
        assert sent.empty()


async def test_a_list_that_no_page_knows_is_told_to_nobody(cast: Cast, walls: Walls) -> None:
    async with wall_on(walls, cast.class_id) as (_, page, sent):
        await notices.publish("class_news", class_id=cast.class_id, list="rubbish")
        await notices.publish("class_news", class_id=cast.class_id, list="persons")
        await sent.get()

        assert page.news == [(cast.class_id, "persons")]
