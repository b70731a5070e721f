"""A learner's classes: the outline, the record of study."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from classroom.attendance import service as attendance
from classroom.courses import service as courses
from web.api.access import learner
from web.api.shapes import ClassOutlineView, Error, Id, LessonOutline
from web.errors import Refusal

router = Router(tags=["classes"])


@router.get("/classes/{class_id}", response={200: ClassOutlineView, 404: Error})
async def outline(request: HttpRequest, class_id: Id) -> ClassOutlineView:
    """The lessons of a class the learner is enrolled in, in order."""
    await _enrolled(request, class_id)
    about = await courses.class_outline(class_id)
    if about is None:
        raise Refusal(404)
    lessons = [LessonOutline(id=one.id, title=one.title, length_ms=one.length_ms) for one in about.lessons]
    return ClassOutlineView(id=about.id, title=about.title, institution=about.institution, lessons=lessons)


@router.get("/classes/{class_id}/record", response={200: dict[str, Any], 404: Error})
async def record(request: HttpRequest, class_id: Id) -> dict[str, Any]:
    """Every second of the learner's sessions, and every check."""
    learner_id = await _enrolled(request, class_id)
    return await attendance.record(learner_id, class_id)


async def _enrolled(request: HttpRequest, class_id: str) -> str:
    account = await learner(request)
    if not await courses.is_enrolled(account.id, class_id):
        raise Refusal(404)
    return account.id
