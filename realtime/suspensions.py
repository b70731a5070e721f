"""Keeps this process' seats as suspended as the database says: at a notice, at a claim, and now and then in any case."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from classroom import notices
from classroom.courses import suspensions
from realtime.seat import Seat

AGAIN_S = 5.0  # a notice may be lost with the layer
OUTSIDE_TIMEOUT_S = 5.0

_log = structlog.get_logger(__name__)


class Suspensions:
    """Looks are numbered: of two that overlap, what the earlier one read says nothing against the later one."""

    def __init__(self, seats: Callable[[], Iterable[Seat]]) -> None:
        self._seats = seats
        self._looks = 0
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    def open(self) -> None:
        """Begin to listen."""
        self._unsubscribe = notices.subscribe("suspension", self._changed)
        self._task = asyncio.create_task(self._run(), name="suspensions")

    def close(self) -> None:
        """Stop."""
        self._unsubscribe()
        self._unsubscribe = lambda: None
        if self._task is not None:
            self._task.cancel()

    async def look(self, seats: Iterable[Seat]) -> None:
        """Suspend and readmit these; what can't be asked now is asked again soon."""
        self._looks += 1
        look, seats = self._looks, tuple(seats)
        try:
            async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                barred = {seat.class_id for seat in seats if seat.suspended}
                found = await suspensions.holding({seat.class_id for seat in seats}, barred)
        except Exception:
            _log.exception("Suspensions could not be looked up; it comes again.")
            return
        for seat in seats:
            if look > seat.suspension_look:
                seat.suspension_look = look
                seat.follow(found.get(seat.class_id))

    async def _changed(self, **_: Any) -> None:
        await self.look(self._seats())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(AGAIN_S)
            await self.look(self._seats())
