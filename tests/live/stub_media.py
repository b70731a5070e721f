"""Stands in for the media process where a test isn't about faces: the offer's text says what the camera shows.

``python -m tests.live.stub_media``; offers: "passes", "fails", "breaks", anything else is a camera that shows nobody.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from aiohttp import WSMsgType, web

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

EMBEDDING = [1.0] + [0.0] * 127
JPEG = b"\xff\xd8 a stand-in"
MODEL = "stub"
RETRY_MS = 300
FULL_RETRY_MS = 5_000
FOLDER = Path(os.environ.get("ANXUE_DATA", "."))  # a file "media-full" or "media-down" in it says so
RUNNING = web.AppKey("running", list[int])

_decoder = msgspec.json.Decoder(ToMedia)
_encoder = msgspec.json.Encoder()


async def _check(request: web.Request) -> web.StreamResponse:
    assert request.headers.get("Authorization") == f"Bearer {os.environ['ANXUE_MEDIA_SECRET']}"
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    asked = _decoder.decode(await socket.receive_str())
    assert isinstance(asked, Open)

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
    await asyncio.sleep(int(os.environ.get("ANXUE_MEDIA_SLOT_MS", "0")) / 1000)
    await say(Granted())
    limit_s = asked.camera_ms / 1000
    seen = False
    acting: list[asyncio.Task[None]] = []
    try:
        while True:
            async with asyncio.timeout(limit_s):
                frame = await socket.receive()  # answers the control plane's pings, too
            if frame.type is not WSMsgType.TEXT:
                return socket
            match _decoder.decode(frame.data):
                case Abort():
                    return socket
                case Offer("breaks") if request.transport is not None:  # a stream that kills whoever decodes it
                    request.transport.abort()
                    return socket
                case Offer(sdp):
                    await say(Answer("stub"), FirstFrame())
                    seen, limit_s = True, asked.window_ms / 1000
                    acting.append(asyncio.create_task(_act(asked, sdp, say), name="act"))
                case _:
                    pass
    except TimeoutError:
        reason = Reason.TOO_LATE if seen else Reason.NO_CAMERA
        await say(Failed(reason, True, None, None, None, MODEL))
        return socket
    finally:
        request.app[RUNNING][0] -= 1
        for task in acting:
            task.cancel()
        with suppress(ConnectionError):
            await socket.close()


async def _healthz(request: web.Request) -> web.Response:
    return web.json_response({"running": request.app[RUNNING][0]})


async def _act(asked: Open, sdp: str, say: Callable[..., Awaitable[None]]) -> None:
    await asyncio.sleep(asked.ready_ms / 1000)
    if sdp in ("passes", "fails"):
        await say(*_acted(asked, passes=sdp == "passes"))
    else:
        await say(Prompt(1, 0, 3, asked.scripts[0].steps[0].action, asked.action_ms))


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
            return [*said, Passed(JPEG, EMBEDDING, 0.9, 0.45, MODEL)]
    return [*said, Failed(Reason.WRONG_ACTION, False, JPEG, 0.1, 0.45, MODEL)]


def main() -> None:
    """Serve until ended."""
    app = web.Application()
    app[RUNNING] = [0]
    app.router.add_get("/checks", _check)
    app.router.add_get("/healthz", _healthz)
    url = urlsplit(os.environ["ANXUE_MEDIA_URL"])
    web.run_app(app, host=url.hostname, port=url.port, print=None)


if __name__ == "__main__":
    main()
