"""The curve of how many were online: each minute written once, hours rolled up, gaps shown as gaps."""

import asyncio

from tortoise import Tortoise

from classroom.oversight import service, store
from classroom.oversight.rules import KEEP_MINUTES, Kept, Span

HOUR = 490_000
START = HOUR * 60  # its first minute
CITY = "440100||"


def row(key: str, online: int, mean: float | None = None) -> Kept:
    return Kept(key, online, float(online) if mean is None else mean, online // 2, online / 2)


async def test_a_minute_is_written_once_whoever_writes_it(database: str) -> None:
    done = await asyncio.gather(*(service.keep_minute(START, [row(CITY, n)]) for n in (1, 2, 3)))
    assert sorted(done) == [False, False, True]
    assert not await service.keep_minute(START - 1, [row(CITY, 9)])
    assert await service.keep_minute(START + 1, [])
    rows = await Tortoise.get_connection("default").execute_query_dict("SELECT key, minute FROM census_minute")
    assert sorted((one["key"], one["minute"]) for one in rows) == [
        ("440000||", START), ("440000||", START + 1), (CITY, START),
    ]  # fmt: skip


async def test_the_curve_of_an_hour_has_zeros_and_gaps(database: str) -> None:
    for minute in range(60):
        if minute != 30:  # no process ran
            await service.keep_minute(START + minute, [row(CITY, minute)] if minute % 2 else [])
    points = await service.curve_of(CITY, Span.HOUR, (START + 60) * 60_000 + 12_345)
    assert [point.at_ms for point in points] == [(START + minute) * 60_000 for minute in range(60)]
    assert [point.online_peak for point in points] == [
        None if minute == 30 else minute if minute % 2 else 0 for minute in range(60)
    ]


async def test_hours_are_rolled_up_once_over_the_minutes_that_were_counted(database: str) -> None:
    for minute in (0, 1, 2, 3):
        await service.keep_minute(START + minute, [row(CITY, 8)] if minute < 2 else [])
    for minute in (60, 61, 120, 180, 181):
        await service.keep_minute(START + minute, [row(CITY, 1)])
    points = await service.curve_of(CITY, Span.MONTH, (HOUR + 3) * 3_600_000)
    assert [(point.online_peak, point.online_mean) for point in points[-4:]] == [
        (None, None), (8, 4.0), (1, 1.0), (1, 1.0),
    ]  # fmt: skip


async def test_a_day_is_shown_in_steps_of_five_minutes(database: str) -> None:
    for minute, online in enumerate((1, 5, 2, 0, 2)):
        await service.keep_minute(START + minute, [row(CITY, online)])
    points = await service.curve_of(CITY, Span.DAY, (START + 5) * 60_000)
    assert len(points) == 288
    assert (points[-1].online_peak, points[-1].online_mean, points[-2].online_peak) == (5, 2.0, None)


async def test_minutes_are_kept_for_two_days(database: str) -> None:
    await service.keep_minute(START, [row(CITY, 1)])
    await service.keep_minute(START + 1, [row(CITY, 1)])
    await service.keep_minute(START + KEEP_MINUTES + 60, [])
    assert await store.minutes(CITY, 0) == {}
    assert set(await store.hours(CITY, 0)) == {HOUR}
