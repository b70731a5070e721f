"""Every query of courses, classes and deliveries."""

from collections.abc import Iterable, Sequence
from typing import Any

from tortoise.expressions import Q

from classroom.courses.tables import (
    ClassMember,
    ClassProctor,
    Course,
    Courseware,
    Delivery,
    Lesson,
    Suspension,
    TrainingClass,
)

LessonRow = Lesson
ClassRow = TrainingClass
SuspensionRow = Suspension
CoursewareRow = Courseware
_SUSPENSIONS_AT_MOST = 500


async def add_course(**columns: Any) -> None:
    """A new row."""
    await Course.create(**columns)


async def add_lesson(**columns: Any) -> None:
    """A new row."""
    await Lesson.create(**columns)


async def add_class(**columns: Any) -> None:
    """A new row."""
    await TrainingClass.create(**columns)


async def add_member(class_id: str, learner_id: str) -> None:
    """A new row, unless it is there."""
    await ClassMember.get_or_create(class_id=class_id, learner_id=learner_id)


async def training_class(class_id: str) -> TrainingClass | None:
    """By id."""
    return await TrainingClass.get_or_none(id=class_id)


async def classes(class_ids: Sequence[str]) -> list[TrainingClass]:
    """By ids."""
    return await TrainingClass.filter(id__in=list(class_ids))


async def all_classes() -> list[TrainingClass]:
    """Every class; a province has some thousands, no more."""
    return await TrainingClass.all().order_by("id")


async def add_proctor(class_id: str, proctor_id: str) -> None:
    """A new row, unless it is there."""
    await ClassProctor.get_or_create(class_id=class_id, proctor_id=proctor_id)


async def proctored_by(proctor_id: str) -> set[str]:
    """The classes a proctor watches."""
    rows = ClassProctor.filter(proctor_id=proctor_id)
    return {str(one) for one in await rows.values_list("class_id", flat=True)}


