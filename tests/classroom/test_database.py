"""One database for all tasks, on both backends; nobody who hangs up may stop it for the others."""

import asyncio
import sqlite3
from contextvars import Context
from pathlib import Path

import pytest
from tortoise import Tortoise
from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.transactions import in_transaction

from classroom import database as subject
from classroom.people import service as people


async def add(name: str) -> None:
    await people.add_institution(name, name, "440100")


async def test_a_task_that_never_saw_it_opened_can_query(database: str) -> None:
    """Tortoise keeps connections in a context variable: a request runs in another context than the start."""
    await asyncio.create_task(add("school"), context=Context())

    found = await asyncio.create_task(people.institution("school"), context=Context())

    assert found is not None


async def test_two_connections_see_what_the_other_committed(database: str, tmp_path: Path) -> None:
    if database.startswith("sqlite"):
        await add("school")
        with sqlite3.connect(database.removeprefix("sqlite://")) as other:
            other.execute("INSERT INTO institution (id, name, city_code) VALUES ('other', 'o', '440100')")
            assert other.execute("SELECT count(*) FROM institution").fetchone() == (2,)
        other.close()
    else:  # a pool: two transactions at once are two connections

        @subject.unit_of_work
        async def meet(name: str) -> int:
            await add(name)
            await asyncio.wait_for(together.wait(), 5)  # both have written
            seen = await Tortoise.get_connection("default").execute_query_dict("SELECT id FROM institution")
            await asyncio.wait_for(together.wait(), 5)  # both have looked, neither has committed
            return len(seen)

        together = asyncio.Barrier(2)
        assert await asyncio.gather(meet("school"), meet("other")) == [1, 1]

    assert await people.institution("other") is not None
    assert await people.institution("school") is not None


async def test_a_use_case_that_fails_leaves_nothing(database: str) -> None:
    @subject.unit_of_work
    async def fails() -> None:
        await add("school")
        raise LookupError

    with pytest.raises(LookupError):
        await fails()

    assert await people.institution("school") is None


@pytest.mark.parametrize("turns", range(12))
async def test_a_caller_that_is_cancelled_at_any_moment_stops_nobody_else(database: str, turns: int) -> None:
    @subject.unit_of_work
    async def write() -> None:
        await add("school")

    task = asyncio.create_task(write())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    async with asyncio.timeout(5):
        await add("other")
        async with in_transaction("default"):
            await add("third")
    assert await people.institution("third") is not None


async def test_closing_waits_for_what_is_being_written(database: str) -> None:
    @subject.unit_of_work
    async def write() -> None:
        await asyncio.sleep(0.05)
        await add("school")

    task = asyncio.create_task(write())
    await asyncio.sleep(0)
    task.cancel()
    await subject.close_database()
    await subject.open_database(database)

    assert await people.institution("school") is not None


async def test_another_process_that_writes_between_a_read_and_a_write_breaks_nothing(database: str) -> None:
    if not database.startswith("sqlite"):
        pytest.skip("PostgreSQL lets both write")
    other = sqlite3.connect(database.removeprefix("sqlite://"), timeout=0)
    refused: list[str] = []

    @subject.unit_of_work
    async def read_then_write() -> None:
        assert await people.institution("school") is None
        try:
            other.execute("INSERT INTO institution (id, name, city_code) VALUES ('other', 'o', '440100')")
            other.commit()
        except sqlite3.OperationalError as locked:
            refused.append(str(locked))
        await add("school")

    await read_then_write()
    other.close()

    assert refused == ["database is locked"]  # it would have waited its turn
    assert await people.institution("school") is not None


async def test_installing_again_changes_nothing(database: str) -> None:
    await add("school")

    await subject.close_database()
    await subject.install(database)
    await subject.open_database(database)

    assert await people.institution("school") is not None


async def test_every_table_is_made_by_the_migrations(tmp_path: Path) -> None:
    """After a change of tables: tortoise -c classroom.database.MIGRATED makemigrations."""
    migrated = {name: app for name, app in subject.MIGRATED["apps"].items() if "migrations" in app}
    context = TortoiseContext()
    with context:
        await context.init(config=subject.MIGRATED, init_connections=False)
        assert context.apps is not None
        missing = await MigrationAutodetector(context.apps, migrated).changes()

    assert [writer.name for writer in missing if writer.app_label in migrated] == []


async def test_the_embedded_database_is_durable_guarded_and_private(database: str) -> None:
    if not database.startswith("sqlite"):
        pytest.skip("PostgreSQL is set up by whoever runs it")
    connection = Tortoise.get_connection("default")
    values = {
        name: next(iter((await connection.execute_query_dict(f"PRAGMA {name}"))[0].values()))
        for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "secure_delete")
    }

    assert values == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "secure_delete": 1,
    }
    assert Path(database.removeprefix("sqlite://")).stat().st_mode & 0o777 == 0o600
