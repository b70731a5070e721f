"""Writes the seats of this process together, and tells each what is committed."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from classroom.attendance.store import REFUSED, Save, Store
from classroom.clock import now_ms
from classroom.database import is_away, whole
from realtime.tally import TALLY

GATHER_S = 0.02  # what arrives within it shares a transaction; far below the second that design.md allows
RETRY_S = 0.5
SAVE_TIMEOUT_S = 10.0
BATCH_SEATS = 500

_log = structlog.get_logger(__name__)


class Writes(Protocol):
    """A seat, as the writer needs it."""

    def take(self) -> tuple[Save, Callable[[], None]]:
        """What to write now, and what to do once it is committed."""
        ...

    def lose(self) -> None:
        """The seat belongs to another process, or can't be written."""
        ...

    def interrupt(self) -> None:
        """The database has been away for too long."""
        ...


class Writer:
    """One task a process: while one batch is being committed, the next one gathers."""

    def __init__(self, store: Store, patience_s: float) -> None:
        """Past ``patience_s`` the pages are sent away; what they earned is kept, and written when the database is back."""
        self._store = store
        self._patience_s = patience_s
        self._dirty: dict[Writes, None] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
        self._away = False  # the database, for longer than patience lasts
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Start writing."""
        self._task = asyncio.create_task(self._run(), name="seat writer")

    async def close(self) -> None:
        """Write what is left, then stop."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=SAVE_TIMEOUT_S)
            self._task.cancel()

    def put(self, seat: Writes) -> None:
        """This seat has something to write."""
        news = seat not in self._dirty
        self._dirty[seat] = None
        self._idle.clear()
        self._wake.set()
        if self._away and news:
            seat.interrupt()

    async def flushed(self) -> None:
        """Wait until nothing is left to write."""
        await self._idle.wait()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._dirty:
                if not self._closing and len(self._dirty) < BATCH_SEATS:  # also those that came during the last commit
                    await asyncio.sleep(GATHER_S)
                seats = list(self._dirty)[:BATCH_SEATS]
                for seat in seats:
                    del self._dirty[seat]
                await self._write(seats)
            self._idle.set()
            if self._closing:
                return

    async def _write(self, seats: list[Writes]) -> None:
        batch = {seat: seat.take() for seat in seats}
        loop = asyncio.get_running_loop()
        began = loop.time()
        lost = await self._save(seats, [save for save, _ in batch.values()])
        TALLY.committed(loop.time() - began, len(seats))
        for seat, (save, committed) in batch.items():
            if save.attendance in lost:
                seat.lose()
            else:
                committed()

    async def _save(self, seats: list[Writes], saves: list[Save]) -> set[str]:
        """Tried until it is written: the fence keeps out whoever lost a seat meanwhile, so late does no harm."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience_s
        doubtful = False
        while True:
            try:
                async with asyncio.timeout(SAVE_TIMEOUT_S):
                    if doubtful:
                        saves = await self._store.unwritten(saves)
                    lost = await whole(self._store.save(saves, now_ms()))
                    self._away = False
                    return lost
            except Exception as error:  # nobody is answered until it is written
                _log.exception("The seats could not be written.", seats=len(saves))
                if self._closing:
                    return {save.attendance for save in saves}
                if (doubtful and isinstance(error, REFUSED)) or (loop.time() > until and await self._takes(error)):
                    return await self._one_by_one(seats, saves)
                doubtful = True
                if loop.time() > until and not self._away:
                    for seat in (*seats, *self._dirty):
                        seat.interrupt()
                    self._away = True
            await asyncio.sleep(RETRY_S)

    async def _takes(self, error: Exception) -> bool:
        """Whether the database takes other writes, so that it must be this one."""
        if is_away(error):
            return False
        try:
            async with asyncio.timeout(SAVE_TIMEOUT_S):
                await self._store.beat(now_ms())
        except Exception:
            return False
        return True

    async def _one_by_one(self, seats: list[Writes], saves: list[Save]) -> set[str]:
        """One seat's rows are refused: the others don't suffer for it."""
        if len(saves) == 1:
            _log.error("A seat's rows are refused; it is let go.", attendance=saves[0].attendance)
            return {saves[0].attendance}
        lost: set[str] = set()
        for seat, save in zip(seats, saves, strict=True):
            lost |= await self._save([seat], [save])
        return lost
