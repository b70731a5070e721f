"""Writes the seats of this process together, and tells each what is committed."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from classroom.attendance.store import Save, SealBroken, Store
from classroom.clock import now_ms
from classroom.database import whole

GATHER_S = 0.005  # what arrives within it shares a transaction; far below the second that design.md allows
RETRY_S = 0.5
GIVE_UP_S = 20.0  # then every seat lets go: nothing that wasn't committed has been shown to anybody
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


class Writer:
    """One task a process: while one batch is being committed, the next one gathers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dirty: dict[Writes, None] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
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
        self._dirty[seat] = None
        self._idle.clear()
        self._wake.set()

    async def flushed(self) -> None:
        """Wait until nothing is left to write."""
        await self._idle.wait()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not self._closing:
                await asyncio.sleep(GATHER_S)
            while self._dirty:
                seats = list(self._dirty)[:BATCH_SEATS]
                for seat in seats:
                    del self._dirty[seat]
                await self._write(seats)
            self._idle.set()
            if self._closing:
                return

    async def _write(self, seats: list[Writes]) -> None:
        batch = {seat: seat.take() for seat in seats}
        lost = await self._save([save for save, _ in batch.values()])
        for seat, (save, committed) in batch.items():
            if save.attendance in lost:
                seat.lose()
            else:
                committed()

    async def _save(self, saves: list[Save]) -> set[str]:
        loop = asyncio.get_running_loop()
        until = loop.time() + GIVE_UP_S
        while True:
            try:
                async with asyncio.timeout(SAVE_TIMEOUT_S):
                    return await whole(self._store.save(saves, now_ms()))
            except SealBroken as broken:
                _log.error("A head is not where this process left it.", attendance=broken.attendance)
                return {save.attendance for save in saves}
            except Exception:  # the database is away: nobody is answered until it is back
                _log.exception("The seats could not be written.", seats=len(saves))
                if self._closing or loop.time() > until:
                    return {save.attendance for save in saves}
                await asyncio.sleep(RETRY_S)
