"""``python -m tests.realtime.echo daphne|uvicorn|websockets``: an echo on a free port, which it prints.

The first two are the launcher's servers with its settings and a consumer of Channels; the last is the library alone.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import uvloop
from channels.consumer import AsyncConsumer
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


class Echo(AsyncConsumer):
    """Says back what it hears, "long N c" as N times c; read as ClassroomConsumer reads."""

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] != "websocket.disconnect":
            text = event.get("text")
            if text is not None and text.startswith("long "):
                text = text[-1] * int(text[5:-2])  # as a wall is told of a large class
            await send({"type": "websocket.send", "text": text, "bytes": event.get("bytes")})


def opened(port: int) -> None:
    print(port, flush=True)


async def bare() -> None:
    from realtime.servers import MAX_FRAME_BYTES

    async def echo(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for message in socket:
                await socket.send(message)

    async with serve(echo, "127.0.0.1", 0, max_size=MAX_FRAME_BYTES, compression=None) as server:
        opened(server.sockets[0].getsockname()[1])
        await server.wait_closed()


def main(name: str) -> int:
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    if name == "websockets":
        loop.run_until_complete(bare())
        return 0
    if name == "daphne":
        from twisted.internet import asyncioreactor

        asyncioreactor.install(loop)
    from channels.routing import ProtocolTypeRouter

    from realtime import logs, servers

    logs.configure()
    serving = servers.start(name, ProtocolTypeRouter({"websocket": Echo.as_asgi()}), "127.0.0.1", 0)
    loop.add_signal_handler(signal.SIGTERM, serving.stop)
    return serving.run(loop, opened)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
