"""Several media processes: who is asked for a slot, in which order, and what one that is gone costs."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from realtime.media import MediaBusy, MediaDown
from realtime.media_pool import MediaPool
from realtime.scripts import draw_scripts
from tests.realtime.fakes import GRANTED, SECRET, MediaServer
from verify.protocol import Busy, Open

Play = Callable[[MediaServer, web.WebSocketResponse], Awaitable[None]]


def request(check_id: str = "check-1") -> Open:
    return Open(check_id=check_id, purpose="check", scripts=draw_scripts(3), portrait=[0.1] * 128)


async def grants(server: MediaServer, socket: web.WebSocketResponse) -> None:
    await server.say(socket, GRANTED)
    while await server.hear(socket) is not None:
        pass


async def is_full(server: MediaServer, socket: web.WebSocketResponse) -> None:
    await server.say(socket, Busy(retry_after_ms=700))


def pool(*servers: MediaServer | str) -> MediaPool:
    urls = [one if isinstance(one, str) else one.url for one in servers]
    return MediaPool(urls, SECRET, probe_every_s=3_600)


async def test_checks_go_to_whoever_has_least_to_do() -> None:
    async with MediaServer(grants) as first, MediaServer(grants) as second, pool(first, second) as plane:
        checks = [await plane.open(request(f"check-{n}")) for n in range(4)]
        assert (len(first.opened), len(second.opened)) == (2, 2)
        for check in checks:
            await check.abort()


async def test_one_that_is_full_is_passed_over_and_a_check_holds_one_slot_only() -> None:
    async with MediaServer(is_full) as full, MediaServer(grants) as free, pool(full, free) as plane:
        check = await plane.open(request())
        assert (len(full.opened), len(free.opened)) == (1, 1)
        await check.abort()
    assert free.heard == [{"type": "abort"}]


async def test_one_that_is_gone_is_asked_last_from_then_on() -> None:
    async with MediaServer(grants) as gone:
        url = gone.url
    async with MediaServer(grants) as lives, pool(url, lives) as plane:
        checks = [await plane.open(request("check-1")), await plane.open(request("check-2"))]
        assert [(one.url, one.up) for one in plane.members] == [(url, False), (lives.url, True)]
        assert len(lives.opened) == 2
        for check in checks:
            await check.abort()


async def test_it_is_busy_while_one_lives_and_down_when_none_does() -> None:
    async with MediaServer(is_full) as full:
        async with pool(full, "http://127.0.0.1:9") as plane:
            with pytest.raises(MediaBusy) as busy:
                await plane.open(request())
            assert busy.value.retry_after_ms == 700
        url = full.url
    async with pool(url, "http://127.0.0.1:9") as plane:
        with pytest.raises(MediaDown):
            await plane.open(request())


async def test_a_probe_finds_out_who_is_gone_and_who_came_back() -> None:
    async with MediaServer(grants) as server, MediaPool([server.url], SECRET, probe_every_s=0.01) as plane:
        [member] = plane.members
        async with asyncio.timeout(5):
            server.well = False
            while member.up:
                await asyncio.sleep(0.01)
            server.well = True
            while not member.up:
                await asyncio.sleep(0.01)
        assert (member.running, member.slots) == (0, 8)
