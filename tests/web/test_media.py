"""Lessons by signed address, and the deliveries that are noted."""

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise

import settings
from classroom.clock import now_ms
from classroom.courses import service as courses
from classroom.courses import tickets
from tests.cast import Cast
from tests.web.conftest import Browser, application
from tests.web.test_me import code

Browsers = Callable[[], Browser]
SIZE = 300_000


@pytest.fixture
def files(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "media" / cast.lessons[0].id
    (folder / "smooth").mkdir(parents=True)
    (folder / "master.m3u8").write_text("#EXTM3U\nsmooth/index.m3u8\n")
    (folder / "smooth" / "index.m3u8").write_text("#EXTM3U\n0.m4s\n")
    (folder / "smooth" / "init.mp4").write_bytes(b"init")
    for number in range(3):
        (folder / "smooth" / f"{number}.m4s").write_bytes(bytes([number]) * SIZE)
    (tmp_path / "media" / "secret.m4s").write_bytes(b"not yours")
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "media")
    return folder


def address(cast: Cast, rest: str, learner: str | None = None, lesson: int = 0, at: int | None = None) -> str:
    lesson_id = cast.lessons[lesson].id
    signed = courses.sign_ticket("session", learner or cast.learner, lesson_id, at or now_ms())
    return f"/media/{signed}/{lesson_id}/{rest}"


async def noted() -> list[tuple[str, str, int]]:
    rows = await Tortoise.get_connection("default").execute_query_dict(
        "SELECT session_id, rendition, segment FROM delivery ORDER BY segment"
    )
    return [(row["session_id"], row["rendition"], row["segment"]) for row in rows]


async def fetch(page: Browser, path: str, **headers: str) -> tuple[int, bytes, Any]:
    response = await page.get(path, **headers)
    streamed = getattr(response, "streaming_content", None)
    body = b"".join([part async for part in streamed]) if streamed else response.content
    return response.status_code, body, response.headers


async def test_a_segment_is_served_and_its_delivery_is_there_when_the_response_ends(
    cast: Cast, files: Path, browser: Browsers
) -> None:
    """Credit rule 2: delivered means served to this session on an address signed for it."""
    page = browser()
    await page.sign_in("learner")

    master = await fetch(page, address(cast, "master.m3u8"))
    playlist = await fetch(page, address(cast, "smooth/index.m3u8"))
    header = await fetch(page, address(cast, "smooth/init.mp4"))
    assert await noted() == []  # none of these is media
    status, body, headers = await fetch(page, address(cast, "smooth/1.m4s"))

    assert [one[0] for one in (master, playlist, header)] == [200, 200, 200]
    assert master[2]["Content-Type"] == "application/vnd.apple.mpegurl"
    assert (status, body) == (200, b"\x01" * SIZE)
    assert (headers["Content-Length"], headers["Cache-Control"]) == (str(SIZE), "no-store")
    assert await noted() == [("session", "smooth", 1)]
    assert await courses.delivered_to("session", cast.lessons[0].id, 4_000) == 8_000


async def test_the_address_of_the_master_playlist_is_the_services(cast: Cast, files: Path, browser: Browsers) -> None:
    page = browser()
    await page.sign_in("learner")
    url = courses.master_url("session", cast.learner, cast.lessons[0].id, now_ms())

    assert (await fetch(page, url))[0] == 200
    assert (await fetch(page, url.replace("master.m3u8", "smooth/0.m4s")))[0] == 200  # relative to it


@pytest.mark.parametrize("rest", ["master.m3u8", "smooth/index.m3u8", "smooth/0.m4s"])
async def test_what_isnt_signed_for_this_learner_this_lesson_now_is_refused(
    cast: Cast, files: Path, browser: Browsers, rest: str
) -> None:
    page, nobody = browser(), browser()
    await page.sign_in("learner")
    good = address(cast, rest)
    ticket = good.split("/")[2]
    forged = good.replace(ticket, ("A" if ticket[0] != "A" else "B") + ticket[1:])
    expired = address(cast, rest, at=now_ms() - tickets.TICKET_MS)
    others = address(cast, rest, learner=cast.learner2)
    other_lesson = address(cast, rest, lesson=1).replace(cast.lessons[1].id, cast.lessons[0].id)

    for path in (forged, expired, others, other_lesson):
        assert code(await page.get(path)) == (403, "TICKET_REFUSED")
    assert code(await nobody.get(good)) == (401, "NOT_SIGNED_IN")
    await page.send("POST", "/api/logout")
    assert code(await page.get(good)) == (401, "NOT_SIGNED_IN")
    assert await noted() == []


@pytest.mark.parametrize(
    "rest",
    [
        "smooth/9.m4s",
        "other/0.m4s",
        "smooth/x.m4s",
        "..%2f0.m4s",
        "..%2f..%2fsecret.m4s",
        "../secret.m4s",
        "%2e%2e/secret.m4s",
    ],
)
async def test_what_isnt_there_is_not_found_and_nothing_else_is_reached(
    cast: Cast, files: Path, browser: Browsers, rest: str
) -> None:
    page = browser()
    await page.sign_in("learner")

    status, body, _ = await fetch(page, address(cast, rest))

    assert status in {403, 404}
    assert b"not yours" not in body
    assert await noted() == []


