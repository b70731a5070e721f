"""What the benches measure with: percentiles, CPU and memory of processes, what the machine was doing."""

import os
import platform
import resource
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psutil


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies; 0 without values."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def in_ms(seconds: Sequence[float]) -> dict[str, float]:
    """Count, mean, percentiles and the longest."""
    ms = [one * 1000 for one in seconds]
    found = {f"p{share}": percentile(ms, share / 100) for share in (50, 95, 99)}
    about = {"mean": sum(ms) / max(1, len(ms)), **found, "max": max(ms, default=0.0)}
    return {"count": len(ms)} | {name: round(value, 2) for name, value in about.items()}


def cpu_s(pids: Iterable[int]) -> float:
    """User and system time of these processes so far."""
    total = 0.0
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            times = psutil.Process(pid).cpu_times()
            total += times.user + times.system
    return total


def rss_bytes(pids: Iterable[int]) -> int:
    """Resident memory of these processes."""
    return sum(psutil.Process(pid).memory_info().rss for pid in pids)


def postgres_pids(database: str) -> list[int]:
    """PostgreSQL's processes that work for this database, by their titles; none without such a server."""
    name = database.rpartition("/")[2]
    return [one.pid for one in psutil.process_iter(["cmdline"]) if name in " ".join(one.info["cmdline"] or ())]


@dataclass(slots=True)
class Work:
    """CPU time between two instants; of a process that ended meanwhile nothing is known."""

    pids: list[int]
    _before: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._before = {pid: cpu_s([pid]) for pid in self.pids}

    @property
    def s(self) -> float:
        """Since it was made."""
        return sum(max(0.0, cpu_s([pid]) - before) for pid, before in self._before.items())


def raise_descriptors() -> int:
    """As many as the machine allows; the answer is how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def machine() -> dict[str, Any]:
    """What a figure was taken on, and beside what."""
    return {
        "cores": os.cpu_count(),
        "load_1m": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "memory_mib": psutil.virtual_memory().total >> 20,
    }


def loopback(count: int) -> list[str]:
    """Addresses of this machine to come from: one pair of addresses has some 28,000 ports."""
    return [f"127.0.0.{2 + one}" for one in range(count)] if platform.system() == "Linux" else []