async def course_titles(course_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Those of them that there are, with their titles."""
    rows = await Course.filter(id__in=list(course_ids)).values_list("id", "title")
    return [(str(one), str(title)) for one, title in rows]


async def add_suspension(**columns: Any) -> None:
    """A new row."""
    await Suspension.create(**columns)


async def suspension(suspension_id: str) -> Suspension | None:
    """By id."""
    return await Suspension.get_or_none(id=suspension_id)


async def live_suspensions() -> list[Suspension]:
    """Those that weren't lifted; a handful at any time."""
    return await Suspension.filter(live="1").order_by("at_ms", "id")


async def suspensions() -> list[Suspension]:
    """The newest, lifted ones too."""
    return await Suspension.all().order_by("-at_ms", "id").limit(_SUSPENSIONS_AT_MOST)


async def lift_suspension(suspension_id: str, at_ms: int, by_id: str, reason: str) -> bool:
    """Compare and set: False where it was lifted already."""
    columns = {"lifted_at_ms": at_ms, "lifted_by_id": by_id, "lifted_reason": reason}
    return await Suspension.filter(id=suspension_id, live="1").update(live=None, **columns) == 1


async def classes_of(learner_id: str) -> list[TrainingClass]:
    """Those a learner is enrolled in."""
    ids = await ClassMember.filter(learner_id=learner_id).values_list("class_id", flat=True)
    return await TrainingClass.filter(id__in=list(ids)).order_by("id")


async def members_of(class_id: str) -> list[str]:
    """The learners of a class, in the order of their enrolment."""
    rows = ClassMember.filter(class_id=class_id).order_by("id")
    return [str(one) for one in await rows.values_list("learner_id", flat=True)]


async def members_in(class_ids: Sequence[str], learner_ids: Sequence[str] | None) -> list[tuple[str, str]]:
    """(learner, class), of these classes only, and of these learners where they are named."""
    query = ClassMember.filter(class_id__in=list(class_ids))
    if learner_ids is not None:
        query = query.filter(learner_id__in=list(learner_ids))
    rows = await query.order_by("learner_id", "class_id").values_list("learner_id", "class_id")
    return [(str(learner), str(class_id)) for learner, class_id in rows]


async def is_member(class_id: str, learner_id: str) -> bool:
    """Whether a learner is enrolled in a class."""
    return await ClassMember.filter(class_id=class_id, learner_id=learner_id).exists()


async def course(course_id: str) -> Course | None:
    """By id."""
    return await Course.get_or_none(id=course_id)


async def lessons_of(course_id: str) -> list[Lesson]:
    """In order."""
    return await Lesson.filter(course_id=course_id).order_by("position")


async def lesson(lesson_id: str) -> Lesson | None:
    """By id."""
    return await Lesson.get_or_none(id=lesson_id)


async def add_deliveries(deliveries: Sequence[tuple[str, str, str, int, int]]) -> None:
    """(session, lesson, rendition, segment, at_ms) each; what is there already stays as it is."""
    rows = [
        Delivery(session_id=session, lesson_id=lesson_id, rendition=rendition, segment=segment, at_ms=at_ms)
        for session, lesson_id, rendition, segment, at_ms in deliveries
    ]
    await Delivery.bulk_create(rows, ignore_conflicts=True)


async def delivered_segments(session_id: str, lesson_id: str) -> Iterable[int]:
    """Numbers of the segments, of any rendition, each once."""
    rows = Delivery.filter(session_id=session_id, lesson_id=lesson_id).distinct()
    return await rows.values_list("segment", flat=True)  # type: ignore[return-value]


# ---------------------------------------------------------------- courseware


async def add_courseware(**columns: Any) -> Courseware:
    return await Courseware.create(**columns)


async def courseware(courseware_id: str) -> Courseware | None:
    return await Courseware.get_or_none(id=courseware_id)


async def courseware_of(institution_id: str, states: Iterable[str], at_most: int) -> list[Courseware]:
    """Newest first."""
    rows = Courseware.filter(institution_id=institution_id, state__in=list(states))
    return await rows.order_by("-brought_at_ms", "id").limit(at_most)


async def unfinished_upload(institution_id: str, course_id: str, fingerprint: str) -> Courseware | None:
    rows = Courseware.filter(
        institution_id=institution_id, course_id=course_id, fingerprint=fingerprint, state="uploading"
    )
    return await rows.order_by("-brought_at_ms").first()


async def change_courseware(courseware_id: str, of_states: Iterable[str], **columns: Any) -> bool:
    """Compare and set: whether it was in one of these states, and is changed now."""
    return bool(await Courseware.filter(id=courseware_id, state__in=list(of_states)).update(**columns))


async def courseware_to_do(now_ms: int) -> list[Courseware]:
    """What waits for somebody to work on it, or was left by somebody who died; oldest first."""
    waiting = Q(state="queued") | Q(state="running", lease_until_ms__lt=now_ms)
    return await Courseware.filter(waiting).order_by("changed_at_ms", "id").limit(10)


async def take_courseware(row: Courseware, owner: str, now_ms: int, lease_until_ms: int) -> bool:
    """Compare and set: nobody took it since the row was read."""
    mine = Courseware.filter(id=row.id, state=row.state, owner=row.owner, lease_until_ms=row.lease_until_ms)
    return bool(
        await mine.update(
            state="running", owner=owner, lease_until_ms=lease_until_ms, attempts=row.attempts + 1,
            stage="", progress=0, changed_at_ms=now_ms,
        )
    )  # fmt: skip


async def change_owned_courseware(courseware_id: str, owned_by: str, **columns: Any) -> bool:
    """Compare and set: whether it is still this owner's."""
    return bool(await Courseware.filter(id=courseware_id, state="running", owner=owned_by).update(**columns))


async def courseware_left(state: str, before_ms: int) -> list[Courseware]:
    """In a state since before then."""
    return await Courseware.filter(state=state, changed_at_ms__lt=before_ms).limit(100)


async def next_position(course_id: str) -> int:
    """Where a course's next lesson goes."""
    last = await Lesson.filter(course_id=course_id).order_by("-position").first()
    return 0 if last is None else last.position + 1


async def institutions_studying(course_id: str) -> set[str]:
    """Whose classes study the course."""
    rows = TrainingClass.filter(course_id=course_id).distinct()
    return {str(one) for one in await rows.values_list("institution_id", flat=True)}
