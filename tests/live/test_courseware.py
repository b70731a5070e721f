"""Who works on a video may be killed at any moment, and so may the server: it is made all the same, once."""

import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.courses.film.films import Film
from tests.live.names import CLASS, PASSWORD
from tests.live.server import Plan, Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

CLOCK = time.monotonic  # noqa: TID251  # a test's own patience
PART = 1 << 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    one = Server(tmp_path, Plan())
    try:
        one.seed()
        one.start()
        yield one
    finally:
        one.close()


class Desk:
    """A member of staff who stays signed in over every restart."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session = requests.Session()
        self._session.trust_env = False
        self._csrf = self.ask("GET", "/api/me").json()["csrf"]
        answer = self.ask("POST", "/api/login", json={"account": "staff", "password": PASSWORD})
        self._csrf = answer.json()["csrf"]

    def ask(self, method: str, path: str, **named: Any) -> requests.Response:
        headers = {"X-CSRFToken": getattr(self, "_csrf", "")}
        return self._session.request(method, self._server.url + path, headers=headers, timeout=20, **named)

    def bring(self, content: bytes) -> str:
        about = {
            "class_id": CLASS,
            "title": "新课",
            "file_name": "a.mp4",
            "fingerprint": "a",
            "size_bytes": len(content),
        }
        one = str(self.ask("POST", "/api/courseware", json=about).json()["id"])
        for at in range(0, len(content), PART):
            put = self.ask("PUT", f"/api/courseware/{one}/content?offset={at}", data=content[at : at + PART])
            assert put.status_code == 200, put.text
        assert self.ask("POST", f"/api/courseware/{one}/finish").status_code == 204
        return one

    def about(self, one: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.ask("GET", f"/api/courseware/{one}").json()
        return answer


def until(condition: Callable[[], Any], within_s: float = 120) -> Any:
    end = CLOCK() + within_s
    while CLOCK() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it didn't come")


def worker(folder: Path) -> psutil.Process | None:
    """The process that works on this platform's file."""
    for one in psutil.process_iter(["cmdline"]):
        line = one.info["cmdline"] or []
        if "classroom.courses.film" in line and any(str(folder) in part for part in line):
            return one
    return None


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_worker_and_server_are_killed_in_the_middle_and_the_film_is_made_once(server: Server, tmp_path: Path) -> None:
    content = Film(seconds=20, size=(1280, 720), rate=10).make(tmp_path / "film.mp4").read_bytes()
    content += struct.pack(">I4s", 8 + 2 * PART, b"free") + bytes(2 * PART)
    desk = Desk(server)
    one = desk.bring(content)

    first = until(lambda: worker(server.folder))
    first.kill()
    second = until(lambda: (found := worker(server.folder)) is not None and found.pid != first.pid and found)
    workplace = server.folder / "courses" / ".courseware" / one
    until(lambda: list(workplace.glob("draft-*/high/1.m4s")))  # in the middle of the third rendition
    assert desk.about(one)["state"] == "running"
    server.kill()
    until(lambda: is_gone(second), 10)  # nobody would hear what it says
    assert not (server.folder / "courses" / one).exists()
    server.start()

    until(lambda: desk.about(one)["state"] == "review", 200)
    made = server.folder / "courses" / one
    assert sorted(path.name for path in made.iterdir()) == [
        "high", "master.m3u8", "poster.jpg", "report", "report.json", "smooth", "standard", "thumbs.jpg", "thumbs.vtt",
    ]  # fmt: skip
    assert [path.name for path in workplace.iterdir()] == ["source"]
    accepted = {"accepted": [found["code"] for found in desk.about(one)["report"]["findings"]]}
    answers = [desk.ask("POST", f"/api/courseware/{one}/publish", json=accepted).status_code for _ in range(2)]
    assert answers == [204, 409]
    [classroom] = [found for found in desk.ask("GET", "/api/wall/classes").json() if found["id"] == CLASS]
    assert [lesson["title"] for lesson in classroom["lessons"]] == ["第1课", "新课"]
