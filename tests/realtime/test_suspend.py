"""A machine that slept for an hour, a process that stood still: as good as dead, and nobody's fault but ours (rule 7)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from classroom import clock as clocks
from classroom.attendance.rules import Rules
from classroom.attendance.service import record
from classroom.attendance.store import Save
from classroom.clock import now_ms
from classroom.courses import service as courses
from classroom.courses.rules import Lesson
from realtime import protocol as p
from realtime.ice import IceServers
from realtime.seats import PROCESS_LEASE_MS, Seats
from tests.cast import Cast, cast, database, database_url, sqlite_template, with_portrait
from tests.live.record import assert_sound, earned_ms, outcomes, reasons
from tests.realtime.classroom import Clock, Room, Tab
from tests.realtime.fakes import FakePlane
from verify.protocol import Action as Asked
from verify.protocol import FirstFrame, Passed, Prompt

__all__ = ["cast", "database", "database_url", "sqlite_template"]

HOUR_MS = 3_600_000
LENGTH_MS = 1_200_000
PASSED = Passed(evidence_jpeg=b"\xff\xd8", embedding=[0.0] * 128, score=0.9, threshold=0.45, model="m")


@pytest.fixture
def backend(sqlite_template: Path) -> tuple[str, str]:
    return "", str(sqlite_template)


@pytest_asyncio.fixture
async def room(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    async def delivered_to(session_id: str, lesson_id: str, from_ms: int) -> int:
        return LENGTH_MS

    await with_portrait(cast, cast.learner, cast.staff)
    lesson = Lesson("long", "课", LENGTH_MS, tuple(range(0, LENGTH_MS, 4_000)))
    await courses.add_class("room", "测试班", "school", await courses.add_course("长课", [lesson]))
    clock, plane = Clock(clocks._running_ms()), FakePlane()
    monkeypatch.setattr("classroom.clock._running_ms", clock)
    monkeypatch.setattr("classroom.courses.service.delivered_to", delivered_to)
    monkeypatch.setattr("realtime.writer.GATHER_S", 0)
    seats = Seats(media=plane, ice=IceServers())
    seats.rules = Rules(drawn_from_ms=60_000, drawn_to_ms=61_000)
    await seats.open()
    for task in (seats._keeper, seats._sweeper, seats._waker):
        assert task is not None
        task.cancel()  # the test wakes them
    yield Room(seats, plane, clock, cast.learner, "room")
    await seats.close()


async def _arrive(room: Room) -> Tab:
    import random  # noqa: TID251 - a tab wants one; nothing is left to it here

    tab = Tab(room, "one", random.Random(1))
    await tab.connect(reloaded=True)
    return tab


async def _says(room: Room, tab: Tab, *messages: p.FromPage) -> None:
    for message in messages:
        tab.say(message)
        await room.settle()


async def _passes(room: Room, tab: Tab) -> None:
    assert tab.page.check is not None
    assert room.check is not None
    await _says(room, tab, p.CheckAck(check_id=tab.page.check.check_id))
    for said in (FirstFrame(), PASSED):
        room.check.says.put_nowait(said)
        await room.settle()


async def _study(room: Room, tab: Tab, seconds: int) -> None:
    await _says(room, tab, p.Begin())
    await _passes(room, tab)
    await _says(room, tab, p.OpenLesson(lesson_id="long"), p.Play(position_ms=0))
    for second in range(5, seconds + 1, 5):
        await room.pass_by(5_000)
        await _says(room, tab, p.Beat(position_ms=second * 1_000, playing=True, interacted=True))


async def _wake(room: Room, first: str, tab: Tab) -> None:
    """The machine goes on; what is noticed first is left to chance in life."""
    assert room.seat is not None
    match first:
        case "the waker":
            room.seats.stay_awake()
        case "the alarm":
            room.seat._ring()
        case "the page":
            tab.say(p.Beat(position_ms=HOUR_MS, playing=True, interacted=True))
        case "the line":
            assert tab.connection is not None
            room.seat.detach(tab.connection)
    await room.settle()


@pytest.mark.parametrize("first", ["the waker", "the alarm", "the page", "the line"])
async def test_an_hour_asleep_in_the_middle_of_a_lesson_costs_nothing_that_was_reported(room: Room, first: str) -> None:
    """The open segment ends at its last report, the silence is dated when it began, idle when it fell due."""
    tab = await _arrive(room)
    await _study(room, tab, 30)
    fell_asleep = now_ms()

    room.clock.pass_by(HOUR_MS)
    await _wake(room, first, tab)
    if first != "the line":
        assert tab.connection.close_code == p.CLOSE_RESTART
    told = await record(room.learner, "room")

    assert_sound(told)
    assert earned_ms(told) == 30_000
    [session] = told["sessions"]
    assert session["ended_reason"] == "IDLE"
    assert session["ended_at_ms"] == fell_asleep + room.seats.rules.idle_ms
    assert reasons(told)["SYSTEM_ERROR"] >= room.seats.rules.idle_ms - 5_000
    again = await _arrive(room)
    await _says(room, again, p.Begin())
    await _passes(room, again)
    assert again.page.view is not None
    assert (again.page.view.phase, again.page.view.held_ms) == ("browsing", 30_000)


@pytest.mark.parametrize("first", ["the waker", "the alarm", "the page"])
async def test_a_check_open_over_it_is_no_strike_though_its_deadline_fell_inside(room: Room, first: str) -> None:
    """Rule 7: the owner's lease lapsed before the deadline: SYSTEM_ERROR, and what is held stays held."""
    tab = await _arrive(room)
    await _study(room, tab, 65)
    assert tab.page.check is not None
    assert tab.page.check.kind == "drawn"
    assert room.check is not None
    await _says(room, tab, p.CheckAck(check_id=tab.page.check.check_id, position_ms=65_000))
    for said in (FirstFrame(), Prompt(1, 0, 3, Asked.NOD, 8_000)):
        room.check.says.put_nowait(said)
        await room.settle()

    room.clock.pass_by(HOUR_MS)
    await _wake(room, first, tab)
    told = await record(room.learner, "room")

    assert_sound(told)
    assert outcomes(told) == [("login", "passed"), ("drawn", "device_error")]
    assert told["checks"][1]["reason"] == "SYSTEM_ERROR"
    assert earned_ms(told) >= 60_000
    again = await _arrive(room)
    assert again.page.view is not None
    assert again.page.view.failures_left == room.seats.rules.failed_checks_a_day
    await _says(room, again, p.Begin())
    await _passes(room, again)
    assert again.page.view.phase == "browsing"


