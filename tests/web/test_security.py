"""What must hold for every address at once, taken from the API's own list of them."""

import re
from collections.abc import Callable

import pytest
from django.test import override_settings

import settings
from classroom.people import web_sessions
from tests.cast import PASSWORD, Cast
from tests.web.conftest import Browser, application
from tests.web.test_me import code

Browsers = Callable[[], Browser]
PAGE = settings.UI_ROOT.parent / "index.html"  # the build's template
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def operations() -> list[tuple[str, str]]:
    """Every method and address of the API, its ids filled in."""
    application()
    from web.api import api

    paths = api.get_openapi_schema()["paths"]
    return [(method.upper(), re.sub(r"{\w+}", "x", path)) for path in paths for method in paths[path]]


async def test_no_address_that_changes_something_does_so_without_the_token_or_with_anothers(
    cast: Cast, browser: Browsers
) -> None:
    other = browser()
    await other.sign_in("staff")
    changing = [(method, path) for method, path in operations() if method != "GET"]
    assert len(changing) >= 8
    for token in ("", "x" * 64, other.csrf):
        page = browser()
        await page.sign_in("learner")
        for method, path in changing:
            headers = {"X-CSRFToken": token} if token else {}
            response = await page.client.generic(method, path, b"{}", "application/json", headers=headers)
            assert code(response) == (403, "CSRF"), (method, path, token)
        assert (await page.get("/api/me")).json()["account"]["id"] == cast.learner  # logout didn't happen either


async def test_the_token_of_a_page_before_its_login_is_worth_nothing_after_it(cast: Cast, browser: Browsers) -> None:
    page = browser()
    before = (await page.get("/api/me")).json()["csrf"]
    await page.sign_in("learner")

    page.csrf = before
    assert code(await page.send("DELETE", "/api/consent")) == (403, "CSRF")


async def test_a_planted_session_key_is_never_taken_up(cast: Cast, browser: Browsers) -> None:
    """Session fixation: who planted the key isn't signed in by the victim's login."""
    page, planted = browser(), "planted" * 5
    page.client.cookies[settings.SESSION_COOKIE_NAME] = planted

    await page.sign_in("learner")

    assert page.cookie not in (None, planted)
    assert await web_sessions.session_account(planted) is None
    assert await web_sessions.session_account(page.cookie or "") == cast.learner


async def test_every_answer_carries_the_headers_and_opens_nothing_to_other_sites(cast: Cast, browser: Browsers) -> None:
    page = browser()
    await page.sign_in("learner")
    for method, path in [
        *operations(),
        ("GET", "/media/x/y/master.m3u8"),
        ("GET", "/assets/no.js"),
        ("GET", "/healthz"),
    ]:
        headers = {"Origin": "http://evil.example", "X-CSRFToken": "x"}
        response = await page.client.generic(method, path, b"", "application/json", headers=headers)
        assert {name: response.headers.get(name) for name in HEADERS} == HEADERS, (method, path)
        assert "script-src 'self';" in response.headers["Content-Security-Policy"]
        assert "unsafe-eval" not in response.headers["Content-Security-Policy"]
        assert not [name for name in response.headers if name.lower().startswith("access-control-")], (method, path)


def test_the_page_has_no_script_of_its_own_inside_it() -> None:
    """The policy would refuse it, and the page would stay white."""
    html = PAGE.read_text()

    for attributes, inside in re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL):
        assert "src=" in attributes
        assert not inside.strip()
    assert "<script" in html
    assert not re.search(r"\son\w+\s*=|javascript:", html)


async def test_over_tls_the_browser_is_told_to_stay_there(
    cast: Cast, browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HTTPS", True)

    assert (await browser().get("/api/me")).headers["Strict-Transport-Security"].startswith("max-age=")


async def test_the_tokens_cookie_stays_on_this_site(cast: Cast, browser: Browsers) -> None:
    page = browser()
    with override_settings(CSRF_COOKIE_SECURE=True):
        response = await page.get("/api/me")

    cookie = response.cookies["csrftoken"]
    assert (cookie["samesite"], cookie["secure"], cookie["path"]) == ("Lax", True, "/")


async def test_no_answer_of_a_login_repeats_what_was_sent(cast: Cast, browser: Browsers) -> None:
    for account, password in (("learner", PASSWORD), ("learner", "a-wrong-password-9"), ("nobody-here", PASSWORD)):
        response = await browser().sign_in(account, password)
        assert password not in response.content.decode()
        assert password not in str(response.headers)
