"""Courseware: an institution's staff bring a video file in parts, read its report, let the learners see it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

import settings
from classroom.courses import courseware, uploads
from classroom.courses.courseware import Courseware
from classroom.courses.film.captions import LARGEST_BYTES
from web.api.access import staff
from web.api.courseware_shapes import (
    BeginUpload,
    CoursewareList,
    CoursewareView,
    PictureName,
    Preview,
    Publish,
    Received,
)
from web.api.shapes import Error, Id
from web.errors import Refusal

router = Router(tags=["courseware"])
_DECIDED = {204: None, 404: Error, 409: Error}
_PICTURE = {"responses": {200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}}}


def _takes(media_type: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "content": content}}


@router.get("", response=CoursewareList)
async def all_of_them(request: HttpRequest) -> CoursewareList:
    """The own institution's, newest first."""
    found = [_view(one) for one in await courseware.listed(await staff(request))]
    return CoursewareList(
        size_bytes_at_most=settings.UPLOAD_BYTES_AT_MOST, part_bytes=uploads.CHUNK_BYTES, courseware=found
    )


@router.post("", response={200: CoursewareView, 404: Error, 409: Error, 507: Error})
async def begin(request: HttpRequest, body: BeginUpload) -> CoursewareView:
    """A file is going to come. One that was left half-way goes on: ``received_bytes`` says from where."""
    by = await staff(request)
    about = (body.class_id, body.title.strip(), body.file_name, body.fingerprint, body.size_bytes)
    return _view(await courseware.begin(by, *about))


@router.get("/{courseware_id}", response={200: CoursewareView, 404: Error})
async def one_of_them(request: HttpRequest, courseware_id: Id) -> CoursewareView:
    """How far it is."""
    return _view(await courseware.seen(await staff(request), courseware_id))


@router.put(
    "/{courseware_id}/content",
    response={200: Received, 404: Error, 409: Error, 507: Error},
    openapi_extra=_takes("application/octet-stream"),
)
async def part(request: HttpRequest, courseware_id: Id, offset: int = Query(..., ge=0, le=1 << 40)) -> Received:
    """A part of the file, which has to begin where the file ends by now (else WRONG_OFFSET)."""
    by = await staff(request)
    content = _content(request, uploads.CHUNK_BYTES)
    return Received(received_bytes=await courseware.append(by, courseware_id, offset, content))


@router.post("/{courseware_id}/finish", response=_DECIDED)
async def finish(request: HttpRequest, courseware_id: Id) -> HttpResponse:
    """All of it is here: let it be probed and encoded."""
    await courseware.finish(await staff(request), courseware_id)
    return HttpResponse(status=204)


@router.post("/{courseware_id}/retry", response=_DECIDED)
async def retry(request: HttpRequest, courseware_id: Id) -> HttpResponse:
    """It failed, and not by its own fault: try again."""
    await courseware.retry(await staff(request), courseware_id)
    return HttpResponse(status=204)


@router.get("/{courseware_id}/pictures/{name}", response={200: None, 404: Error}, openapi_extra=_PICTURE)
async def picture(request: HttpRequest, courseware_id: Id, name: PictureName) -> HttpResponse:
    """The picture of a fault."""
    file = await courseware.picture(await staff(request), courseware_id, name)
    if not file.is_file():
        raise Refusal(404)
    return HttpResponse(file.read_bytes(), content_type="image/jpeg")


@router.get("/{courseware_id}/preview", response={200: Preview, 404: Error, 409: Error})
async def preview(request: HttpRequest, courseware_id: Id) -> Preview:
    """An address at which this person may play what was made."""
    return Preview(master_url=await courseware.preview_url(await staff(request), courseware_id))


@router.put("/{courseware_id}/captions", response=_DECIDED, openapi_extra=_takes("text/vtt"))
async def captions(request: HttpRequest, courseware_id: Id) -> HttpResponse:
    """Captions (WebVTT, UTF-8), until it is published."""
    by = await staff(request)
    await courseware.set_captions(by, courseware_id, _content(request, LARGEST_BYTES))
    return HttpResponse(status=204)


@router.post("/{courseware_id}/publish", response=_DECIDED)
async def publish(request: HttpRequest, courseware_id: Id, body: Publish) -> HttpResponse:
    """This person has looked at it and lets the learners of the course see it, at once (row 8)."""
    await courseware.publish(await staff(request), courseware_id, frozenset(body.accepted))
    return HttpResponse(status=204)


@router.delete("/{courseware_id}", response=_DECIDED)
async def discard(request: HttpRequest, courseware_id: Id) -> HttpResponse:
    """Give it up before it is published: nothing of it stays."""
    await courseware.discard(await staff(request), courseware_id)
    return HttpResponse(status=204)


def _view(one: Courseware) -> CoursewareView:
    view: CoursewareView = CoursewareView.from_orm(one)
    return view


def _content(request: HttpRequest, at_most: int) -> bytes:
    """Read past Django's limit for forms; web/http.py has one for this address. Raises 413."""
    content: bytes = request.read(at_most + 1)
    if len(content) > at_most:
        raise Refusal(413)
    return content
