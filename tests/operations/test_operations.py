"""The operation log (row 22): every act is kept, and nobody can change what was kept unnoticed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from asyncpg.exceptions import PostgresError
from tortoise.exceptions import BaseORMException

from classroom.database import close_database, connection_in_use, open_database
from classroom.operations import service, store
from classroom.operations.rules import Operation, chain_of, csv_row, day_of, operation_of, text_of
from classroom.operations.service import LogUnavailable, OperationLog

KEY = "a key that is not in the database, 0123456789"
NOON = 1_764_000_000_000  # 2025-11-25 00:00 in China
DAY = 86_400_000
ACT = Operation(
    at_ms=NOON, actor="proctor", role="staff", institution="school", address="127.0.0.1", authenticated="password",
    act="POST /api/staff/learners/{learner_id}/allow", touched="learner_id=learner", outcome="OK",
)  # fmt: skip
REFUSED = (PostgresError, BaseORMException)


@pytest_asyncio.fixture
async def log(database: str) -> AsyncIterator[OperationLog]:
    log = OperationLog("one", KEY)
    log.open()
    yield log
    await log.close()


def test_an_entry_survives_as_text_and_is_cut_where_it_is_too_long() -> None:
    assert operation_of(text_of(ACT)) == ACT
    assert len(operation_of(text_of(replace(ACT, touched="x" * 10_000))).touched) == 200


def test_a_chain_is_of_one_day_in_china() -> None:
    assert day_of(NOON) == "20251125" and day_of(NOON - 1) == "20251124"
    assert chain_of("one", NOON) != chain_of("one", NOON - 1) and chain_of("one", NOON) != chain_of("two", NOON)


def test_no_spreadsheet_takes_an_exported_cell_for_a_formula() -> None:
    assert csv_row(replace(ACT, touched="=HYPERLINK(1)"))[7] == "'=HYPERLINK(1)"
    assert csv_row(ACT)[0] == "2025-11-25T00:00:00.000+08:00"


async def test_what_was_written_is_found_newest_first_and_verified(log: OperationLog) -> None:
    """Given two days and two actors, when they are searched, then each is found by span and by actor."""
    acts = [replace(ACT, at_ms=NOON + number, actor=f"actor-{number % 2}") for number in range(-20, 20)]
    await asyncio.gather(*(log.write(act) for act in acts))

    found = await service.search(NOON, NOON + DAY)
    assert [act for _, act in found] == sorted((act for act in acts if act.at_ms >= NOON), key=lambda act: -act.at_ms)
    assert {act.actor for _, act in await service.search(NOON - DAY, NOON + DAY, actor="actor-1")} == {"actor-1"}
    first, rest = found[:7], await service.search(NOON, NOON + DAY, before_id=found[6][0])
    assert first + rest == found
    assert await service.verify(KEY) == (40, [])
    assert {head.chain for head in await store.heads()} == {"20251124-one", "20251125-one", "roll"}


async def test_two_processes_write_at_once(log: OperationLog) -> None:
    other = OperationLog("two", KEY)
    other.open()
    await asyncio.gather(*(one.write(replace(ACT, at_ms=NOON + at)) for at in range(50) for one in (log, other)))
    await other.close()
    assert await service.verify(KEY) == (100, [])


async def test_an_entry_that_cannot_be_kept_is_not_answered_as_kept(
    log: OperationLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(service, "RETRY_S", 0.001)
    with monkeypatch.context() as broken:
        broken.setattr(store, "append", away)
        with pytest.raises(LogUnavailable):
            await log.write(ACT)
    await log.write(ACT)
    assert await service.verify(KEY) == (1, [])
    await log.close()
    with pytest.raises(LogUnavailable):
        await log.write(ACT)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE operation SET payload = '{}'", "DELETE FROM operation"],
)
async def test_the_database_refuses_every_change(log: OperationLog, statement: str) -> None:
    await log.write(ACT)
    with pytest.raises(REFUSED, match=r"OPERATION_APPEND_ONLY|permission denied"):
        await connection_in_use().execute_query(statement)


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (
            "UPDATE operation SET payload = replace(payload, 'OK', 'NO') WHERE seq = 2 AND chain <> 'roll'",
            "row 2: changed",
        ),
        ("UPDATE operation SET actor = 'other' WHERE seq = 2 AND chain <> 'roll'", "columns say something else"),
        ("DELETE FROM operation WHERE seq = 2 AND chain <> 'roll'", "row 2: missing"),
        ("DELETE FROM operation WHERE seq = 3 AND chain <> 'roll'", "cut or hashed anew"),
        ("DELETE FROM operation WHERE chain <> 'roll'", "deleted: the roll names it"),
        ("DELETE FROM operation", "the roll is gone"),
        ("DELETE FROM operation_head WHERE chain <> 'roll'", "its head is gone"),
        ("UPDATE operation_head SET mac = hash", "isn't sealed"),
    ],
)
async def test_a_change_by_the_owner_is_found(
    log: OperationLog, database_url: str, statement: str, finding: str
) -> None:
    """Given three entries, when somebody with every right changes them past the guards, then ``verify`` says where."""
    for number in range(3):
        await log.write(replace(ACT, at_ms=NOON + number))
    await log.close()
    await close_database()
    await open_database(database_url, as_owner=True)
    connection = connection_in_use()
    if connection.capabilities.dialect == "postgres":
        await connection.execute_script("ALTER TABLE operation DISABLE TRIGGER ALL")
    else:
        for name in ("operation_no_update", "operation_no_delete", "operation_no_replace"):
            await connection.execute_script(f"DROP TRIGGER {name}")
    await connection.execute_script(statement)

    _, findings = await service.verify(KEY)
    assert any(finding in one for one in findings), findings