@pytest.mark.parametrize(
    ("asked", "status", "span", "counts"),
    [
        ("bytes=0-", 206, (0, SIZE), True),
        (f"bytes=0-{SIZE - 1}", 206, (0, SIZE), True),
        (f"bytes=0-{SIZE * 9}", 206, (0, SIZE), True),
        ("bytes=0-0", 206, (0, 1), False),
        ("bytes=1-", 206, (1, SIZE), False),
        (f"bytes={SIZE - 1}-", 206, (SIZE - 1, SIZE), False),
        (f"bytes={SIZE}-", 416, None, False),
        ("bytes=5-2", 416, None, False),
        ("lines=1-2", 200, (0, SIZE), True),
    ],
)
async def test_a_part_of_a_segment_is_served_but_isnt_the_segment(
    cast: Cast, files: Path, browser: Browsers, asked: str, status: int, span: tuple[int, int] | None, counts: bool
) -> None:
    page = browser()
    await page.sign_in("learner")

    answered, body, headers = await fetch(page, address(cast, "smooth/2.m4s"), Range=asked)

    assert answered == status
    if span is not None:
        assert body == b"\x02" * (span[1] - span[0])
        assert headers.get("Content-Range") == (f"bytes {span[0]}-{span[1] - 1}/{SIZE}" if status == 206 else None)
    assert await noted() == ([("session", "smooth", 2)] if counts else [])


async def test_asking_for_the_headers_alone_delivers_nothing(cast: Cast, files: Path, browser: Browsers) -> None:
    page = browser()
    await page.sign_in("learner")

    response = await page.client.head(address(cast, "smooth/0.m4s"))

    assert (response.status_code, response.headers["Content-Length"]) == (200, str(SIZE))
    assert await noted() == []


class Server:
    """An ASGI server whose client can stop reading, and can hang up."""

    def __init__(self, page: Browser, path: str) -> None:
        self.sent: list[dict[str, Any]] = []
        self.may_send = asyncio.Semaphore(0)
        self.hung_up = asyncio.Event()
        self.asked = False
        headers = [(b"host", b"testserver"), (b"cookie", f"{settings.SESSION_COOKIE_NAME}={page.cookie}".encode())]
        scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": b""}
        self.task = asyncio.create_task(application()(scope, self.receive, self.send))

    async def receive(self) -> dict[str, Any]:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        await self.may_send.acquire()
        self.sent.append(message)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)

    def body_bytes(self) -> int:
        return sum(len(message.get("body", b"")) for message in self.sent)


async def test_a_delivery_is_noted_only_after_the_last_byte_and_before_the_end(
    cast: Cast, files: Path, browser: Browsers
) -> None:
    page = browser()
    await page.sign_in("learner")
    server = Server(page, address(cast, "smooth/0.m4s"))

    server.may_send.release()  # the head
    while server.body_bytes() < SIZE:
        assert await noted() == []
        before = len(server.sent)
        server.may_send.release()
        await server.until(lambda: len(server.sent) > before)  # noqa: B023
    async with asyncio.timeout(10):
        while not await noted():
            await asyncio.sleep(0.005)

    assert server.sent[-1].get("more_body")  # the response has not ended: the page doesn't have the segment yet
    server.may_send.release()
    await server.until(lambda: not server.sent[-1].get("more_body"))
    server.hung_up.set()
    await server.task


async def test_who_hangs_up_on_the_way_was_delivered_nothing(cast: Cast, files: Path, browser: Browsers) -> None:
    page = browser()
    await page.sign_in("learner")
    server = Server(page, address(cast, "smooth/0.m4s"))
    for _ in range(4):  # the head and three of five parts
        server.may_send.release()
    await server.until(lambda: len(server.sent) == 4)

    server.hung_up.set()
    await server.task

    assert 0 < server.body_bytes() < SIZE
    assert await noted() == []


async def test_who_hangs_up_with_the_last_byte_in_hand_was_delivered_it(
    cast: Cast, files: Path, browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client without keep-alive closes at the last byte of Content-Length: that is no cheating."""
    page = browser()
    await page.sign_in("learner")
    record, begun = courses.record_delivery, asyncio.Event()

    async def slowly(*arguments: Any, **named: Any) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        await record(*arguments, **named)

    monkeypatch.setattr(courses, "record_delivery", slowly)
    server = Server(page, address(cast, "smooth/0.m4s"))
    for _ in range(100):
        server.may_send.release()
    async with asyncio.timeout(10):
        await begun.wait()

    server.hung_up.set()
    await server.task

    async with asyncio.timeout(10):
        while not await noted():
            await asyncio.sleep(0.005)


async def test_a_lesson_of_the_demo_plays_through_its_addresses(
    cast: Cast, browser: Browsers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: encode, sign, fetch every part by the playlists, decode what came."""
    import av

    from classroom.courses import hls
    from tests.courses.test_hls import SECONDS, plain_shots

    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "media")
    lesson_id = cast.lessons[1].id
    hls.encode(tmp_path / "media" / lesson_id, plain_shots(), hls.np.zeros(0, "float32"))
    page = browser()
    await page.sign_in("learner")
    base = address(cast, "", lesson=1)

    for rendition in re.findall(r"^[^#\n].*", (await fetch(page, base + "master.m3u8"))[1].decode(), re.M):
        playlist = (await fetch(page, base + rendition))[1].decode()
        names = re.findall(r'URI="(.+?)"', playlist) + re.findall(r"^[^#\n].*", playlist, re.M)
        folder = os.path.dirname(base + rendition)
        (tmp_path / "got.mp4").write_bytes(b"".join([(await fetch(page, f"{folder}/{name}"))[1] for name in names]))
        with av.open(str(tmp_path / "got.mp4")) as container:
            assert sum(1 for _ in container.decode(video=0)) == SECONDS * hls.FRAMES_A_SECOND

    assert await courses.delivered_to("session", lesson_id, 0) == 10_500  # the cast says so long; all three segments
