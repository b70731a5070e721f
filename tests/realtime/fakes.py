"""A media plane that plays a script, in memory or as a real server that speaks the protocol."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import WSMsgType, web

from realtime.media import MediaBusy, MediaDown
from verify.protocol import Answer, Failed, FromMedia, Granted, Open, Passed


class FakeCheck:
    """Says what the test puts into it."""

    def __init__(self, request: Open) -> None:
        self.request = request
        self.check_id = request.check_id
        self.says: asyncio.Queue[FromMedia | Exception] = asyncio.Queue()
        self.offers: list[str] = []
        self.verdict_said = False
        self.aborted = asyncio.Event()

    def __aiter__(self) -> "FakeCheck":
        return self

    async def __anext__(self) -> FromMedia:
        if self.verdict_said:
            raise StopAsyncIteration
        said = await self.says.get()
        self.verdict_said = isinstance(said, Passed | Failed)
        if isinstance(said, Exception):
            raise said
        return said

    async def offer(self, sdp: str) -> None:
        self.offers.append(sdp)
        self.says.put_nowait(Answer(sdp=f"answer to {sdp}"))

    def frame(self, jpeg: bytes) -> None:
        """Looked at by nobody."""

    async def abort(self) -> None:
        self.aborted.set()


class FakePlane:
    """Grants, unless told otherwise."""

    def __init__(self) -> None:
        self.refuses: MediaBusy | MediaDown | None = None
        self.checks: list[FakeCheck] = []

    async def open(self, request: Open) -> FakeCheck:
        if self.refuses is not None:
            raise self.refuses
        self.checks.append(FakeCheck(request))
        return self.checks[-1]


SECRET = "s" * 32
Play = Callable[["MediaServer", web.WebSocketResponse], Awaitable[None]]


class MediaServer:
    """A media process' socket on a real port; ``play`` is what it does once a check is opened."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self.opened: list[Open] = []
        self.heard: list[dict[str, object]] = []
        self.well = True
        self.url = ""

    async def __aenter__(self) -> "MediaServer":
        application = web.Application()
        application.router.add_get("/checks", self._serve)
        application.router.add_get("/healthz", self._healthz)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _healthz(self, request: web.Request) -> web.Response:
        return web.json_response({"running": 0, "slots": 8}, status=200 if self.well else 500)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {SECRET}":
            return web.Response(status=401)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.opened.append(msgspec.json.decode(await socket.receive_str(), type=Open))
        await self._play(self, socket)
        return socket

    async def say(self, socket: web.WebSocketResponse, *messages: FromMedia) -> None:
        for message in messages:
            await socket.send_str(msgspec.json.encode(message).decode())

    async def hear(self, socket: web.WebSocketResponse) -> dict[str, object] | None:
        frame = await socket.receive()
        if frame.type is not WSMsgType.TEXT:
            return None
        self.heard.append(json.loads(frame.data))
        return self.heard[-1]


GRANTED = Granted()
