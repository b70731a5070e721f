"""The only module that reads and writes the attendance's rows; one statement a batch on either database."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.expressions import Subquery
from tortoise.transactions import in_transaction

from classroom.attendance.chain import GENESIS, ROLL, row_hash, seal
from classroom.attendance.concerns import Concern
from classroom.attendance.tables import Attendance, Head, JournalRow, Process, Seat

FREE = ""  # the owner of a seat that was let go in order


class SealBroken(RuntimeError):
    """A head or a checkpoint doesn't carry this platform's seal; ``attendance`` says where."""

    def __init__(self, attendance: str, what: str) -> None:
        super().__init__(f"{what} of attendance {attendance} is not sealed by this platform's key")
        self.attendance = attendance


class OwnedElsewhere(Exception):
    """A living process owns the seat; nothing was changed."""

    def __init__(self, owner: str, epoch: int, *, live: bool) -> None:
        super().__init__("another process owns the seat")
        self.owner = owner
        self.epoch = epoch
        self.live = live  # a session is running there


REFUSED = (SealBroken, IntegrityError)  # the database answers: these rows don't fit what is there


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the journal."""

    seq: int
    at: int
    payload: str
    hash: str


@dataclass(slots=True)
class Save:
    """What one seat writes in a batch: new journal rows, the checkpoint since the last, and when it is due."""

    attendance: str
    epoch: int
    rows: list[Row]
    head_before: int  # seq the head must have
    checkpoint: str | None
    live: bool
    due_at: int | None
    release: bool = False  # with this write the seat is nobody's
    phase: str = "browsing"
    connected: bool = False
    standing: str | None = None  # None: what was written before holds, but for what heartbeats move
    concerns: tuple[Concern, ...] = ()  # of these rows


@dataclass(frozen=True, slots=True)
class Concerned:
    """What somebody should look at, and of whom."""

    attendance: str
    learner_id: str
    class_id: str
    concern: Concern


Beside = Callable[[BaseDBAsyncClient, list[Concerned]], Awaitable[None]]  # written in the rows' own transaction


@dataclass(frozen=True, slots=True)
class Claim:
    """A seat that is ours now, with all its rows."""

    attendance: str
    epoch: int
    rows: list[Row]
    checkpoint: str | None
    was_live: bool
    abandoned_at: int | None  # the last owner died; it was alive until then. None: it let the seat go in order
    standing: str | None  # what was last written of it for watchers


@dataclass(frozen=True, slots=True)
class SeatSeen:
    """What the database says of a seat to those who watch its class."""

    attendance: str
    learner_id: str
    standing: str | None
    owner: str
    alive_at: int  # it was last written then
    owner_lives: bool  # or it has none


