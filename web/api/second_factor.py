"""The second factor of staff, asked for after the password and set up at the first sign-in."""

import segno
from django.http import HttpRequest
from ninja import Router

from classroom.people import second_factor
from web.api import half
from web.api.me import me_of
from web.api.shapes import Code, Error, Me, NewSecondFactor

router = Router(tags=["second factor"])
_JUDGED = {200: Me, 401: Error, 409: Error, 429: Error}


@router.post("/second-factor/new", response={200: NewSecondFactor, 401: Error, 409: Error})
async def begin(request: HttpRequest) -> NewSecondFactor:
    """A secret for the authenticator; an earlier one that was never confirmed is void."""
    account = await half.account_of(request)
    secret = await second_factor.begin(account.id, account.account)
    return NewSecondFactor(
        secret=secret.text, picture=segno.make(secret.uri, error="m").svg_data_uri(scale=5, border=4)
    )


@router.post("/second-factor", response=_JUDGED)
async def confirm(request: HttpRequest, body: Code) -> Me:
    """The authenticator's first code: it is set up, and one is signed in."""
    account = await half.account_of(request)
    await second_factor.confirm(account.id, body.code, request.META.get("REMOTE_ADDR") or "")
    await half.finish(request, account)
    return await me_of(request, account)


@router.post("/login/code", response=_JUDGED)
async def check(request: HttpRequest, body: Code) -> Me:
    """The code that the authenticator shows now: one is signed in."""
    account = await half.account_of(request)
    await second_factor.check(account.id, body.code, request.META.get("REMOTE_ADDR") or "")
    await half.finish(request, account)
    return await me_of(request, account)
