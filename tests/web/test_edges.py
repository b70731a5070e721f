"""What holds for every address: errors as codes, headers, no database of Django's, no secret in a log."""

import asyncio
import gc
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.core.management.base import SystemCheckError
from django.test import AsyncClient, override_settings

import settings
from classroom.people import faces
from classroom.people.rules import NOTICE_VERSION
from tests.cast import EMBEDDING, JPEG, PASSWORD, Cast
from tests.web.conftest import Browser, application
from tests.web.test_me import code
from web import page as page_module
from web.http import get_http_application

Browsers = Callable[[], Browser]


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>安学课堂</title>" + " " * 2_000)
    (dist / "assets" / "index-abc123.js").write_text("console.log('hello')\n" * 200)
    (tmp_path / "secret.txt").write_text("not yours")
    monkeypatch.setattr(settings, "UI_ROOT", dist)
    return dist


@pytest.mark.parametrize("path", ["/", "/consent", "/device-check", "/enrol", "/class/x", "/class/x/record", "/staff"])
async def test_every_route_of_the_page_is_the_page(browser: Browsers, built: Path, path: str) -> None:
    response = await browser().get(path)

    assert response.status_code == 200
    assert "安学课堂" in response.content.decode()
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"


async def test_assets_are_kept_for_ever_and_sent_small(browser: Browsers, built: Path) -> None:
    plain = await browser().get("/assets/index-abc123.js")
    small = await browser().get("/assets/index-abc123.js", **{"Accept-Encoding": "gzip"})

    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Content-Type"].startswith("text/javascript")
    assert small.headers["Content-Encoding"] == "gzip"
    assert len(small.content) < len(plain.content) / 2


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/assets/%2e%2e%2f%2e%2e%2fsecret.txt"]
)
async def test_nothing_outside_the_build_is_served(browser: Browsers, built: Path, path: str) -> None:
    response = await browser().get(path)

    assert b"not yours" not in response.content


async def test_a_new_build_is_served_without_a_restart(browser: Browsers, built: Path) -> None:
    await browser().get("/")
    page_module._files.clear()  # a clock tick may not have passed
    (built / "index.html").write_text("the second build")

    assert (await browser().get("/")).content == b"the second build"


async def test_the_page_says_where_scripts_may_come_from_and_who_may_use_the_camera(
    browser: Browsers, built: Path
) -> None:
    headers = (await browser().get("/")).headers

    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self' ws://testserver wss://testserver"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Permissions-Policy"].startswith("camera=(self), microphone=()")
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/assets/nothing.js", 404),
        ("GET", "/media/x/y/master.m3u8", 403),
        ("GET", "/media/x", 404),
        ("GET", "/api/classes/class", 401),
        ("GET", "/api/login", 405),
        ("POST", "/healthz/x.y", 405),
        ("POST", "/", 405),
        ("PUT", "/api/me", 405),
        ("POST", "/api/login", 422),
    ],
)
async def test_every_refusal_is_a_code_with_a_reference(
    database: str, browser: Browsers, built: Path, method: str, path: str, status: int
) -> None:
    page = browser()

    response = await (page.get(path) if method == "GET" else page.send(method, path))

    assert code(response)[0] == status
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"account": 1, "password": null}', b"\xff\xfe", b'{"account": "a"}'])
async def test_a_body_that_isnt_what_was_asked_for_is_a_code_too(database: str, browser: Browsers, body: bytes) -> None:
    page = browser()
    csrf = (await page.get("/api/me")).json()["csrf"]

    response = await page.client.generic(
        "POST", "/api/login", body, "application/json", headers={"host": "localhost", "X-CSRFToken": csrf}
    )

    assert code(response)[0] in {400, 422}
    assert b"account" not in response.content


async def test_a_body_of_a_megabyte_is_refused(database: str, browser: Browsers) -> None:
    page = browser()

    assert code(await page.sign_in("learner", "x" * 1_000_000))[0] in {400, 413}


async def test_a_host_that_isnt_ours_is_refused(browser: Browsers) -> None:
    page = browser()
    with override_settings(ALLOWED_HOSTS=["classroom.example"]):
        response = await page.get("/api/me")

    assert code(response) == (400, "BAD_REQUEST")


async def test_a_bug_is_answered_without_its_story_and_logged_under_its_reference(
    cast: Cast, browser: Browsers, monkeypatch: pytest.MonkeyPatch, log: "Log"
) -> None:
    async def breaks(*arguments: Any) -> None:
        raise ZeroDivisionError("a detail of the inside")

    monkeypatch.setattr(faces, "consent_of", breaks)
    page = browser()
    page.client = AsyncClient(enforce_csrf_checks=True)  # no document says what a bug is answered with

    response = await page.sign_in("learner")

    assert code(response) == (500, "INTERNAL")
    assert b"detail" not in response.content
    assert response.json()["ref"] in log.text()


