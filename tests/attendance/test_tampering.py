"""Row 39: nobody changes the record, neither through the application nor around it, on either database."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tortoise.exceptions import BaseORMException

from classroom.attendance import replay, service
from classroom.attendance.chain import GENESIS, row_hash
from classroom.attendance.events import (
    CheckAcknowledged,
    CheckPassed,
    CheckPushed,
    DrawTaken,
    LearnerLeft,
    LessonOpened,
    Played,
    Reported,
    SessionOffered,
)
from classroom.attendance.ledger import Ledger, fold
from classroom.attendance.replay import verify
from classroom.attendance.rules import Rules
from classroom.attendance.store import Store
from classroom.database import close_database, connection_in_use, open_database
from classroom.guards import GuardMissing, check_guards

REFUSED = (BaseORMException, asyncpg.PostgresError)
KEY = "a key that stands in no database, 64 bytes of it or so, for tests"
ROOT = Path(__file__).parents[2]
START = 1_700_000_000_000


@dataclass(frozen=True)
class Desk:
    """Two attendances with some study each."""

    store: Store
    first: str
    second: str


async def live(store: Store, learner: str) -> tuple[str, Ledger]:
    """Enrol, pass the login check, study twelve minutes: a journal with rows, and a checkpoint after the last."""
    attendance = await service.attendance_of(store, learner, "class", (("lesson", 1_800_000),), START)
    ledger = await service.take(store, attendance, START)
    for event in (
        SessionOffered(START, f"session-{learner}", Rules(), 0, "device"),
        CheckPushed(START + 100, f"session-{learner}", f"check-{learner}"),
        CheckAcknowledged(START + 200, f"check-{learner}", None),
        CheckPassed(START + 9_000, f"check-{learner}"),
        LessonOpened(START + 10_000, "lesson"),
        Played(START + 11_000, 0, 10**9),
        DrawTaken(START + 11_000, 800_000),
    ):
        ledger.apply(event)
    assert await store.save([ledger.take()], START + 11_000) == set()
    for beat in range(1, 145):
        ledger.apply(Reported(START + 11_000 + 5_000 * beat, 5_000 * beat, 10**9, START + 11_000 + 5_000 * beat))
    assert await store.save([ledger.take()], START + 731_000) == set()
    return attendance, ledger


@pytest.fixture
async def desk(database: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Given two learners who study."""
    monkeypatch.setattr(replay, "BETWEEN_LOOKS_S", 0.0)
    store = Store(connection_in_use(), "process-one", KEY)
    await store.begin(START)
    first, _ = await live(store, "one")
    second, _ = await live(store, "two")
    return Desk(store, first, second)


