"""Takes the readings of this process, keeps the log of alarms, tells operators how things stand."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from classroom.capacity import store
from classroom.capacity.rules import Gauge, Kind, Resource, Watch, step
from classroom.capacity.store import Alarm, Load

LIVING_MS = 10_000  # a process that said nothing for so long is gone
KEPT_MS = 24 * 3_600_000  # of processes that are gone

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """A gauge with its alarm, as operators see it."""

    resource: str
    place: str
    used: float
    limit: float
    percent: float
    alarm: bool


class Alarms:
    """The alarms as this process follows them; what was raised before it began is in the log."""

    def __init__(self) -> None:
        self._watches: dict[tuple[str, str], Watch] = {}

    async def take(self, gauges: Sequence[Gauge], at_ms: int) -> None:
        """One reading each."""
        for gauge in gauges:
            about = (gauge.resource.value, gauge.place)
            watch = self._watches.get(about)
            if watch is None:
                before = await store.last(*about)
                watch = Watch(raised=before is not None and before.kind == Kind.RAISED)
            after, kind = step(watch, gauge.percent, at_ms)
            if kind is not None:
                await self._write(gauge, kind, at_ms)
            self._watches[about] = after

    async def _write(self, gauge: Gauge, kind: Kind, at_ms: int) -> None:
        before = await store.last(gauge.resource.value, gauge.place)
        if (before is None and kind is Kind.RECOVERED) or (before is not None and before.kind == kind):
            return  # another process wrote it
        if await store.add(gauge, 1 if before is None else before.n + 1, kind, at_ms):
            _log.warning(
                "A design load is 70 % used." if kind is Kind.RAISED else "A design load is well below 70 % again.",
                resource=gauge.resource.value, place=gauge.place, percent=round(gauge.percent, 1),
            )  # fmt: skip


async def report(load: Load, gauges: Sequence[Gauge], design_learners: int, alarms: Alarms) -> None:
    """This process' readings, and the one that all processes make together."""
    text = json.dumps([[one.resource.value, one.place, one.used, one.limit] for one in gauges])
    await store.say(replace(load, gauges=text))
    living = await store.loads(load.at_ms - LIVING_MS)
    learners = Gauge(Resource.LEARNERS, "", sum(one.learners for one in living), design_learners)
    await alarms.take([learners, *gauges], load.at_ms)


async def standing(at_ms: int, design_learners: int, limit: int) -> tuple[list[Reading], list[Alarm], list[Load]]:
    """The gauges now, the newest alarms, the processes that live."""
    living, log = await store.loads(at_ms - LIVING_MS), await store.newest(limit)
    gauges = {(Resource.LEARNERS.value, ""): (float(sum(one.learners for one in living)), float(design_learners))}
    for one in living:
        for resource, place, used, most in json.loads(one.gauges):
            gauges[resource, place] = (used, most)
    readings = []
    for (resource, place), (used, most) in sorted(gauges.items()):
        before = await store.last(resource, place)
        alarm = before is not None and before.kind == Kind.RAISED
        readings.append(Reading(resource, place, used, most, round(100 * used / most, 1) if most else 0.0, alarm))
    return readings, log, living
