"""Use cases of courses: what a class studies, signed addresses, what was delivered."""

import uuid
from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from classroom import database
from classroom.courses import store, tickets
from classroom.courses.catalogue import Qualification, item_of
from classroom.courses.deliveries import Deliveries
from classroom.courses.rules import (
    ClassOutline,
    ClassPlace,
    Lesson,
    Membership,
    NotRegistered,
    Suspended,
    may_be_id,
    reaches,
)
from classroom.courses.scope import place_of
from classroom.courses.suspensions import suspensions_of
from classroom.courses.tickets import Ticket
from classroom.database import unit_of_work
from classroom.people import service as people
from classroom.people.regions import within
from classroom.people.rules import InstitutionState

_LESSONS_AT_MOST = 1_000
AT_ONCE = 500  # SQLite takes some thousand values in a query
_lessons: "OrderedDict[str, Lesson]" = OrderedDict()  # a lesson never changes: a new version gets a new id
_deliveries = Deliveries(store.add_deliveries, store.delivered_segments)
database.on_close(_lessons.clear)
database.on_close(_deliveries.forget)


async def class_outline(class_id: str) -> ClassOutline | None:
    """The class with its lessons in order."""
    row = await store.training_class(class_id)
    institution = None if row is None else await people.institution(row.institution_id)
    if row is None or institution is None:
        return None
    lessons = tuple(_lesson(lesson) for lesson in await store.lessons_of(row.course_id))
    return ClassOutline(row.id, row.title, institution.name, institution.id, row.region_code, row.course_id, lessons)


async def is_enrolled(learner_id: str, class_id: str) -> bool:
    """Whether the learner may study in the class (regulation 2.1.2: access by enrolment)."""
    return may_be_id(class_id) and await store.is_member(class_id, learner_id)


async def members_of(class_id: str) -> list[str]:
    """The learners of a class."""
    return await store.members_of(class_id)


async def places_of(class_ids: Sequence[str]) -> list[ClassPlace]:
    """Where these classes are held, and what they train for; none for those that there aren't."""
    return [place_of(row) for row in await store.classes(class_ids)]


async def members(class_ids: Sequence[str], learner_ids: Sequence[str] | None = None) -> list[tuple[str, str]]:
    """(learner, class) in order, of these classes only, and of these learners where they are named."""
    found: list[tuple[str, str]] = []
    for start in range(0, len(class_ids), AT_ONCE):
        found += await store.members_in(class_ids[start : start + AT_ONCE], learner_ids)
    return sorted(found)


async def course_titles(course_ids: Sequence[str]) -> dict[str, str]:
    """By id; none for those that there aren't."""
    return dict(await store.course_titles(course_ids))


async def classes_of(learner_id: str) -> list[Membership]:
    """The classes of a learner."""
    classes = []
    for row in await store.classes_of(learner_id):
        institution = await people.institution(row.institution_id)
        classes.append(Membership(row.id, row.title, "" if institution is None else institution.name))
    return classes


async def lesson(lesson_id: str) -> Lesson | None:
    """One lesson."""
    if lesson_id not in _lessons:
        row = await store.lesson(lesson_id)
        if row is None:
            return None
        if len(_lessons) >= _LESSONS_AT_MOST:
            _lessons.popitem(last=False)
        _lessons[lesson_id] = _lesson(row)
    return _lessons[lesson_id]


def sign_ticket(session_id: str, learner_id: str, lesson_id: str, now_ms: int) -> str:
    """The part of a media address that says for whom it is."""
    return tickets.sign(Ticket(session_id, learner_id, lesson_id, now_ms + tickets.TICKET_MS))


def read_ticket(ticket: str, now_ms: int) -> Ticket:
    """Who may fetch what with this address. Raises TicketRefused."""
    return tickets.read(ticket, now_ms)


def master_url(session_id: str, learner_id: str, lesson_id: str, now_ms: int) -> str:
    """The address of a lesson's master playlist, signed for this session."""
    return f"/media/{sign_ticket(session_id, learner_id, lesson_id, now_ms)}/{lesson_id}/master.m3u8"


async def record_delivery(session_id: str, lesson_id: str, rendition: str, segment: int, at_ms: int) -> None:
    """Note that the last byte of a segment was handed over; committed when this returns."""
    await _deliveries.add(session_id, lesson_id, rendition, segment, at_ms)


async def delivered_to(session_id: str, lesson_id: str, from_ms: int) -> int:
    """The end (ms) of the unbroken delivered media that contains ``from_ms``, in any rendition; ``from_ms`` if none."""
    about = await lesson(lesson_id)
    if about is None:
        return from_ms
    end = reaches(about, _deliveries.known(session_id, lesson_id), from_ms)
    if end >= min(from_ms + 10_000, about.length_ms):  # two heartbeats ahead: another process' rows change nothing yet
        return end
    return reaches(about, await _deliveries.stored(session_id, lesson_id), from_ms)


def reached(session_id: str, lesson_id: str, from_ms: int, position_ms: int) -> int | None:
    """``delivered_to`` where this process' memory is enough: media is there for two heartbeats past ``position_ms``."""
    about = _lessons.get(lesson_id)
    if about is None:
        return None
    end = reaches(about, _deliveries.known(session_id, lesson_id), from_ms)
    return end if end >= min(position_ms + 10_000, about.length_ms) else None


@unit_of_work
async def add_course(title: str, lessons: list[Lesson], course_id: str | None = None) -> str:
    """Make a course of lessons whose media lie ready under their ids; the answer is its id."""
    course_id = course_id or uuid.uuid4().hex
    await store.add_course(id=course_id, title=title)
    for position, one in enumerate(lessons):
        await store.add_lesson(
            id=one.id,
            course_id=course_id,
            position=position,
            title=one.title,
            length_ms=one.length_ms,
            segments=msgspec.json.encode(one.segments).decode(),
        )
    return course_id


async def add_class(
    class_id: str,
    title: str,
    institution_id: str,
    course_id: str,
    region_code: str | None = None,
    trains_for: tuple[Qualification, str] | None = None,
) -> None:
    """Open a class, in the institution's own city unless another city or county is named.

    ``trains_for``: a kind of qualification with one of its items (catalogue.py).
    Raises NotRegistered, Suspended, UnknownRegion, UnknownItem.
    """
    qualification, item_code = (None, None) if trains_for is None else trains_for
    if qualification is not None and item_code is not None:
        item_of(qualification, item_code)
    institution = await people.institution(institution_id)
    if institution is None or institution.state is not InstitutionState.ACTIVE:
        raise NotRegistered(institution_id)  # article 12: none opens a class before it is registered, or after
    where = region_code or institution.city_code
    if not any(within(where, city) for city in await people.cities_of(institution_id)):
        raise NotRegistered(where)
    if await suspensions_of(institution_id, course_id, where):
        raise Suspended(where)
    await store.add_class(
        id=class_id,
        title=title,
        institution_id=institution_id,
        course_id=course_id,
        region_code=where,
        qualification=qualification,
        item_code=item_code,
    )


async def assign_proctor(class_id: str, proctor_id: str) -> None:
    """A proctor watches a class from now on; safe to repeat."""
    await store.add_proctor(class_id, proctor_id)


async def enrol(learner_id: str, class_id: str) -> None:
    """Enrol a learner in a class; safe to repeat."""
    await store.add_member(class_id, learner_id)


def _lesson(row: store.LessonRow) -> Lesson:
    return Lesson(row.id, row.title, row.length_ms, msgspec.json.decode(row.segments, type=tuple[int, ...]))
