"""What who watches may look at of one learner: the last hour as the record has it, a check's picture on demand (rows 20, 38)."""

from dataclasses import dataclass
from typing import Any

from classroom.attendance import service as attendance
from classroom.clock import now_ms
from classroom.courses import scope
from classroom.courses import service as courses
from classroom.people import faces
from classroom.people import service as people
from classroom.people.rules import Account, Unknown
from classroom.supervision.rules import Forbidden, may_look

SHOWN_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Look:
    """The last hour of one learner in a class; the dicts are those of the record."""

    display_name: str
    from_ms: int
    as_of_ms: int
    sessions: list[dict[str, Any]]
    intervals: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    bars: list[dict[str, Any]]
    pictures: frozenset[str]  # the checks of which one may ask for the picture


async def look_at(by: Account, class_id: str, learner_id: str) -> Look:
    """Only what reaches into the last hour. Raises Unknown."""
    await _seen(by, class_id, learner_id)
    until = now_ms()
    since = until - SHOWN_MS
    record = await attendance.record(learner_id, class_id)
    checks = [one for one in record["checks"] if (one["ended_at_ms"] or until) >= since]
    kept = await faces.checks_with_evidence(learner_id, [one["id"] for one in checks])
    intervals = [interval for session in record["sessions"] for interval in session["intervals"]]
    names = dict(await people.names_of([learner_id]))
    return Look(
        display_name=names.get(learner_id, ""),
        from_ms=since,
        as_of_ms=until,
        sessions=[one for one in record["sessions"] if (one["ended_at_ms"] or until) >= since],
        intervals=[one | {"from_ms": max(since, one["from_ms"])} for one in intervals if one["to_ms"] > since],
        checks=checks,
        bars=[one for one in record["bars"] if (one["to_ms"] or until) >= since],
        pictures=kept if may_look(by.role) else frozenset(),
    )


async def picture_of(by: Account, class_id: str, learner_id: str, check_id: str) -> bytes:
    """The frame that decided a check of this class, however long ago. Raises Unknown, Forbidden, KeyMissing."""
    await _seen(by, class_id, learner_id)
    if not may_look(by.role):
        raise Forbidden
    found = await attendance.told(learner_id, class_id)
    if found is None or check_id not in found[1].checks:
        raise Unknown  # of another class, perhaps
    return await faces.evidence_of_check(learner_id, check_id)


async def _seen(by: Account, class_id: str, learner_id: str) -> None:
    await scope.class_seen(by, class_id)
    if not await courses.is_enrolled(learner_id, class_id):
        raise Unknown
