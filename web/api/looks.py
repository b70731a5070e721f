"""The wall's side panel: a learner's last hour, the picture of a check on demand; every look is in the operation log (row 22)."""

import base64

from django.http import HttpRequest
from ninja import Router

from classroom.supervision import looks
from web.api.access import watcher
from web.api.shapes import Error, Id
from web.api.wall_shapes import BarLook, CheckLook, IntervalLook, LookView, PictureView, SessionLook

router = Router(tags=["wall"])


@router.get("/classes/{class_id}/learners/{learner_id}", response={200: LookView, 403: Error, 404: Error})
async def look_at(request: HttpRequest, class_id: Id, learner_id: Id) -> LookView:
    """Sessions, stretches of time, checks and pauses of the last hour."""
    by = await watcher(request)
    look = await looks.look_at(by, class_id, learner_id)
    return LookView(
        learner_id=learner_id,
        display_name=look.display_name,
        from_ms=look.from_ms,
        as_of_ms=look.as_of_ms,
        sessions=[SessionLook(**one) for one in look.sessions],
        intervals=[IntervalLook(**one) for one in look.intervals],
        checks=[CheckLook(**one, picture=one["id"] in look.pictures) for one in look.checks],
        bars=[BarLook(**one) for one in look.bars],
    )


@router.get(
    "/classes/{class_id}/learners/{learner_id}/evidence/{check_id}",
    response={200: PictureView, 403: Error, 404: Error, 410: Error},
)
async def picture_of(request: HttpRequest, class_id: Id, learner_id: Id, check_id: Id) -> PictureView:
    """The frame that decided a check; whoever runs the platform only is refused, and after a withdrawal it is gone."""
    by = await watcher(request)
    jpeg = await looks.picture_of(by, class_id, learner_id, check_id)
    return PictureView(picture="data:image/jpeg;base64," + base64.b64encode(jpeg).decode())
