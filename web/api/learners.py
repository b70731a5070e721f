"""Regulators find learners of their own region, with what they are doing now; every look is in the operation log."""

from django.http import HttpRequest
from ninja import Router

from classroom.attendance import service as attendance
from classroom.attendance.standing import Standing
from classroom.courses.rules import ClassPlace
from classroom.oversight import search
from classroom.people import faces
from classroom.people import service as people
from classroom.people.regions import region
from classroom.people.rules import Account, Unknown
from classroom.supervision.rules import may_look
from web.api.access import overseer
from web.api.oversight_shapes import DoingNow, LearnerFound, LearnerView, Named, Search, SearchAnswer
from web.api.shapes import Error, Id
from web.operations import CONDITIONS

router = Router(tags=["oversight"])
_REFUSED = {403: Error, 404: Error, 409: Error, 422: Error}


@router.post("/learners/search", response={200: SearchAnswer, **_REFUSED})
async def find(request: HttpRequest, body: Search) -> SearchAnswer:
    """By whole name, ID number, gender, institution; the log holds which, by blind index."""
    by = await overseer(request)
    wanted = search.Conditions(body.name, body.id_number, body.gender, body.institution)
    request.META[CONDITIONS] = wanted.shown
    found, more = await search.search(by, wanted)
    names = {one.id: one.name for one in await people.institutions()}
    return SearchAnswer(
        learners=[_found(one.learner, one.place, names, one.standing) for one in found],
        more=more,
    )


@router.get("/learners/{learner_id}/classes/{class_id}", response={200: LearnerView, **_REFUSED})
async def look(request: HttpRequest, learner_id: Id, class_id: Id) -> LearnerView:
    """Every second of the sessions, and every check."""
    by = await overseer(request)
    seen = await search.learner_seen(by, class_id, learner_id)
    if seen is None:
        raise Unknown
    record = await attendance.record(learner_id, class_id)
    kept = await faces.checks_with_evidence(learner_id, [one["id"] for one in record["checks"]])
    standings = await attendance.standings_of([learner_id])
    names = {one.id: one.name for one in await people.institutions()}
    return LearnerView(
        learner=_found(*seen, names, standings.get((learner_id, class_id))),
        record=record,
        pictures=sorted(kept) if may_look(by.role) else [],
    )


def _found(one: Account, place: ClassPlace, names: dict[str, str], standing: Standing | None) -> LearnerFound:
    return LearnerFound(
        learner_id=one.id,
        class_id=place.id,
        display_name=one.display_name,
        gender=one.gender,
        birth_year=one.birth_year,
        id_masked=one.id_masked,
        class_title=place.title,
        institution=names.get(place.institution_id, ""),
        region=Named(code=place.region_code, name=region(place.region_code).name),
        now=None
        if standing is None
        else DoingNow(
            phase=standing.phase,
            reason=standing.reason,
            connected=standing.connected,
            since_ms=standing.since,
            as_of_ms=standing.as_of,
            counted_ms=standing.counted_ms,
            held_ms=standing.held_ms,
            not_counted_ms=standing.not_counted_ms,
        ),
    )
