"""The queue for a person: who is called next, who calls whom, how long it takes about (docs/adr/0022).

A request keeps its place from when it was made: a place that moved when a check falls due would tell the learner so (ADR 3).
"""

import uuid
from collections.abc import Sequence
from typing import Literal

from classroom.clock import now_ms
from classroom.database import unit_of_work
from classroom.people import store
from classroom.people.requests import PersonRequest, request_of
from classroom.people.rules import CheckedBy, RequestOutcome, RequestReason, Unknown, WrongState

SHOWN = 100  # the first, of all classes that are asked for
A_CALL_MS = 180_000  # as long as nothing is known of how long they take
CALLS_LOOKED_AT = 10
LAPSED_MS = 900_000  # longer than any call: whoever took it then has left

Way = Literal["asked", "always"]


async def way_of(learner_id: str, class_id: str) -> Way | None:
    """Whether this learner's checks are by a person: always, or the next one, for it was asked so."""
    row = await store.accounts.account(learner_id)
    if row is not None and row.checked_by == CheckedBy.PERSON:
        return "always"
    return None if await store.helped.open_request_of(learner_id, class_id) is None else "asked"


@unit_of_work
async def choose(learner_id: str, by: CheckedBy) -> None:
    """The learner's own choice, for whatever reason; nothing is asked. Raises Unknown."""
    if await store.accounts.set_checked_by(learner_id, by.value) == 0:
        raise Unknown
    await store.accounts.note(now_ms(), learner_id, "checked_by", detail=by.value)


@unit_of_work
async def due(learner_id: str, class_id: str) -> None:
    """A check is due and a person is to make it: the request that is open, or a new one; saying it again changes nothing."""
    now = now_ms()
    row = await store.helped.open_request_of(learner_id, class_id)
    if row is None:
        row = await store.helped.add_request(
            id=uuid.uuid4().hex,
            learner_id=learner_id,
            class_id=class_id,
            check_id=None,
            reason=RequestReason.NOT_BY_FACE.value,
            requested_at_ms=now,
        )
        await store.accounts.note(now, learner_id, "person_requested", detail=row.id)
    await store.helped.request_due(row.id, now)


async def queue_of(class_ids: Sequence[str]) -> list[PersonRequest]:
    """Of these classes, in their order."""
    return [request_of(row) for row in await store.helped.queue_of(class_ids, SHOWN)]


async def find(request_id: str) -> PersonRequest:
    """One request. Raises Unknown."""
    row = await store.helped.request(request_id)
    if row is None:
        raise Unknown
    return request_of(row)


async def place_of(one: PersonRequest) -> tuple[int, int] | None:
    """The place in the queue, from 1, and about how long until then in ms; None where it isn't waiting."""
    if one.handled_at_ms is not None or one.class_id is None:
        return None
    place = 1 + await store.helped.before_in_queue(one.class_id, one.requested_at_ms)
    calls = [
        row.handled_at_ms - row.taken_at_ms
        for row in await store.helped.newest_calls(one.class_id, CALLS_LOOKED_AT)
        if row.handled_at_ms is not None and row.taken_at_ms is not None
    ]
    return place, place * (sum(calls) // len(calls) if calls else A_CALL_MS)


@unit_of_work
async def take(request_id: str, by: str, check: str) -> None:
    """Call this learner now, by this check. Raises WrongState where a colleague was faster."""
    now = now_ms()
    if await store.helped.take_request(request_id, by, check, now, now - LAPSED_MS) == 0:
        raise WrongState
    await store.accounts.note(now, by, "person_called", by, request_id)


async def call(check: str) -> PersonRequest | None:
    """The request that this check answers, while it is open."""
    row = await store.helped.request_of_call(check)
    return None if row is None else request_of(row)


async def call_of(learner_id: str, class_id: str) -> str | None:
    """The check by which this learner is being called, as far as anybody wrote down."""
    row = await store.helped.open_request_of(learner_id, class_id)
    return None if row is None else row.call_check


@unit_of_work
async def ended(check: str, *, passed: bool | None) -> str | None:
    """The call is over: with a verdict the request is answered, without one it is back in its place.

    Whoever says it first; the answer is the class whose queue has changed, or None.
    """
    row = await store.helped.request_of_call(check)
    if row is None or row.taken_by is None:
        return None
    if passed is None:
        return row.class_id if await store.helped.end_call(check) else None
    outcome = RequestOutcome.PASSED_BY_PERSON if passed else RequestOutcome.REFUSED_BY_PERSON
    now = now_ms()
    if await store.helped.decide_call(check, now, row.taken_by, outcome.value) == 0:
        return None
    await store.accounts.note(now, row.learner_id, "person_request_handled", row.taken_by, outcome.value)
    return row.class_id