async def test_who_is_asleep_for_less_than_the_lease_has_missed_nothing(room: Room) -> None:
    """Another process would have waited as long."""
    tab = await _arrive(room)
    await _study(room, tab, 30)

    room.clock.pass_by(PROCESS_LEASE_MS - 1)
    room.seats.stay_awake()
    await _says(room, tab, p.Beat(position_ms=34_000, playing=True, interacted=True))

    assert tab.page.view is not None
    assert tab.page.view.phase == "studying"
    assert earned_ms(await record(room.learner, "room")) == 34_000


@pytest.mark.parametrize("skew_ms", [HOUR_MS, -HOUR_MS, 2_500])
async def test_a_process_whose_clock_left_the_shared_one_lets_go_and_follows(
    room: Room, skew_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """design.md, "Clock": a skew over 2 s refuses ownership."""
    tab = await _arrive(room)
    await _study(room, tab, 30)
    before = room.seat
    monkeypatch.setattr("classroom.clock._offset_ms", 0)
    shared = asyncio.get_running_loop().create_future()
    shared.set_result(now_ms() + skew_ms)
    monkeypatch.setattr(room.seats._store, "now", lambda: shared)
    assert tab.connection is not None

    await room.seats._compare_clocks()

    assert before is not None
    assert before.lost
    assert tab.connection.close_code == p.CLOSE_RESTART
    assert now_ms() == shared.result()
    again = await _arrive(room)
    assert again.page.view is not None
    assert again.page.view.held_ms == 30_000
    assert_sound(await record(room.learner, "room"))


async def test_a_skew_of_less_than_two_seconds_changes_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = await _arrive(room)
    await _study(room, tab, 30)
    shared = asyncio.get_running_loop().create_future()
    shared.set_result(now_ms() + 1_900)
    monkeypatch.setattr(room.seats._store, "now", lambda: shared)
    at = now_ms()

    await room.seats._compare_clocks()

    assert now_ms() == at
    assert room.seat is not None
    assert not room.seat.lost
    assert tab.connection is not None
    assert not tab.connection.closing


async def test_a_database_that_cannot_say_what_was_delivered_costs_no_seat(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was known before is never too much; the seat goes on and is written when the database is back."""

    async def away(session_id: str, lesson_id: str, from_ms: int) -> int:
        raise OSError("away")

    tab = await _arrive(room)
    await _study(room, tab, 30)
    monkeypatch.setattr("classroom.courses.service.delivered_to", away)
    await room.pass_by(5_000)

    await _says(room, tab, p.Beat(position_ms=35_000, playing=True, interacted=True))

    assert room.seat is not None
    assert not room.seat.lost
    assert earned_ms(await record(room.learner, "room")) == 35_000


async def test_no_check_is_pushed_that_the_page_could_not_be_told_of(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drawn moment finds the database away: what is played until it is back is earned, then comes the check."""
    tab = await _arrive(room)
    await _study(room, tab, 55)
    save, back, tries = room.seats._store.save, asyncio.Event(), 0

    async def away(saves: list[Save], now: int) -> set[str]:
        nonlocal tries
        if not back.is_set():
            tries += 1
            raise ConnectionError("refused")
        return await save(saves, now)

    monkeypatch.setattr(room.seats._store, "save", away)
    monkeypatch.setattr("realtime.writer.RETRY_S", 0.01)
    assert room.seat is not None
    tab.position_ms = 55_000
    for second in (61, 65, 70):
        room.clock.pass_by(second * 1_000 - tab.position_ms)
        tab.position_ms = second * 1_000
        room.seats._awake_at = now_ms()  # nobody slept
        room.seat._ring()
        tab.say(p.Beat(position_ms=second * 1_000, playing=True, interacted=True))
        enough = tries + 5  # in that time a push would have come
        async with asyncio.timeout(20):
            while tries < enough or room.seat._worker is not None:
                await asyncio.sleep(0.001)
    assert room.check is None
    back.set()
    await room.settle()

    assert tab.page.check is not None
    assert tab.page.check.kind == "drawn"
    await _says(room, tab, p.CheckAck(check_id=tab.page.check.check_id, position_ms=70_000))
    assert earned_ms(await record(room.learner, "room")) == 70_000
