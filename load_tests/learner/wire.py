"""One simulated learner on asyncio: signs in over HTTP, holds the socket, fetches the media it plays."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from typing import Any, Self
from urllib.parse import urljoin

import aiohttp
import msgspec

from load_tests.learner.page import Page
from realtime import protocol as p

AHEAD_MS = 30_000  # hls.js holds thirty seconds
FETCH_EVERY_S = 1.0
RETRY_S = (0.5, 1.0, 2.0, 4.0, 8.0)
ANSWER_S = 60.0  # of a request; the slowest honest one waits behind a class that signs in
Noted = Callable[[str, float, str | None], None]  # what was asked, the seconds until its answer, what was wrong


def nobody(what: str, seconds: float, wrong: str | None) -> None:
    """Note nothing."""


class Wire:
    """HTTP, socket and media of one learner; the page decides, this carries."""

    def __init__(
        self, url: str, page: Page, *, noted: Noted = nobody, local: str | None = None, others: Sequence[str] = ()
    ) -> None:
        """``local``: the address to come from; one pair of addresses has some 28,000 ports.

        ``others``: where to come back when this one doesn't answer, as a balancer would have it.
        """
        self.page = page
        self._url = url
        self._others = deque(others)
        self._noted = noted
        self._csrf = ""
        self._local = local
        self._http: aiohttp.ClientSession
        self._until: asyncio.Timeout | None = None  # how long the next message is waited for
        self.drop = asyncio.Event()  # set: the line breaks, now

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=4, local_addr=None if self._local is None else (self._local, 0), keepalive_timeout=20
        )
        self._http = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=ANSWER_S),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    # ---------------------------------------------------------------- HTTP

    async def ask(self, method: str, path: str, body: object = None, name: str | None = None) -> tuple[int, Any]:
        """One request of the API; the answer's status and its JSON."""
        began = asyncio.get_running_loop().time()
        status, text, wrong = 0, b"", None
        try:
            async with self._http.request(
                method, self._url + path, json=body, headers={"X-CSRFToken": self._csrf}
            ) as answer:
                status, text = answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            wrong = type(error).__name__
        if status >= 400:
            wrong = f"status {status}"
        self._noted(name or f"{method} {path}", asyncio.get_running_loop().time() - began, wrong)
        content = msgspec.json.decode(text) if text.startswith((b"{", b"[")) else None
        if isinstance(content, dict) and "csrf" in content:
            self._csrf = content["csrf"]
        return status, content

    async def sign_in(self, account: str, password: str) -> None:
        """Log in by account and password; whoever comes in a wave is asked to come again (BUSY), and does."""
        await self.ask("GET", "/api/me")
        status = 0
        for pause_s in (0, *RETRY_S):
            await asyncio.sleep(pause_s)
            status, _ = await self.ask("POST", "/api/login", {"account": account, "password": password})
            if status == 200:
                return
            if status not in (0, 429, 503):
                break
        raise PermissionError(f"{account} can't sign in: {status}")

    def take_session(self, name: str, key: str) -> None:
        """Be signed in by a session that somebody opened in the database."""
        self._http.cookie_jar.update_cookies({name: key})

    # ---------------------------------------------------------------- the socket

    async def study(self) -> None:
        """Hold the socket until the page is over; a line that breaks is taken up again."""
        tries = 0
        while self.page.over is None:
            try:
                if await self._visit():
                    tries = 0
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                self._noted("ws connect", 0.0, type(error).__name__)
                self._others.append(self._url)
                self._url = self._others.popleft()
            if self.page.over is None:
                await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
                tries += 1

    async def _visit(self) -> bool:
        """One socket, from its handshake to its end; whether the server let it in."""
        loop, page = asyncio.get_running_loop(), self.page
        self.drop.clear()
        began, seated = loop.time(), False
        address = self._url.replace("http", "ws", 1) + "/ws/classroom"
        async with self._http.ws_connect(address, origin=self._url, heartbeat=None, max_msg_size=0) as socket:
            self._noted("ws connect", loop.time() - began, None)
            page.connected(loop.time())
            media = asyncio.create_task(self._fetch_media(), name="media")
            broken = asyncio.create_task(self._break(socket), name="break")
            try:
                while page.over is None and not socket.closed:
                    await self._carry(socket)
                    seated = seated or page.view is not None
            finally:
                for task in (media, broken):
                    task.cancel()
                await asyncio.wait((media, broken))
                page.lost(socket.close_code, loop.time())
        if media.done() and not media.cancelled() and (error := media.exception()) is not None:
            raise error
        return seated

    async def _carry(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        loop, page = asyncio.get_running_loop(), self.page
        for text in page.said():
            await socket.send_str(text)
        timeout = page.due_at - loop.time()
        try:
            # aiohttp's own timeout begins anew with each ping
            async with asyncio.timeout(max(0.001, min(timeout, 3600.0))) as self._until:
                frame = await socket.receive()
        except TimeoutError:
            page.wake(loop.time())
        else:
            if frame.type is aiohttp.WSMsgType.TEXT:
                self.heard(page.hear(frame.data, loop.time()))
            if page.due_at <= loop.time():
                page.wake(loop.time())
        for trip in page.told.trips:
            self._noted(f"ws {trip.what}", trip.seconds, None)
        page.told.trips.clear()

    def heard(self, message: p.ToPage) -> None:
        """For whoever wants to know what was said."""

    async def _break(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await self.drop.wait()
        connection = socket._response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()

    # ---------------------------------------------------------------- media

    async def _fetch_media(self) -> None:
        """As a player does: some seconds ahead of what is shown, each segment whole."""
        loop, page = asyncio.get_running_loop(), self.page
        of, parts = None, []
        while True:
            lesson = page.opened
            if lesson is not of and lesson is not None:
                parts = [part for part in await self._parts(lesson) if part[0] > lesson.resume_ms]
            of = lesson
            while (
                parts and page.opened is of and page.video.buffered_ms - page.video.position_ms(loop.time()) < AHEAD_MS
            ):
                end_ms, address = parts[0]
                if await self._fetch(address, "media segment") is None:
                    break
                parts.pop(0)
                if page.opened is of:
                    page.buffered(end_ms, loop.time())
                    self._wait_no_longer_than(page.due_at)
            await asyncio.sleep(FETCH_EVERY_S)

    def _wait_no_longer_than(self, due_at: float) -> None:
        """Media has come: the page may want to act before the server says anything."""
        until = self._until
        if until is not None and not until.expired() and (until.when() or inf) > due_at:
            with suppress(RuntimeError):  # what was waited for came in the same turn of the loop
                until.reschedule(due_at)

    async def _parts(self, lesson: p.LessonOpened) -> list[tuple[float, str]]:
        master = await self._fetch(lesson.master_url, "media playlist") or b""
        renditions = [line for line in master.decode().splitlines() if line and not line.startswith("#")]
        if not renditions:
            return []
        address = urljoin(lesson.master_url, renditions[0])
        return segments(address, (await self._fetch(address, "media playlist") or b"").decode())

    async def _fetch(self, address: str, name: str) -> bytes | None:
        began, found, wrong = asyncio.get_running_loop().time(), None, None
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self._http.get(urljoin(self._url, address)) as answer:
                content = await answer.read()
                wrong = None if answer.status == 200 else f"status {answer.status}"
                found = content if answer.status == 200 else None
        if found is None and wrong is None:
            wrong = "broken"
        self._noted(name, asyncio.get_running_loop().time() - began, wrong)
        return found


def segments(address: str, playlist: str) -> list[tuple[float, str]]:
    """Where each segment of a media playlist ends (ms), and its address."""
    found, end = [], 0.0
    for length, name in re.findall(r"#EXTINF:([\d.]+),[^\n]*\n(?:#[^\n]*\n)*([^\n#]+)", playlist):
        end += float(length) * 1000
        found.append((end, urljoin(address, name)))
    return found
