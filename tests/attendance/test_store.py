"""What is written, by whom, and who may write: on SQLite and on PostgreSQL."""

import asyncio

import pytest

import settings
from classroom import notices
from classroom.attendance import replay, service
from classroom.attendance.chain import ROLL, row_hash
from classroom.attendance.codec import encode
from classroom.attendance.events import AttendanceOpened
from classroom.attendance.ledger import ChainBroken, Ledger, fold
from classroom.attendance.store import Row, Save, SealBroken, Store
from classroom.database import close_database, connection_in_use, open_database
from tests.attendance.desk import NINE, Desk

KEY = settings.JOURNAL_KEY
LESSONS = (("L1", 2_700_000),)


class OnDesk(Desk):
    """The same desk over a ledger that is stored."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(2_700)
        self.ledger = ledger


async def process(name: str, second: float = 0) -> Store:
    store = Store(connection_in_use(), name, KEY)
    await store.begin(Desk.at(second))
    return store


async def enrol(store: Store, learner: str = "learner", class_id: str = "class") -> str:
    return await service.attendance_of(store, learner, class_id, LESSONS, NINE)


async def studying(store: Store, until: float = 60, learner: str = "learner") -> tuple[str, OnDesk]:
    """Written up to its last heartbeat."""
    attendance = await enrol(store, learner)
    desk = OnDesk(await service.take(store, attendance, NINE))
    desk.studies(0, session=f"s-{learner}")
    desk.watches(until)
    assert await store.save([desk.ledger.take()], Desk.at(until)) == set()
    return attendance, desk


# ------------------------------------------------------------------ journal and checkpoint


async def test_what_is_written_is_what_is_read(database: str) -> None:
    store = await process("one")
    attendance, desk = await studying(store)

    rows = await store.rows(attendance)
    checkpoint = await store.checkpoint_of(attendance)

    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert checkpoint is not None
    assert fold(attendance, rows, checkpoint) == desk.state
    assert await service.read(store, attendance) == desk.state


async def test_heartbeats_leave_no_rows(database: str) -> None:
    """Journal: transitions and closed segments, not heartbeats."""
    store = await process("one")
    attendance, desk = await studying(store)
    before = await store.rows(attendance)

    desk.watches(300)
    await store.save([desk.ledger.take()], Desk.at(300))

    assert await store.rows(attendance) == before
    assert (await service.read(store, attendance)).contact_at == Desk.at(300)


async def test_a_heartbeat_changes_its_row_in_place(database: str) -> None:
    connection = connection_in_use()
    if connection.capabilities.dialect != "postgres":
        pytest.skip("PostgreSQL alone writes a new version of a row")
    store = await process("one")
    _, desk = await studying(store)
    for second in range(65, 125, 5):
        desk.watches(second)
        assert await store.save([desk.ledger.take()], Desk.at(second)) == set()

    sql = "SELECT n_tup_upd AS updates, n_tup_hot_upd AS in_place FROM pg_stat_user_tables WHERE relname = 'seat'"
    async with asyncio.timeout(10):  # a connection tells once a second
        while (said := (await connection.execute_query_dict(sql))[0])["updates"] < 14:
            await asyncio.sleep(0.1)

    assert said["updates"] - said["in_place"] == 2  # the claim and the session's begin: owner and live have an index


async def test_a_commit_reads_no_seat_but_its_own(database: str) -> None:
    """Its cost must not grow with the seats of the process: at 5,000 it once read all of them, fifty times a second."""
    connection = connection_in_use()
    if connection.capabilities.dialect != "postgres":
        pytest.skip("PostgreSQL alone counts the rows that it reads")
    store = await process("one")
    _, desk = await studying(store)
    others = 3_000
    for sql in (
        f"""INSERT INTO seat (attendance_id, learner_id, owner, epoch, live, alive_at, standing)
            SELECT 'seat ' || n, 'learner ' || n, 'one', 1, true, 0, repeat('x', 1000) FROM generate_series(1, {others}) n""",
        f"""INSERT INTO head (attendance_id, seq, hash, mac)
            SELECT 'seat ' || n, 1, repeat('h', 64), repeat('m', 64) FROM generate_series(1, {others}) n""",
    ):
        await connection.execute_query(sql)
    before = await _rows_read()

    for second in range(65, 125, 5):
        desk.watches(second)
        assert await store.save([desk.ledger.take()], Desk.at(second)) == set()
    desk.pauses(125, 125)
    assert await store.save([desk.ledger.take()], Desk.at(125)) == set()

    assert await _rows_read() - before < others


async def _rows_read() -> int:
    """Of seats and heads, by all statements so far."""
    await connection_in_use().execute_query("SELECT pg_stat_force_next_flush()")
    sql = "SELECT sum(seq_tup_read + idx_tup_fetch) AS read FROM pg_stat_user_tables WHERE relname IN ('seat', 'head')"
    return int((await connection_in_use().execute_query_dict(sql))[0]["read"])


async def test_a_transition_empties_the_checkpoint(database: str) -> None:
    store = await process("one")
    attendance, desk = await studying(store)
    desk.pauses(62, 62)

    await store.save([desk.ledger.take()], Desk.at(62))

    assert await store.checkpoint_of(attendance) is None
    assert await service.read(store, attendance) == desk.state
    again = await service.take(store, attendance, Desk.at(63))
    assert again.state.held_ms == 62_000


async def test_a_batch_writes_many_seats_together(database: str) -> None:
    store = await process("one")
    desks = [await studying(store, learner=f"learner{number}") for number in range(5)]
    for _, desk in desks:
        desk.pauses(62, 62)

    lost = await store.save([desk.ledger.take() for _, desk in desks], Desk.at(62))

    assert lost == set()
    for attendance, desk in desks:
        assert await service.read(store, attendance) == desk.state


# ------------------------------------------------------------------ the fence


async def test_an_owner_of_an_older_epoch_writes_nothing_and_stops_nobody_else(database: str) -> None:
    """Every write says WHERE epoch = mine; 0 rows changed = drop the socket."""
    mine, theirs = await process("one"), await process("two")
    attendance, old = await studying(mine)
    other, desk = await studying(mine, learner="other")
    new = OnDesk(await service.take(theirs, attendance, Desk.at(61)))
    await theirs.save([new.ledger.take()], Desk.at(61))
    before = await theirs.rows(attendance)
    old.pauses(63, 63)
    desk.pauses(63, 63)

    lost = await mine.save([old.ledger.take(), desk.ledger.take()], Desk.at(63))

    assert lost == {attendance}
    assert await theirs.rows(attendance) == before
    assert await service.read(theirs, attendance) == new.state
    assert await service.read(mine, other) == desk.state


async def test_the_same_epoch_of_another_process_writes_nothing(database: str) -> None:
    store = await process("one")
    attendance, desk = await studying(store)
    desk.pauses(62, 62)

    assert await (await process("two")).save([desk.ledger.take()], Desk.at(62)) == {attendance}
    assert (await service.read(store, attendance)).phase == "studying"


async def test_a_head_that_was_moved_stops_the_write_as_a_whole(database: str) -> None:
    store = await process("one")
    attendance, desk = await studying(store)
    before = await store.rows(attendance)
    desk.pauses(62, 62)
    save = desk.ledger.take()
    save.head_before += 1

    with pytest.raises(SealBroken) as broken:
        await store.save([save], Desk.at(62))

    assert broken.value.attendance == attendance
    assert await store.rows(attendance) == before
    assert await store.checkpoint_of(attendance) is not None


# ------------------------------------------------------------------ claiming


async def test_a_crash_is_dated_at_the_dead_process_last_sign_of_life(database: str) -> None:
    """Recovery turns the checkpoint into an event; what a crash can cost: one heartbeat."""
    dead = await process("dead")
    attendance, _ = await studying(dead, until=60)
    await dead.beat(Desk.at(63))

    desk = OnDesk(await service.take(await process("next"), attendance, Desk.at(500)))

    assert desk.now == ("paused", "SYSTEM_ERROR")
    assert desk.state.held_ms == 60_000
    assert desk.settled(63).not_counted_ms == {"SYSTEM_ERROR": 3_000}
    assert desk.settled(100).not_counted_ms == {"SYSTEM_ERROR": 40_000}


async def test_a_process_that_ended_in_order_leaves_its_seats_free(database: str) -> None:
    store, next_one = await process("one"), await process("two")
    attendance, _ = await studying(store)
    await store.beat(Desk.at(99))
    assert await next_one.orphans(Desk.at(100), 5_000) == []

    await store.end(Desk.at(99))

    assert await next_one.orphans(Desk.at(100), 5_000) == [attendance]
    desk = OnDesk(await service.take(next_one, attendance, Desk.at(100)))
    assert desk.state.held_ms == 60_000


async def test_a_check_open_in_a_seat_that_its_own_process_lost_is_no_strike(database: str) -> None:
    """Rule 7: our own fault, even when the process lives on (its database was away) and claims the seat again."""
    store = await process("one")
    attendance, desk = await studying(store)
    desk.watches(400)
    desk.shown(400, desk.pushed(400, "s-learner"), 400)
    await store.save([desk.ledger.take()], Desk.at(400))

    again = OnDesk(await service.take(store, attendance, Desk.at(1_000)))

    assert again.now == ("paused", "SYSTEM_ERROR")
    assert again.state.held_ms == desk.state.held_ms == 400_000
    assert again.ended == []


async def test_a_session_that_is_over_is_claimed_as_it_is(database: str) -> None:
    store = await process("one")
    attendance, desk = await studying(store)
    desk.ticks(10_000)
    await store.save([desk.ledger.take()], Desk.at(10_000))

    again = await service.take(await process("two"), attendance, Desk.at(20_000))

    assert again.state == desk.state
    assert not again.has_rows


async def test_the_sweep_finds_what_is_due_and_nothing_else(database: str) -> None:
    store, sweeper = await process("one"), await process("two")
    attendance, _ = await studying(store)

    assert await sweeper.orphans(Desk.at(74), 5_000) == []  # silence is due at 75
    assert await sweeper.orphans(Desk.at(75), 5_000) == [attendance]
    assert await store.orphans(Desk.at(75), 5_000) == []  # its own


# ------------------------------------------------------------------ opening


async def test_learners_who_come_at_the_same_moment_are_all_entered(database: str) -> None:
    """The very first ones too: the roll begins with them."""
    store = await process("one")

    ids = await asyncio.gather(*(enrol(store, f"learner{number}") for number in range(4)))

    assert len(set(ids)) == 4
    assert [row.seq for row in await store.rows(ROLL)] == [1, 2, 3, 4]
    assert await replay.verify(store, KEY) == (4, [])


async def test_two_tabs_of_a_learner_open_one_attendance(database: str) -> None:
    store = await process("one")

    ids = await asyncio.gather(enrol(store), enrol(store))

    assert len(set(ids)) == 1
    assert await replay.verify(store, KEY) == (1, [])


async def test_a_second_open_is_told_of_the_first(database: str) -> None:
    store = await process("one")
    first = await enrol(store)

    found = await store.open("f" * 32, "learner", "class", NINE, encode(AttendanceOpened(NINE, LESSONS)))

    assert found == first


async def test_what_the_other_classes_of_a_learner_say(database: str) -> None:
    """1.5: one course at a time; the day's cap is one for all classes."""
    store = await process("one")
    attendance, desk = await studying(store, until=60)
    other = await enrol(store, "learner", "another class")

    assert await store.live_elsewhere("learner", other)
    assert not await store.live_elsewhere("learner", attendance)
    assert await service.used_elsewhere(store, "learner", other, Desk.at(70)) == 0  # still open
    desk.pauses(60, 60)
    await store.save([desk.ledger.take()], Desk.at(60))
    assert await service.used_elsewhere(store, "learner", other, Desk.at(70)) == 60_000
    assert await service.used_elsewhere(store, "learner", other, Desk.at(86_400)) == 0
    about = await store.about(other)
    assert about is not None
    assert (about.learner_id, about.class_id) == ("learner", "another class")


