"""One accepted socket of the classroom as the seat sees it."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from realtime.protocol import CLOSE_REPLACED, CLOSE_TOO_FAST, CLOSE_UNAUTHENTICATED, ToPage
from realtime.stream import Stream

OUTBOX_MESSAGES = 256  # a page that reads nothing for so long is closed; it comes back and gets a whole View
DRAIN_TIMEOUT_S = 10.0
PER_LEARNER = 8  # open sockets: tabs and devices

AsgiMessage = dict[str, object]
AsgiSend = Callable[[AsgiMessage], Awaitable[None]]
AsgiReceive = Callable[[], Awaitable[Mapping[str, object]]]


class Connection:
    """Numbers and queues what goes to one page; never blocks its caller."""

    def __init__(self, *, learner_id: str, device: str, session: str, expires_at_ms: int | None = None) -> None:
        """``device`` is an opaque hash for risk flags, ``session`` is the hash of its web session, which expires then."""
        self.id = uuid.uuid4().hex
        self.learner_id = learner_id
        self.class_id = ""  # known from hello on
        self.device = device
        self.session = session
        self.expires_at_ms = expires_at_ms
        self.close_code: int | None = None
        self.stream = Stream(self._put)
        # A deque or an Event takes 760 bytes while it is empty, and a learner would have six of them.
        self._outbox: list[str] = []
        self._idle: asyncio.Future[None] | None = None  # the writer waits for something to write

    @property
    def closing(self) -> bool:
        """Nothing more is sent or taken."""
        return self.close_code is not None

    def send(self, message: ToPage) -> None:
        """Number and queue one message."""
        self.stream.send(message)

    def take_over(self, stream: Stream) -> None:
        """The tab was here before: what is said to it goes on in this socket."""
        stream.write = self._put
        self.stream = stream

    def give_up(self) -> None:
        """The tab has come back on another socket, with the stream."""
        self.stream = Stream(self._put)
        self.close(CLOSE_REPLACED)

    def _put(self, text: str) -> None:
        """A full outbox closes the socket, because a page that misses one message shows a lie."""
        if self.closing:
            return
        if len(self._outbox) >= OUTBOX_MESSAGES:
            self._outbox.clear()
            self.close(CLOSE_TOO_FAST)
            return
        self._outbox.append(text)
        self._wake()

    def close(self, code: int) -> None:
        """Close once what is queued is sent; the first code wins."""
        if self.close_code is None:
            self.close_code = code
            self._wake()

    def _wake(self) -> None:
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    async def pump(self, send: AsgiSend) -> None:
        """Write the outbox to the socket until it is closed; the consumer owns the task that runs this."""
        try:
            while True:
                if not self._outbox and self.close_code is None:
                    self._idle = asyncio.get_running_loop().create_future()
                    await self._idle
                async with asyncio.timeout(DRAIN_TIMEOUT_S):
                    while self._outbox:
                        await send({"type": "websocket.send", "text": self._outbox.pop(0)})
                    if self.close_code is not None:
                        await send({"type": "websocket.close", "code": self.close_code})
                        return
        except (TimeoutError, OSError):  # the page takes nothing, or is gone; the consumer ends the socket
            self.close(CLOSE_TOO_FAST)


class Closable(Protocol):
    """An open socket, as far as closing it goes."""

    @property
    def learner_id(self) -> str: ...  # the account, whatever its role
    @property
    def session(self) -> str: ...
    @property
    def expires_at_ms(self) -> int | None: ...

    def close(self, code: int) -> None: ...


class Connections:
    """The open sockets of this process."""

    def __init__(self) -> None:
        self._of: dict[str, list[Closable]] = {}  # by learner, oldest first

    def __len__(self) -> int:
        return sum(len(connections) for connections in self._of.values())

    def add(self, connection: Closable) -> None:
        """One more is accepted; over the bound the oldest goes, so that sockets that died unnoticed lock nobody out."""
        mine = self._of.setdefault(connection.learner_id, [])
        mine.append(connection)
        for oldest in mine[:-PER_LEARNER]:
            oldest.close(CLOSE_TOO_FAST)

    def discard(self, connection: Closable) -> None:
        """It is gone."""
        mine = self._of[connection.learner_id]
        mine.remove(connection)
        if not mine:
            del self._of[connection.learner_id]

    def close_all(self, code: int) -> None:
        """The server goes away."""
        for connections in self._of.values():
            for connection in connections:
                connection.close(code)

    def expire(self, now_ms: int) -> None:
        """A socket lives no longer than the web session that opened it."""
        for connections in self._of.values():
            for connection in connections:
                if connection.expires_at_ms is not None and connection.expires_at_ms <= now_ms:
                    connection.close(CLOSE_UNAUTHENTICATED)

    def sessions(self) -> dict[str, str]:
        """The web sessions of the sockets, to their accounts."""
        return {one.session: account for account, connections in self._of.items() for one in connections}

    async def session_ended(self, *, account_id: str, session: str) -> None:
        """A web session was ended: its sockets are closed with it (a notice's callback)."""
        for connection in self._of.get(account_id, ()):
            if connection.session == session:
                connection.close(CLOSE_UNAUTHENTICATED)
