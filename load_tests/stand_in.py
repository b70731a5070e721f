"""Stands in for the media process where a load or a test isn't about faces: the offer's text says what the camera shows.

``python -m load_tests.stand_in``. Offers: "passes" and "fails", after a colon the milliseconds that the learner takes
from the first prompt to the last action; "breaks"; anything else is a camera that shows nobody.

With ANXUE_MEDIA_BEHIND it stands before a real media process: whoever wasn't enrolled with the stand-in's portrait is
judged there, so that real faces and simulated ones can study side by side.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp import WSMsgType, web

from load_tests.portraits import drawn
from verify.protocol import (
    Abort,
    Action,
    Answer,
    Busy,
    Failed,
    FirstFrame,
    FromMedia,
    Granted,
    Offer,
    Open,
    Passed,
    Prompt,
    Reason,
    StepSeen,
    ToMedia,
    TryFailed,
)

EMBEDDING = [1.0] + [0.0] * 127  # whoever was enrolled with it is simulated
MODEL = "stand-in"
RETRY_MS = 300
FULL_RETRY_MS = 5_000
CONNECT_S = 3.0
FOLDER = Path(os.environ.get("ANXUE_DATA", "."))  # a file "media-full" or "media-down" in it says so
RUNNING = web.AppKey("running", list[int])
BEHIND = web.AppKey("behind", aiohttp.ClientSession)

Say = Callable[..., Awaitable[None]]

_decoder = msgspec.json.Decoder(ToMedia)
_encoder = msgspec.json.Encoder()
_picture = drawn(0)


async def _check(request: web.Request) -> web.StreamResponse:
    secret = os.environ["ANXUE_MEDIA_SECRET"]
    assert request.headers.get("Authorization") == f"Bearer {secret}"
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    first = await socket.receive_str()
    asked = _decoder.decode(first)
    assert isinstance(asked, Open)
    if (behind := request.app.get(BEHIND)) is not None and asked.portrait != EMBEDDING:
        await _pass_on(socket, first, behind)
        return socket

    async def say(*messages: FromMedia) -> None:
        for message in messages:
            await socket.send_str(_encoder.encode(message).decode())

    if (FOLDER / "media-down").exists():
        await socket.close()
        return socket
    if (FOLDER / "media-full").exists():
        await say(Busy(FULL_RETRY_MS))
        return socket
    if request.app[RUNNING][0] >= int(os.environ.get("ANXUE_MEDIA_SLOTS", "1000")):
        await say(Busy(RETRY_MS))
        return socket
    request.app[RUNNING][0] += 1
    acting: list[asyncio.Task[None]] = []
    try:
        await asyncio.sleep(int(os.environ.get("ANXUE_MEDIA_SLOT_MS", "0")) / 1000)
        with suppress(ConnectionError):  # whoever asked has gone meanwhile
            await say(Granted())
            await _hear(request, socket, asked, say, acting)
    finally:
        request.app[RUNNING][0] -= 1
        for task in acting:
            task.cancel()
        with suppress(ConnectionError):
            await socket.close()
    return socket


async def _hear(
    request: web.Request, socket: web.WebSocketResponse, asked: Open, say: Say, acting: list[asyncio.Task[None]]
) -> None:
    limit_s, seen = asked.camera_ms / 1000, False
    try:
        while True:
            async with asyncio.timeout(limit_s):
                frame = await socket.receive()  # answers the control plane's pings, too
            if frame.type is not WSMsgType.TEXT:
                return
            match _decoder.decode(frame.data):
                case Abort():
                    return
                case Offer("breaks") if request.transport is not None:  # a stream that kills whoever decodes it
                    request.transport.abort()
                    return
                case Offer(sdp):
                    await say(Answer("stand-in"), FirstFrame())
                    seen, limit_s = True, asked.window_ms / 1000
                    acting.append(asyncio.create_task(_act(asked, sdp, say), name="act"))
                case _:
                    pass
    except TimeoutError:
        reason = Reason.TOO_LATE if seen else Reason.NO_CAMERA
        await say(Failed(reason, True, None, None, None, MODEL))


async def _act(asked: Open, sdp: str, say: Say) -> None:
    await asyncio.sleep(asked.ready_ms / 1000)
    what, _, took = sdp.partition(":")
    if what not in ("passes", "fails"):
        await say(Prompt(1, 0, 3, asked.scripts[0].steps[0].action, asked.action_ms))
        return
    said = _acted(asked, passes=what == "passes")
    pause_s = int(took or 0) / 1000 / max(1, len(said) - 1)
    for number, message in enumerate(said):
        if number and pause_s:
            await asyncio.sleep(pause_s)
        await say(message)


def _acted(asked: Open, *, passes: bool) -> list[FromMedia]:
    said: list[FromMedia] = []
    for number, script in enumerate(asked.scripts, 1):
        for index, step in enumerate(script.steps):
            said.append(Prompt(number, index, len(script.steps), Action(step.action), asked.action_ms))
            if not passes:
                said.append(TryFailed(Reason.WRONG_ACTION, len(asked.scripts) - number))
                break
            said.append(StepSeen(number, index))
        if passes:
            return [*said, Passed(_picture, EMBEDDING, 0.9, 0.45, MODEL)]
    return [*said, Failed(Reason.WRONG_ACTION, False, _picture, 0.1, 0.45, MODEL)]


# ---------------------------------------------------------------- before a real one


async def _pass_on(socket: web.WebSocketResponse, first: str, behind: aiohttp.ClientSession) -> None:
    """A real face: every message goes on to the real process and back; what breaks there breaks here."""
    async with asyncio.timeout(CONNECT_S):
        real = await behind.ws_connect("/checks", max_msg_size=0)
    await real.send_str(first)
    ways = [asyncio.create_task(_carry(socket, real)), asyncio.create_task(_carry(real, socket))]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in ways:
        way.cancel()
    await asyncio.wait(ways)
    with suppress(ConnectionError):
        await real.close()
        await socket.close(code=real.close_code or 1000)


async def _carry(here: Any, there: Any) -> None:
    async for frame in here:
        if frame.type is not WSMsgType.TEXT:
            return
        await there.send_str(frame.data)


async def _healthz(request: web.Request) -> web.Response:
    if (behind := request.app.get(BEHIND)) is not None:
        async with asyncio.timeout(CONNECT_S), behind.get("/healthz") as answer:
            return web.Response(status=answer.status)
    return web.json_response({"running": request.app[RUNNING][0]})


async def _open_behind(app: web.Application) -> None:
    if url := os.environ.get("ANXUE_MEDIA_BEHIND"):
        headers = {"Authorization": f"Bearer {os.environ['ANXUE_MEDIA_SECRET']}"}
        app[BEHIND] = aiohttp.ClientSession(url, headers=headers, trust_env=False)


async def _close_behind(app: web.Application) -> None:
    if (behind := app.get(BEHIND)) is not None:
        await behind.close()


def main() -> None:
    """Serve until ended."""
    app = web.Application()
    app[RUNNING] = [0]
    app.router.add_get("/checks", _check)
    app.router.add_get("/healthz", _healthz)
    app.on_startup.append(_open_behind)
    app.on_cleanup.append(_close_behind)
    url = urlsplit(os.environ["ANXUE_MEDIA_URL"])
    web.run_app(app, host=url.hostname, port=url.port, print=None, backlog=4096)


if __name__ == "__main__":
    main()
