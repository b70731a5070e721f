"""The one place that reads the clock."""

import time

_offset_ms: int = 0  # server clock minus this machine's, from the database


def now_ms() -> int:
    """Epoch milliseconds of the platform's clock: database time at start plus the monotonic clock."""
    return _running_ms() + _epoch_ms + _offset_ms


def _running_ms() -> int:
    """Never set back or forth, and goes on while the machine is suspended, which CLOCK_MONOTONIC doesn't on Linux."""
    return (time.monotonic_ns() if _SINCE_BOOT is None else time.clock_gettime_ns(_SINCE_BOOT)) // 1_000_000


_SINCE_BOOT: int | None = getattr(time, "CLOCK_BOOTTIME", None)
_epoch_ms: int = time.time_ns() // 1_000_000 - _running_ms()


def adjust(by_ms: int) -> None:
    """Follow the database's clock, which all processes share; called only while this process owns no seat."""
    global _offset_ms
    _offset_ms += by_ms
