"""Row 25: at 70 % of a declared load there is an alarm within seconds, in a log that only grows; its end is logged, too."""

import pytest
from tortoise.exceptions import OperationalError

from classroom.capacity import service, store
from classroom.capacity.rules import Gauge, Kind, Resource, Watch, step
from classroom.capacity.store import Load
from classroom.database import connection_in_use


def run(*readings: tuple[int, float]) -> list[tuple[int, Kind]]:
    watch, said = Watch(), []
    for second, percent in readings:
        watch, kind = step(watch, percent, second * 1000)
        if kind is not None:
            said.append((second, kind))
    return said


@pytest.mark.parametrize(("percent", "alarm"), [(69.0, False), (69.99, False), (70.0, True), (71.0, True)])
def test_the_alarm_comes_at_seventy_percent(percent: float, alarm: bool) -> None:
    """Row 25: 达到设计负载 70 % 时预警."""
    assert run((0, percent)) == ([(0, Kind.RAISED)] if alarm else [])


def test_it_is_over_only_after_thirty_calm_seconds_below_sixty_five() -> None:
    assert run((0, 71), (2, 69), (100, 66)) == [(0, Kind.RAISED)]
    assert run((0, 71), (2, 64), (31, 64), (32, 64)) == [(0, Kind.RAISED), (32, Kind.RECOVERED)]
    assert run((0, 71), (2, 64), (20, 66), (22, 64), (40, 64)) == [(0, Kind.RAISED)], "calm begins anew"


def gauge(used: float) -> Gauge:
    return Gauge(Resource.CHECKS, "", used, 100)


@pytest.mark.usefixtures("database")
async def test_the_log_has_each_alarm_and_recovery_once_though_two_processes_watch() -> None:
    here, there = service.Alarms(), service.Alarms()
    for second, used in ((0, 69), (2, 70), (4, 71), (6, 40), (40, 40), (42, 90)):
        for alarms in (here, there):
            await alarms.take([gauge(used)], second * 1000)
    rows = [(one.n, one.kind, one.at_ms, one.used) for one in reversed(await store.newest(10))]
    assert rows == [(1, "raised", 2_000, 70.0), (2, "recovered", 40_000, 40.0), (3, "raised", 42_000, 90.0)]


@pytest.mark.usefixtures("database")
async def test_a_process_that_starts_while_an_alarm_stands_doesnt_raise_it_again_and_ends_it() -> None:
    await service.Alarms().take([gauge(80)], 1_000)
    later = service.Alarms()
    for second in (10, 12, 45):
        await later.take([gauge(10)], second * 1000)
    assert [one.kind for one in await store.newest(10)] == ["recovered", "raised"]


@pytest.mark.usefixtures("database")
async def test_the_database_refuses_to_change_the_log() -> None:
    await service.Alarms().take([gauge(80)], 1_000)
    for statement in ("UPDATE capacity_alarm SET at_ms = 0", "DELETE FROM capacity_alarm"):
        with pytest.raises(OperationalError):
            await connection_in_use().execute_query(statement)


@pytest.mark.usefixtures("database")
async def test_learners_are_counted_over_all_processes_that_live() -> None:
    def load(name: str, at_ms: int, learners: int) -> Load:
        return Load(name, "one", "1", 0, at_ms, learners, "[]")

    await service.report(load("gone", 1_000, 900), [], 100, service.Alarms())
    await service.report(load("first", 60_000, 40), [], 100, service.Alarms())
    await service.report(load("second", 60_500, 30), [gauge(5)], 100, service.Alarms())
    gauges, log, living = await service.standing(61_000, 100, 10)
    assert {(one.resource, one.percent, one.alarm) for one in gauges} == {
        ("learners", 70.0, True),
        ("checks", 5.0, False),
    }
    assert [one.id for one in living] == ["first", "second"]
    assert [(one.resource, one.kind) for one in log] == [("learners", "raised"), ("learners", "raised")][: len(log)]
