"""Who is silent is asked whether it is there; who speaks is not."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest

from realtime import servers

INTERVAL_S, TIMEOUT_S = 0.4, 0.6
WITHIN_S = 20.0


async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"]})


@asynccontextmanager
async def uvicorn() -> AsyncIterator[str]:
    """A server on a loop of its own."""
    serving = servers.start("uvicorn", echo, "127.0.0.1", 0)
    here, opened = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

    def serve() -> None:
        loop = asyncio.new_event_loop()
        serving.run(loop, lambda port: here.call_soon_threadsafe(opened.set_result, port))
        loop.close()

    thread = threading.Thread(target=serve, name="uvicorn")
    thread.start()
    try:
        async with asyncio.timeout(WITHIN_S):
            yield f"http://127.0.0.1:{await opened}/"
    finally:
        serving.stop()
        await asyncio.to_thread(thread.join, WITHIN_S)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "PING_INTERVAL_S", INTERVAL_S)
    monkeypatch.setattr(servers, "PING_TIMEOUT_S", TIMEOUT_S)


async def test_a_page_that_speaks_is_not_asked_and_one_that_falls_silent_is() -> None:
    loop = asyncio.get_running_loop()
    async with uvicorn() as url, aiohttp.ClientSession() as session, session.ws_connect(url, autoping=False) as socket:
        until_s = loop.time() + 3 * INTERVAL_S
        while loop.time() < until_s:
            await socket.send_str("here")
            said_s = loop.time()
            with suppress(TimeoutError):  # what comes until it speaks again
                while True:
                    heard = await socket.receive(timeout=INTERVAL_S / 4)
                    if heard.type is aiohttp.WSMsgType.PING:  # on a machine that stood still it was silent for so long
                        assert loop.time() - said_s >= INTERVAL_S
                        await socket.pong(heard.data)
        while (heard := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
        assert heard.type is aiohttp.WSMsgType.PING


async def test_a_page_that_answers_no_ping_is_let_go() -> None:
    async with uvicorn() as url, aiohttp.ClientSession() as session, session.ws_connect(url, autoping=False) as socket:
        began = asyncio.get_running_loop().time()
        assert (await socket.receive()).type is aiohttp.WSMsgType.PING
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert asyncio.get_running_loop().time() - began >= INTERVAL_S + TIMEOUT_S - 0.1
