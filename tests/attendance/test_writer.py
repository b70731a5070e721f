"""The writer of a process' seats over a real database that answers late, doesn't answer, or refuses one seat."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from tortoise.transactions import in_transaction

from classroom.attendance.store import Save, Store
from classroom.database import connection_in_use
from realtime import writer as subject
from realtime.writer import Writer
from tests.attendance.desk import Desk
from tests.attendance.test_store import OnDesk, process, studying

PATIENCE_S = 60.0


class Seat:
    """As much of a seat as the writer needs."""

    def __init__(self, desk: OnDesk) -> None:
        self.desk = desk
        self.happened: list[str] = []

    def take(self) -> tuple[Save, Callable[[], None]]:
        return self.desk.ledger.take(), lambda: self.happened.append("committed")

    def lose(self) -> None:
        self.happened.append("lost")

    def interrupt(self) -> None:
        self.happened.append("interrupted")


@pytest_asyncio.fixture
async def store(database: str) -> Store:
    return await process("one")


@pytest_asyncio.fixture
async def writer(store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Writer]:
    monkeypatch.setattr(subject, "RETRY_S", 0.02)
    monkeypatch.setattr("realtime.writer.now_ms", lambda: Desk.at(100))
    writer = Writer(store, PATIENCE_S)
    writer.open()
    yield writer
    await writer.close()


async def _seat(store: Store, learner: str) -> Seat:
    """With a row to write."""
    _, desk = await studying(store, learner=learner)
    desk.pauses(70, 70)
    return Seat(desk)


async def test_a_commit_whose_answer_was_lost_is_not_written_twice(
    store: Store, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seat = await _seat(store, "learner")
    save, tries = store.save, []

    async def breaks_after_the_commit(saves: list[Save], now: int) -> set[str]:
        tries.append(len(saves[0].rows))
        answer = await save(saves, now)
        if len(tries) == 1:
            raise ConnectionError("cut")
        return answer

    monkeypatch.setattr(store, "save", breaks_after_the_commit)
    writer.put(seat)
    await writer.flushed()

    assert seat.happened == ["committed"]
    assert tries == [1, 0]
    rows = await store.rows(seat.desk.ledger.attendance)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))


async def test_what_comes_during_a_commit_waits_for_others_to_share_the_next(
    store: Store, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, during, after = [await _seat(store, learner) for learner in ("first", "during", "after")]
    save, shared = store.save, []

    async def slow(saves: list[Save], now: int) -> set[str]:
        if not shared:
            writer.put(during)
            asyncio.get_running_loop().call_later(0.05, writer.put, after)
        shared.append(len(saves))
        return await save(saves, now)

    monkeypatch.setattr(store, "save", slow)
    monkeypatch.setattr(subject, "GATHER_S", 0.2)
    writer.put(first)
    await _until(lambda: after.happened == ["committed"])

    assert first.happened == during.happened == ["committed"]
    assert shared == [1, 2]


async def test_past_patience_the_pages_are_sent_away_and_nothing_is_forgotten(
    store: Store, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seat, other = await _seat(store, "learner"), await _seat(store, "other")
    save, back = store.save, asyncio.Event()

    async def away(saves: list[Save], now: int) -> set[str]:
        if not back.is_set():
            raise ConnectionError("refused")
        return await save(saves, now)

    monkeypatch.setattr(store, "save", away)
    monkeypatch.setattr(store, "beat", away)
    monkeypatch.setattr(writer, "_patience_s", 0.1)
    writer.put(seat)
    await _until(lambda: bool(seat.happened))
    writer.put(other)  # whoever comes meanwhile
    back.set()
    await writer.flushed()

    assert seat.happened == ["interrupted", "committed"]
    assert other.happened == ["interrupted", "committed"]


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def test_a_seat_whose_rows_are_refused_is_let_go_of_alone(database: str, store: Store, writer: Writer) -> None:
    """Somebody changed one head behind our back: its neighbours in the batch don't feel it."""
    seat, other = await _seat(store, "learner"), await _seat(store, "other")
    connection = connection_in_use()
    place = "?" if connection.capabilities.dialect == "sqlite" else "$1"
    await connection.execute_query(
        f"UPDATE head SET seq = seq + 1 WHERE attendance_id = {place}",
        [seat.desk.ledger.attendance],
    )

    writer.put(seat)
    writer.put(other)
    await writer.flushed()

    assert (seat.happened, other.happened) == (["lost"], ["committed"])


async def test_a_transaction_that_cannot_begin_locks_nobody_out(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Tortoise has it, SQLite's one connection would stay locked, and a pool's would never come back."""

    async def fails(self: object) -> None:
        raise OSError("the disk is full")

    async with in_transaction() as connection:
        wrapper = type(connection)
    with monkeypatch.context() as broken:
        broken.setattr(wrapper, "begin", fails)
        for _ in range(12):  # more than the pool has
            with pytest.raises(OSError, match="full"):
                async with in_transaction():
                    pass

    async with asyncio.timeout(5), in_transaction() as connection:
        await connection.execute_query("SELECT 1")


async def test_a_commit_that_fails_leaves_no_transaction_open(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes next would be written into it."""

    async def fails(self: object) -> None:
        raise OSError("the disk is full")

    async with in_transaction() as connection:
        wrapper = type(connection)
    insert = "INSERT INTO institution (id, name, city_code) VALUES ('lost', 'n', '440100')"
    with monkeypatch.context() as broken:
        broken.setattr(wrapper, "commit", fails)
        with pytest.raises(OSError, match="full"):
            async with in_transaction() as connection:
                await connection.execute_query(insert)

    async with asyncio.timeout(5), in_transaction() as connection:
        found = await connection.execute_query_dict("SELECT id FROM institution WHERE id = 'lost'")
    assert found == []
