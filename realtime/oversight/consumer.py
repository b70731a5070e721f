"""The socket of a regulator's page: it says what it looks at in the own region, and is told how many are there (row 20)."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from channels.consumer import AsyncConsumer

from classroom.clock import now_ms
from classroom.courses.catalogue import FACETS
from classroom.courses.scope import region_seen
from classroom.people import service as people
from classroom.people.keys import session_key_hash
from classroom.people.rules import Unknown
from realtime.connection import AsgiReceive, AsgiSend
from realtime.consumer import session_cookie
from realtime.gate import Crowded
from realtime.origin import same_origin
from realtime.oversight import protocol as p
from realtime.oversight.page import Page
from realtime.oversight.view import Narrowed
from realtime.wiring import Wiring

OUTSIDE_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 5.0
MESSAGES_A_MINUTE = 120

_log = structlog.get_logger(__name__)
_decoder = msgspec.json.Decoder(p.FromOversight)


class OversightConsumer(AsyncConsumer):
    """One socket, from its handshake to its end."""

    def __init__(self, *, wiring: Wiring) -> None:
        self._wiring = wiring
        self._taken_at: list[int] = []

    async def __call__(self, scope: Mapping[str, Any], receive: AsgiReceive, send: AsgiSend) -> None:
        """Serve the socket; every task it started has ended when it returns."""
        await receive()  # websocket.connect
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if not same_origin(headers, self._wiring.allowed_hosts):
            await send({"type": "websocket.close", "code": p.CLOSE_UNAUTHENTICATED})  # before accept: HTTP 403
            return
        await send({"type": "websocket.accept"})  # a browser sees no close code of a refused handshake
        page = await self._authenticate(headers)
        if isinstance(page, int):
            await send({"type": "websocket.close", "code": page})
            return
        writer = asyncio.create_task(page.pump(send), name="oversight")
        self._wiring.connections.add(page)
        try:
            await self._read(receive, page, writer)
        finally:
            self._wiring.connections.discard(page)
            page.leave()
            writer.cancel()
            await asyncio.wait([writer])

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
                await self._take(reading.result().get("text"), page)

    async def _take(self, text: object, page: Page) -> None:
        now = now_ms()
        self._taken_at = [*(at for at in self._taken_at if at > now - 60_000), now]
        if len(self._taken_at) > MESSAGES_A_MINUTE:
            page.close(p.CLOSE_TOO_FAST)
        elif not isinstance(text, str):
            page.close(p.CLOSE_MALFORMED)
        elif len(text) > p.MAX_MESSAGE_BYTES:
            page.close(p.CLOSE_TOO_LARGE)
        else:
            try:
                message = _decoder.decode(text)
            except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
                page.close(p.CLOSE_MALFORMED)
                return
            await self._look(message, page)

    async def _look(self, message: p.Look, page: Page) -> None:
        if message.version != p.VERSION:
            page.close(p.CLOSE_VERSION)
            return
        try:
            async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                account = await people.account(page.learner_id)
                if account is None or (message.facet and message.facet not in FACETS):
                    raise Unknown
                region = await region_seen(account, message.region)
            page.look(message.look, Narrowed(region, message.facet, message.institution[:32]))
        except Unknown:
            page.refuse(message.look)
        except Exception:
            _log.exception("Counts could not be shown.")
            page.close(p.CLOSE_RESTART)

    async def _authenticate(self, headers: Mapping[bytes, bytes]) -> Page | int:
        key, views = session_cookie(headers, self._wiring.cookie), self._wiring.views
        if key is None or views is None:
            return p.CLOSE_UNAUTHENTICATED
        try:
            async with self._wiring.arrivals, asyncio.timeout(OUTSIDE_TIMEOUT_S):
                found = await people.signed_in(key)
        except Crowded:
            return p.CLOSE_RESTART
        except Exception:
            _log.exception("A session could not be looked up.")
            return p.CLOSE_RESTART
        if found is None:
            return p.CLOSE_UNAUTHENTICATED
        return Page(
            views, account_id=found.account_id, session=session_key_hash(key), expires_at_ms=found.expires_at_ms
        )
