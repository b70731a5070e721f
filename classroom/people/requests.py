"""A learner asks that a person look at their case; the institution's staff see it and say what they did.

No number, no WeChat name, no free text (row 14): codes only. The request moves no deadline and lifts no check (rule 8); from
the next check on a person makes it (queue.py).
"""

import uuid
from dataclasses import dataclass

import settings
from classroom.clock import now_ms
from classroom.database import unit_of_work
from classroom.people import store
from classroom.people.rules import OF_A_CALL, RequestLimit, RequestOutcome, RequestReason, Role, Unknown, WrongState
from classroom.people.service import account, staff_of

SHOWN_TO_LEARNER = 10  # the newest
OPEN_SHOWN = 100  # the oldest, of an institution
HANDLED_SHOWN = 20  # the newest
_DAY_MS, _SHANGHAI_MS = 86_400_000, 8 * 3_600_000


@dataclass(frozen=True, slots=True)
class PersonRequest:
    """One request, with what became of it."""

    id: str
    learner_id: str
    class_id: str | None
    check_id: str | None
    reason: RequestReason
    requested_at_ms: int
    handled_at_ms: int | None
    outcome: RequestOutcome | None
    due_at_ms: int | None = None
    taken_by: str | None = None
    call_check: str | None = None


@unit_of_work
async def request_person(
    learner_id: str, reason: RequestReason, class_id: str | None = None, check_id: str | None = None
) -> PersonRequest:
    """Note that this learner asks for a person; asking again about the same check changes nothing. Raises RequestLimit."""
    now = now_ms()
    day_began = now - (now + _SHANGHAI_MS) % _DAY_MS
    mine = await store.helped.requests_of(learner_id, settings.PERSON_REQUESTS_A_DAY + SHOWN_TO_LEARNER)
    for row in mine:
        if row.handled_at_ms is None and row.check_id == check_id and row.class_id == class_id:
            return request_of(row)
    if sum(row.requested_at_ms >= day_began for row in mine) >= settings.PERSON_REQUESTS_A_DAY:
        raise RequestLimit
    row = await store.helped.add_request(
        id=uuid.uuid4().hex,
        learner_id=learner_id,
        class_id=class_id,
        check_id=check_id,
        reason=reason.value,
        requested_at_ms=now,
    )
    await store.accounts.note(now, learner_id, "person_requested", detail=row.id)
    return request_of(row)


async def requests_of(learner_id: str) -> list[PersonRequest]:
    """The learner's own, newest first."""
    return [request_of(row) for row in await store.helped.requests_of(learner_id, SHOWN_TO_LEARNER)]


async def requests_seen_by(staff_id: str) -> list[PersonRequest]:
    """Those of the own institution's learners: open ones, oldest first; then what was handled last. Raises Unknown."""
    staff = await account(staff_id)
    if staff is None or staff.role is not Role.STAFF:
        raise Unknown
    learners = [row.id for row in await store.accounts.learners_of(staff.institution_id)]
    rows = await store.helped.open_requests_of(learners, OPEN_SHOWN)
    return [request_of(row) for row in (*rows, *await store.helped.handled_requests_of(learners, HANDLED_SHOWN))]


@unit_of_work
async def handle_request(request_id: str, by: str, outcome: RequestOutcome) -> PersonRequest:
    """Say what was done about it. Raises Unknown, WrongState where somebody was faster."""
    row = await store.helped.request(request_id)
    if row is None:
        raise Unknown
    await staff_of(by, row.learner_id)
    if outcome in OF_A_CALL:  # nobody writes down a check that wasn't made
        raise WrongState
    now = now_ms()
    if await store.helped.close_request(request_id, now, by, outcome.value) == 0:
        raise WrongState
    await store.accounts.note(now, row.learner_id, "person_request_handled", by, outcome.value)
    return request_of(row)


@unit_of_work
async def withdraw_request(request_id: str, learner_id: str) -> PersonRequest:
    """The learner asks for none any more. Raises Unknown, WrongState where it was answered meanwhile."""
    row = await store.helped.request(request_id)
    if row is None or row.learner_id != learner_id:
        raise Unknown
    now = now_ms()
    if await store.helped.close_request(request_id, now, learner_id, RequestOutcome.WITHDRAWN.value) == 0:
        raise WrongState
    await store.accounts.note(now, learner_id, "person_request_withdrawn")
    return request_of(row)


def request_of(row: store.helped.RequestRow) -> PersonRequest:
    """A request's row as what is known of it."""
    return PersonRequest(
        id=row.id,
        learner_id=row.learner_id,
        class_id=row.class_id,
        check_id=row.check_id,
        reason=RequestReason(row.reason),
        requested_at_ms=row.requested_at_ms,
        handled_at_ms=row.handled_at_ms,
        outcome=None if row.outcome is None else RequestOutcome(row.outcome),
        due_at_ms=row.due_at_ms,
        taken_by=row.taken_by,
        call_check=row.call_check,
    )