async def test_what_is_written_between_two_questions_is_no_finding(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform in use can be verified: the heads were read, then a learner's rows came."""
    before, now = [await replay.everything()], replay.everything
    ledger = await service.take(desk.store, desk.first, START + 731_000)
    ledger.apply(LearnerLeft(START + 732_000))
    assert await desk.store.save([ledger.take()], START + 732_000) == set()

    async def torn() -> dict[str, list[dict[str, Any]]]:
        return before.pop() if before else await now()

    monkeypatch.setattr(replay, "everything", torn)
    assert await verify(desk.store, KEY) == (2, [])
    assert not before


async def by_hand(url: str, *statements: str) -> None:
    """As somebody with the owner's rights and the guards dropped."""
    await close_database()
    await open_database(url, as_owner=True)
    connection = connection_in_use()
    if connection.capabilities.dialect == "postgres":
        await connection.execute_script("ALTER TABLE journal DISABLE TRIGGER ALL")
    else:
        for name in ("journal_no_update", "journal_no_delete", "journal_no_replace"):
            await connection.execute_script(f"DROP TRIGGER IF EXISTS {name}")
    for statement in statements:
        await connection.execute_script(statement)


async def findings() -> list[tuple[str, int | None]]:
    """What replay finds, as attendance and row."""
    _, found = await verify(Store(connection_in_use(), "replay", KEY), KEY)
    return [(finding.attendance, finding.seq) for finding in found]


# ------------------------------------------------------------------ what is stored


async def test_the_state_is_the_journal_and_the_checkpoint(desk: Desk) -> None:
    """When everything is read again, then nothing is missing: 12 minutes are held."""
    state = await service.read(desk.store, desk.first)
    assert state.segment is not None
    assert state.segment.position_ms == 720_000
    assert (
        fold(desk.first, await desk.store.rows(desk.first)).segment != state.segment
    )  # the checkpoint holds the beats


async def test_an_older_epoch_writes_nothing(desk: Desk) -> None:
    """Given two processes that both believe they own the seat, when both write, then only the newer one can."""
    mine = await service.take(desk.store, desk.first, START + 740_000)
    other = Store(connection_in_use(), "process-two", KEY)
    await other.begin(START + 740_000)
    theirs = await service.take(other, desk.first, START + 741_000)
    mine.apply(Reported(START + 742_000, 725_000, 10**9, START + 742_000))
    assert await desk.store.save([mine.take()], START + 742_000) == {desk.first}
    assert await other.save([theirs.take()], START + 743_000) == set()
    assert await findings() == []


async def test_a_crash_costs_no_more_than_what_was_not_reported(desk: Desk) -> None:
    """When another process takes the seat of a dead one, then the learner has what was reported, paused."""
    other = Store(connection_in_use(), "process-two", KEY)
    ledger = await service.take(other, desk.first, START + 800_000)
    assert (ledger.state.phase, ledger.state.reason) == ("paused", "SYSTEM_ERROR")
    assert ledger.state.held_ms == 720_000
    assert await other.save([ledger.take()], START + 800_000) == set()
    assert await findings() == []


async def test_what_is_due_and_owned_by_nobody_alive_is_found(desk: Desk) -> None:
    """The sweep finishes what a dead process left, and leaves alone what a living one owns."""
    late = START + 10_000_000
    sweeper = Store(connection_in_use(), "process-two", KEY)
    assert await sweeper.orphans(late, 10**9) == []  # process-one is alive by this lease
    assert sorted(await sweeper.orphans(late, 5_000)) == sorted([desk.first, desk.second])


# ------------------------------------------------------------------ through the application


CHANGES = {
    "update": "UPDATE journal SET payload = '{}'",
    "delete": "DELETE FROM journal",
    "upsert": "INSERT INTO journal (attendance_id, seq, at, payload, hash) SELECT attendance_id, seq, at, '{}', hash"
    " FROM journal WHERE true ON CONFLICT (attendance_id, seq) DO UPDATE SET payload = '{}'",
}
SQLITE_CHANGES = {
    "replace": "INSERT OR REPLACE INTO journal (attendance_id, seq, at, payload, hash)"
    " SELECT attendance_id, seq, at, '{}', hash FROM journal",
    "replace by id": "REPLACE INTO journal (id, attendance_id, seq, at, payload, hash)"
    " SELECT id, attendance_id, seq + 1000, at, '{}', hash FROM journal",
    "update or replace": "UPDATE OR REPLACE journal SET seq = 1",
}
POSTGRES_CHANGES = {"truncate": "TRUNCATE journal"}


async def test_the_database_refuses_every_change_of_the_journal(desk: Desk) -> None:
    """UPDATE, DELETE, REPLACE, upsert and TRUNCATE, as the application's own connection."""
    connection = connection_in_use()
    postgres = connection.capabilities.dialect == "postgres"
    said = {}
    for name, statement in (CHANGES | (POSTGRES_CHANGES if postgres else SQLITE_CHANGES)).items():
        try:
            await connection.execute_query(statement)
        except REFUSED as refused:
            said[name] = str(refused)
        else:
            said[name] = "taken"
    assert [name for name, words in said.items() if not re.search("JOURNAL_APPEND_ONLY|permission denied", words)] == []
    assert await findings() == []


async def test_the_owner_is_refused_too_as_long_as_the_guards_stand(desk: Desk, database_url: str) -> None:
    """On PostgreSQL the triggers hold even for the role that owns the table."""
    await close_database()
    await open_database(database_url, as_owner=True)
    for statement in CHANGES.values():
        with pytest.raises(REFUSED, match="JOURNAL_APPEND_ONLY"):
            await connection_in_use().execute_query(statement)


async def test_start_refuses_where_a_guard_is_missing(desk: Desk, database_url: str) -> None:
    """A journal without its guards is not opened."""
    await check_guards(connection_in_use())
    await by_hand(database_url)
    with pytest.raises(GuardMissing):
        await check_guards(connection_in_use())


# ------------------------------------------------------------------ around the application


async def test_an_untouched_record_is_clean(desk: Desk) -> None:
    """Replay finds nothing where nothing was changed."""
    assert await findings() == []


async def test_an_edited_row_is_found(desk: Desk, database_url: str) -> None:
    """One instant of one row."""
    await by_hand(database_url, f"UPDATE journal SET at = at + 1 WHERE attendance_id = '{desk.first}' AND seq = 4")
    assert await findings() == [(desk.first, 4)]


async def test_an_edited_row_hashed_anew_is_found(desk: Desk, database_url: str) -> None:
    """Whoever edits can compute hashes; the head's seal they can't."""
    rows = await desk.store.rows(desk.first)
    previous, statements = GENESIS, []
    for row in rows:
        payload = row.payload.replace("session-one", "session-two")
        previous = row_hash(previous, desk.first, row.seq, row.at, payload)
        quoted = payload.replace("'", "''")
        statements.append(
            f"UPDATE journal SET payload = '{quoted}', hash = '{previous}'"
            f" WHERE attendance_id = '{desk.first}' AND seq = {row.seq}"
        )
    await by_hand(database_url, *statements)
    assert await findings() == [(desk.first, len(rows))]
    await by_hand(database_url, f"UPDATE head SET hash = '{previous}' WHERE attendance_id = '{desk.first}'")
    assert await findings() == [(desk.first, None)]


async def test_a_cut_tail_is_found(desk: Desk, database_url: str) -> None:
    """The last rows gone; the head put back with them, too."""
    rows = await desk.store.rows(desk.first)
    await by_hand(database_url, f"DELETE FROM journal WHERE attendance_id = '{desk.first}' AND seq > 5")
    assert await findings() == [(desk.first, 5)]
    await by_hand(
        database_url, f"UPDATE head SET seq = 5, hash = '{rows[4].hash}' WHERE attendance_id = '{desk.first}'"
    )
    assert await findings() == [(desk.first, None)]


async def test_a_deleted_attendance_is_found(desk: Desk, database_url: str) -> None:
    """Everything of it gone: the roll still names it."""
    await by_hand(
        database_url,
        *(
            f"DELETE FROM {table} WHERE {column} = '{desk.first}'"
            for table, column in (
                ("journal", "attendance_id"), ("head", "attendance_id"), ("seat", "attendance_id"), ("attendance", "id"),
            )
        ),
    )  # fmt: skip
    assert await findings() == [(desk.first, None)]


async def test_an_edited_checkpoint_is_found_and_not_claimed(desk: Desk, database_url: str) -> None:
    """Five minutes more in the seconds since the last row."""
    rows = await desk.store.rows(desk.first)
    await by_hand(
        database_url,
        f"UPDATE seat SET checkpoint = replace(checkpoint, '720000', '1020000') WHERE attendance_id = '{desk.first}'",
    )
    assert await findings() == [(desk.first, rows[-1].seq)]
    with pytest.raises(Exception, match="not sealed"):
        await Store(connection_in_use(), "process-two", KEY).claim(desk.first, START + 900_000)


async def test_the_command_names_it_and_its_status_is_one(desk: Desk, database_url: str, tmp_path: Path) -> None:
    """``python -m classroom.attendance.replay``: 0 when clean, 1 with a finding."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANXUE_")} | {
        "ANXUE_DATABASE": database_url, "ANXUE_DATA": str(tmp_path), "ANXUE_DEMO": "1", "ANXUE_JOURNAL_KEY": KEY,
    }  # fmt: skip

    def replay() -> tuple[int, str]:
        command = [sys.executable, "-m", "classroom.attendance.replay"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout

    assert replay() == (0, "2 attendances verified, 0 findings\n")
    await by_hand(database_url, f"UPDATE journal SET at = at + 1 WHERE attendance_id = '{desk.second}' AND seq = 3")
    status, said = replay()
    assert status == 1
    assert f"attendance {desk.second} row 3" in said
