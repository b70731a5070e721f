"""The only module that reads and writes what supervision keeps."""

from collections.abc import Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from classroom.supervision.tables import Act, Alert, BlockedDevice

ActRow = Act
AlertRow = Alert
OPEN = ("found", "handling")
_OPEN_AT_MOST, _CLOSED_AT_MOST, _ACTS_AT_MOST, _NOTES_AT_MOST = 500, 50, 100, 20

# ---------------------------------------------------------------- acts


async def add_act(**columns: Any) -> None:
    """A new row."""
    await Act.create(**columns)


async def act(act_id: str) -> Act | None:
    """By id."""
    return await Act.get_or_none(id=act_id)


async def set_outcome(act_id: str, outcome: str) -> None:
    """What became of it."""
    await Act.filter(id=act_id).update(outcome=outcome)


async def undo(learner_id: str, class_id: str | None, what: str, by_id: str, at_ms: int) -> int:
    """Mark those that were done and not undone yet."""
    where = {"learner_id": learner_id, "what": what, "undone_at_ms": None, "outcome": "DONE"}
    if class_id is not None:
        where["class_id"] = class_id
    return await Act.filter(**where).update(undone_by=by_id, undone_at_ms=at_ms)


async def acts_on(learner_id: str, class_id: str) -> list[Act]:
    """The newest."""
    return await Act.filter(learner_id=learner_id, class_id=class_id).order_by("-at_ms", "id").limit(_ACTS_AT_MOST)


async def unseen(learner_id: str, class_id: str | None, what: Sequence[str]) -> list[Act]:
    """What the learner hasn't acknowledged, the newest first."""
    where = {"learner_id": learner_id, "seen_at_ms": None, "undone_at_ms": None}
    if class_id is not None:
        where["class_id"] = class_id
    query = Act.filter(**where, what__in=list(what), outcome__in=["DONE", "LATER"])
    return await query.order_by("-at_ms", "id").limit(_NOTES_AT_MOST)


async def see(act_id: str, learner_id: str, at_ms: int) -> int:
    """The learner acknowledges it; once."""
    return await Act.filter(id=act_id, learner_id=learner_id, seen_at_ms=None).update(seen_at_ms=at_ms)


# ---------------------------------------------------------------- devices


async def add_block(**columns: Any) -> None:
    """A new row. Raises IntegrityError where it is blocked already."""
    await BlockedDevice.create(**columns)


async def is_blocked(learner_id: str, device: str) -> bool:
    """For this learner, now."""
    return await BlockedDevice.filter(learner_id=learner_id, device=device, live="1").exists()


async def lift_blocks(learner_id: str, by_id: str, at_ms: int) -> int:
    """All of the learner's."""
    query = BlockedDevice.filter(learner_id=learner_id, live="1")
    return await query.update(live=None, lifted_by=by_id, lifted_at_ms=at_ms)


# ---------------------------------------------------------------- alerts


async def add_alerts(connection: BaseDBAsyncClient, rows: Sequence[dict[str, Any]]) -> None:
    """Within the transaction of this connection; what is there already stays as it is."""
    await Alert.bulk_create([Alert(**row) for row in rows], ignore_conflicts=True, using_db=connection)


async def alert(alert_id: str) -> Alert | None:
    """By id."""
    return await Alert.get_or_none(id=alert_id)


async def alerts_of(class_ids: Sequence[str]) -> list[Alert]:
    """Open ones, the oldest first; then the newest that are closed."""
    mine = Alert.filter(class_id__in=list(class_ids))
    still = await mine.filter(state__in=OPEN).order_by("at_ms", "id").limit(_OPEN_AT_MOST)
    over = await mine.exclude(state__in=OPEN).order_by("-closed_at_ms", "id").limit(_CLOSED_AT_MOST)
    return [*still, *over]


async def claimed_by(account_id: str) -> list[Alert]:
    """Those somebody works on."""
    return await Alert.filter(claimed_by=account_id, state="handling").order_by("at_ms", "id")


async def change_alert(alert_id: str, was: str, by: str | None, **columns: Any) -> int:
    """Compare and set: nothing where the state, or who works on it, is another one."""
    query = Alert.filter(id=alert_id, state=was)
    return await (query if by is None else query.filter(claimed_by=by)).update(**columns)