class Store:
    """Rows of attendances, on behalf of one control process."""

    def __init__(self, connection: BaseDBAsyncClient, owner: str, key: str, beside: Beside | None = None) -> None:
        self._beside = beside
        self._connection = connection
        self._owner = owner
        self._key = key
        self._postgres = connection.capabilities.dialect == "postgres"

    # -------------------------------------------------------------- opening

    async def find(self, learner: str, class_id: str) -> str | None:
        """The attendance of this learner in this class."""
        found = await Attendance.get_or_none(learner_id=learner, class_id=class_id)
        return None if found is None else found.id

    async def open(self, attendance: str, learner: str, class_id: str, at: int, payload: str) -> str:
        """Enter a new attendance into the roll and begin its journal; returns its id, or that of whoever was first."""
        try:
            return await self._begin(attendance, learner, class_id, at, payload)
        except IntegrityError:
            pass
        other = await self.find(learner, class_id)
        if other is None:  # no second tab of this learner's: two began the roll itself at once
            return await self._begin(attendance, learner, class_id, at, payload)
        return other

    async def _begin(self, attendance: str, learner: str, class_id: str, at: int, payload: str) -> str:
        async with in_transaction() as connection:
            await Attendance.create(
                id=attendance, learner_id=learner, class_id=class_id, opened_at=at, using_db=connection
            )
            await Seat.create(
                attendance_id=attendance,
                learner_id=learner,
                owner="",
                epoch=0,
                live=False,
                alive_at=at,
                checkpoint_mac=self._checkpoint_mac(attendance, 1, None),
                using_db=connection,
            )
            first = row_hash(GENESIS, attendance, 1, at, payload)
            begun = JournalRow(attendance_id=attendance, seq=1, at=at, payload=payload, hash=first)
            await Head.create(
                attendance_id=attendance,
                seq=1,
                hash=first,
                mac=self._head_mac(attendance, 1, first),
                using_db=connection,
            )
            entry = {"attendance": attendance, "class": class_id, "learner": learner}
            await self._enter(connection, entry, at, begun)
        return attendance

    async def _enter(self, connection: BaseDBAsyncClient, entry: dict[str, str], at: int, begun: JournalRow) -> None:
        """Last of the transaction: all who come for the first time wait for this one row."""
        roll = await Head.select_for_update().using_db(connection).get_or_none(attendance_id=ROLL)
        seq, previous = (0, GENESIS) if roll is None else (roll.seq, roll.hash)
        payload = json.dumps(entry, sort_keys=True, separators=(",", ":"))
        linked = row_hash(previous, ROLL, seq + 1, at, payload)
        named = JournalRow(attendance_id=ROLL, seq=seq + 1, at=at, payload=payload, hash=linked)
        await JournalRow.bulk_create([named, begun], using_db=connection)
        values = {"seq": seq + 1, "hash": linked, "mac": self._head_mac(ROLL, seq + 1, linked)}
        if roll is None:
            await Head.create(attendance_id=ROLL, using_db=connection, **values)
        else:
            await Head.filter(attendance_id=ROLL, seq=seq).using_db(connection).update(**values)

    # -------------------------------------------------------------- claiming

    async def claim(
        self, attendance: str, at: int, *, lease_ms: int | None = None, given_up: OwnedElsewhere | None = None
    ) -> Claim:
        """Take the seat: from now on only writes with the new epoch succeed.

        With ``lease_ms`` it isn't taken from a process that was alive so lately: raises OwnedElsewhere, unless that is
        what ``given_up`` says its owner has let go of. Raises SealBroken.
        """
        async with in_transaction() as connection:
            seat = await Seat.select_for_update().using_db(connection).get(attendance_id=attendance)
            gone = given_up is not None and (seat.owner, seat.epoch) == (given_up.owner, given_up.epoch)
            owner = None
            if seat.owner not in (FREE, self._owner) and not gone:
                owner = await Process.get_or_none(id=seat.owner, using_db=connection)
            if lease_ms is not None and owner is not None and not owner.ended and owner.alive_at > at - lease_ms:
                raise OwnedElsewhere(seat.owner, seat.epoch, live=seat.live)
            abandoned = None
            if seat.live and seat.owner != FREE:
                abandoned = self._abandoned_at(seat, owner, at)
            epoch = seat.epoch + 1
            await Seat.filter(attendance_id=attendance).using_db(connection).update(owner=self._owner, epoch=epoch)
            rows = await self.rows(attendance, connection)
            seq = rows[-1].seq if rows else 0
            if (seat.checkpoint_mac or "") != self._checkpoint_mac(attendance, seq, seat.checkpoint):
                raise SealBroken(attendance, "the checkpoint")
        await self._verify_head(attendance, rows)
        return Claim(attendance, epoch, rows, seat.checkpoint, seat.live, abandoned, seat.standing)

    def _abandoned_at(self, seat: Seat, owner: Process | None, at: int) -> int:
        """Its owner's last sign of life; a seat that a living process let go of was last written by it then."""
        return min(max(int(seat.alive_at), 0 if owner is None else int(owner.alive_at)), at)

    async def rows(self, attendance: str, connection: BaseDBAsyncClient | None = None) -> list[Row]:
        """The journal of an attendance in order."""
        query = JournalRow.filter(attendance_id=attendance).order_by("seq")
        found = await query.using_db(connection).values_list("seq", "at", "payload", "hash")
        return [Row(*values) for values in found]

    async def _verify_head(self, attendance: str, rows: list[Row]) -> None:
        head = await Head.get_or_none(attendance_id=attendance)
        if head is None or head.mac != self._head_mac(attendance, head.seq, head.hash):
            raise SealBroken(attendance, "the head")
        if not rows or (rows[-1].seq, rows[-1].hash) != (head.seq, head.hash):
            raise SealBroken(attendance, "the journal's end")

    # -------------------------------------------------------------- saving

    async def save(self, saves: list[Save], now: int) -> set[str]:
        """Write a batch in one transaction; returns the attendances that another process owns now (nothing written)."""
        if not any(save.rows for save in saves):  # heartbeats alone are one statement, and so one transaction
            return {save.attendance for save in saves} - await self._fence(self._connection, saves, now)
        async with in_transaction() as connection:
            kept = await self._fence(connection, saves, now)
            written = [save for save in saves if save.attendance in kept and save.rows]
            if written:
                await self._append(connection, written)
                await self._concern(connection, written)
        return {save.attendance for save in saves} - kept

    async def _concern(self, connection: BaseDBAsyncClient, saves: list[Save]) -> None:
        named = [save.attendance for save in saves if save.concerns]
        if self._beside is None or not named:
            return
        about = {str(one.id): one for one in await Attendance.filter(id__in=named).using_db(connection)}
        concerned = [
            Concerned(save.attendance, about[save.attendance].learner_id, about[save.attendance].class_id, concern)
            for save in saves
            for concern in save.concerns
        ]
        await self._beside(connection, concerned)

    async def unwritten(self, saves: list[Save]) -> list[Save]:
        """After a commit that nobody answered for: the same batch without the rows that are in the journal already.

        A connection that breaks in the middle of COMMIT doesn't tell; the head does, it carries the hash of its row.
        """
        ends = {save.attendance: (save.rows[-1].seq, save.rows[-1].hash) for save in saves if save.rows}
        heads = await Head.filter(attendance_id__in=list(ends)).values_list("attendance_id", "seq", "hash")
        there = {name for name, seq, linked in heads if ends[name] == (seq, linked)}
        return [
            replace(save, rows=[], concerns=(), head_before=save.rows[-1].seq) if save.attendance in there else save
            for save in saves
        ]

    async def _fence(self, connection: BaseDBAsyncClient, saves: list[Save], now: int) -> set[str]:
        """Every write says ``WHERE owner = me AND epoch = mine``; no row changed means the seat is lost."""
        values = [
            {
                "a": save.attendance,
                "e": save.epoch,
                "c": save.checkpoint,
                "m": self._seal_checkpoint(save),
                "l": save.live,
                "d": save.due_at,
                "o": FREE if save.release else self._owner,
                "p": save.phase,
                "x": save.connected,
                "w": save.standing,
            }
            for save in saves
        ]
        sql = _FENCE_POSTGRES if self._postgres else _FENCE_SQLITE
        rows = await connection.execute_query_dict(sql, [_json(values), self._owner, now, *self._keys(saves)])
        return {row["attendance_id"] for row in rows}

    def _keys(self, saves: list[Save]) -> list[list[str]]:
        """PostgreSQL takes a set of records for a hundred, and reads every seat of the process to join it; not so these."""
        return [[save.attendance for save in saves]] if self._postgres else []

    def _seal_checkpoint(self, save: Save) -> str:
        seq = save.rows[-1].seq if save.rows else save.head_before
        return self._checkpoint_mac(save.attendance, seq, save.checkpoint)

    async def _append(self, connection: BaseDBAsyncClient, saves: list[Save]) -> None:
        rows = [
            {"a": save.attendance, "s": row.seq, "t": row.at, "p": row.payload, "h": row.hash}
            for save in saves
            for row in save.rows
        ]
        heads = [
            {
                "a": save.attendance,
                "b": save.head_before,
                "s": save.rows[-1].seq,
                "h": save.rows[-1].hash,
                "m": self._head_mac(save.attendance, save.rows[-1].seq, save.rows[-1].hash),
            }
            for save in saves
        ]
        insert, move = (_INSERT_POSTGRES, _HEAD_POSTGRES) if self._postgres else (_INSERT_SQLITE, _HEAD_SQLITE)
        await connection.execute_query(insert, [_json(rows)])
        moved = await connection.execute_query_dict(move, [_json(heads), *self._keys(saves)])
        if len(moved) != len(heads):
            raise SealBroken(saves[0].attendance, "the head's place")

    # -------------------------------------------------------------- processes and the sweep

    async def begin(self, at: int) -> None:
        """Enter this process."""
        await Process.create(id=self._owner, started_at=at, alive_at=at)

    async def beat(self, at: int) -> None:
        """This process is alive."""
        await Process.filter(id=self._owner).update(alive_at=at)

    async def alive(self, now: int, lease_ms: int) -> list[str]:
        """The other processes that are alive."""
        query = Process.filter(alive_at__gt=now - lease_ms, ended=False).exclude(id=self._owner)
        return [str(one) for one in await query.values_list("id", flat=True)]

    async def now(self) -> int | None:
        """The clock that all processes share, in epoch ms; None where there is only one."""
        if not self._postgres:
            return None
        sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now"
        return int((await self._connection.execute_query_dict(sql))[0]["now"])

    async def end(self, at: int) -> None:
        """This process stops in order: its seats are free."""
        await Process.filter(id=self._owner).update(alive_at=at, ended=True)

    async def orphans(self, now: int, lease_ms: int) -> list[str]:
        """Live seats that are due while no living process owns them."""
        alive = await self.alive(now, lease_ms)
        query = Seat.filter(live=True, due_at__lte=now).exclude(owner__in=[*alive, self._owner])
        return [str(one) for one in await query.limit(200).values_list("attendance_id", flat=True)]

    async def live_elsewhere(self, learner: str, attendance: str) -> bool:
        """Whether the learner has a running session in another class (1.5: one course at a time)."""
        return await Seat.filter(learner_id=learner, live=True).exclude(attendance_id=attendance).exists()

    async def standings_of_class(self, class_id: str, now: int, lease_ms: int) -> list[SeatSeen]:
        """What was last written of every attendance of a class, and whether its owner lives; one query each."""
        learners = dict(await Attendance.filter(class_id=class_id).values_list("id", "learner_id"))
        alive = {*await self.alive(now, lease_ms), self._owner}
        seats = Seat.filter(attendance_id__in=Subquery(Attendance.filter(class_id=class_id).values("id")))
        rows = await seats.values_list("attendance_id", "standing", "owner", "alive_at")
        return [
            SeatSeen(str(one), str(learners[one]), standing, owner, int(alive_at), owner in (FREE, *alive))
            for one, standing, owner, alive_at in rows
            if one in learners
        ]

    async def standings_of_learners(self, learners: Sequence[str]) -> list[tuple[str, str, str | None]]:
        """(learner, class, standing) of every attendance of these learners."""
        about = {
            str(one): (str(learner), str(class_id))
            for one, learner, class_id in await Attendance.filter(learner_id__in=list(learners)).values_list(
                "id", "learner_id", "class_id"
            )
        }
        rows = await Seat.filter(attendance_id__in=list(about)).values_list("attendance_id", "standing")
        return [(*about[str(one)], standing) for one, standing in rows]

    async def attendances_of(self, learner: str) -> list[str]:
        """All attendances of a learner."""
        return [str(one) for one in await Attendance.filter(learner_id=learner).values_list("id", flat=True)]

    async def about(self, attendance: str) -> Attendance | None:
        """Whose attendance it is, and in which class."""
        return await Attendance.get_or_none(id=attendance)

    async def checkpoint_of(self, attendance: str) -> str | None:
        """The checkpoint as it stands."""
        seat = await Seat.get_or_none(attendance_id=attendance)
        return None if seat is None else seat.checkpoint

    # -------------------------------------------------------------- seals

    def _head_mac(self, attendance: str, seq: int, linked: str) -> str:
        return seal(self._key, "head", attendance, seq, linked)

    def _checkpoint_mac(self, attendance: str, seq: int, payload: str | None) -> str:
        return seal(self._key, "checkpoint", attendance, seq, payload or "")  # that there is none is sealed, too


