"""Who may open the regulators' socket, what they may look at, and how rubbish ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import msgspec
import pytest

from classroom.people import service as people
from classroom.people import web_sessions
from classroom.people.rules import InstitutionKind, Role
from realtime.census.count import Count
from realtime.census.sums import Sums
from realtime.connection import Connections
from realtime.oversight import protocol as p
from realtime.oversight.consumer import OversightConsumer
from realtime.oversight.views import Views
from realtime.rehearsal import Rehearsals
from realtime.wiring import Wiring
from tests.cast import Cast, cast, database, database_url, sqlite_template
from tests.realtime.census.test_sums import PLACES
from tests.realtime.fakes import FakePlane
from tests.realtime.room import FakeSeats

__all__ = ["cast", "database", "database_url", "sqlite_template"]
COOKIE = "session"
DECODER = msgspec.json.Decoder(p.ToOversight)


@pytest.fixture
def backend(sqlite_template: Path) -> tuple[str, str]:
    return "", str(sqlite_template)


class Desk:
    """A server's end with sums that the test sets."""

    def __init__(self) -> None:
        self.sums = Sums()
        self.sums.place(PLACES.values())
        self.views = Views(self.sums)
        self.connections = Connections()
        self.wiring = Wiring(
            seats=FakeSeats(),
            rehearsals=Rehearsals(FakePlane()),
            connections=self.connections,
            cookie=COOKIE,
            device_key=b"k" * 32,
            allowed_hosts=["127.0.0.1"],
            views=self.views,
        )

    @asynccontextmanager
    async def socket(self, key: str | None, origin: str = "http://127.0.0.1") -> AsyncIterator["Socket"]:
        socket = Socket()
        headers = [(b"host", b"127.0.0.1"), (b"origin", origin.encode())]
        if key is not None:
            headers.append((b"cookie", SimpleCookie({COOKIE: key}).output(header="").strip().encode()))
        consumer = OversightConsumer(wiring=self.wiring)
        socket.hears.put_nowait({"type": "websocket.connect"})
        task = asyncio.create_task(consumer({"type": "websocket", "headers": headers}, socket.hears.get, socket.says))
        try:
            yield socket
        finally:
            socket.hears.put_nowait({"type": "websocket.disconnect", "code": 1000})
            async with asyncio.timeout(5):
                await task


class Socket:
    """A page's end."""

    def __init__(self) -> None:
        self.hears: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def says(self, message: dict[str, Any]) -> None:
        self.said.put_nowait(message)

    def send(self, text: str) -> None:
        self.hears.put_nowait({"type": "websocket.receive", "text": text})

    def look(self, look: int = 1, **about: object) -> None:
        self.send(msgspec.json.encode({"type": "look", "version": p.VERSION, "look": look, **about}).decode())

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            return await self.said.get()

    async def told(self) -> Any:
        message = await self.next()
        assert message["type"] == "websocket.send", message
        return DECODER.decode(message["text"])


@pytest.fixture
async def keys(cast: Cast) -> dict[str, str]:
    """Sessions of a regulator of 佛山, one of 深圳, one of the province, an operator, and of others."""
    for bureau, code in (("gd", "440000"), ("fs", "440600"), ("sz", "440300")):
        await people.add_institution(bureau, bureau, code, InstitutionKind.BUREAU)
    await people.add_institution("platform", "平台", "440100", InstitutionKind.PLATFORM)
    found = {}
    for name, institution, role in (
        ("gd", "gd", Role.REGULATOR), ("fs", "fs", Role.REGULATOR), ("sz", "sz", Role.REGULATOR),
        ("operator", "platform", Role.OPERATOR), ("staff", "school", Role.STAFF), ("proctor", "school", Role.PROCTOR),
        ("learner", "school", Role.LEARNER), ("nobody", "school", Role.REGULATOR),
    ):  # fmt: skip
        account = await people.register(institution, role, f"{name}-account", "某人", "x")
        found[name] = f"key-{name}"
        await web_sessions.open_session(found[name], account, "{}", 3_600_000)
    return found


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.sums.hear("process", {"a": Count(1, 1, 0), "b": Count(2, 0, 1), "c": Count(4, 4, 0)}, 1)
    return desk


