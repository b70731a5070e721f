"""``python -m classroom.attendance.replay``: verify every chain, seal and checkpoint, and fold each journal again.

Prints each finding with its attendance and row; exit status 1 when there is any, 2 when it can't be verified at all.
"""

import asyncio
import json
import sys
from dataclasses import dataclass

from classroom.attendance.chain import ROLL, sealed
from classroom.attendance.ledger import ChainBroken, fold, verify_links
from classroom.attendance.store import Row, Store, everything

LOOKS = 3
BETWEEN_LOOKS_S = 0.3


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that isn't as this platform wrote it."""

    attendance: str
    seq: int | None
    what: str


async def verify(store: Store, key: str) -> tuple[int, list[Finding]]:
    """All attendances; returns how many were verified, and what was found.

    Servers may write meanwhile, and what moves between two questions looks torn: what is found is looked at again.
    """
    count, findings = await _look(store, key)
    for _ in range(LOOKS - 1):
        if findings:
            await asyncio.sleep(BETWEEN_LOOKS_S)
            before = {one.attendance for one in findings}
            count, again = await _look(store, key)
            findings = [one for one in again if one.attendance in before]
    return count, findings


async def _look(store: Store, key: str) -> tuple[int, list[Finding]]:
    tables = await everything()
    heads = {row["attendance_id"]: row for row in tables["head"]}
    seats = {row["attendance_id"]: row for row in tables["seat"]}
    known = {row["id"]: (row["learner_id"], row["class_id"]) for row in tables["attendance"]}
    chained = {row["attendance_id"] for row in tables["chains"]} - {ROLL}
    findings: list[Finding] = []
    roll = await store.rows(ROLL)
    findings += _links(ROLL, roll) + _head(ROLL, roll, heads, key)
    entered = dict(_entry(row) for row in roll)
    for attendance, whose in entered.items():
        if attendance not in known or attendance not in chained:
            findings.append(Finding(attendance, None, "deleted: the roll names it, its rows are gone"))
        elif known[attendance] != whose:
            findings.append(
                Finding(attendance, None, "given to somebody else: the roll names another learner or class")
            )
    for attendance in sorted((set(known) | chained | set(heads) | set(seats)) - set(entered) - {ROLL}):
        findings.append(Finding(attendance, None, "not in the roll"))
    for attendance in sorted(set(known) & chained):
        rows = await store.rows(attendance)
        found = _links(attendance, rows) + _head(attendance, rows, heads, key)
        seat = seats.get(attendance)
        if seat is None:
            found.append(Finding(attendance, None, "its seat is gone"))
        elif not found:
            found += _checkpoint(attendance, rows, seat, key)
        findings += found
    return len(set(known) & chained), findings


def _entry(row: Row) -> tuple[str, tuple[str, str]]:
    """Attendance, learner and class of an entry of the roll."""
    try:
        entry = json.loads(row.payload)
        return str(entry["attendance"]), (str(entry["learner"]), str(entry["class"]))
    except (ValueError, KeyError, TypeError):
        return f"unreadable roll entry {row.seq}", ("", "")


def _links(attendance: str, rows: list[Row]) -> list[Finding]:
    try:
        verify_links(attendance, rows)
    except ChainBroken as broken:
        return [Finding(attendance, broken.seq, str(broken))]
    return []


def _head(attendance: str, rows: list[Row], heads: dict[str, dict[str, object]], key: str) -> list[Finding]:
    head = heads.get(attendance)
    if head is None:
        return [Finding(attendance, None, "its head is gone")] if rows or attendance != ROLL else []
    if not sealed(str(head["mac"]), key, "head", attendance, head["seq"], head["hash"]):
        return [Finding(attendance, None, "its head isn't sealed by this platform's key")]
    if not rows or rows[-1].seq != head["seq"]:
        cut = rows[-1].seq if rows else 0
        return [Finding(attendance, cut, f"cut: the head says {head['seq']} rows, {cut} are here")]
    if rows[-1].hash != head["hash"]:
        return [Finding(attendance, rows[-1].seq, "hashed anew: its end isn't what the head sealed")]
    return []


def _checkpoint(attendance: str, rows: list[Row], seat: dict[str, object], key: str) -> list[Finding]:
    checkpoint = seat["checkpoint"]
    mac = str(seat["checkpoint_mac"] or "")
    if not sealed(mac, key, "checkpoint", attendance, rows[-1].seq, checkpoint or ""):
        return [Finding(attendance, rows[-1].seq, "its checkpoint isn't sealed by this platform's key")]
    try:
        fold(attendance, rows, None if checkpoint is None else str(checkpoint))
    except (ChainBroken, LookupError, TypeError, ValueError, AssertionError) as error:
        return [Finding(attendance, getattr(error, "seq", None), f"can't be folded: {error}")]
    return []


async def _main() -> int:
    import settings
    from classroom.attendance.service import reading_store
    from classroom.database import close_database, open_database

    await open_database(settings.DATABASE)
    try:
        count, findings = await verify(reading_store(), settings.JOURNAL_KEY)
    finally:
        await close_database()
    for finding in findings:
        where = "" if finding.seq is None else f" row {finding.seq}"
        print(f"attendance {finding.attendance}{where}: {finding.what}")
    print(f"{count} attendances verified, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
