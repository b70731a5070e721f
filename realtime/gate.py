"""Keeps pages that come all at once from standing in the way of those that are here."""

import asyncio
from contextlib import suppress
from types import TracebackType


class Crowded(Exception):
    """Too many come at once; the page is told to come again, and waits longer each time."""


class Gate:
    """So many are let in at a time; the others wait in turn.

    Who waits costs a little memory, who is sent away and comes again costs a handshake: so the patience is long.
    """

    def __init__(self, width: int, patience_s: float, waiting: int) -> None:
        self._patience_s = patience_s
        self._most = waiting
        self._places = asyncio.Semaphore(width)
        self._waiting: set[asyncio.Timeout] = set()
        self._closed = False

    def close(self) -> None:
        """The server goes away: whoever waits is sent to another one now."""
        self._closed = True
        now = asyncio.get_running_loop().time()
        for patience in self._waiting:
            with suppress(RuntimeError):  # its time is over in this very turn of the loop
                patience.reschedule(now)

    async def __aenter__(self) -> None:
        if self._closed or len(self._waiting) >= self._most:
            raise Crowded("too many come at once")
        patience = asyncio.timeout(self._patience_s)
        try:
            async with patience:
                self._waiting.add(patience)
                await self._places.acquire()
        except TimeoutError:
            raise Crowded("too many come at once") from None
        finally:
            self._waiting.discard(patience)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.release()