@pytest.mark.parametrize(
    ("who", "region", "total"),
    [
        ("gd", None, 7), ("operator", None, 7), ("gd", "440606", 6), ("fs", None, 6), ("fs", "440600", 6),
        ("fs", "440606", 6), ("fs", "440605", 0), ("sz", None, 0),
        ("fs", "440000", None), ("fs", "440100", None), ("sz", "440606", None), ("fs", "999999", None),
        ("fs", "", None), ("staff", None, None), ("proctor", "440106", None), ("learner", "440106", None),
        ("nobody", None, None),
    ],
)  # fmt: skip
async def test_each_sees_the_own_region_and_no_other(
    keys: dict[str, str], desk: Desk, who: str, region: str | None, total: int | None
) -> None:
    """Row 20. A training institution's account with a regulator's role sees nothing either."""
    async with desk.socket(keys[who]) as socket:
        assert (await socket.next())["type"] == "websocket.accept"
        socket.look(3, **({} if region is None else {"region": region}))
        told = await socket.told()
    if total is None:
        assert told == p.OversightRefused(3, "NOT_FOUND")
    else:
        assert (told.look, told.whole, told.total[0]) == (3, True, total)
    assert desk.views._watched == {}
    assert len(desk.connections) == 0


async def test_changes_follow_and_the_newest_look_counts(keys: dict[str, str], desk: Desk) -> None:
    async with desk.socket(keys["fs"]) as socket:
        await socket.next()
        socket.look(1)
        assert (await socket.told()).institutions == {"school": (2, 0, 1), "other": (4, 4, 0)}
        desk.sums.hear("process", {"b": Count(3, 1, 1)}, 2)
        desk.views.turn()
        change = await socket.told()
        assert (change.whole, change.institutions, change.total) == (False, {"school": (3, 1, 1)}, (7, 5, 1))
        socket.look(2, institution="school")
        assert (await socket.told()).classes == {"b": (3, 1, 1)}
        socket.look(3, facet="principal")
        told = await socket.told()
        assert (told.look, told.total, told.institutions) == (3, (4, 4, 0), {"other": (4, 4, 0)})
        socket.look(4, facet="principal/1.1")
        assert await socket.told() == p.OversightRefused(4, "NOT_FOUND")
        desk.views.turn()
        assert socket.said.empty()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("rubbish", p.CLOSE_MALFORMED), ('{"type":"look"}', p.CLOSE_MALFORMED), ("[" * 900, p.CLOSE_MALFORMED),
        ('{"type":"look","version":99,"look":1}', p.CLOSE_VERSION), ("x" * 2_000, p.CLOSE_TOO_LARGE),
        ('{"type":"look","version":1,"look":1,"more":1}', p.CLOSE_MALFORMED),
    ],
)  # fmt: skip
async def test_rubbish_ends_the_socket(keys: dict[str, str], desk: Desk, text: str, code: int) -> None:
    async with desk.socket(keys["fs"]) as socket:
        await socket.next()
        socket.send(text)
        assert await socket.next() == {"type": "websocket.close", "code": code}


async def test_who_asks_without_end_is_sent_away(keys: dict[str, str], desk: Desk) -> None:
    async with desk.socket(keys["fs"]) as socket:
        await socket.next()
        for look in range(200):
            socket.look(look)
        async with asyncio.timeout(10):
            while (message := await socket.next())["type"] != "websocket.close":
                pass
        assert message["code"] == p.CLOSE_TOO_FAST


@pytest.mark.parametrize("key", [None, "unknown"])
async def test_without_a_session_nothing_is_said(keys: dict[str, str], desk: Desk, key: str | None) -> None:
    async with desk.socket(key) as socket:
        await socket.next()
        assert await socket.next() == {"type": "websocket.close", "code": p.CLOSE_UNAUTHENTICATED}


async def test_a_page_of_elsewhere_is_not_even_accepted(keys: dict[str, str], desk: Desk) -> None:
    async with desk.socket(keys["fs"], origin="http://evil.example") as socket:
        assert await socket.next() == {"type": "websocket.close", "code": p.CLOSE_UNAUTHENTICATED}


async def test_a_session_that_ends_takes_its_socket_along(keys: dict[str, str], desk: Desk) -> None:
    async with desk.socket(keys["fs"]) as socket:
        await socket.next()
        socket.look(1)
        await socket.told()
        desk.connections.close_all(p.CLOSE_RESTART)
        assert await socket.next() == {"type": "websocket.close", "code": p.CLOSE_RESTART}
