"""Serves lessons by signed address and notes each segment whose last byte was handed over."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

import settings
from classroom.clock import now_ms
from classroom.courses import service as courses
from classroom.courses.tickets import PREVIEW, TicketRefused
from classroom.database import whole
from web.errors import answer, answer_to
from web.sessions import ACCOUNT

_PLAYLIST = "application/vnd.apple.mpegurl"
_SEGMENT = "video/mp4"
_CHUNK_BYTES = 64 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FILE = re.compile(r"index\.m3u8|init\.mp4|(\d{1,6})\.m4s")
_BESIDE = {
    "poster.jpg": "image/jpeg",
    "thumbs.jpg": "image/jpeg",
    "thumbs.vtt": "text/vtt; charset=utf-8",
    "captions.vtt": "text/vtt; charset=utf-8",
}
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


async def master(request: HttpRequest, ticket: str, lesson_id: str) -> HttpResponseBase:
    """The master playlist of a lesson."""
    return await _serve(request, ticket, lesson_id, None, "master.m3u8")


async def beside(request: HttpRequest, ticket: str, lesson_id: str, name: str) -> HttpResponseBase:
    """The poster of a lesson, the small pictures of its bar, or its captions."""
    return await _serve(request, ticket, lesson_id, None, name) if name in _BESIDE else answer(404)


async def part(request: HttpRequest, ticket: str, lesson_id: str, rendition: str, name: str) -> HttpResponseBase:
    """A playlist, header or segment of one rendition."""
    return await _serve(request, ticket, lesson_id, rendition, name)


async def _serve(request: Any, ticket_text: str, lesson_id: str, rendition: str | None, name: str) -> HttpResponseBase:
    if request.method not in {"GET", "HEAD"}:
        return answer(405)
    try:
        ticket = courses.read_ticket(ticket_text, now_ms())
    except TicketRefused as error:
        return answer_to(error)
    # The address alone is worth nothing: the cookie says who asks (an address handed on earns nobody anything).
    account_id = await request.session.aget(ACCOUNT)
    if account_id is None:
        return answer(401)
    if account_id != ticket.learner_id or lesson_id != ticket.lesson_id:
        return answer_to(TicketRefused())
    segment: int | None = None
    folder = settings.MEDIA_ROOT / lesson_id
    if not _NAME.fullmatch(lesson_id):
        return answer(404)
    if rendition is not None:
        known = _FILE.fullmatch(name)
        if not _NAME.fullmatch(rendition) or known is None:
            return answer(404)
        segment = None if known[1] is None else int(known[1])
        folder = folder / rendition
    file = folder / name
    if not file.is_file():
        return answer(404)
    if file.suffix == ".m3u8":
        return HttpResponse(file.read_bytes(), content_type=_PLAYLIST, headers={"Cache-Control": "no-store"})
    if name in _BESIDE:
        return HttpResponse(file.read_bytes(), content_type=_BESIDE[name], headers={"Cache-Control": "no-store"})
    if segment is None or ticket.session_id == PREVIEW:
        return _stream(request, file, None)
    return _stream(request, file, (ticket.session_id, lesson_id, rendition or "", segment))


def _stream(request: HttpRequest, file: Path, delivery: tuple[str, str, str, int] | None) -> HttpResponseBase:
    content = file.read_bytes()  # some ten to some hundred kilobytes: four seconds of slides
    start, end, status = 0, len(content), 200
    headers = {"Cache-Control": "no-store", "Accept-Ranges": "bytes"}
    if asked := _RANGE.fullmatch(request.headers.get("Range", "")):
        start, end = int(asked[1]), min(int(asked[2]) + 1 if asked[2] else len(content), len(content))
        if start >= end:
            return answer(416)
        status, headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{len(content)}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return HttpResponse(content_type=_SEGMENT, headers=headers)
    is_whole = (start, end) == (0, len(content))  # a part of a segment isn't the segment

    async def body() -> AsyncIterator[bytes]:
        for at in range(start, end, _CHUNK_BYTES):
            yield content[at : min(at + _CHUNK_BYTES, end)]
        # Here the server has taken the last byte. Noted before the response ends, so that the page, which plays the
        # segment only then, can't report it before it is noted; a client that hung up on the way is not credited.
        if delivery is not None and is_whole:
            await whole(courses.record_delivery(*delivery, at_ms=now_ms()))

    return StreamingHttpResponse(body(), status=status, content_type=_SEGMENT, headers=headers)
