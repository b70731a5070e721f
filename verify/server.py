"""The HTTP server of a media process: one WebSocket a check."""

import asyncio
import hmac
import os
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace

import cv2
import msgspec
import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from verify import models
from verify.check import Check, OverloadedError, Rig, Send
from verify.config import Config
from verify.ice import configuration, reach_loopback
from verify.identity import Recogniser
from verify.landmarks import LandmarkerPool
from verify.pace import Pace
from verify.protocol import Busy, Frame, FromMedia, Granted, Open, Refused, ToMedia
from verify.still import Stills

log = structlog.get_logger()

MAX_MESSAGE_BYTES = 128 * 1024
OPEN_S = 5.0
SEND_S = 5.0
PING_S = 10.0
MAX_MALFORMED = 5
MAX_WAITING = 16
RETRY_AFTER_MS = 5_000
MAX_TRIES, MAX_STEPS, MAX_ID, EMBEDDING = 5, 8, 64, 128
BOUNDS_MS = {
    "ready_ms": (0, 60_000),
    "camera_ms": (100, 120_000),
    "window_ms": (1_000, 300_000),
    "action_ms": (500, 60_000),
}
MAX_GAP_MS = 10_000

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ToMedia)


class MediaServer:
    """Grants slots and runs the checks that hold them."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._rig: Rig | None = None
        self._sockets: set[web.WebSocketResponse] = set()
        self.running = 0

    def app(self) -> web.Application:
        """Return the application; the models are checked when it starts."""
        app = web.Application(client_max_size=1024)
        app.router.add_get("/checks", self._checks)
        app.router.add_get("/healthz", self._healthz)
        app.on_startup.append(self._open)
        app.on_shutdown.append(self._end_checks)
        app.on_cleanup.append(self._close)
        return app

    async def _open(self, app: web.Application) -> None:
        reach_loopback()
        cv2.setNumThreads(1)  # the threads here are the executor's
        self._rig = Rig(
            landmarkers=LandmarkerPool(models.LANDMARKS.locate()),
            recogniser=Recogniser(models.EMBEDDING.locate()),
            executor=ThreadPoolExecutor(max(2, os.cpu_count() or 1), thread_name_prefix="measure"),
            ice=configuration(self._config.ice_servers),
            pace=Pace(),
        )
        await asyncio.to_thread(self._rig.landmarkers.warm)

    async def _end_checks(self, app: web.Application) -> None:
        """Break every running check; each closes its peer on the way out."""
        await asyncio.gather(*(socket.close() for socket in list(self._sockets)), return_exceptions=True)

    async def _close(self, app: web.Application) -> None:
        if self._rig is not None:
            await asyncio.to_thread(self._rig.executor.shutdown, cancel_futures=True)
            await asyncio.to_thread(self._rig.landmarkers.close)

    async def _healthz(self, request: web.Request) -> web.Response:
        return web.json_response({"running": self.running, "slots": self._config.slots})

    async def _checks(self, request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self._config.secret}".encode()):
            return web.Response(status=401)
        socket = web.WebSocketResponse(max_msg_size=MAX_MESSAGE_BYTES, heartbeat=PING_S, timeout=1.0, compress=False)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await self._serve(socket)
        except TimeoutError:
            log.warning("A check ended at a time limit of its own.")
        except OverloadedError:
            log.warning("A check was given up: this process is too slow to judge it fairly.")
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
        except ConnectionError:
            log.info("A check's socket broke.")
        finally:
            self._sockets.discard(socket)
            await socket.close()
        return socket

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        async def send(message: FromMedia) -> None:
            async with asyncio.timeout(SEND_S):
                await socket.send_str(_encoder.encode(message).decode())

        stills = Stills()
        async with aclosing(_messages(socket, send, stills)) as messages:
            async with asyncio.timeout(OPEN_S):
                request = await anext(messages, None)
            if not isinstance(request, Open) or not sensible(request):
                await send(Refused("BAD_OPEN"))
                return
            assert self._rig is not None
            if self.running >= self._config.slots or (self.running and self._rig.pace.behind):
                await send(Busy(RETRY_AFTER_MS))
                return
            self.running += 1
            try:
                servers = [*self._config.ice_servers, *request.ice_servers]
                check = Check(request, replace(self._rig, ice=configuration(servers)), send, stills)
                await send(Granted())
                await check.run(messages)
            finally:
                self.running -= 1
                if not self.running:
                    self._rig.pace.rest()


async def _messages(socket: web.WebSocketResponse, send: Send, stills: Stills) -> AsyncGenerator[ToMedia]:
    """Yield what the control plane says until it closes; what can't be read is refused, five times.

    The socket is read all the time: aiohttp answers pings while it is read only, and an answer to an offer may take
    longer (a STUN server that is silent) than the control plane waits for a pong. JPEG frames go past the queue: the
    latest wins.
    """
    waiting: asyncio.Queue[ToMedia | None] = asyncio.Queue(MAX_WAITING + 1)  # one place for the end

    async def read() -> None:
        malformed = 0
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT or waiting.qsize() >= MAX_WAITING:
                    break  # nobody honest says so much; the check ends
                try:
                    said = _decoder.decode(message.data)
                except msgspec.DecodeError:
                    malformed += 1
                    await send(Refused("MALFORMED"))
                    if malformed == MAX_MALFORMED:
                        break
                    continue
                if isinstance(said, Frame):
                    stills.put(said.jpeg)
                else:
                    waiting.put_nowait(said)
        finally:
            waiting.put_nowait(None)

    reader = asyncio.create_task(read(), name="check-socket")
    try:
        while (message := await waiting.get()) is not None:
            yield message
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)


def sensible(request: Open) -> bool:
    """Return whether an Open stays within what a check may cost."""
    if not 1 <= len(request.scripts) <= MAX_TRIES or len(request.check_id) > MAX_ID:
        return False
    if not all(1 <= len(script.steps) <= MAX_STEPS for script in request.scripts):
        return False
    if not all(0 <= step.gap_ms <= MAX_GAP_MS for script in request.scripts for step in script.steps):
        return False
    if request.portrait is not None and (len(request.portrait) != EMBEDDING or not any(request.portrait)):
        return False
    return all(low <= getattr(request, name) <= high for name, (low, high) in BOUNDS_MS.items())
