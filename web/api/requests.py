"""Requests for a person: a learner makes them, the institution's staff answer them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from classroom.attendance import service as attendance
from classroom.attendance.ledger import ChainBroken
from classroom.courses import service as courses
from classroom.people import queue, requests
from classroom.people import service as people
from classroom.people.requests import PersonRequest
from classroom.supervision import persons
from web.api.access import learner, staff
from web.api.shapes import AskForPerson, CheckSummary, Error, HandleRequest, Id, PersonRequestView, StaffPersonRequest
from web.errors import Refusal

router = Router(tags=["requests"])


@router.get("/person-requests", response=list[PersonRequestView])
async def mine(request: HttpRequest) -> list[PersonRequestView]:
    """The learner's own, newest first."""
    account = await learner(request)
    return [await _view(one) for one in await requests.requests_of(account.id)]


@router.post("/person-requests", response={200: PersonRequestView, 404: Error, 429: Error})
async def ask(request: HttpRequest, body: AskForPerson) -> PersonRequestView:
    """Ask that a person look at one's case; an open check's deadline stays where it is (rule 8)."""
    account = await learner(request)
    if body.class_id is not None and not await courses.is_enrolled(account.id, body.class_id):
        raise Refusal(404)
    return await _view(await persons.ask(account.id, body.reason, body.class_id, body.check_id))


@router.post("/person-requests/{request_id}/withdraw", response={200: PersonRequestView, 404: Error, 409: Error})
async def withdraw(request: HttpRequest, request_id: Id) -> PersonRequestView:
    """Ask for none any more; the next check is by face again."""
    account = await learner(request)
    return await _view(await persons.withdraw(account.id, request_id))


@router.get("/staff/person-requests", response=list[StaffPersonRequest])
async def waiting(request: HttpRequest) -> list[StaffPersonRequest]:
    """Of the own institution's learners: open ones, oldest first, then what was handled last."""
    by = await staff(request)
    names = {one.id: one.display_name for one in await people.learners_seen_by(by.id)}
    looked_up: dict[tuple[str, str, bool], _Class] = {}
    shown = []
    for one in await requests.requests_seen_by(by.id):
        about = await _class_of(one, looked_up)
        shown.append(
            StaffPersonRequest(
                id=one.id,
                learner_id=one.learner_id,
                display_name=names[one.learner_id],
                class_title=about.title,
                reason=one.reason,
                requested_at_ms=one.requested_at_ms,
                check=about.check(one.check_id),
                handled_at_ms=one.handled_at_ms,
                outcome=one.outcome,
            )
        )
    return shown


@router.post("/staff/person-requests/{request_id}/handle", response={204: None, 404: Error, 409: Error})
async def handle(request: HttpRequest, request_id: Id, body: HandleRequest) -> HttpResponse:
    """Say what was done about it."""
    by = await staff(request)
    await persons.answered(await requests.handle_request(request_id, by.id, body.outcome))
    return HttpResponse(status=204)


class _Class:
    def __init__(self, title: str | None, checks: list[dict[str, Any]]) -> None:
        self.title = title
        self._checks = {one["id"]: one for one in checks}

    def check(self, check_id: str | None) -> CheckSummary | None:
        """Of this learner in this class only: an id of somebody else's check shows nothing."""
        found = self._checks.get(check_id)
        return None if found is None else CheckSummary(**{name: found[name] for name in CheckSummary.model_fields})


async def _class_of(one: PersonRequest, looked_up: dict[tuple[str, str, bool], _Class]) -> _Class:
    if one.class_id is None:
        return _Class(None, [])
    key = (one.learner_id, one.class_id, one.check_id is not None)
    if key not in looked_up:
        outline = await courses.class_outline(one.class_id)
        checks = [] if one.check_id is None else await _checks(one.learner_id, one.class_id)
        looked_up[key] = _Class(None if outline is None else outline.title, checks)
    return looked_up[key]


async def _checks(learner_id: str, class_id: str) -> list[dict[str, Any]]:
    try:
        checks: list[dict[str, Any]] = (await attendance.record(learner_id, class_id))["checks"]
    except ChainBroken:  # one record that was tampered with doesn't hide the others' requests
        return []
    return checks


async def _view(one: PersonRequest) -> PersonRequestView:
    place = await queue.place_of(one)
    return PersonRequestView(
        id=one.id,
        reason=one.reason,
        check_id=one.check_id,
        requested_at_ms=one.requested_at_ms,
        handled_at_ms=one.handled_at_ms,
        outcome=one.outcome,
        place=None if place is None else place[0],
        about_ms=None if place is None else place[1],
    )