# ------------------------------------------------------------------ use cases


async def test_the_record_of_nothing_is_empty(database: str) -> None:
    assert await service.record("nobody", "class") == {
        "sessions": [],
        "checks": [],
        "bars": [],
        "corrections": [],
        "lessons": [],
    }


async def test_the_record_shows_every_second_and_every_check(database: str) -> None:
    """Row 38: every second counted, held or with its reason; every check with time and outcome."""
    store = await process("one")
    _, desk = await studying(store, until=60)
    desk.draw = 60
    desk.pauses(65, 65)
    desk.plays(70, 65)
    desk.watches(90)
    await store.save([desk.ledger.take()], Desk.at(90))

    record = await service.record("learner", "class")

    (session,) = record["sessions"]
    assert {name: session[name] for name in ("total_ms", "counted_ms", "held_ms", "not_counted_ms")} == {
        "total_ms": 90_000,
        "counted_ms": 0,
        "held_ms": 85_000,
        "not_counted_ms": {"PAUSED_BY_LEARNER": 5_000},
    }
    assert [(one["from_ms"], one["state"]) for one in session["intervals"]] == [
        (Desk.at(0), "held"),
        (Desk.at(65), "not_counted"),
        (Desk.at(70), "held"),
    ]
    (check,) = record["checks"]
    assert (check["kind"], check["outcome"], check["ended_at_ms"], check["tries"]) == ("login", "passed", NINE, 1)
    (lesson,) = record["lessons"]
    assert (lesson["earned_to_ms"], lesson["counted_to_ms"], lesson["finished"]) == (85_000, 0, False)


