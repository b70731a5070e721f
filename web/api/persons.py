"""Live checks by a person: who waits, who calls, what they say; scoped by class, in the operation log (rows 22, 29)."""

import base64

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from classroom.people import service as people
from classroom.supervision import persons
from web.api.access import watcher
from web.api.acts import CLASSES_AT_MOST, actor
from web.api.shapes import Error, Id
from web.api.wall_shapes import CalledLearner, CallTaken, DecideCall, WaitingView
from web.errors import Refusal

router = Router(tags=["wall"])
_REFUSED = {403: Error, 404: Error, 409: Error, 503: Error}


@router.get("/persons", response={200: list[WaitingView], **_REFUSED})
async def waiting(request: HttpRequest, class_id: list[Id] = Query(...)) -> list[WaitingView]:  # noqa: B008  # ninja's way
    """Who asked for a person in these classes, in their order."""
    by = await watcher(request)
    if len(class_id) > CLASSES_AT_MOST:
        raise Refusal(422)
    found = await persons.waiting(by, class_id)
    people_named = {one.learner_id for one in found} | {one.taken_by for one in found if one.taken_by is not None}
    names = dict(await people.names_of(sorted(people_named)))
    return [
        WaitingView(
            id=one.id,
            class_id=one.class_id or "",
            learner_id=one.learner_id,
            display_name=names.get(one.learner_id, ""),
            reason=one.reason,
            requested_at_ms=one.requested_at_ms,
            due_at_ms=one.due_at_ms,
            taken_by_name=None if one.taken_by is None else names.get(one.taken_by, ""),
            mine=one.taken_by == by.id,
            check_id=one.call_check if one.taken_by == by.id else None,
        )
        for one in found
    ]


@router.post("/persons/{request_id}/take", response={200: CallTaken, **_REFUSED})
async def take(request: HttpRequest, request_id: Id) -> CallTaken:
    """Call the learner; a colleague who was faster keeps it (WRONG_STATE), nobody at the page is NOT_NOW."""
    by = await actor(request)
    return CallTaken(check_id=await persons.take(by, request_id))


@router.post("/persons/{request_id}/put-back", response={204: None, **_REFUSED})
async def put_back(request: HttpRequest, request_id: Id) -> HttpResponse:
    """Hang up without a verdict; the learner keeps the place."""
    await persons.put_back(await actor(request), request_id)
    return HttpResponse(status=204)


@router.post("/persons/{request_id}/decide", response={204: None, **_REFUSED})
async def decide(request: HttpRequest, request_id: Id, body: DecideCall) -> HttpResponse:
    """The verdict of whoever sees the learner."""
    by = await actor(request)
    if body.passed != (body.reason is None):
        raise Refusal(422)
    await persons.decide(by, request_id, body.reason)
    return HttpResponse(status=204)


@router.get("/persons/{request_id}/learner", response={200: CalledLearner, **_REFUSED, 410: Error})
async def learner(request: HttpRequest, request_id: Id) -> CalledLearner:
    """Whom one is talking to, while one does; the look is in the operation log."""
    by = await actor(request)
    found, jpeg = await persons.called_learner(by, request_id)
    return CalledLearner(
        display_name=found.display_name,
        id_masked=found.id_masked,
        portrait=None if jpeg is None else "data:image/jpeg;base64," + base64.b64encode(jpeg).decode(),
    )
