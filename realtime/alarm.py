"""One re-armable alarm."""

import asyncio
from collections.abc import Callable

from classroom.clock import now_ms

LONGEST_S = 3_600.0


class Alarm:
    """Rings at an instant of the platform's clock; late is fine, because transitions are dated at their deadline."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._handle: asyncio.TimerHandle | None = None
        self._at: int | None = None

    def set(self, at: int | None) -> None:
        """Ring then, or not at all.

        A heartbeat only puts it off: the timer that ends before then stays, and is wound again when it ends.
        """
        if at is None:
            self.cancel()
            return
        self._at = at
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._delay_s()
        if self._handle is not None and self._handle.when() <= ends:
            return
        if self._handle is not None:
            self._handle.cancel()
        self._handle = loop.call_at(ends, self._fire)

    def _delay_s(self) -> float:
        return 0.0 if self._at is None else min(max(0, self._at - now_ms()) / 1000, LONGEST_S)

    def cancel(self) -> None:
        """Don't ring."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = None
        self._at = None

    def _fire(self) -> None:
        self._handle = None
        if self._at is not None and self._at > now_ms():
            self.set(self._at)
            return
        self._at = None
        self._ring()