async def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows that ``replay`` verifies."""
    return {
        "attendance": await Attendance.all().values(),
        "head": await Head.all().values(),
        "seat": await Seat.all().values(),
        "chains": await JournalRow.all().distinct().values("attendance_id"),
    }


def _json(values: list[dict[str, Any]]) -> str:
    return msgspec.json.encode(values).decode()


_FENCE_SQLITE = """
UPDATE seat SET checkpoint = v.c, checkpoint_mac = v.m, live = v.l, due_at = v.d, alive_at = ?3, owner = v.o,
       phase = v.p, connected = v.x, standing = COALESCE(v.w, seat.standing)
FROM (SELECT json_extract(value, '$.a') a, json_extract(value, '$.e') e, json_extract(value, '$.c') c,
             json_extract(value, '$.m') m, json_extract(value, '$.l') l, json_extract(value, '$.d') d,
             json_extract(value, '$.o') o, json_extract(value, '$.p') p, json_extract(value, '$.x') x,
             json_extract(value, '$.w') w FROM json_each(?1)) v
WHERE seat.attendance_id = v.a AND seat.epoch = v.e AND seat.owner = ?2 RETURNING seat.attendance_id AS attendance_id
"""
_FENCE_POSTGRES = """
UPDATE seat SET checkpoint = v.c, checkpoint_mac = v.m, live = v.l, due_at = v.d, alive_at = $3, owner = v.o,
       phase = v.p, connected = v.x, standing = COALESCE(v.w, seat.standing)
