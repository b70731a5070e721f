"""Writes each minute of the counts once, whichever process does it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from classroom.clock import now_ms
from classroom.oversight.rules import MINUTE_MS, Kept
from realtime.census.count import Count
from realtime.census.keys import Key
from realtime.census.minutes import Minutes

LOOK_S = 1.0
LATE_MS = 5_000  # a process that wasn't there for the whole minute lets those write that were
OUTSIDE_TIMEOUT_S = 10.0

_log = structlog.get_logger(__name__)


class Keeper:
    """All processes have the same sums; the first to move the mark writes them, the others' rows are dropped."""

    def __init__(self, keep: Callable[[int, Sequence[Kept]], Awaitable[bool]]) -> None:
        self._keep = keep
        self._began = now_ms()
        self._minutes = Minutes(self._began)
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name="census keeper")

    async def close(self) -> None:
        """Stop; the minute that runs is lost, unless another process has it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def moved(self, key: Key, before: Count, after: Count) -> None:
        """A sum has changed, now."""
        self._minutes.moved(key, after, now_ms())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.write(now_ms())
            except Exception:
                _log.exception("A minute of the counts could not be kept; it is tried again.")

    async def write(self, now: int) -> None:
        """Keep every minute that has ended."""
        self._minutes.turn(now)
        closed = self._minutes.closed
        while closed:
            minute, rows = closed[0]
            seen_whole = self._began <= minute * MINUTE_MS
            if not seen_whole and now < (minute + 1) * MINUTE_MS + LATE_MS:
                return
            async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                await self._keep(minute, rows)
            if closed and closed[0][0] == minute:  # else it went by its bound meanwhile
                closed.popleft()
