"""Reads this process' gauges every two seconds against the declared design load (row 25)."""

import asyncio
import os
import shutil
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import structlog

from classroom.capacity import service, store
from classroom.capacity.rules import Gauge, Resource
from classroom.clock import now_ms
from classroom.database import connection_in_use, whole
from realtime.media_pool import Member

EVERY_S = 2.0
OUTSIDE_S = 5.0
CPU_READINGS = 3  # their mean: six seconds, so that one busy moment is no alarm
MIB = 1024 * 1024

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Design:
    """What the platform was declared for."""

    learners: int
    checks: int  # 0: as many as the media processes have slots
    cpu_cores: int
    memory_mib: int
    database_mib: int
    disk_mib: int  # 0: the whole disk


class Capacity:
    """One task a process."""

    def __init__(
        self, design: Design, process: str, place: str, version: str, data: Path, members: Sequence[Member],
        learners: Callable[[], int],
    ) -> None:  # fmt: skip
        self._design, self._place, self._data = design, place, data
        self._members, self._learners = members, learners
        self._about = (process, place, version, now_ms())
        self._alarms = service.Alarms()
        self._cpu: deque[float] = deque(maxlen=CPU_READINGS)
        self._task: asyncio.Task[None] | None = None
        self.gauges: list[Gauge] = []

    def open(self) -> None:
        """Begin to read."""
        psutil.cpu_percent(None)  # the first call only begins to measure
        self._task = asyncio.create_task(self._run(), name="capacity")

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                async with asyncio.timeout(OUTSIDE_S):
                    await whole(self.read())
            except Exception:  # the next reading comes; what is away is told by the health
                _log.warning("The load could not be kept.", exc_info=True)

    async def read(self) -> None:
        """One reading of everything."""
        self.gauges = [*self._machine(), *self._shared(), *await self._database()]
        load = store.Load(*self._about, now_ms(), self._learners(), "")
        await service.report(load, self.gauges, self._design.learners, self._alarms)

    def _machine(self) -> list[Gauge]:
        cores = os.cpu_count() or 1
        self._cpu.append(psutil.cpu_percent(None) * cores / 100)
        memory, disk = psutil.virtual_memory(), shutil.disk_usage(self._data)
        most = self._design.disk_mib or disk.total / MIB
        return [
            Gauge(Resource.CPU, self._place, sum(self._cpu) / len(self._cpu), self._design.cpu_cores),
            Gauge(Resource.MEMORY, self._place, (memory.total - memory.available) / MIB, self._design.memory_mib),
            Gauge(Resource.DISK, self._place, (disk.total - disk.free) / MIB, most),
        ]

    def _shared(self) -> list[Gauge]:
        slots = self._design.checks or sum(one.slots for one in self._members)
        return [Gauge(Resource.CHECKS, "", sum(one.running for one in self._members if one.up), slots)]

    async def _database(self) -> list[Gauge]:
        found = [Gauge(Resource.DATABASE, "", await store.database_bytes() / MIB, self._design.database_mib)]
        pool = getattr(connection_in_use(), "_pool", None)  # PostgreSQL only
        if pool is not None:
            used = pool.get_size() - pool.get_idle_size()
            found.append(Gauge(Resource.POOL, f"{self._place}:{self._about[0][:6]}", used, pool.get_max_size()))
        return found