async def test_health_is_the_databases(database: str, browser: Browsers) -> None:
    assert (await browser().get("/healthz")).json() == {"status": "ok"}


async def test_a_request_leaves_nothing_that_only_the_collector_finds(database: str) -> None:
    """A class that signs in all at once made the collector stop the loop for a tenth of a second again and again."""
    answered = application()
    scope = {"type": "http", "method": "GET", "path": "/healthz", "query_string": b"", "headers": [(b"host", b"testserver")]}

    async def ask() -> None:
        asked, done = iter([{"type": "http.request", "body": b"", "more_body": False}]), asyncio.Event()

        async def receive() -> dict[str, Any]:
            if (message := next(asked, None)) is None:
                await done.wait()  # as servers do: what is answered is over
            return message or {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            assert message.get("status", 200) == 200
            if message["type"] == "http.response.body" and not message.get("more_body"):
                done.set()

        await answered(scope, receive, send)

    for _ in range(10):
        await ask()
    gc.collect()
    gc.disable()
    try:
        for _ in range(100):
            await ask()
        assert gc.collect() < 100
    finally:
        gc.enable()


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
@pytest.mark.parametrize("engine", ["django.db.backends.sqlite3", "django.db.backends.postgresql"])
def test_a_database_of_djangos_own_is_refused_at_start(engine: str) -> None:
    get_http_application()  # what is overridden must be there: this test may be the first of its process
    with (
        override_settings(DATABASES={"default": {"ENGINE": engine, "NAME": "x"}}),
        pytest.raises(SystemCheckError, match=r"web\.E001"),
    ):
        get_http_application()


def test_there_is_no_database_auth_or_admin_of_djangos() -> None:
    get_http_application()
    from django.apps import apps
    from django.conf import settings as django_settings

    assert [app.name for app in apps.get_app_configs()] == ["web"]
    assert not hasattr(settings, "DATABASES")
    assert {one.get("ENGINE") for one in django_settings.DATABASES.values()} <= {None, "django.db.backends.dummy"}


class Log:
    """Everything that any logger says, down to DEBUG."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture
def log() -> Iterator[Log]:
    kept = Log()
    handler = logging.StreamHandler(kept.stream)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(kept.stream),
        cache_logger_on_first_use=False,
    )
    yield kept
    structlog.configure(**before)
    root.removeHandler(handler)
    root.setLevel(level)


async def test_no_log_line_holds_a_name_a_password_a_key_or_a_face(
    cast: Cast, browser: Browsers, log: Log, built: Path
) -> None:
    """GB/T 22239 8.1.4.8; design.md: nothing personal in logs, whatever the level."""
    page, staff = browser(), browser()
    await page.sign_in("learner", "a-wrong-password-9")
    await page.sign_in("other_learner")
    await page.sign_in("learner")
    await page.send("POST", "/api/consent", {"version": NOTICE_VERSION})
    await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)
    evidence = await faces.save_evidence(cast.learner, "check-1", JPEG)
    await faces.read_evidence(evidence)
    await staff.sign_in("staff")
    for path in ("/api/me", "/api/staff/portraits", "/api/staff/learners", "/api/nothing", "/"):
        await staff.get(path)
        await page.get(path)
    await staff.send("POST", f"/api/staff/portraits/{cast.learner}/confirm")
    await page.send("DELETE", "/api/consent")
    cookie = page.cookie
    await page.send("POST", "/api/logout")

    said = log.text()
    assert "/api/nothing" in said  # the log is really heard
    for secret in ("欧阳测试", "诸葛测试", PASSWORD, "a-wrong-password-9", cookie, page.csrf, settings.SECRET_KEY):
        assert secret
        assert secret not in said
        assert json.dumps(secret)[1:-1] not in said
    assert "other_learner" not in said
    assert repr(JPEG)[2:40] not in said
    assert str(EMBEDDING[:4])[1:-1] not in said


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_without_end_is_cut_off_before_it_fills_the_disk(announced: bool) -> None:
    """design.md: every queue a bound."""
    taken, sent = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 65_536
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": taken < 100_000_000}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"testserver")] + ([(b"content-length", b"100000000")] if announced else [])
    scope = {"type": "http", "method": "POST", "path": "/api/login", "headers": headers, "query_string": b""}
    await application()(scope, receive, send)

    assert taken <= 2 * 65_536
    if announced:
        assert sent[0]["status"] == 413
        assert json.loads(sent[1]["body"])["code"] == "TOO_LARGE"
    else:
        assert sent == []
