"""Signing in and out, who one is, and consent to the processing of face data."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token, rotate_token
from ninja import Router

import settings
from classroom.courses import service as courses
from classroom.people import alternatives, faces, notice, queue, rules
from classroom.people import service as people
from classroom.people.rules import Account, Role
from web.api import half
from web.api.access import learner, maybe_signed_in
from web.api.shapes import (
    AccountView,
    ChooseCheckedBy,
    ClassView,
    ConsentTo,
    ConsentView,
    Error,
    Login,
    Me,
    Notice,
    NoticeParagraph,
)
from web.errors import Refusal

router = Router(tags=["me"])


@router.get("/me", response=Me)
async def me(request: HttpRequest) -> Me:
    """Who is signed in; with the CSRF token for what changes something."""
    return await me_of(request, await maybe_signed_in(request))


@router.post("/login", response={200: Me, 401: Error, 429: Error})
async def login(request: HttpRequest, body: Login) -> Me:
    """Sign in by account and password; the session gets a new key."""
    account = await people.authenticate(body.account, body.password, request.META.get("REMOTE_ADDR") or "")
    if account is None:
        raise Refusal(401, "BAD_CREDENTIALS")
    return await me_of(request, account if await half.sign_in(request, account) else None)


@router.post("/logout", response={204: None})
async def logout(request: HttpRequest) -> HttpResponse:
    """Sign out: this session is ended, its sockets are told."""
    await request.session.aflush()
    rotate_token(request)
    return HttpResponse(status=204)


@router.get("/notice", response=Notice)
async def face_notice(request: HttpRequest) -> Notice:
    """What consent is given to."""
    paragraphs = [NoticeParagraph(heading=heading, text=text) for heading, text in notice.PARAGRAPHS]
    return Notice(version=rules.NOTICE_VERSION, title=notice.TITLE, paragraphs=paragraphs)


@router.post("/consent", response={200: Me, 409: Error})
async def give_consent(request: HttpRequest, body: ConsentTo) -> Me:
    """Consent to the notice in force."""
    account = await learner(request)
    await faces.give_consent(account.id, body.version)
    return await me_of(request, account)


@router.post("/checked-by", response=Me)
async def choose_checked_by(request: HttpRequest, body: ChooseCheckedBy) -> Me:
    """By face or by a person, from the next session on; no reason is asked (人脸识别技术应用安全管理办法 10)."""
    account = await learner(request)
    await queue.choose(account.id, body.by)
    return await me_of(request, await maybe_signed_in(request))


@router.delete("/consent", response=Me)
async def withdraw_consent(request: HttpRequest) -> Me:
    """Withdraw it: the key of one's face data is destroyed."""
    account = await learner(request)
    await faces.withdraw_consent(account.id)
    return await me_of(request, account)


async def me_of(request: HttpRequest, account: Account | None) -> Me:
    """Who is signed in, and what they may do next."""
    about = Me(
        account=None,
        csrf=get_token(request),
        consent=None,
        notice_version=rules.NOTICE_VERSION,
        portrait="none",
        portrait_refused_reason=None,
        may_enrol=False,
        checked_by=rules.CheckedBy.FACE,
        not_asked=[],
        classes=[],
        demo=settings.DEMO,
        second_factor="no" if account is not None else await half.missing(request),
    )
    if account is None:
        return about
    about.account = AccountView(
        id=account.id, account=account.account, role=account.role.value, display_name=account.display_name
    )
    if account.role is Role.LEARNER:
        consent = await faces.consent_of(account.id)
        if consent is not None:
            about.consent = ConsentView(version=consent.version, given_at_ms=consent.given_at_ms)
        about.portrait = await faces.portrait_state(account.id)
        about.portrait_refused_reason = await faces.refused_reason(account.id)
        about.may_enrol = await faces.may_enrol(account.id)
        alternative = await alternatives.alternative_of(account.id)
        about.checked_by = account.checked_by
        about.not_asked = [] if alternative is None else list(alternative.not_asked)
        about.classes = [
            ClassView(id=one.id, title=one.title, institution=one.institution)
            for one in await courses.classes_of(account.id)
        ]
    return about
