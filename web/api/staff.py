"""What an institution's staff do: confirm portraits, let a learner go on."""

import base64

from django.http import HttpRequest, HttpResponse
from ninja import Router

from classroom import notices
from classroom.attendance import service as attendance
from classroom.clock import now_ms
from classroom.people import alternatives, faces
from classroom.people import service as people
from web.api.access import staff
from web.api.shapes import Error, Id, RefusePortrait, SetAlternative, StaffLearner, WaitingPortrait

router = Router(tags=["staff"])
_DECIDED = {204: None, 404: Error, 409: Error}


@router.get("/portraits", response=list[WaitingPortrait])
async def waiting_portraits(request: HttpRequest) -> list[WaitingPortrait]:
    """Portraits of the own institution's learners that wait for a decision."""
    by = await staff(request)
    return [
        WaitingPortrait(
            learner_id=one.learner_id,
            display_name=one.display_name,
            submitted_at_ms=one.submitted_at_ms,
            picture="data:image/jpeg;base64," + base64.b64encode(one.jpeg).decode(),
        )
        for one in await faces.pending_portraits(by.id)
    ]


@router.post("/portraits/{learner_id}/confirm", response=_DECIDED)
async def confirm(request: HttpRequest, learner_id: Id) -> HttpResponse:
    """The portrait shows this learner."""
    by = await staff(request)
    await faces.confirm_portrait(learner_id, by.id)
    return HttpResponse(status=204)


@router.post("/portraits/{learner_id}/refuse", response=_DECIDED)
async def refuse(request: HttpRequest, learner_id: Id, body: RefusePortrait) -> HttpResponse:
    """The portrait doesn't show this learner, or not well enough."""
    by = await staff(request)
    await faces.refuse_portrait(learner_id, by.id, body.reason)
    return HttpResponse(status=204)


@router.get("/learners", response=list[StaffLearner])
async def learners(request: HttpRequest) -> list[StaffLearner]:
    """The own institution's learners."""
    by = await staff(request)
    now, seen = now_ms(), await people.learners_seen_by(by.id)
    ids = [one.id for one in seen]
    states, fewer = await faces.portrait_states(ids), await alternatives.alternatives_of(ids)
    failed, may_enrol = await attendance.failed_checks_today(ids, now), await faces.who_may_enrol(ids)
    return [
        StaffLearner(
            learner_id=one.id,
            display_name=one.display_name,
            portrait=states[one.id],
            failed_checks_today=failed[one.id],
            may_enrol=one.id in may_enrol,
            not_asked=list(fewer[one.id].not_asked) if one.id in fewer else [],
            not_asked_reason=fewer[one.id].reason if one.id in fewer else None,
        )
        for one in seen
    ]


@router.post("/learners/{learner_id}/allow", response=_DECIDED)
async def allow(request: HttpRequest, learner_id: Id) -> HttpResponse:
    """Let a learner be checked again after the day's failures are used up."""
    by = await staff(request)
    await people.staff_of(by.id, learner_id)
    await attendance.allow(learner_id, by.id, now_ms())
    await notices.publish("allowed", learner_id=learner_id)
    return HttpResponse(status=204)


@router.post("/learners/{learner_id}/allow-enrolment", response=_DECIDED)
async def allow_enrolment(request: HttpRequest, learner_id: Id) -> HttpResponse:
    """Let a learner enrol a new portrait."""
    by = await staff(request)
    await faces.allow_enrolment(learner_id, by.id)
    await notices.publish("portrait", learner_id=learner_id)
    return HttpResponse(status=204)


@router.post("/learners/{learner_id}/actions", response=_DECIDED)
async def set_actions(request: HttpRequest, learner_id: Id, body: SetAlternative) -> HttpResponse:
    """Say which actions no check asks of a learner who can't do them."""
    by = await staff(request)
    await alternatives.set_alternative(learner_id, by.id, body.not_asked, body.reason)
    return HttpResponse(status=204)
