"""What needs a person: found with a transition, claimed by one, closed with what was done (rows 29, 30)."""

import uuid
from collections.abc import Sequence

from tortoise.backends.base.client import BaseDBAsyncClient

from classroom import notices
from classroom.attendance.store import Concerned
from classroom.clock import now_ms
from classroom.courses import scope
from classroom.database import unit_of_work
from classroom.people import service as people
from classroom.people.rules import Account, Role, Unknown
from classroom.supervision import store
from classroom.supervision.rules import SEVERITY, Alert, AlertOutcome, AlertState, AlertTaken, Severity, state_of

ACT = frozenset({Role.STAFF, Role.PROCTOR})


async def write(connection: BaseDBAsyncClient, concerned: list[Concerned]) -> None:
    """In the transaction of the journal rows: as many as were committed, none twice (the store's ``beside``)."""
    await store.add_alerts(connection, [_row(one) for one in concerned])


def _row(one: Concerned) -> dict[str, object]:
    concern = one.concern
    return {
        "id": uuid.uuid4().hex,
        "attendance_id": one.attendance,
        "seq": concern.seq,
        "class_id": one.class_id,
        "learner_id": one.learner_id,
        "kind": concern.kind,
        "about": concern.about,
        "severity": SEVERITY.get(concern.kind, Severity.LOW).value,
        "at_ms": concern.at,
        "reason": concern.reason,
        "cost_ms": concern.cost_ms,
        "state": AlertState.FOUND.value,
    }


async def alerts_of(by: Account, class_ids: Sequence[str]) -> list[Alert]:
    """Open ones, oldest first, then what was closed last. Raises Unknown for a class outside one's scope."""
    seen = {place.id for place in await scope.classes_seen(by)}
    if not set(class_ids) <= seen:
        raise Unknown
    return [_alert(row) for row in await store.alerts_of(class_ids)]


@unit_of_work
async def claim(by: Account, alert_id: str) -> None:
    """One works on it, so that two don't. Raises Unknown, AlertTaken."""
    row = await _mine(by, alert_id)
    columns = {"state": AlertState.HANDLING.value, "claimed_by": by.id, "claimed_at_ms": now_ms()}
    if not await store.change_alert(row.id, AlertState.FOUND.value, None, **columns):
        raise AlertTaken


@unit_of_work
async def release(by: Account, alert_id: str) -> None:
    """Back to the queue. Raises Unknown, AlertTaken where it isn't one's own."""
    row = await _mine(by, alert_id)
    columns = {"state": AlertState.FOUND.value, "claimed_by": None, "claimed_at_ms": None}
    if not await store.change_alert(row.id, AlertState.HANDLING.value, by.id, **columns):
        raise AlertTaken


@unit_of_work
async def close(by: Account, alert_id: str, outcome: AlertOutcome) -> None:
    """What was done about it; only by who claimed it. Raises Unknown, AlertTaken."""
    row = await _mine(by, alert_id)
    columns = {
        "state": state_of(outcome).value,
        "outcome": outcome.value,
        "closed_by": by.id,
        "closed_at_ms": now_ms(),
    }
    if not await store.change_alert(row.id, AlertState.HANDLING.value, by.id, **columns):
        raise AlertTaken


async def class_of(alert_id: str) -> str:
    """Of which class. Raises Unknown."""
    row = await store.alert(alert_id)
    if row is None:
        raise Unknown
    return row.class_id


async def _mine(by: Account, alert_id: str) -> store.AlertRow:
    row = await store.alert(alert_id)
    if row is None or by.role not in ACT:
        raise Unknown
    await scope.class_seen(by, row.class_id)
    return row


# ------------------------------------------------------------------ the end of a shift


async def colleagues(by: Account, class_ids: Sequence[str]) -> list[Account]:
    """Who of the institution may take over everything of these classes. Raises Unknown."""
    seen = {place.id for place in await scope.classes_seen(by)}
    if by.role not in ACT or not set(class_ids) <= seen:
        raise Unknown
    found = []
    for one in await people.staff_and_proctors(by.institution_id):
        theirs = {place.id for place in await scope.classes_seen(one)}
        if one.id != by.id and set(class_ids) <= theirs:
            found.append(one)
    return found


async def hand_over(by: Account, to: str | None) -> tuple[int, int]:
    """All that one works on to a colleague, or back to the queue; how many went, how many went back. Raises Unknown.

    What the colleague may not see goes back to the queue: nothing is left with who goes home.
    """
    colleague = None
    if to is not None:
        colleague = next((one for one in await people.staff_and_proctors(by.institution_id) if one.id == to), None)
        if colleague is None or colleague.id == by.id:
            raise Unknown
    given, back, changed = await _hand_over(by, colleague)
    for class_id in changed:
        await notices.publish("class_news", class_id=class_id, list="alerts")
    return given, back


@unit_of_work
async def _hand_over(by: Account, to: Account | None) -> tuple[int, int, set[str]]:
    theirs = set() if to is None else {place.id for place in await scope.classes_seen(to)}
    given = back = 0
    changed = set()
    for row in await store.claimed_by(by.id):
        if to is not None and row.class_id in theirs:
            columns: dict[str, object] = {"claimed_by": to.id, "claimed_at_ms": now_ms()}
        else:
            columns = {"state": AlertState.FOUND.value, "claimed_by": None, "claimed_at_ms": None}
        done = await store.change_alert(row.id, AlertState.HANDLING.value, by.id, **columns)
        if done and "state" in columns:
            back += 1
        elif done:
            given += 1
        changed.add(row.class_id)
    return given, back, changed


async def names(alerts: Sequence[Alert]) -> dict[str, str]:
    """Of everybody who is named in them."""
    ids = {one for alert in alerts for one in (alert.learner_id, alert.claimed_by, alert.closed_by) if one is not None}
    return dict(await people.names_of(sorted(ids)))



def _alert(row: store.AlertRow) -> Alert:
    return Alert(
        id=row.id,
        class_id=row.class_id,
        learner_id=row.learner_id,
        kind=row.kind,
        severity=Severity(row.severity),
        at_ms=row.at_ms,
        about=row.about or None,
        reason=row.reason,
        cost_ms=row.cost_ms,
        state=AlertState(row.state),
        claimed_by=row.claimed_by,
        claimed_at_ms=row.claimed_at_ms,
        closed_by=row.closed_by,
        closed_at_ms=row.closed_at_ms,
        outcome=None if row.outcome is None else AlertOutcome(row.outcome),
    )
