"""When a gauge raises an alarm, and when that is over (row 25: 70 %)."""

from dataclasses import dataclass
from enum import StrEnum

RAISE_PERCENT = 70.0
CLEAR_PERCENT = 65.0  # below it, and for so long, or an alarm would come and go with every breath
CLEAR_AFTER_MS = 30_000


class Resource(StrEnum):
    """What a design load is declared for."""

    LEARNERS = "learners"
    CHECKS = "checks"  # at once
    CPU = "cpu"
    MEMORY = "memory"
    DATABASE = "database"  # its size
    POOL = "pool"  # connections to it
    DISK = "disk"


class Kind(StrEnum):
    """What the log says."""

    RAISED = "raised"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Gauge:
    """One reading; ``place`` is a machine's or process' name, empty for what the whole platform shares."""

    resource: Resource
    place: str
    used: float
    limit: float

    @property
    def percent(self) -> float:
        """Of the declared load."""
        return 100 * self.used / self.limit if self.limit > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Watch:
    """Where an alarm stands."""

    raised: bool = False
    calm_since_ms: int | None = None


def step(watch: Watch, percent: float, at_ms: int) -> tuple[Watch, Kind | None]:
    """The alarm after one more reading, with what the log gets."""
    if not watch.raised:
        return (Watch(raised=True), Kind.RAISED) if percent >= RAISE_PERCENT else (watch, None)
    if percent >= CLEAR_PERCENT:
        return Watch(raised=True), None
    since_ms = at_ms if watch.calm_since_ms is None else watch.calm_since_ms
    if at_ms - since_ms >= CLEAR_AFTER_MS:
        return Watch(), Kind.RECOVERED
    return Watch(raised=True, calm_since_ms=since_ms), None
