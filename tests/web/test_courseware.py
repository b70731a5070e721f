"""Staff bring a video file over HTTP, in parts; nobody else knows of it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from tortoise import Tortoise

import settings
from classroom.courses import service as courses
from classroom.courses import uploads, workshop
from classroom.courses.workshop import Workshop
from tests.cast import Cast
from tests.courses.film.films import Film
from tests.web.conftest import Browser, application
from tests.web.test_me import code
from tests.web.test_operations import kept

Browsers = Callable[[], Browser]
ABOUT = {"class_id": "class", "title": "第三课", "file_name": "../三.mp4", "fingerprint": "f-1", "size_bytes": 10}


@pytest.fixture(autouse=True)
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "courses")
    monkeypatch.setattr(workshop, "RENEW_S", 0.05)
    return tmp_path / "courses"


@pytest.fixture
async def staff(cast: Cast, browser: Browsers) -> Browser:
    page = browser()
    await page.sign_in("staff")
    return page


async def put(page: Browser, path: str, content: bytes) -> HttpResponse:
    if not page.csrf:
        page.csrf = (await page.get("/api/me")).json()["csrf"]
    return await page.client.generic(
        "PUT", path, content, "application/octet-stream", headers={"X-CSRFToken": page.csrf}
    )


async def begun(page: Browser, **changes: Any) -> str:
    answer = await page.send("POST", "/api/courseware", ABOUT | changes)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["id"])


async def test_a_file_comes_in_parts_and_one_that_was_left_goes_on(staff: Browser) -> None:
    one = await begun(staff)
    content = f"/api/courseware/{one}/content"

    assert (await put(staff, f"{content}?offset=0", b"0123")).json() == {"received_bytes": 4}
    assert code(await put(staff, f"{content}?offset=0", b"0123")) == (409, "WRONG_OFFSET")
    assert code(await put(staff, f"{content}?offset=4", b"4567890")) == (409, "WRONG_OFFSET")  # more than was said
    assert code(await staff.send("POST", f"/api/courseware/{one}/finish")) == (409, "WRONG_STATE")
    again = (await staff.send("POST", "/api/courseware", ABOUT)).json()
    assert (again["id"], again["received_bytes"], again["file_name"]) == (one, 4, "三.mp4")
    assert (await put(staff, f"{content}?offset=4", b"456789")).json() == {"received_bytes": 10}
    assert (await staff.send("POST", f"/api/courseware/{one}/finish")).status_code == 204

    assert (await staff.get(f"/api/courseware/{one}")).json()["state"] == "queued"
    assert uploads.source_of(one).read_bytes() == b"0123456789"
    [listed] = (await staff.get("/api/courseware")).json()["courseware"]
    assert (listed["id"], listed["progress"], listed["report"]) == (one, 0, None)


async def test_what_is_given_up_is_gone(staff: Browser) -> None:
    one = await begun(staff)
    await put(staff, f"/api/courseware/{one}/content?offset=0", b"0123")

    assert (await staff.send("DELETE", f"/api/courseware/{one}")).status_code == 204

    assert uploads.received_bytes(one) == 0
    assert (await staff.get("/api/courseware")).json()["courseware"] == []
    assert code(await put(staff, f"/api/courseware/{one}/content?offset=4", b"4")) == (409, "WRONG_STATE")
    assert code(await staff.send("DELETE", f"/api/courseware/{one}")) == (409, "WRONG_STATE")


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"size_bytes": settings.UPLOAD_BYTES_AT_MOST + 1}, (413, "FILE_TOO_LARGE")),
        ({"size_bytes": 0}, (422, "BAD_REQUEST")),
        ({"title": "  "}, (422, "BAD_REQUEST")),
        ({"class_id": "nowhere"}, (404, "NOT_FOUND")),
        ({"class_id": "../x"}, (404, "NOT_FOUND")),
    ],
)
async def test_what_makes_no_sense_is_refused_before_a_byte_is_sent(
    staff: Browser, changes: dict[str, Any], refused: tuple[int, str]
) -> None:
    assert code(await staff.send("POST", "/api/courseware", ABOUT | changes)) == refused
    assert (await staff.get("/api/courseware")).json()["courseware"] == []


async def test_nobody_else_knows_of_it(staff: Browser, browser: Browsers) -> None:
    one = await begun(staff)
    asks: list[tuple[str, str, object]] = [
        ("GET", "", None),
        ("POST", "/finish", None),
        ("POST", "/retry", None),
        ("GET", "/pictures/0-1.jpg", None),
        ("GET", "/preview", None),
        ("PUT", "/content?offset=0", None),
        ("PUT", "/captions", None),
        ("POST", "/publish", {"accepted": []}),
        ("DELETE", "", None),
    ]
    for account, refused in (
        ("other_staff", (404, "NOT_FOUND")),
        ("learner", (403, "FORBIDDEN")),
        (None, (401, "NOT_SIGNED_IN")),
    ):
        page = browser()
        if account is not None:
            await page.sign_in(account)
        for method, path, body in asks:
            answer = await page.send(method, f"/api/courseware/{one}{path}", body)
            assert code(answer) == refused, (account, method, path)
        if account != "other_staff":
            assert code(await page.get("/api/courseware")) == refused
    assert (await staff.get(f"/api/courseware/{one}")).json()["state"] == "uploading"


async def test_parts_are_no_acts_and_everything_else_is(staff: Browser) -> None:
    one = await begun(staff)
    for at in range(10):
        await put(staff, f"/api/courseware/{one}/content?offset={at}", b"x")
    await staff.send("POST", f"/api/courseware/{one}/finish")

    assert [one.act for one in await kept() if "courseware" in one.act] == [
        "POST /api/courseware",
        "POST /api/courseware/{courseware_id}/finish",
    ]


@pytest.mark.parametrize(
    ("method", "path", "size", "status"),
    [
        ("PUT", "/api/courseware/x/content", uploads.CHUNK_BYTES, 401),
        ("PUT", "/api/courseware/x/content", uploads.CHUNK_BYTES + 1, 413),
        ("POST", "/api/courseware/x/content", 70_000, 413),
        ("PUT", "/api/courseware/x/publish", 70_000, 413),
        ("POST", "/api/courseware", 70_000, 413),
        ("PUT", "/api/courseware/x/y/content", 70_000, 413),
        ("POST", "/api/login", 70_000, 413),
    ],
)
async def test_only_a_part_of_a_file_may_be_large(cast: Cast, method: str, path: str, size: int, status: int) -> None:
    said: list[dict[str, Any]] = []
    body = [{"type": "http.request", "body": b"x" * size, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not body:
            await asyncio.Event().wait()  # it stays on the line
        return body.pop()

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    headers = [(b"host", b"testserver"), (b"content-length", str(size).encode())]
    headers += [(b"cookie", b"csrftoken=" + b"c" * 32), (b"x-csrftoken", b"c" * 32)]
    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"offset=0", "headers": headers,
        "server": ("testserver", 80), "client": ("127.0.0.1", 1), "scheme": "http",
    }  # fmt: skip
    await application()(scope, receive, send)
    assert said[0]["status"] == status


async def test_a_film_is_looked_at_accepted_and_published(staff: Browser, media: Path, tmp_path: Path) -> None:
    film = Film(seconds=11, picture=lambda at, w, h: Film().picture(at, w, h) * (at >= 3)).make(tmp_path / "f.mp4")
    content = film.read_bytes()
    one = await begun(staff, size_bytes=len(content))
    for at in range(0, len(content), 100_000):
        await put(staff, f"/api/courseware/{one}/content?offset={at}", content[at : at + 100_000])
    await staff.send("POST", f"/api/courseware/{one}/finish")
    assert code(await staff.get(f"/api/courseware/{one}/preview")) == (409, "WRONG_STATE")
    assert await Workshop("w").do_next()

    about = (await staff.get(f"/api/courseware/{one}")).json()
    assert (about["state"], about["progress"]) == ("review", 1.0)
    assert [size["name"] for size in about["report"]["renditions"]] == ["smooth", "standard", "high"]
    black = next(found for found in about["report"]["findings"] if found["code"] == "BLACK")
    picture = await staff.get(f"/api/courseware/{one}/pictures/{black['places'][0]['picture']}")
    assert (picture.headers["Content-Type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert code(await staff.get(f"/api/courseware/{one}/pictures/7-8.jpg")) == (404, "NOT_FOUND")

    master = (await staff.get(f"/api/courseware/{one}/preview")).json()["master_url"]
    for name, kind in (("master.m3u8", "mpegurl"), ("poster.jpg", "image/jpeg"), ("high/0.m4s", "video/mp4")):
        answer = await staff.get(master.replace("master.m3u8", name))
        assert answer.status_code == 200
        assert kind in answer.headers["Content-Type"]
        if answer.streaming:
            assert b"".join([part async for part in answer.streaming_content])
    for name in ("report.json", "captions.vtt", "..", "%2e%2e"):
        assert code(await staff.get(master.replace("master.m3u8", name))) == (404, "NOT_FOUND")
    assert await Tortoise.get_connection("default").execute_query_dict("SELECT * FROM delivery") == []

    assert code(await put(staff, f"/api/courseware/{one}/captions", b"<b>")) == (422, "BAD_CAPTIONS")
    small = await staff.get(master.replace("master.m3u8", "thumbs.vtt"))
    assert small.content.startswith(b"WEBVTT") and b"thumbs.jpg#xywh=0,0," in small.content
    sheet = await staff.get(master.replace("master.m3u8", "thumbs.jpg"))
    assert (sheet["Content-Type"], sheet.content[:2]) == ("image/jpeg", b"\xff\xd8")
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\n大家好".encode()
    assert (await put(staff, f"/api/courseware/{one}/captions", vtt)).status_code == 204
    shown = await staff.get(master.replace("master.m3u8", "captions.vtt"))
    assert "大家好" in shown.content.decode()

    publish = f"/api/courseware/{one}/publish"
    assert code(await staff.send("POST", publish, {"accepted": ["BLACK"]})) == (409, "NOT_ACCEPTED")
    assert (await staff.send("POST", publish, {"accepted": ["BLACK", "LOW_RESOLUTION"]})).status_code == 204
    outline = await courses.class_outline("class")
    assert outline is not None
    assert outline.lessons[-1].id == one
