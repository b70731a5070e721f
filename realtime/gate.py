"""Keeps pages that come all at once from standing in the way of those that are here."""

import asyncio
from types import TracebackType


class Crowded(Exception):
    """Too many come at once; the page is told to come again, and waits longer each time."""


class Gate:
    """So many are let in at a time, the others wait in turn, though not for ever."""

    def __init__(self, width: int, patience_s: float) -> None:
        self._patience_s = patience_s
        self._places = asyncio.Semaphore(width)

    async def __aenter__(self) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await self._places.acquire()
        except TimeoutError:
            raise Crowded("too many come at once") from None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.release()
