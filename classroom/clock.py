"""The one place that reads the clock."""

import time

_offset_ms: int = 0  # server clock minus this machine's, set once at start from the database


def now_ms() -> int:
    """Epoch milliseconds of the platform's clock: database time at start plus the monotonic clock."""
    return time.monotonic_ns() // 1_000_000 + _epoch_ms + _offset_ms


_epoch_ms: int = time.time_ns() // 1_000_000 - time.monotonic_ns() // 1_000_000


def adjust(by_ms: int) -> None:
    """Follow the database's clock, which all processes share; called at start only."""
    global _offset_ms
    _offset_ms += by_ms