async def test_staff_allows_a_learner_after_six_failed_checks(database: str) -> None:
    store = await process("one")
    attendance = await enrol(store)
    desk = OnDesk(await service.take(store, attendance, NINE))
    for number in range(6):
        desk.offer(number, f"s{number}")
        desk.fails(number, f"s{number}")
    await store.save([desk.ledger.take()], Desk.at(6))
    assert await service.failed_checks_today(["learner"], Desk.at(10)) == {"learner": 6}
    assert await service.failed_checks_today(["learner"], Desk.at(86_400)) == {"learner": 0}

    await service.allow("learner", "teacher", Desk.at(20))

    assert await service.failed_checks_today(["learner"], Desk.at(30)) == {"learner": 0}
    assert await replay.verify(store, KEY) == (1, [])


async def test_a_seat_that_lives_in_this_process_allows_by_itself(database: str) -> None:
    store = await process("one")
    attendance = await enrol(store)
    before = await store.rows(attendance)

    async def handle(learner_id: str, by: str, handled: set[str]) -> None:
        handled.add(attendance)

    leave = notices.subscribe("allow", handle)
    await service.allow("learner", "teacher", Desk.at(20))
    leave()

    assert await store.rows(attendance) == before


# ------------------------------------------------------------------ around the application


async def unguarded(*statements: str) -> None:
    """By the database's owner, the guards dropped."""
    connection = connection_in_use()
    if connection.capabilities.dialect == "postgres":
        statements = ("ALTER TABLE journal DISABLE TRIGGER ALL", *statements)
    else:
        names = [
            row["name"]
            for row in await connection.execute_query_dict("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ]
        statements = (*(f"DROP TRIGGER {name}" for name in names), *statements)
    for statement in statements:
        await connection.execute_script(statement)


async def as_owner(database: str, *statements: str) -> Store:
    await close_database()
    await open_database(database, as_owner=True)
    await unguarded(*statements)
    return Store(connection_in_use(), "replay", KEY)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE seat SET checkpoint = NULL", "its checkpoint isn't sealed"),
        ("UPDATE seat SET checkpoint = NULL, checkpoint_mac = NULL", "its checkpoint isn't sealed"),
        ("UPDATE attendance SET learner_id = 'somebody'", "given to somebody else"),
        ("UPDATE attendance SET class_id = 'elsewhere'", "given to somebody else"),
        ("DELETE FROM seat", "its seat is gone"),
        ("DELETE FROM head WHERE attendance_id <> 'roll'", "its head is gone"),
        ("UPDATE head SET seq = seq - 1 WHERE attendance_id <> 'roll'", "its head isn't sealed"),
        ("DELETE FROM journal WHERE attendance_id <> 'roll'", "deleted: the roll names it"),
        ("DELETE FROM attendance", "deleted: the roll names it"),
        ("DELETE FROM journal WHERE attendance_id <> 'roll' AND seq > 3", "cut: the head says"),
        ("DELETE FROM journal WHERE attendance_id <> 'roll' AND seq = 3", "missing"),
    ],
)
async def test_what_was_changed_is_found_and_named(database: str, change: str, said: str) -> None:
    attendance, _ = await studying(await process("one"))

    store = await as_owner(database, change)
    _, found = await replay.verify(store, KEY)

    assert any(one.attendance == attendance and said in one.what for one in found), found
    assert {one.attendance for one in found} == {attendance}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM journal WHERE attendance_id = 'roll' AND seq = 2", "cut: the head says 2 rows, 1 are here"),
        ("UPDATE journal SET payload = 'nobody' WHERE attendance_id = 'roll' AND seq = 1", "edited"),
        ("DELETE FROM head WHERE attendance_id = 'roll'", "its head is gone"),
    ],
)
async def test_a_change_of_the_roll_is_found(database: str, change: str, said: str) -> None:
    """The roll names every attendance; whoever takes an entry out of it is found there."""
    one = await process("one")
    await studying(one)
    await studying(one, learner="other")

    store = await as_owner(database, change)
    _, found = await replay.verify(store, KEY)

    assert any(one.attendance == ROLL and said in one.what for one in found), found


