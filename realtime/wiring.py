"""What every socket of a process shares, as the consumer needs it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from realtime.calls import Calls
from realtime.connection import Connection, Connections
from realtime.gate import Gate
from realtime.ice import IceServers
from realtime.oversight.views import Views
from realtime.protocol import CheckFrame, FromPage, Hello
from realtime.rehearsal import Rehearsals
from realtime.wall.walls import Walls

ARRIVALS = 4  # pages that are let in at a time; each asks the database a dozen things
ARRIVAL_PATIENCE_S = 60.0
ARRIVALS_WAITING = 10_000


def gate(width: int = ARRIVALS) -> Gate:
    """For a class that comes all at once, or comes back."""
    return Gate(width, ARRIVAL_PATIENCE_S, ARRIVALS_WAITING)


class Seat(Protocol):
    """One learner in one class, as the consumer needs it."""

    @property
    def check_open(self) -> bool:
        """Whether a check of the record is open."""
        ...

    def receive(self, connection: Connection, message: FromPage) -> None:
        """Take a message; never blocks."""
        ...

    def frame(self, connection: Connection, frame: CheckFrame) -> None:
        """Take a picture of the open check; never blocks, and what isn't wanted is dropped."""
        ...

    def detach(self, connection: Connection) -> None:
        """The socket is gone."""
        ...


class Seats(Protocol):
    """All seats of this process."""

    async def attach(self, connection: Connection, hello: Hello) -> Seat:
        """Find or make the seat; sends Welcome and the first View."""
        ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """What every socket of this process shares."""

    seats: Seats
    rehearsals: Rehearsals
    connections: Connections
    cookie: str  # name of the web session's cookie
    device_key: bytes
    allowed_hosts: Sequence[str]
    walls: Walls | None = None
    views: Views | None = None
    calls: Calls | None = None
    ice: IceServers | None = None
    doors: Gate = field(default_factory=gate)  # who is it?
    arrivals: Gate = field(default_factory=gate)  # a seat for those who are known: whoever waits for it waits but once
