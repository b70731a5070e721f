"""One simulated learner on gevent, as locust runs users: the same page, carried by greenlets."""

from collections.abc import Callable
from time import perf_counter
from typing import Any
from urllib.parse import urljoin

import gevent
import websocket

from load_tests.learner.page import Page
from load_tests.learner.wire import AHEAD_MS, RETRY_S, segments
from realtime import protocol as p

CONNECT_S = 15.0
LONGEST_WAIT_S = 5.0
Noted = Callable[[str, str, float, str | None], None]  # kind, what, the seconds until its answer, what was wrong
Fetch = Callable[[str, str], bytes | None]  # an address and what to call it; None where it wasn't answered with 200


class Rider:
    """Socket and media of one page; ``fetch`` is the user's HTTP client."""

    def __init__(self, url: str, cookie: str, page: Page, noted: Noted, fetch: Fetch) -> None:
        self.page = page
        self.sent_away = 0  # by a server that lets in only a few at a time
        self._url = url
        self._cookie = cookie
        self._noted = noted
        self._fetch = fetch
        self._socket: Any = None
        self._code: int | None = None

    def study(self) -> None:
        """Hold the socket until the page is over; a line that breaks is taken up again."""
        tries = 0
        while self.page.over is None:
            seated = self._visit()
            tries = 0 if seated else tries + 1
            if self.page.over is None:
                gevent.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])

    def break_line(self) -> None:
        """The network is gone, for this learner."""
        if self._socket is not None and self._socket.sock is not None:
            self._socket.sock.close()

    def _visit(self) -> bool:
        page, began, seated = self.page, perf_counter(), False
        self._code = None
        try:
            self._socket = websocket.create_connection(
                self._url.replace("http", "ws", 1) + "/ws/classroom",
                timeout=CONNECT_S,
                cookie=self._cookie,
                origin=self._url,
            )
        except (OSError, websocket.WebSocketException) as error:
            self._noted("WS", "ws connect", perf_counter() - began, type(error).__name__)
            return False
        self._noted("WS", "ws connect", perf_counter() - began, None)
        page.connected(perf_counter())
        media = gevent.spawn(self._fetch_media)
        try:
            while page.over is None and self._carry():
                seated = seated or page.view is not None
        except (OSError, websocket.WebSocketException):
            pass  # broken: the page comes back
        finally:
            media.kill()
            self._socket.shutdown()
            self.sent_away += self._code == p.CLOSE_RESTART
            page.lost(self._code, perf_counter())
        return seated

    def _carry(self) -> bool:
        """One message or one thing that was due; False once the socket is closed."""
        page, socket = self.page, self._socket
        for text in page.said():
            socket.send(text)
        socket.settimeout(max(0.001, min(page.due_at - perf_counter(), LONGEST_WAIT_S)))
        try:
            kind, content = socket.recv_data(control_frame=True)  # pings are answered, and returned: time goes on
        except websocket.WebSocketTimeoutException:
            kind, content = None, b""
        if kind == websocket.ABNF.OPCODE_CLOSE:
            self._code = int.from_bytes(content[:2], "big") if len(content) >= 2 else None
            return False
        if kind == websocket.ABNF.OPCODE_TEXT:
            page.hear(content.decode(), perf_counter())
        if page.due_at <= perf_counter():
            page.wake(perf_counter())
        for trip in page.told.trips:
            self._noted("WS", f"ws {trip.what}", trip.seconds, None)
        page.told.trips.clear()
        return True

    # ---------------------------------------------------------------- media

    def _fetch_media(self) -> None:
        page, of, parts = self.page, None, []
        while True:
            lesson = page.opened
            if lesson is not of and lesson is not None:
                parts = [part for part in self._parts(lesson) if part[0] > lesson.resume_ms]
            of = lesson
            while parts and page.opened is of and self._behind() < AHEAD_MS:
                end_ms, address = parts[0]
                if self._fetch(address, "media segment") is None:
                    break
                parts.pop(0)
                if page.opened is of:
                    page.buffered(end_ms, perf_counter())
            gevent.sleep(1)

    def _behind(self) -> float:
        video = self.page.video
        return video.buffered_ms - video.position_ms(perf_counter())

    def _parts(self, lesson: p.LessonOpened) -> list[tuple[float, str]]:
        master = self._fetch(lesson.master_url, "media playlist") or b""
        renditions = [line for line in master.decode().splitlines() if line and not line.startswith("#")]
        if not renditions:
            return []
        address = urljoin(lesson.master_url, renditions[0])
        return segments(address, (self._fetch(address, "media playlist") or b"").decode())
