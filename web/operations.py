"""Keeps every act over HTTP in the operation log (row 22): who, when, from where, how signed in, what, with what outcome."""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import async_only_middleware

from classroom.clock import now_ms
from classroom.operations.rules import Operation
from classroom.operations.service import LogUnavailable, write_down
from classroom.people import service as people
from web.errors import Answer, answer
from web.sessions import ACCOUNT, HALF, HOW

GetResponse = Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse]]

_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")  # of a value in an address' pattern
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_PART = re.compile(r"/api/courseware/[^/]+/content")  # a file has thousands; its begin and its finish are the acts
CONDITIONS = "anxue.conditions"  # in a request's META: what was searched for, as the log may hold it
# Where a look is an act, too: it shows other people's data.
_LOOKED_AT = ("/api/staff/", "/api/wall/", "/api/oversight/learners", "/api/oversight/operations")


@async_only_middleware
def operations(get_response: GetResponse) -> GetResponse:
    """Answer only once the entry is committed; what can't be kept is answered as BUSY, though it may have been done."""

    async def handle(request: HttpRequest) -> HttpResponse:
        if not is_act(request):
            return await get_response(request)
        at, before, how = now_ms(), await _account_of(request), await _how(request)
        response = await get_response(request)
        actor = before or await _account_of(request)  # a login is by whom it signed in
        standing = None if actor is None else await people.standing_of(actor)
        role, institution = standing or (None, None)
        outcome, ref = _outcome(response)
        operation = Operation(
            at_ms=at,
            actor=actor,
            role=role,
            institution=institution,
            address=request.META.get("REMOTE_ADDR") or "",
            authenticated="none" if actor is None else await request.session.aget(HOW, how),
            act=f"{request.method} {_route(request)}",
            touched=" ".join(one for one in (_touched(request), request.META.get(CONDITIONS, "")) if one),
            outcome=outcome,
            ref=ref,
        )
        try:
            await write_down(operation)
        except LogUnavailable:
            return answer(503)
        return response

    return handle


def is_act(request: HttpRequest) -> bool:
    """Whether a request changes something, or shows other people's data."""
    if not request.path.startswith("/api/") or (request.method == "PUT" and _PART.fullmatch(request.path)):
        return False
    return request.method not in _READS or request.path.startswith(_LOOKED_AT)


async def _account_of(request: Any) -> str | None:
    account: str | None = await request.session.aget(ACCOUNT)
    half = await request.session.aget(HALF)
    return half[0] if account is None and half else account


async def _how(request: Any) -> str:
    how: str = await request.session.aget(HOW, "password")
    return how


def _route(request: HttpRequest) -> str:
    """The address' pattern: what stands in its place is touched, and no stranger's text comes into the log."""
    match = request.resolver_match
    if match is None or not match.route.startswith("api/"):
        return "/api/…"
    return "/" + _PLACE.sub(r"{\1}", match.route)


def _touched(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is None or not match.route.startswith("api/"):
        return ""
    return " ".join(f"{name}={quote(str(value), safe='')}" for name, value in sorted(match.kwargs.items()))


def _outcome(response: HttpResponse) -> tuple[str, str | None]:
    if isinstance(response, Answer):
        said = json.loads(response.content)
        return said["code"], said["ref"]
    return ("OK", None) if response.status_code < 400 else (str(response.status_code), None)
