"""The only module that reads and writes what oversight keeps."""

from collections.abc import Mapping, Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from classroom.oversight.rules import KEEP_HOURS, KEEP_MINUTES, Kept
from classroom.oversight.tables import CensusHour, CensusMark, CensusMinute

ROWS_AT_ONCE = 1_000
# The mean is over the minutes that somebody counted; of those the province has a row each.
_CLOSE_HOURS = """
INSERT INTO census_hour (key, hour, online_peak, online_mean, studying_peak, studying_mean)
SELECT m.key, m.minute / 60, max(m.online_peak), sum(m.online_mean) / max(c.minutes),
       max(m.studying_peak), sum(m.studying_mean) / max(c.minutes)
FROM census_minute m JOIN
  (SELECT minute / 60 AS hour, count(*) AS minutes FROM census_minute
   WHERE key = '440000||' AND minute >= $1 AND minute < $2 GROUP BY minute / 60) c ON c.hour = m.minute / 60
WHERE m.minute >= $1 AND m.minute < $2 GROUP BY m.key, m.minute / 60
"""
_VALUES = ("online_peak", "online_mean", "studying_peak", "studying_mean")


async def keep_minute(minute: int, rows: Sequence[Kept]) -> bool:
    """All of a minute, once: False where another process has written it, or a later one."""
    try:
        return await _keep(minute, rows)
    except IntegrityError:  # two made the first mark at once
        return False


async def _keep(minute: int, rows: Sequence[Kept]) -> bool:
    async with in_transaction() as connection:
        if not await _move(connection, "minute", minute):
            return False
        made = [CensusMinute(minute=minute, key=row.key, **_values(row)) for row in rows]
        await CensusMinute.bulk_create(made, batch_size=ROWS_AT_ONCE, using_db=connection)
        hour = minute // 60
        rolled = await CensusMark.get_or_none(unit="hour", using_db=connection)
        if await _move(connection, "hour", hour - 1):  # the first minute of an hour closes those before
            mark = "$" if connection.capabilities.dialect == "postgres" else "?"
            first = (rolled.newest + 1) * 60 if rolled is not None else 0
            await connection.execute_query(_CLOSE_HOURS.replace("$", mark), [first, hour * 60])
            await CensusMinute.filter(minute__lt=minute - KEEP_MINUTES).using_db(connection).delete()
            await CensusHour.filter(hour__lt=hour - KEEP_HOURS).using_db(connection).delete()
    return True


async def _move(connection: BaseDBAsyncClient, unit: str, to: int) -> bool:
    """Compare and set, whoever moves the mark writes."""
    moved = await CensusMark.filter(unit=unit, newest__lt=to).using_db(connection).update(newest=to)
    if moved or await CensusMark.filter(unit=unit).using_db(connection).exists():
        return moved == 1
    await CensusMark.create(unit=unit, newest=to, using_db=connection)
    return True


async def minutes(key: str, first: int) -> Mapping[int, Kept]:
    """One sum from that minute on."""
    found = await CensusMinute.filter(key=key, minute__gte=first).values("minute", "key", *_VALUES)
    return {row.pop("minute"): Kept(**row) for row in found}


async def hours(key: str, first: int) -> Mapping[int, Kept]:
    """The same by hours."""
    found = await CensusHour.filter(key=key, hour__gte=first).values("hour", "key", *_VALUES)
    return {row.pop("hour"): Kept(**row) for row in found}


def _values(row: Kept) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _VALUES}
