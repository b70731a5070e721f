"""Article 30: who studies where a regulator suspends stops at once, loses nothing, and goes on when it is lifted."""

import asyncio
from pathlib import Path

import pytest

from classroom.attendance.service import record
from classroom.courses import suspensions
from classroom.courses.rules import Subject
from classroom.people import service as people
from classroom.people.rules import Account, InstitutionKind, Role
from realtime import protocol as p
from tests.cast import cast, database, database_url, sqlite_template
from tests.live.record import assert_sound, earned_ms, reasons
from tests.realtime.classroom import Room, Tab
from tests.realtime.test_suspend import _arrive, _says, _study, room

__all__ = ["cast", "database", "database_url", "room", "sqlite_template"]


@pytest.fixture
def backend(sqlite_template: Path) -> tuple[str, str]:
    return "", str(sqlite_template)


@pytest.fixture
async def regulator(room: Room) -> Account:
    await people.add_institution("bureau", "广州局", "440100", InstitutionKind.BUREAU)
    found = await people.account(await people.register("bureau", Role.REGULATOR, "regulator", "某人", "x"))
    assert found is not None
    return found


async def _suspend(by: Account) -> str:
    return await suspensions.suspend(by, Subject.INSTITUTION, "school", "抽查不合格")


def _now(tab: Tab) -> tuple[str, str | None, int]:
    assert tab.page.view is not None
    return tab.page.view.phase, tab.page.view.reason, tab.page.view.held_ms


async def test_who_studies_stops_at_once_keeps_what_is_held_and_goes_on_when_it_is_lifted(
    room: Room, regulator: Account
) -> None:
    tab = await _arrive(room)
    await _study(room, tab, 30)

    suspension = await _suspend(regulator)
    await room.settle()
    await _says(room, tab, p.Beat(position_ms=30_000, playing=True, interacted=True))

    assert _now(tab) == ("paused", "SUSPENDED", 30_000)
    await room.pass_by(100_000)
    await _says(room, tab, p.Beat(position_ms=30_000, playing=False, interacted=True), p.Play(position_ms=30_000))
    assert _now(tab) == ("paused", "SUSPENDED", 30_000)

    await suspensions.lift(regulator, suspension, "整改完成")
    await room.settle()
    assert _now(tab) == ("browsing", None, 30_000)
    await _says(room, tab, p.Play(position_ms=30_000))
    await room.pass_by(5_000)
    await _says(room, tab, p.Beat(position_ms=35_000, playing=True, interacted=True))
    assert _now(tab)[:2] == ("studying", None)
    told = await record(room.learner, "room")
    assert_sound(told)
    assert earned_ms(told) == 35_000
    assert reasons(told)["SUSPENDED"] == 100_000
    [bar] = told["bars"]
    assert (bar["bar"], bar["reason"]) == ("SUSPENDED", suspension)


async def test_no_session_begins_while_suspended(room: Room, regulator: Account) -> None:
    tab = await _arrive(room)
    await _suspend(regulator)
    refused: list[str] = []
    assert tab.connection is not None
    send, tab.connection.send = (
        tab.connection.send,
        lambda message: refused.append(message.code) if isinstance(message, p.Refused) else send(message),
    )

    await _says(room, tab, p.Begin())

    assert refused == ["SUSPENDED"]
    assert tab.page.view is not None
    assert tab.page.view.phase != "awaiting_login_check"


async def test_a_seat_that_was_nowhere_when_it_was_said_learns_it_when_it_is_claimed(
    room: Room, regulator: Account
) -> None:
    """And is readmitted then, where it was lifted meanwhile, by whoever lifted it."""
    tab = await _arrive(room)
    await _study(room, tab, 30)
    room.seats._suspensions.close()  # the notice doesn't come here
    suspension = await _suspend(regulator)

    async def claimed_anew() -> Tab:
        assert room.seat is not None
        await room.seats.writer.flushed()
        room.seat.lose()
        return await _arrive(room)

    tab = await claimed_anew()
    assert _now(tab)[:2] == ("paused", "SUSPENDED")
    await suspensions.lift(regulator, suspension, "整改完成")
    tab = await claimed_anew()
    assert tab.page.view is not None
    assert tab.page.view.reason != "SUSPENDED"
    assert earned_ms(await record(room.learner, "room")) == 30_000


async def test_a_lost_notice_is_made_up_for(room: Room, regulator: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.suspensions.AGAIN_S", 0.01)
    tab = await _arrive(room)
    await _study(room, tab, 30)
    room.seats._suspensions.close()
    await _suspend(regulator)
    assert room.seat is not None
    assert not room.seat.suspended

    room.seats._suspensions.open()

    async with asyncio.timeout(5):
        while not room.seat.suspended:
            await asyncio.sleep(0.01)


async def test_what_was_read_before_says_nothing_against_what_was_read_later(
    room: Room, regulator: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await _arrive(room)
    await _study(room, tab, 30)
    read, hold = suspensions.holding, asyncio.Event()

    async def late(*arguments: set[str]) -> object:
        found = await read(*arguments)
        await hold.wait()
        return found

    monkeypatch.setattr("realtime.suspensions.suspensions.holding", late)
    looking = asyncio.create_task(room.seats._suspensions.look(room.seats.all()))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        while room.seats._suspensions._looks == 0:
            await asyncio.sleep(0)
    monkeypatch.setattr("realtime.suspensions.suspensions.holding", read)
    await _suspend(regulator)
    hold.set()
    await looking

    assert room.seat is not None
    assert room.seat.suspended
