"""A classroom socket on a real server: the room under test and what plays people, courses and seats behind it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from classroom.people.rules import ConsentGiven
from realtime.connection import Connection, Connections
from realtime.protocol import CheckFrame, FromPage, Hello, Welcome
from tests.realtime.fakes import FakePlane

LEARNER, CLASS, COOKIE = "learner-1", "class-1", "anxue_session"
EXPIRES_AT_MS = 4_000_000_000_000


@dataclass
class FakeSeat:
    """Keeps what it gets."""

    check_open: bool = False
    received: list[FromPage] = field(default_factory=list)
    detached: list[Connection] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)

    def receive(self, connection: Connection, message: FromPage) -> None:
        self.received.append(message)

    def frame(self, connection: Connection, frame: CheckFrame) -> None:
        self.received.append(frame)

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


async def closed_with(socket: ClientConnection) -> int:
    """Read on until the server closes; the code it gave."""
    async with asyncio.timeout(5):
        with suppress(ConnectionClosed):
            async for _ in socket:
                pass
    assert socket.close_code is not None
    return socket.close_code
