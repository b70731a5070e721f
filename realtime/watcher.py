"""The socket of a page that watches: handshake, who it is, pace, size and form of what it says; its meaning is the subclass'."""

import asyncio
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import msgspec
import structlog
from channels.consumer import AsyncConsumer

from classroom.clock import now_ms
from classroom.people import web_sessions
from classroom.people.keys import session_key_hash
from realtime.connection import AsgiReceive, AsgiSend, Closable
from realtime.consumer import session_cookie
from realtime.gate import Crowded
from realtime.origin import same_origin
from realtime.protocol import (
    CLOSE_MALFORMED,
    CLOSE_RESTART,
    CLOSE_TOO_FAST,
    CLOSE_TOO_LARGE,
    CLOSE_UNAUTHENTICATED,
)
from realtime.wiring import Wiring

OUTSIDE_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 5.0

_log = structlog.get_logger(__name__)


class Watching(Closable, Protocol):
    """The page at the other end."""

    @property
    def closing(self) -> bool:
        """Nothing more is sent or taken."""
        ...

    async def pump(self, send: AsgiSend) -> None:
        """Write until it is closed."""
        ...

    def leave(self) -> None:
        """The socket is gone."""
        ...


Page = TypeVar("Page", bound=Watching)


class Watcher(AsyncConsumer, Generic[Page]):
    """One socket, from its handshake to its end; every message costs the page a place in its minute."""

    decoder: ClassVar[msgspec.json.Decoder[Any]]
    max_message_bytes: ClassVar[int]
    messages_a_minute: ClassVar[int]

    def __init__(self, *, wiring: Wiring) -> None:
        self.wiring = wiring
        self._taken_at: list[int] = []

    @abstractmethod
    def page_of(self, *, account_id: str, session: str, expires_at_ms: int) -> Page | None:
        """Whoever is signed in; None where nothing is to be watched in this process."""

    @abstractmethod
    async def take(self, message: Any, page: Page) -> None:
        """One message, read by ``decoder``."""

    def left(self, page: Page) -> None:
        """The socket is gone."""
        page.leave()

    async def __call__(self, scope: Mapping[str, Any], receive: AsgiReceive, send: AsgiSend) -> None:
        """Serve the socket; every task it started has ended when it returns."""
        await receive()  # websocket.connect
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if not same_origin(headers, self.wiring.allowed_hosts):
            await send({"type": "websocket.close", "code": CLOSE_UNAUTHENTICATED})  # before accept: HTTP 403
            return
        await send({"type": "websocket.accept"})  # a browser sees no close code of a refused handshake
        page = await self._authenticate(headers)
        if isinstance(page, int):
            await send({"type": "websocket.close", "code": page})
            return
        writer = asyncio.create_task(page.pump(send), name=type(self).__name__)
        self.wiring.connections.add(page)
        try:
            await self._read(receive, page, writer)
        finally:
            self.wiring.connections.discard(page)
            self.left(page)
            writer.cancel()
            await asyncio.wait([writer])
            if not writer.cancelled() and (error := writer.exception()) is not None:
                _log.error("A page could not be told anything more.", exc_info=error)

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        """Channels' hook for a message; ours are read in ``__call__``."""
        raise AssertionError("not used")

    async def _read(self, receive: AsgiReceive, page: Page, writer: asyncio.Task[None]) -> None:
        while True:
            reading = asyncio.ensure_future(receive())
            try:
                await asyncio.wait([reading, writer], return_when=asyncio.FIRST_COMPLETED)
                if not reading.done():  # the page was closed, or takes nothing: it has a moment to answer
                    await asyncio.wait([reading], timeout=CLOSE_TIMEOUT_S)
            finally:
                reading.cancel()
            if reading.cancelled() or not reading.done() or reading.result()["type"] == "websocket.disconnect":
                return
            if not page.closing:
                await self._judge(reading.result().get("text"), page)

    async def _judge(self, text: object, page: Page) -> None:
        now = now_ms()
        self._taken_at = [*(at for at in self._taken_at if at > now - 60_000), now]
        if len(self._taken_at) > self.messages_a_minute:
            page.close(CLOSE_TOO_FAST)
        elif not isinstance(text, str):
            page.close(CLOSE_MALFORMED)
        elif len(text) > self.max_message_bytes:
            page.close(CLOSE_TOO_LARGE)
        else:
            try:
                message = self.decoder.decode(text)
            except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
                page.close(CLOSE_MALFORMED)
                return
            await self.take(message, page)

    async def _authenticate(self, headers: Mapping[bytes, bytes]) -> Page | int:
        key = session_cookie(headers, self.wiring.cookie)
        if key is None:
            return CLOSE_UNAUTHENTICATED
        try:
            async with self.wiring.doors, asyncio.timeout(OUTSIDE_TIMEOUT_S):
                found = await web_sessions.signed_in(key)
        except Crowded:
            return CLOSE_RESTART
        except Exception:
            _log.exception("A session could not be looked up.")
            return CLOSE_RESTART
        if found is None:
            return CLOSE_UNAUTHENTICATED
        page = self.page_of(
            account_id=found.account_id, session=session_key_hash(key), expires_at_ms=found.expires_at_ms
        )
        return CLOSE_UNAUTHENTICATED if page is None else page
