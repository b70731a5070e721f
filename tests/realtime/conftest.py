"""A classroom socket on a real server, with the people, courses and seats behind it played by fakes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from classroom.people.rules import NOTICE_VERSION, ConsentGiven
from realtime import rehearsal
from realtime.connection import Connection, Connections
from realtime.consumer import ClassroomConsumer
from realtime.protocol import FromPage, Hello, Welcome
from realtime.wiring import Wiring
from tests.realtime.fakes import FakePlane

LEARNER, CLASS, COOKIE = "learner-1", "class-1", "anxue_session"


@dataclass
class FakeSeat:
    """Keeps what it gets."""

    check_open: bool = False
    received: list[FromPage] = field(default_factory=list)
    detached: list[Connection] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)

    def receive(self, connection: Connection, message: FromPage) -> None:
        self.received.append(message)

    def detach(self, connection: Connection) -> None:
        self.detached.append(connection)


@dataclass
class FakeSeats:
    """One seat for everybody; attaching can be held up."""

    seat: FakeSeat = field(default_factory=FakeSeat)
    may_attach: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_attach.set()

    async def attach(self, connection: Connection, hello: Hello) -> FakeSeat:
        await self.may_attach.wait()
        self.seat.connections.append(connection)
        connection.send(
            Welcome(
                version=1,
                now_ms=0,
                seat_token="t",
                heartbeat_ms=5000,
                idle_warning_ms=60_000,
                blur_ms=1500,
                ice_servers=[],
            )
        )
        return self.seat


@dataclass
class Room:
    """The server under test and what stands behind it."""

    url: str
    seats: FakeSeats
    media: FakePlane
    connections: Connections
    consent: list[ConsentGiven | None]

    def connect(self, *, cookie: str = "good", origin: str | None = "own") -> connect:
        host = self.url.removeprefix("ws://").partition("/")[0]
        headers = {"Cookie": f"{COOKIE}={cookie}"}
        return connect(
            self.url,
            origin=f"http://{host}" if origin == "own" else origin,
            additional_headers=headers,
            max_size=2**20,
        )


@pytest_asyncio.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    consent: list[ConsentGiven | None] = [ConsentGiven(NOTICE_VERSION, 0)]

    async def session_account(session_key: str) -> str | None:
        return LEARNER if session_key == "good" else None

    async def consent_of(account_id: str) -> ConsentGiven | None:
        return consent[0]

    async def is_enrolled(learner_id: str, class_id: str) -> bool:
        return (learner_id, class_id) == (LEARNER, CLASS)

    async def may_enrol(learner_id: str) -> bool:
        return True

    monkeypatch.setattr("classroom.people.service.session_account", session_account)
    monkeypatch.setattr("classroom.people.service.consent_of", consent_of)
    monkeypatch.setattr("classroom.people.service.may_enrol", may_enrol)
    monkeypatch.setattr("classroom.courses.service.is_enrolled", is_enrolled)
    rehearsal._begun.clear()
    seats, media, connections = FakeSeats(), FakePlane(), Connections()
    wiring = Wiring(
        seats=seats,
        media=media,
        connections=connections,
        cookie=COOKIE,
        device_key=b"k" * 32,
        allowed_hosts=["127.0.0.1"],
    )
    config = uvicorn.Config(
        ClassroomConsumer.as_asgi(wiring=wiring),
        host="127.0.0.1",
        port=0,
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        ws_max_size=2**20,
    )
    server = uvicorn.Server(config)
    monkeypatch.setattr(server, "capture_signals", nullcontext)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Room(f"ws://127.0.0.1:{port}/ws/classroom", seats, media, connections, consent)
    server.should_exit = True
    await serving


async def closed_with(socket: ClientConnection) -> int:
    """Read on until the server closes; the code it gave."""
    async with asyncio.timeout(5):
        with suppress(ConnectionClosed):
            async for _ in socket:
                pass
    assert socket.close_code is not None
    return socket.close_code
