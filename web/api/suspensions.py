"""Regulators, in their own region, and operators suspend institutions and courses, and lift that (article 30)."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from classroom.courses import service as courses
from classroom.courses import suspensions
from classroom.courses.rules import Subject
from classroom.courses.scope import region_seen
from classroom.people import service as people
from classroom.people.contact import refuse_contact_data
from classroom.people.regions import region, within
from web.api.access import overseer
from web.api.oversight_shapes import Lift, Made, Named, Suspend, SuspensionView
from web.api.shapes import Error, Id

router = Router(tags=["oversight"])
_REFUSED = {403: Error, 404: Error, 409: Error, 422: Error}


@router.get("/suspensions", response={200: list[SuspensionView], **_REFUSED})
async def seen(request: HttpRequest) -> list[SuspensionView]:
    """Those in the own region and those that hold there, the newest first."""
    by = await overseer(request)
    own, found = await region_seen(by, None), await suspensions.suspensions_seen(by)
    persons = {who for one in found for who in (one.by_id, one.lifted_by_id) if who is not None}
    names = dict(await people.names_of(sorted(persons)))
    institutions = {one.id: one.name for one in await people.institutions()}
    titles = await courses.course_titles([one.subject_id for one in found if one.subject is Subject.COURSE])
    return [
        SuspensionView(
            id=one.id,
            subject=one.subject,
            subject_id=one.subject_id,
            title=(institutions if one.subject is Subject.INSTITUTION else titles).get(one.subject_id, ""),
            region=Named(code=one.region_code, name=region(one.region_code).name),
            reason=one.reason,
            by=names.get(one.by_id, ""),
            at_ms=one.at_ms,
            lifted_at_ms=one.lifted_at_ms,
            lifted_by=None if one.lifted_by_id is None else names.get(one.lifted_by_id, ""),
            lifted_reason=one.lifted_reason,
            mine=one.lifted_at_ms is None and within(one.region_code, own),
        )
        for one in found
    ]


@router.post("/suspensions", response={200: Made, **_REFUSED})
async def suspend(request: HttpRequest, body: Suspend) -> Made:
    """Whoever studies there stops at once and keeps what is held; a colleague who was faster wins (WRONG_STATE)."""
    by = await overseer(request)
    refuse_contact_data(body.reason)
    return Made(id=await suspensions.suspend(by, body.subject, body.subject_id, body.reason))


@router.post("/suspensions/{suspension_id}/lift", response={204: None, **_REFUSED})
async def lift(request: HttpRequest, suspension_id: Id, body: Lift) -> HttpResponse:
    """Studying goes on, unless another suspension holds there, too."""
    by = await overseer(request)
    refuse_contact_data(body.reason)
    await suspensions.lift(by, suspension_id, body.reason)
    return HttpResponse(status=204)
