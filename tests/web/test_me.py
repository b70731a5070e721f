"""Signing in and out over HTTP, and consent."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse

import settings
from classroom.people import faces, web_sessions
from classroom.people.rules import NOTICE_VERSION
from tests.cast import EMBEDDING, JPEG, PASSWORD, Cast
from tests.web.conftest import Browser

Browsers = Callable[[], Browser]


def code(response: HttpResponse) -> tuple[int, str]:
    body = response.json()
    assert set(body) == {"code", "ref"}
    assert len(body["ref"]) == 8
    return response.status_code, body["code"]


async def test_nobody_is_signed_in_at_first(cast: Cast, browser: Browsers) -> None:
    me = (await browser().get("/api/me")).json()

    assert me.pop("csrf")
    assert me == {
        "account": None,
        "consent": None,
        "notice_version": NOTICE_VERSION,
        "portrait": "none",
        "portrait_refused_reason": None,
        "may_enrol": False,
        "checked_by": "face",
        "not_asked": [],
        "classes": [],
        "demo": True,
        "second_factor": "no",
    }


async def test_a_learner_signs_in_and_sees_their_classes(cast: Cast, browser: Browsers) -> None:
    page = browser()

    me = (await page.sign_in("learner")).json()

    assert me["account"] == {"id": cast.learner, "account": "learner", "role": "learner", "display_name": "欧阳测试"}
    assert me["classes"] == [{"id": "class", "title": "测试班", "institution": "广州市测试培训中心"}]
    assert (await page.get("/api/me")).json()["account"]["id"] == cast.learner


async def test_the_sessions_key_changes_at_login_and_the_old_one_is_worth_nothing(
    cast: Cast, browser: Browsers
) -> None:
    """A key that somebody planted before the login must not be signed in by it (session fixation)."""
    page, thief = browser(), browser()
    planted = "planted-by-a-thief-0123456789abc"
    page.client.cookies[settings.SESSION_COOKIE_NAME] = planted
    await page.sign_in("learner")
    first = page.cookie
    await page.sign_in("learner2")

    assert len({planted, first, page.cookie}) == 3
    for stale in (planted, first):
        thief.client.cookies[settings.SESSION_COOKIE_NAME] = stale or ""
        assert (await thief.get("/api/me")).json()["account"] is None


async def test_wrong_password_and_unknown_account_are_told_the_same(cast: Cast, browser: Browsers) -> None:
    """Regulation 2.1.2: 学员登录时验证信息不相符的，网络平台禁止其登录，并予以提示."""
    page = browser()

    assert code(await page.sign_in("learner", "wrong")) == (401, "BAD_CREDENTIALS")
    assert code(await page.sign_in("nobody", "wrong")) == (401, "BAD_CREDENTIALS")
    assert page.cookie is None


async def test_the_sixth_try_is_refused_even_with_the_right_password(cast: Cast, browser: Browsers) -> None:
    page = browser()
    for _ in range(5):
        assert code(await page.sign_in("learner", "wrong")) == (401, "BAD_CREDENTIALS")

    assert code(await page.sign_in("learner", PASSWORD)) == (429, "TOO_MANY_TRIES")


async def test_signing_out_ends_the_session_for_who_kept_the_cookie_too(cast: Cast, browser: Browsers) -> None:
    page, thief = browser(), browser()
    await page.sign_in("learner")
    kept = page.cookie
    assert kept is not None
    thief.client.cookies[settings.SESSION_COOKIE_NAME] = kept
    assert (await thief.get("/api/me")).json()["account"]["id"] == cast.learner

    response = await page.send("POST", "/api/logout")

    assert response.status_code == 204
    assert (await page.get("/api/me")).json()["account"] is None
    assert (await thief.get("/api/me")).json()["account"] is None
    assert await web_sessions.session_account(kept) is None


async def test_a_session_ended_from_elsewhere_is_refused(cast: Cast, browser: Browsers) -> None:
    page = browser()
    await page.sign_in("learner")
    assert (await page.get("/api/classes/class")).status_code == 200

    await web_sessions.end_session(page.cookie or "", "by_staff")

    assert code(await page.get("/api/classes/class")) == (401, "NOT_SIGNED_IN")


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    cast: Cast, browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SESSION_COOKIE_SECURE", True)
    response = await browser().sign_in("learner")

    cookie = response.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"], cookie["path"]) == (True, "Lax", True, "/")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/login", {"account": "learner", "password": PASSWORD}),
        ("POST", "/api/logout", None),
        ("POST", "/api/consent", {"version": NOTICE_VERSION}),
        ("DELETE", "/api/consent", None),
        ("POST", "/api/staff/portraits/x/confirm", None),
        ("POST", "/api/staff/learners/x/allow", None),
    ],
)
async def test_nothing_changes_without_the_csrf_token(
    cast: Cast, browser: Browsers, method: str, path: str, body: object
) -> None:
    page = browser()
    await page.sign_in("learner")

    page.csrf = "x" * 64
    assert code(await page.send(method, path, body)) == (403, "CSRF")
    assert (await page.get("/api/me")).json()["account"]["id"] == cast.learner
    assert await faces.consent_of(cast.learner) is None


async def test_consent_is_given_to_the_notice_that_was_shown_and_withdrawn_as_easily(
    cast: Cast, browser: Browsers
) -> None:
    """PIPL 29 and 15; 人脸识别技术应用安全管理办法 5."""
    page = browser()
    await page.sign_in("learner")
    notice = (await page.get("/api/notice")).json()
    assert code(await page.send("POST", "/api/consent", {"version": "old"})) == (409, "OUTDATED_NOTICE")

    given = (await page.send("POST", "/api/consent", {"version": notice["version"]})).json()
    withdrawn = (await page.send("DELETE", "/api/consent")).json()

    assert len(notice["paragraphs"]) == 6
    assert (given["consent"]["version"], given["may_enrol"]) == (NOTICE_VERSION, True)
    assert (withdrawn["consent"], withdrawn["may_enrol"], withdrawn["portrait"]) == (None, False, "none")


async def test_there_is_no_way_to_upload_a_portrait(cast: Cast, browser: Browsers) -> None:
    """Uploading a picture alone never enrols: no address takes one; what takes a film takes none of a learner's."""
    page = browser()
    await page.sign_in("learner")
    await page.send("POST", "/api/consent", {"version": NOTICE_VERSION})
    paths = (await page.get("/api/openapi.json")).json()["paths"]

    bodies = {
        (path, method): set(about.get("requestBody", {}).get("content", {}))
        for path, methods in paths.items()
        for method, about in methods.items()
        if method not in {"get", "parameters"}
    }
    assert {address for address, kinds in bodies.items() if kinds - {"application/json"}} == {
        ("/api/courseware/{courseware_id}/captions", "put"),
        ("/api/courseware/{courseware_id}/content", "put"),
    }
    assert {address for address in bodies if "portrait" in address[0] or "enrol" in address[0]} == {
        ("/api/staff/learners/{learner_id}/allow-enrolment", "post"),
        ("/api/staff/portraits/{learner_id}/confirm", "post"),
        ("/api/staff/portraits/{learner_id}/refuse", "post"),
    }
    assert (await page.get("/api/me")).json()["portrait"] == "none"


async def test_a_refused_portrait_says_why(cast: Cast, browser: Browsers) -> None:
    page = browser()
    await page.sign_in("learner")
    await page.send("POST", "/api/consent", {"version": NOTICE_VERSION})
    await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)
    pending = (await page.get("/api/me")).json()
    await faces.refuse_portrait(cast.learner, cast.staff, "NOT_CLEAR")

    me = (await page.get("/api/me")).json()

    assert (pending["portrait"], pending["may_enrol"]) == ("pending", False)
    assert (me["portrait"], me["portrait_refused_reason"], me["may_enrol"]) == ("none", "NOT_CLEAR", True)