@pytest.mark.parametrize(
    "change", ["UPDATE head SET mac = 'x'", "DELETE FROM head", "DELETE FROM journal WHERE seq > 2"]
)
async def test_a_seat_whose_chain_was_changed_is_not_claimed(database: str, change: str) -> None:
    attendance, desk = await studying(await process("one"))
    desk.pauses(62, 62)
    store = await as_owner(database, change)

    with pytest.raises(SealBroken):
        await store.claim(attendance, Desk.at(70))


async def test_a_row_that_cannot_be_read_is_found(database: str) -> None:
    """Even when it is linked and sealed as it should be: a later version must read what this one wrote."""
    store = await process("one")
    attendance = await enrol(store)
    claim = await store.claim(attendance, NINE)
    (first,) = claim.rows
    linked = row_hash(first.hash, attendance, 2, NINE, "{}")
    await store.save([Save(attendance, claim.epoch, [Row(2, NINE, "{}", linked)], 1, None, False, None)], NINE)

    _, found = await replay.verify(store, KEY)

    assert [(one.attendance, one.seq) for one in found] == [(attendance, 2)]
    assert "unreadable" in found[0].what
    with pytest.raises(ChainBroken):
        await service.take(store, attendance, NINE)


async def test_an_empty_database_is_clean(database: str) -> None:
    assert await replay.verify(await process("one"), KEY) == (0, [])


async def test_the_command_ends_with_1_when_it_found_something(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    attendance, _ = await studying(await process("one"))
    monkeypatch.setattr(settings, "DATABASE", database)
    await close_database()
    assert await replay._main() == 0
    assert capsys.readouterr().out == "1 attendances verified, 0 findings\n"

    await as_owner(database, "UPDATE journal SET at = at + 1 WHERE attendance_id <> 'roll' AND seq = 2")
    await close_database()

    assert await replay._main() == 1
    assert f"attendance {attendance} row 2: " in capsys.readouterr().out
