"""Suspends an institution or a course in a regulator's region, or lifts that (article 30, docs/adr/0023)."""

import uuid
from collections.abc import Collection

from tortoise.exceptions import IntegrityError

from classroom import notices
from classroom.clock import now_ms
from classroom.courses import store
from classroom.courses.rules import ClassPlace, Subject, Suspension, covering
from classroom.courses.scope import NOTHING, classes_seen, place_of, scope_of
from classroom.database import unit_of_work
from classroom.people import service as people
from classroom.people.regions import PROVINCE, within
from classroom.people.rules import Account, Role, Unknown, WrongState


async def suspend(by: Account, subject: Subject, subject_id: str, reason: str) -> str:
    """From now on nobody studies there, in the regulator's own region or, by an operator, anywhere; the answer is its id.

    Raises Unknown where the region has no such subject, WrongState where it is suspended already.
    """
    region = await _region_of(by)
    if not await _is_there(by, subject, subject_id):
        raise Unknown
    try:
        suspension_id = await _suspend(by, subject, subject_id, region, reason)
    except IntegrityError:  # a colleague did at the same moment
        raise WrongState from None
    await notices.publish("suspension", subject=subject.value, subject_id=subject_id)
    return suspension_id


@unit_of_work
async def _suspend(by: Account, subject: Subject, subject_id: str, region: str, reason: str) -> str:
    if any(one.region_code == region for one in await _live_of(subject, subject_id)):
        raise WrongState
    suspension_id, now = uuid.uuid4().hex, now_ms()
    about = {"subject": subject.value, "subject_id": subject_id, "region_code": region, "reason": reason}
    await store.add_suspension(id=suspension_id, live="1", at_ms=now, by_id=by.id, **about)
    await people.note(by.id, f"suspended_{subject.value}", detail=suspension_id)
    return suspension_id


async def lift(by: Account, suspension_id: str, reason: str) -> None:
    """Studying goes on. Raises Unknown for one outside the own region, WrongState where it was lifted already."""
    region = await _region_of(by)
    row = await store.suspension(suspension_id)
    if row is None or not within(row.region_code, region):
        raise Unknown  # a city doesn't undo what the province said
    await _lift(by, suspension_id, reason)
    await notices.publish("suspension", subject=row.subject, subject_id=row.subject_id)


@unit_of_work
async def _lift(by: Account, suspension_id: str, reason: str) -> None:
    if not await store.lift_suspension(suspension_id, now_ms(), by.id, reason):
        raise WrongState
    await people.note(by.id, "suspension_lifted", detail=suspension_id)


async def suspended(class_id: str) -> bool:
    """Whether a regulator has suspended the class' institution or course where it is held."""
    row = await store.training_class(class_id)
    return row is not None and bool(await suspensions_of(row.institution_id, row.course_id, row.region_code))


async def suspensions_of(institution_id: str, course_id: str, region_code: str) -> list[Suspension]:
    """What keeps a class there from going on."""
    live = [_suspension(row) for row in await store.live_suspensions()]
    return covering(live, ClassPlace("", "", institution_id, region_code, course_id))


async def holding(class_ids: Collection[str], barred: Collection[str]) -> dict[str, Suspension]:
    """What each class is kept by; of those ``barred`` that nothing keeps any more, what was lifted last."""
    live = [_suspension(row) for row in await store.live_suspensions()]
    found: dict[str, Suspension] = {}
    if not live and not barred:
        return found
    places = [place_of(row) for row in await store.classes(sorted(class_ids))]
    for place in places:
        if holds := covering(live, place):
            found[place.id] = holds[0]
    free = [place for place in places if place.id in barred and place.id not in found]
    if free:
        lifted = [_suspension(row) for row in await store.suspensions() if row.lifted_at_ms is not None]
        lifted.sort(key=lambda one: one.lifted_at_ms or 0)
        found |= {place.id: one for place in free for one in lifted if one.concerns(place)}
    return found


async def suspensions_seen(by: Account) -> list[Suspension]:
    """Those in the own region and those that hold there, lifted ones too, newest first."""
    scope = await scope_of(by)
    rows = [_suspension(row) for row in await store.suspensions()]
    if scope.everything:
        return rows
    if scope.region is None:
        return []
    return [one for one in rows if within(one.region_code, scope.region) or within(scope.region, one.region_code)]


async def _region_of(by: Account) -> str:
    scope = await scope_of(by) if by.role in (Role.REGULATOR, Role.OPERATOR) else NOTHING
    if scope.everything:
        return PROVINCE
    if scope.region is None:
        raise Unknown
    return scope.region


async def _is_there(by: Account, subject: Subject, subject_id: str) -> bool:
    places = await classes_seen(by)
    if subject is Subject.COURSE:
        return any(place.course_id == subject_id for place in places)
    if any(place.institution_id == subject_id for place in places):
        return True
    institution, region = await people.institution(subject_id), await _region_of(by)
    return institution is not None and institution.is_training and within(institution.city_code, region)


async def _live_of(subject: Subject, subject_id: str) -> list[Suspension]:
    live = [_suspension(row) for row in await store.live_suspensions()]
    return [one for one in live if (one.subject, one.subject_id) == (subject, subject_id)]


def _suspension(row: store.SuspensionRow) -> Suspension:
    return Suspension(
        id=row.id,
        subject=Subject(row.subject),
        subject_id=row.subject_id,
        region_code=row.region_code,
        reason=row.reason,
        at_ms=row.at_ms,
        by_id=row.by_id,
        lifted_at_ms=row.lifted_at_ms,
        lifted_by_id=row.lifted_by_id,
        lifted_reason=row.lifted_reason,
    )
