"""Every query of who is checked otherwise: what isn't asked of whom, requests for a person and their queue."""

from collections.abc import Sequence
from typing import Any

from tortoise.expressions import Q

from classroom.people.tables import Alternative, PersonRequest

RequestRow = PersonRequest


async def live_alternatives_of(learner_ids: Sequence[str]) -> list[Alternative]:
    """One a learner at most."""
    return await Alternative.filter(learner_id__in=list(learner_ids), live="1")


async def add_alternative(**columns: Any) -> None:
    """A new row."""
    await Alternative.create(**columns)


async def end_alternative(learner_id: str, at_ms: int, by_id: str) -> int:
    """1 where there was one."""
    rows = Alternative.filter(learner_id=learner_id, live="1")
    return await rows.update(live=None, ended_at_ms=at_ms, ended_by=by_id)


async def add_request(**columns: Any) -> PersonRequest:
    """A new row."""
    return await PersonRequest.create(**columns)


async def request(request_id: str) -> PersonRequest | None:
    """By id."""
    return await PersonRequest.get_or_none(id=request_id)


async def requests_of(learner_id: str, at_most: int) -> list[PersonRequest]:
    """A learner's, newest first."""
    return await PersonRequest.filter(learner_id=learner_id).order_by("-requested_at_ms", "id").limit(at_most)


async def open_requests_of(learner_ids: Sequence[str], at_most: int) -> list[PersonRequest]:
    """Those that wait, oldest first."""
    rows = PersonRequest.filter(learner_id__in=list(learner_ids), handled_at_ms=None)
    return await rows.order_by("requested_at_ms", "id").limit(at_most)


async def handled_requests_of(learner_ids: Sequence[str], at_most: int) -> list[PersonRequest]:
    """Those that were handled, newest first."""
    rows = PersonRequest.filter(learner_id__in=list(learner_ids), handled_at_ms__not_isnull=True)
    return await rows.order_by("-handled_at_ms", "id").limit(at_most)


async def close_request(request_id: str, at_ms: int, by_id: str, outcome: str) -> int:
    """Compare and set: 0 where it was handled meanwhile."""
    rows = PersonRequest.filter(id=request_id, handled_at_ms=None)
    return await rows.update(handled_at_ms=at_ms, handled_by=by_id, outcome=outcome)


async def queue_of(class_ids: Sequence[str], at_most: int) -> list[PersonRequest]:
    """Open requests of these classes, in the order in which they were made."""
    rows = PersonRequest.filter(class_id__in=list(class_ids), handled_at_ms=None)
    return await rows.order_by("requested_at_ms", "id").limit(at_most)


async def open_request_of(learner_id: str, class_id: str) -> PersonRequest | None:
    """The learner's oldest open one in a class."""
    rows = PersonRequest.filter(learner_id=learner_id, class_id=class_id, handled_at_ms=None)
    return await rows.order_by("requested_at_ms", "id").first()


async def before_in_queue(class_id: str, requested_at_ms: int) -> int:
    """How many in the class asked earlier and wait still."""
    return await PersonRequest.filter(
        class_id=class_id, handled_at_ms=None, requested_at_ms__lt=requested_at_ms
    ).count()


async def newest_calls(class_id: str, at_most: int) -> list[PersonRequest]:
    """Those of the class that were decided in a call, newest first."""
    rows = PersonRequest.filter(class_id=class_id, handled_at_ms__not_isnull=True, call_check__not_isnull=True)
    return await rows.order_by("-handled_at_ms").limit(at_most)


async def request_due(request_id: str, at_ms: int) -> int:
    """Note since when a check waits; 0 where that was known."""
    return await PersonRequest.filter(id=request_id, handled_at_ms=None, due_at_ms=None).update(due_at_ms=at_ms)


async def take_request(request_id: str, by_id: str, check: str, at_ms: int, lapsed_before_ms: int) -> int:
    """Compare and set: 0 where a colleague is faster. A call that began before then is over, whatever is written."""
    free = Q(taken_by=None) | Q(taken_at_ms__lt=lapsed_before_ms)
    rows = PersonRequest.filter(free, id=request_id, handled_at_ms=None)
    return await rows.update(taken_by=by_id, taken_at_ms=at_ms, call_check=check)


async def request_of_call(check: str) -> PersonRequest | None:
    """The open request that is being answered by this check."""
    return await PersonRequest.get_or_none(call_check=check, handled_at_ms=None)


async def end_call(check: str) -> int:
    """No verdict: back to its place; 0 where that was done."""
    rows = PersonRequest.filter(call_check=check, handled_at_ms=None)
    return await rows.update(taken_by=None, taken_at_ms=None, call_check=None, due_at_ms=None)


async def decide_call(check: str, at_ms: int, by_id: str, outcome: str) -> int:
    """Compare and set: 0 where it was written down."""
    rows = PersonRequest.filter(call_check=check, handled_at_ms=None)
    return await rows.update(handled_at_ms=at_ms, handled_by=by_id, outcome=outcome)
