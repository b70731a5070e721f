"""What a regulator's page asks for beside its socket: what things are called, and how many were online before (row 20)."""

from dataclasses import asdict
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from classroom.clock import now_ms
from classroom.courses import scope, suspensions
from classroom.courses import service as courses
from classroom.courses.catalogue import FACETS
from classroom.courses.rules import ClassPlace, Subject
from classroom.oversight import service as kept
from classroom.oversight.rules import STEPS, Span
from classroom.people import service as people
from classroom.people.regions import below, parent, region, within
from classroom.people.rules import Account, Unknown
from web.api.access import overseer
from web.api.oversight_shapes import CurvePoint, CurveView, InstitutionView, Named, Places
from web.api.shapes import Error, Id
from web.errors import Refusal

router = Router(tags=["oversight"])
_REFUSED = {403: Error, 404: Error, 422: Error}
Code = Annotated[str, Query(max_length=6)]
Facet = Annotated[str, Query(max_length=64)]
Institution = Annotated[str, Query(max_length=32)]


@router.get("/places", response={200: Places, **_REFUSED})
async def places(request: HttpRequest, region_code: Code | None = None) -> Places:
    """Of the own region, or of one in it. Institutions are those with a seat or a class there, by name."""
    by = await overseer(request)
    own, at = await scope.region_seen(by, None), await scope.region_seen(by, region_code)
    path = [region(at)]
    while path[0].code != own and (outer := parent(path[0].code)) is not None:
        path.insert(0, outer)
    there = {one.institution_id for one in await _classes(by, at)}
    institutions = [
        one for one in await people.institutions() if one.id in there or (one.is_training and within(one.city_code, at))
    ]
    return Places(
        path=[Named(code=one.code, name=one.name) for one in path],
        regions=[Named(code=one.code, name=one.name) for one in below(at)],
        institutions=[Named(code=one.id, name=one.name) for one in sorted(institutions, key=lambda one: one.name)],
        facets=[Named(code=code, name=name) for code, name in FACETS.items()],
    )


@router.get("/institutions/{institution_id}", response={200: InstitutionView, **_REFUSED})
async def institution(request: HttpRequest, institution_id: Id, region_code: Code | None = None) -> InstitutionView:
    """One with a seat or a class in the region; any other isn't known to exist."""
    by = await overseer(request)
    at = await scope.region_seen(by, region_code)
    classes = [one for one in await _classes(by, at) if one.institution_id == institution_id]
    found = await people.institution(institution_id)
    if found is None or not (classes or (found.is_training and within(found.city_code, at))):
        raise Unknown
    live = [one for one in await suspensions.suspensions_seen(by) if one.lifted_at_ms is None]
    titles = await courses.course_titles(sorted({one.course_id for one in classes}))
    return InstitutionView(
        id=found.id,
        name=found.name,
        city=Named(code=found.city_code, name=region(found.city_code).name),
        state=found.state.value,
        suspended=any((one.subject, one.subject_id) == (Subject.INSTITUTION, found.id) for one in live),
        classes=[Named(code=one.id, name=one.title) for one in sorted(classes, key=lambda one: (one.title, one.id))],
        courses=[
            Named(code=one, name=title) for one, title in sorted(titles.items(), key=lambda one: (one[1], one[0]))
        ],
    )


@router.get("/curve", response={200: CurveView, **_REFUSED})
async def curve(
    request: HttpRequest, span: Span, region_code: Code | None = None, facet: Facet = "", institution: Institution = ""
) -> CurveView:
    """Peaks and means; of a facet in one institution none is kept."""
    by = await overseer(request)
    at = await scope.region_seen(by, region_code)
    if (facet and facet not in FACETS) or "|" in institution:
        raise Unknown
    if facet and institution:
        raise Refusal(422)
    now = now_ms()
    points = await kept.curve_of(f"{at}|{facet}|{institution}", span, now)
    steps = STEPS[span]
    return CurveView(
        now_ms=now, step_ms=steps.row_ms * steps.rows, points=[CurvePoint(**asdict(one)) for one in points]
    )


async def _classes(by: Account, at: str) -> list[ClassPlace]:
    return [one for one in await scope.classes_seen(by) if within(one.region_code, at)]
