"""What a wall asks for beside its socket: the classes that one may watch (rows 20, 29)."""

from django.http import HttpRequest
from ninja import Router

from classroom.courses import scope
from classroom.courses import service as courses
from web.api.access import watcher
from web.api.shapes import LessonOutline, WatchedClass

router = Router(tags=["wall"])


@router.get("/classes", response=list[WatchedClass])
async def classes(request: HttpRequest) -> list[WatchedClass]:
    """The classes within one's own scope, by id."""
    account = await watcher(request)
    seen = []
    for place in await scope.classes_seen(account):
        about = await courses.class_outline(place.id)
        if about is not None:
            lessons = [LessonOutline(id=one.id, title=one.title, length_ms=one.length_ms) for one in about.lessons]
            seen.append(
                WatchedClass(
                    id=place.id,
                    title=place.title,
                    institution=about.institution,
                    region_code=place.region_code,
                    lessons=lessons,
                )
            )
    return seen
