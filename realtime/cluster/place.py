"""A page of this process, wherever its seat lives: here, in another process, or on the way between two."""

from collections import deque
from typing import Protocol

from realtime.connection import Connection
from realtime.protocol import CLOSE_TOO_FAST, CheckFrame, FromPage, Hello
from realtime.seat import Seat
from realtime.seats import About, device_of

WAITING_MESSAGES = 64  # said while the seat is on its way; more closes the socket


class Post(Protocol):
    """What a place needs of the cluster."""

    def said(self, place: "Place", message: FromPage) -> None:
        """A relayed page says this."""
        ...

    def left(self, place: "Place", *, ours: bool) -> None:
        """A page is gone."""
        ...

    def welcome(self, place: "Place") -> None:
        """Answer hello."""
        ...

    def bring(self, place: "Place", seat: Seat) -> None:
        """Answer hello from a seat that lives here."""
        ...


class Place:
    """Stands between a consumer and the seat (implements the consumer's Seat)."""

    def __init__(self, post: Post, connection: Connection, about: About, token: str, hello: Hello) -> None:
        self.connection = connection
        self.about = about
        self.token = token
        self.device = device_of(token)
        self.hello = hello
        self.link = connection.id
        self.seat: Seat | None = None
        self.owner: str | None = None  # the process that the page is relayed to
        self.remote_check_open = False
        self.gone = False
        # Takes its tab's session. One that follows a seat and didn't hold it has no claim: a browser may keep the page
        # that was left behind, with its socket, and the page in front would be put out for it.
        self.claims = True
        self._post = post
        self._welcomed = False
        self._waiting: deque[FromPage] = deque()

    @property
    def check_open(self) -> bool:
        """Whether a check of the record is open."""
        return self.remote_check_open if self.seat is None else self.seat.check_open

    def receive(self, connection: Connection, message: FromPage) -> None:
        """Take a message; never blocks."""
        if connection.closing:
            return
        if self.seat is not None:
            self.seat.receive(connection, message)
        elif self.owner is not None:
            self._post.said(self, message)
        elif len(self._waiting) < WAITING_MESSAGES:
            self._waiting.append(message)
        else:
            connection.close(CLOSE_TOO_FAST)

    def frame(self, connection: Connection, frame: CheckFrame) -> None:
        """Pass a picture of the open check on; one that comes while the seat is on its way is dropped."""
        if connection.closing:
            return
        if self.seat is not None:
            self.seat.frame(connection, frame)
        elif self.owner is not None:
            self._post.said(self, frame)

    def detach(self, connection: Connection) -> None:
        """The socket is gone."""
        self.leave(ours=False)

    def leave(self, *, ours: bool) -> None:
        """The page goes away from its seat; once."""
        if self.gone:
            return
        self.gone = True
        seat, self.seat = self.seat, None
        if seat is not None:
            seat.detach(self.connection, ours=ours)
        self._post.left(self, ours=ours)

    # -------------------------------------------------------------- where the seat is

    def at_home(self, seat: Seat) -> None:
        """The seat lives in this process."""
        self.owner = None
        if self._welcomed:
            seat.attach(self.connection, self.device, claims=self.claims)
        else:
            self._welcomed = True
            self._post.bring(self, seat)
        self.back(seat)

    def back(self, seat: Seat) -> None:
        """It stays here after all."""
        self.seat = seat
        self._catch_up()

    def relayed(self, owner: str) -> None:
        """The seat lives in that process."""
        if not self._welcomed:
            self._welcomed = True
            self._post.welcome(self)
        self.owner = owner
        self._catch_up()

    def away(self) -> None:
        """The seat is about to move: keep back what the page says."""
        self.seat = None
        self.owner = None

    def _catch_up(self) -> None:
        while self._waiting:
            self.receive(self.connection, self._waiting.popleft())
