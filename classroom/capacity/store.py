"""The rows of alarms and of processes."""

from dataclasses import dataclass

from tortoise.exceptions import IntegrityError

from classroom.capacity.rules import Gauge, Kind
from classroom.capacity.tables import CapacityAlarm, ProcessLoad
from classroom.database import connection_in_use


@dataclass(frozen=True, slots=True)
class Alarm:
    """A row of the log."""

    resource: str
    place: str
    n: int
    at_ms: int
    kind: str
    used: float
    limit: float


@dataclass(frozen=True, slots=True)
class Load:
    """What a process said last."""

    id: str
    place: str
    version: str
    started_at_ms: int
    at_ms: int
    learners: int
    gauges: str


async def say(load: Load) -> None:
    values = {
        name: getattr(load, name) for name in ("place", "version", "started_at_ms", "at_ms", "learners", "gauges")
    }
    await ProcessLoad.update_or_create(values, id=load.id)


async def loads(since_ms: int) -> list[Load]:
    rows = await ProcessLoad.filter(at_ms__gte=since_ms).order_by("place", "started_at_ms")
    return [Load(r.id, r.place, r.version, r.started_at_ms, r.at_ms, r.learners, r.gauges) for r in rows]


async def forget(before_ms: int) -> None:
    await ProcessLoad.filter(at_ms__lt=before_ms).delete()


async def last(resource: str, place: str) -> Alarm | None:
    row = await CapacityAlarm.filter(resource=resource, place=place).order_by("-n").first()
    return None if row is None else _alarm(row)


async def add(gauge: Gauge, n: int, kind: Kind, at_ms: int) -> bool:
    """False where another process was faster."""
    try:
        await CapacityAlarm.create(
            resource=gauge.resource.value, place=gauge.place, n=n, at_ms=at_ms, kind=kind.value, used=gauge.used,
            limit=gauge.limit,
        )  # fmt: skip
    except IntegrityError:
        return False
    return True


async def newest(limit: int) -> list[Alarm]:
    return [_alarm(row) for row in await CapacityAlarm.all().order_by("-id").limit(limit)]


async def database_bytes() -> int:
    connection = connection_in_use()
    if connection.capabilities.dialect == "postgres":
        [row] = await connection.execute_query_dict("SELECT pg_database_size(current_database()) AS size")
        return int(row["size"])
    [pages] = await connection.execute_query_dict("PRAGMA page_count")
    [page] = await connection.execute_query_dict("PRAGMA page_size")
    return int(pages["page_count"]) * int(page["page_size"])


def _alarm(row: CapacityAlarm) -> Alarm:
    return Alarm(row.resource, row.place, row.n, row.at_ms, row.kind, row.used, row.limit)
