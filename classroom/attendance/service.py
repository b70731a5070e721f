"""Use cases on attendances: open, claim, read the record, allow again."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from classroom import notices
from classroom.attendance.codec import decode, encode
from classroom.attendance.events import Allowed, AttendanceOpened, OwnerLost
from classroom.attendance.ledger import Ledger, events_of, fold, verify_links
from classroom.attendance.record import Record, totals
from classroom.attendance.standing import Standing
from classroom.attendance.standing import decode as decode_standing
from classroom.attendance.state import State, day_of
from classroom.attendance.store import Beside, OwnedElsewhere, Store
from classroom.attendance.times import settle


def new_id() -> str:
    """A random id (32 hex digits)."""
    return uuid.uuid4().hex


def reading_store(owner: str = "", beside: Beside | None = None) -> Store:
    """A store for a request that reads, or for a staff command; ``beside`` writes what of its rows needs a person."""
    import settings
    from classroom.database import connection_in_use

    return Store(connection_in_use(), owner or f"cli{new_id()[:20]}", settings.JOURNAL_KEY, beside)


async def attendance_of(
    store: Store, learner: str, class_id: str, lessons: tuple[tuple[str, int], ...], at: int
) -> str:
    """The attendance of a learner in a class, opened on the first visit."""
    found = await store.find(learner, class_id)
    if found is not None:
        return found
    opened = encode(AttendanceOpened(at, lessons))
    return await store.open(new_id(), learner, class_id, at, opened)


async def take(
    store: Store, attendance: str, at: int, *, lease_ms: int | None = None, given_up: OwnedElsewhere | None = None
) -> Ledger:
    """Own the seat: fold its journal and checkpoint; what a dead owner left is dated at its last sign of life.

    Raises SealBroken, ChainBroken; with a lease OwnedElsewhere, see ``Store.claim``.
    """
    claim = await store.claim(attendance, at, lease_ms=lease_ms, given_up=given_up)
    ledger = Ledger(attendance, claim.epoch, claim.rows, claim.checkpoint, decode_standing(claim.standing))
    if claim.was_live and claim.abandoned_at is not None:
        contact = ledger.state.contact_at
        ledger.apply(OwnerLost(max(claim.abandoned_at, contact, ledger.latest_at)))
    return ledger


async def used_elsewhere(store: Store, learner: str, attendance: str, at: int) -> int:
    """What the learner's other classes have used of today's cap, in ms."""
    used = 0
    for other in await store.attendances_of(learner):
        if other != attendance:
            state = await read(store, other)
            if state.day.number == day_of(at):
                used += state.used_today_ms - state.day.used_elsewhere_ms
    return used


async def read(store: Store, attendance: str) -> State:
    """The state as it is stored."""
    return fold(attendance, await store.rows(attendance), await store.checkpoint_of(attendance))


async def failed_checks_today(learner_ids: Sequence[str], now_ms: int) -> dict[str, int]:
    """Failed checks of this day, the most of any class; no journal is folded for it."""
    today, counts = day_of(now_ms), dict.fromkeys(learner_ids, 0)
    for (learner, _), standing in (await standings_of(learner_ids)).items():
        if standing.day == today:
            counts[learner] = max(counts[learner], standing.failed_checks)
    return counts


async def allow(learner_id: str, by: str, now_ms: int) -> None:
    """Let a learner try again after the day's failed checks; an event of the journal."""
    handled: set[str] = set()
    await notices.publish("allow", learner_id=learner_id, by=by, handled=handled)
    store = reading_store()
    for attendance in await store.attendances_of(learner_id):
        if attendance in handled:
            continue
        ledger = await take(store, attendance, now_ms)  # whose owner couldn't be asked notices by the fence
        ledger.apply(Allowed(max(now_ms, ledger.latest_at), by))
        await store.save([replace(ledger.take(), release=True)], now_ms)


async def standings_of(learner_ids: Sequence[str]) -> dict[tuple[str, str], Standing]:
    """What was last committed of these learners, by learner and class."""
    rows = await reading_store().standings_of_learners(learner_ids)
    found = ((learner, class_id, decode_standing(text)) for learner, class_id, text in rows)
    return {(learner, class_id): one for learner, class_id, one in found if one is not None}


async def told(learner_id: str, class_id: str) -> tuple[str, Record] | None:
    """The attendance with its journal told; None before the first visit. Raises ChainBroken."""
    store = reading_store()
    attendance = await store.find(learner_id, class_id)
    if attendance is None:
        return None
    rows = await store.rows(attendance)
    verify_links(attendance, rows)
    reader = Record()
    for event in events_of(attendance, rows):
        reader.read(event)
    return attendance, reader


async def record(learner_id: str, class_id: str) -> dict[str, Any]:
    """The whole record as JSON-able values; see the HTTP API."""
    from classroom.clock import now_ms

    found = await told(learner_id, class_id)
    if found is None:
        return {"sessions": [], "checks": [], "bars": [], "corrections": [], "lessons": []}
    attendance, reader = found
    return _readable(reader, await reading_store().checkpoint_of(attendance), now_ms())


def _readable(reader: Record, checkpoint: str | None, now: int) -> dict[str, Any]:
    if checkpoint is not None:
        reader.read(decode(checkpoint)[1])
    reader.finish(now)
    settled = settle(reader.state, now)
    return {
        "sessions": [
            {
                "id": one.id,
                "started_at_ms": one.started_at_ms,
                "ended_at_ms": one.ended_at_ms,
                "ended_reason": one.ended_reason,
                **totals(one),
                "intervals": [asdict(interval) for interval in one.intervals],
            }
            for one in reader.sessions.values()
        ],
        "checks": [asdict(one) for one in reader.checks.values()],
        "bars": [asdict(one) for one in reader.bars],
        "corrections": [
            {"at_ms": one.at_ms, "about": one.about, "given_ms": one.given_ms} for one in reader.corrections
        ],
        "lessons": [
            {
                "lesson_id": lesson.id,
                "length_ms": lesson.length_ms,
                "counted_to_ms": lesson.counted_to_ms,
                "earned_to_ms": lesson.earned_to_ms,
                "dropped_to_ms": lesson.dropped_to_ms,
                "finished": lesson.finished(settled.state.rules),
            }
            for lesson in settled.state.lessons
        ],
    }