FROM jsonb_to_recordset($1::jsonb)
     AS v(a text, e int, c text, m text, l boolean, d bigint, o text, p text, x boolean, w text)
WHERE seat.attendance_id = ANY($4::text[]) AND seat.attendance_id = v.a AND seat.epoch = v.e AND seat.owner = $2
RETURNING seat.attendance_id AS attendance_id
"""
_INSERT_SQLITE = """
INSERT INTO journal (attendance_id, seq, at, payload, hash)
SELECT json_extract(value, '$.a'), json_extract(value, '$.s'), json_extract(value, '$.t'), json_extract(value, '$.p'),
       json_extract(value, '$.h') FROM json_each(?1) ORDER BY key
"""
_INSERT_POSTGRES = """
INSERT INTO journal (attendance_id, seq, at, payload, hash)
SELECT v.a, v.s, v.t, v.p, v.h FROM jsonb_to_recordset($1::jsonb) AS v(a text, s int, t bigint, p text, h text)
"""
_HEAD_SQLITE = """
UPDATE head SET seq = v.s, hash = v.h, mac = v.m
FROM (SELECT json_extract(value, '$.a') a, json_extract(value, '$.b') b, json_extract(value, '$.s') s,
             json_extract(value, '$.h') h, json_extract(value, '$.m') m FROM json_each(?1)) v
WHERE head.attendance_id = v.a AND head.seq = v.b RETURNING head.attendance_id AS attendance_id
"""
_HEAD_POSTGRES = """
UPDATE head SET seq = v.s, hash = v.h, mac = v.m
FROM jsonb_to_recordset($1::jsonb) AS v(a text, b int, s int, h text, m text)
WHERE head.attendance_id = ANY($2::text[]) AND head.attendance_id = v.a AND head.seq = v.b
RETURNING head.attendance_id AS attendance_id
"""
