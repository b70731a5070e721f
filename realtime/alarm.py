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
        """Ring then, or not at all; one that is already set for the same instant stays."""
        if at == self._at and self._handle is not None:
            return
        self.cancel()
        if at is not None:
            self._at = at
            delay = min(max(0, at - now_ms()) / 1000, LONGEST_S)
            self._handle = asyncio.get_running_loop().call_later(delay, self._fire)

    def cancel(self) -> None:
        """Don't ring."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = None
        self._at = None

    def _fire(self) -> None:
        self._handle = None
        self._at = None
        self._ring()
