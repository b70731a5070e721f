"""Writes deliveries together and remembers those of this process."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence

from classroom.database import detached, is_away

Delivered = tuple[str, str, str, int, int]  # session, lesson, rendition, segment, at_ms
_SESSIONS_AT_MOST = 20_000  # remembered, the least used is forgotten: its rows remain
_BATCH_AT_MOST = 500
_WAITING_AT_MOST = 20_000  # while the database is away; past it a request fails, and the player asks again
RETRY_S = 0.5


class Deliveries:
    """One writer for all who serve segments: while one batch is committed, the next one gathers.

    What was handed over is known here at once, and is written when the database is back: a player never asks again for
    what it has, so a delivery that were forgotten would cost everything after it (rule 2).
    """

    def __init__(
        self,
        write: Callable[[Sequence[Delivered]], Awaitable[None]],
        read: Callable[[str, str], Awaitable[Iterable[int]]],
    ) -> None:
        self._write = write
        self._read = read
        self._known: OrderedDict[tuple[str, str], set[int]] = OrderedDict()
        self._waiting: list[tuple[Delivered, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def add(self, session_id: str, lesson_id: str, rendition: str, segment: int, at_ms: int) -> None:
        """Commit one delivery. Raises what the database says, to everybody whose delivery was in that batch."""
        if len(self._waiting) >= _WAITING_AT_MOST:
            raise TimeoutError("the database has been away for too long")
        known = self._remember(session_id, lesson_id)
        fresh = segment not in known
        known.add(segment)
        committed = asyncio.get_running_loop().create_future()
        self._waiting.append(((session_id, lesson_id, rendition, segment, at_ms), committed))
        if self._writer is None or self._writer.done():
            self._writer = detached(self._write_all(), "delivery writer")
        try:
            await committed
        except Exception:
            if fresh:
                known.discard(segment)
            raise

    def known(self, session_id: str, lesson_id: str) -> set[int]:
        """The segments that this process knows to be delivered."""
        return self._known.get((session_id, lesson_id), set())

    async def stored(self, session_id: str, lesson_id: str) -> set[int]:
        """The segments that the database knows to be delivered."""
        segments = self._remember(session_id, lesson_id)
        segments.update(await self._read(session_id, lesson_id))
        return segments

    def forget(self) -> None:
        """Another database comes."""
        self._known.clear()

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH_AT_MOST], self._waiting[_BATCH_AT_MOST:]
            try:
                await self._write_one([delivered for delivered, _ in batch])
            except Exception as error:  # goes to those who wait for it
                for _, committed in batch:
                    if not committed.done():
                        committed.set_exception(error)
            else:
                for _, committed in batch:
                    if not committed.done():
                        committed.set_result(None)

    async def _write_one(self, batch: Sequence[Delivered]) -> None:
        while True:
            try:
                return await self._write(batch)
            except Exception as error:
                if not is_away(error):
                    raise
            await asyncio.sleep(RETRY_S)

    def _remember(self, session_id: str, lesson_id: str) -> set[int]:
        key = (session_id, lesson_id)
        segments = self._known.setdefault(key, set())
        self._known.move_to_end(key)
        if len(self._known) > _SESSIONS_AT_MOST:
            self._known.popitem(last=False)
        return segments
