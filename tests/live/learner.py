"""A learner without a browser: signs in over HTTP, holds the classroom socket, plays lessons as the page does."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any, Self
from urllib.parse import urljoin

import aiohttp
import msgspec

from realtime import protocol as p
from tests.live.camera import Camera, Told
from tests.live.names import CLASS, PASSWORD
from tests.live.server import Server
from tests.live.video import Video

WAIT_S = 30.0
_decoder = msgspec.json.Decoder(p.ToPage)
_encoder = msgspec.json.Encoder()


class Learner:
    """One person on one device. Honest, unless a test tells it otherwise by the first attributes."""

    def __init__(self, server: Server, account: str = "learner-0", camera: Camera | None = None) -> None:
        self.fetches = True  # media, before playing it
        self.acknowledges = True
        self.answers = True  # puts the camera on when a check is pushed
        self.obeys = True  # stops and goes back when it is told
        self.plays_on = False  # while it connects anew, as the page does for some seconds
        self.leaves_at: frozenset[str] = frozenset()  # kinds of checks at whose push the line is cut
        self.camera: Camera = camera or Told("passes")
        self.video = Video()

        self.server = server
        self.account = account
        self.heard: list[tuple[float, str]] = []  # every message of the socket, and when
        self.answered: list[tuple[float, str, int, str]] = []  # every answer of HTTP: when, address, status, text
        self.messages: list[Any] = []
        self.welcome: p.Welcome | None = None
        self.view: p.View | None = None
        self.beaten: p.Beaten | None = None
        self.opened: p.LessonOpened | None = None
        self.check: p.CheckView | None = None
        self.close_code: int | None = None
        self.online = False
        self._token: str | None = None
        self._wanted = False
        self._asked_in: str | None = None
        self._seq: int | None = None  # of the newest message; None makes a page that was loaded anew
        self._stream: str | None = None
        self._csrf = ""
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._abandoned: list[aiohttp.ClientWebSocketResponse | None] = []

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), trust_env=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()
        await self.camera.close()
        await self._http.close()

    # ---------------------------------------------------------------- HTTP

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One request; the answer's status and its JSON."""
        headers = {"X-CSRFToken": self._csrf}
        async with self._http.request(method, self.server.url + path, json=body, headers=headers) as answer:
            text = await answer.text()
        self.answered.append((asyncio.get_running_loop().time(), path, answer.status, text))
        content = msgspec.json.decode(text) if text.startswith(("{", "[")) else None
        if isinstance(content, dict) and "csrf" in content:
            self._csrf = content["csrf"]
        return answer.status, content

    async def sign_in(self) -> Self:
        """Log in by account and password."""
        await self.ask("GET", "/api/me")
        status, about = await self.ask("POST", "/api/login", {"account": self.account, "password": PASSWORD})
        assert status == 200, about
        return self

    @property
    def secrets(self) -> list[str]:
        """What only this learner and the server may know."""
        cookies = [cookie.value for cookie in self._http.cookie_jar]
        return [PASSWORD, self._csrf, *cookies, *([self._token] if self._token else [])]

    async def record(self) -> dict[str, Any]:
        """The record of study."""
        status, record = await self.ask("GET", f"/api/classes/{CLASS}/record")
        assert status == 200, record
        return record

    async def fetch(self, address: str) -> tuple[int, bytes]:
        """A piece of media."""
        async with self._http.get(urljoin(self.server.url, address)) as answer:
            return answer.status, await answer.read()

    # ---------------------------------------------------------------- the socket

    async def enter(self) -> Self:
        """Open the classroom; with the token of an earlier visit, if there was one."""
        self._socket = await self._http.ws_connect(
            self.server.url.replace("http", "ws") + "/ws/classroom", origin=self.server.url, heartbeat=None
        )
        self.view, self.close_code, self.online = None, None, True
        self._run(self._read(self._socket), "reading")
        hello = p.Hello(p.VERSION, CLASS, seat_token=self._token, stream=self._stream, last_seq=self._seq)
        self.send(hello)
        await self.until(lambda: self.view is not None or not self.online)
        if self.view is None:
            raise ConnectionError(f"closed with {self.close_code}")
        return self

    async def come_back(self) -> None:
        """Connect again until somebody answers, as the page does."""
        async with asyncio.timeout(WAIT_S):
            while True:
                try:
                    await self.enter()
                    return
                except (aiohttp.ClientError, ConnectionError):
                    await asyncio.sleep(0.1)

    @asynccontextmanager
    async def roaming(self, *servers: Server) -> AsyncIterator[None]:
        """Whenever the connection is lost, come back to the next server that takes it, as a load balancer has it."""

        async def roam() -> None:
            for server in cycle(servers):
                while self.online:
                    self._news.clear()
                    await self._news.wait()
                self.server = server
                try:
                    async with asyncio.timeout(WAIT_S):
                        await self.enter()
                except (aiohttp.ClientError, ConnectionError, TimeoutError):
                    await asyncio.sleep(0.1)

        task = asyncio.create_task(roam(), name=f"roaming {self.account}")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def abandon(self) -> None:
        """Stop hearing the socket, which stays open: the way of a phone that changes its network."""
        self._abandoned.append(self._socket)
        for task in [task for task in self._tasks if task.get_name().startswith("reading")]:
            task.cancel()
        await self.until(lambda: not self.online)

    async def drop(self) -> None:
        """Lose the connection without a word."""
        socket, self._socket = self._socket, None
        if socket is not None and socket._response.connection is not None:
            socket._response.connection.transport.abort()
        await self.until(lambda: not self.online)

    async def leave(self) -> None:
        """Close the page."""
        if self._socket is not None:
            await self._socket.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def send(self, message: p.FromPage) -> None:
        """Say something."""
        self.send_text(_encoder.encode(message).decode())

    def send_text(self, text: str) -> None:
        """Say anything."""
        if self._socket is not None and not self._socket.closed:
            self._run(self._socket.send_str(text), quiet=True)

    async def until(self, true: Callable[[], bool], seconds: float = WAIT_S) -> None:
        """Wait for what a message brings."""
        try:
            async with asyncio.timeout(seconds):
                while not true():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"waited in vain; last heard: {[text for _, text in self.heard[-8:]]}") from None

    async def until_phase(self, *phases: str, seconds: float = WAIT_S) -> p.View:
        """Wait until the View says so."""
        await self.until(lambda: self.view is not None and self.view.phase in phases, seconds)
        assert self.view is not None
        return self.view

    def of(self, kind: type[Any]) -> list[Any]:
        """The messages of one kind so far."""
        return [message for message in self.messages if isinstance(message, kind)]

    def _run(self, work: Any, name: str = "learner", *, quiet: bool = False) -> None:
        async def guarded() -> None:
            try:
                await work
            except (ConnectionError, aiohttp.ClientError):
                if not quiet:
                    raise

        task = asyncio.create_task(guarded(), name=f"{name} {self.account}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        beats = asyncio.create_task(self._beats(), name="beats")
        try:
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self.heard.append((asyncio.get_running_loop().time(), frame.data))
                    self._hear(_decoder.decode(frame.data))
                    self._news.set()
        finally:
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)
            self.close_code, self.online = socket.close_code, False
            if self.obeys and not self.plays_on:
                self.video.stop()
            self._news.set()

    async def _beats(self) -> None:
        while True:
            await asyncio.sleep(0.5 if self.welcome is None else self.welcome.heartbeat_ms / 1000)
            if self.opened is not None and (not self.obeys or (self.view is not None and self.view.here)):
                self.beat()

    def beat(self) -> None:
        """The heartbeat."""
        self.send(p.Beat(position_ms=self.video.position_ms, playing=self.video.running, interacted=True))

    # ---------------------------------------------------------------- what the server says

    def _hear(self, message: Any) -> None:
        self.messages.append(message)
        if hasattr(message, "seq"):
            assert message.seq == (self._seq or 0) + 1, "a message is missing"
            self._seq = message.seq
        match message:
            case p.Welcome():
                self.welcome, self._token = message, message.seat_token
                self._stream, self._seq = message.stream, message.after_seq
            case p.View():
                self._show(message)
            case p.Beaten():
                self.beaten = message
            case p.LessonOpened():
                self.opened = message
                self.video.load(message.length_ms, message.resume_ms)
                if self.fetches:
                    self._run(self._fetch_all(message), quiet=True)
            case p.Seek(position_ms=position) if self.obeys:
                self.video.jump(position)
                if self.video.running:
                    self.send(p.Play(position_ms=position))
            case p.CheckPushed(check=check):
                self._challenge(check)
            case p.CheckAnswer(sdp=sdp):
                self._run(self.camera.answered(sdp))
            case p.CheckPrompt():
                self.camera.prompted(message)
            case p.CheckEnded():
                self.check = None
                self._run(self.camera.close())
            case _:
                pass

    def _show(self, view: p.View) -> None:
        self.view = view
        if view.check is not None and view.here and (self.check is None or self.check.check_id != view.check.check_id):
            self._challenge(view.check)
        if view.phase == "studying" and view.here:
            self._asked_in = None
        if not self.obeys or self.opened is None:
            return
        if view.phase == "studying" and view.here:
            if self._wanted and not self.video.running and self.video.position_ms < self.video.length_ms:
                self._start()
            return
        if self._asked_in is not None and view.here and self._asked_in == f"{view.phase} {view.reason}":
            return  # said before our Play was heard
        self._asked_in = None
        if self.video.running:
            self.video.stop()
            self.beat()
        if not view.here or view.phase == "signed_out":
            self._wanted, self.opened = False, None

    def _challenge(self, check: p.CheckView) -> None:
        if check.kind in self.leaves_at:
            self._run(self.drop())
            return
        fresh = self.check is None or self.check.check_id != check.check_id
        self.check = check
        if self.obeys:
            self.video.stop()
        if not check.acknowledged and self.acknowledges:
            position = None if self.opened is None else self.video.position_ms
            self.send(p.CheckAck(check_id=check.check_id, position_ms=position))
        if fresh and self.answers:
            self._run(self._offer(check.check_id))

    async def _offer(self, check_id: str) -> None:
        self.send(p.CheckOffer(check_id=check_id, sdp=await self.camera.offer()))

    # ---------------------------------------------------------------- the lesson

    async def begin(self) -> None:
        """Start a session and pass its login check."""
        self.send(p.Begin())
        await self.until_phase("awaiting_login_check", "challenged")
        await self.until_phase("browsing")

    async def begin_beside(self) -> None:
        """Ask to take over from another device, and pass the login check."""
        checks = len(self.of(p.CheckEnded))
        self.send(p.Begin())
        await self.until(lambda: len(self.of(p.CheckEnded)) > checks)

    async def open(self, lesson_id: str = "lesson-1") -> None:
        """Choose a lesson; its beginning is buffered when this returns."""
        self.opened = None
        self.send(p.OpenLesson(lesson_id=lesson_id))
        await self.until(lambda: self.opened is not None)
        opened = self.opened
        assert opened is not None
        if self.fetches:
            await self.until(lambda: self.video._buffered_ms > opened.resume_ms or opened.resume_ms >= opened.length_ms)

    async def play(self) -> None:
        """Press play, and wait for what the server makes of it."""
        self._wanted = True
        self._start()
        await self.until(lambda: self._asked_in is None)

    def _start(self) -> None:
        assert self.view is not None
        self._asked_in = f"{self.view.phase} {self.view.reason}"
        limit = next(
            one.earned_to_ms for one in self.view.lessons if self.opened and one.lesson_id == self.opened.lesson_id
        )
        if self.beaten is not None and self.opened is not None and self.beaten.as_of_ms >= self.view.as_of_ms:
            limit = max(limit, self.beaten.earned_to_ms)
        self.video.start(min(self.video.position_ms, limit) if self.obeys else None)
        self.send(p.Play(position_ms=self.video.position_ms))

    async def watch(self, ms: float) -> None:
        """Wait until so much more was shown."""
        until_ms = self.video.total_ms + ms
        async with asyncio.timeout(WAIT_S + ms / 1000):
            while (left := until_ms - self.video.total_ms) > 1:
                await asyncio.sleep(max(0.005, left / 1000 / self.video.speed) if self.video.running else 0.05)

    def pause(self) -> None:
        """Press pause."""
        self._wanted = False
        self.video.stop()
        self.send(p.Pause(position_ms=self.video.position_ms))

    async def sign_out(self) -> None:
        """End the session; after a drawn check that came first, as the server refuses it until then (CHECK_OPEN)."""
        self.video.stop()
        signed_out = False
        while not signed_out:
            refused = len(self._refused("sign_out"))
            self.send(p.SignOut(position_ms=None if self.opened is None else self.video.position_ms))
            await self.until(lambda seen=refused: self._is("signed_out") or len(self._refused("sign_out")) > seen)
            await self.until(lambda: not self._is("challenged"))
            signed_out = self._is("signed_out")
            assert signed_out or self._refused("sign_out")[-1].code == "CHECK_OPEN", self.of(p.Refused)[-3:]

    def _refused(self, what: str) -> list[p.Refused]:
        """Of one kind of message: a report on its way may be refused as well."""
        return [one for one in self.of(p.Refused) if one.message_type == what]

    def _is(self, phase: str) -> bool:
        return self.view is not None and self.view.phase == phase

    async def _fetch_all(self, lesson: p.LessonOpened) -> None:
        """The segments from where it goes on, as fast as they come (hls.js holds thirty seconds)."""
        _, master = await self.fetch(lesson.master_url)
        rendition = next(line for line in master.decode().splitlines() if line and not line.startswith("#"))
        playlist_url = urljoin(lesson.master_url, rendition)
        _, playlist = await self.fetch(playlist_url)
        start = 0.0
        for length, name in re.findall(r"#EXTINF:([\d.]+),\n(\S+)", playlist.decode()):
            end = start + float(length) * 1000
            if end > lesson.resume_ms:
                status, _ = await self.fetch(urljoin(playlist_url, name))
                assert status == 200, status
                if self.opened is not lesson:
                    return
                self.video.buffer(end)
                self._news.set()
            start = end
