"""Composes the web's HTTP application and the classroom socket: the only place that knows both."""

from collections.abc import Callable
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path, re_path

from realtime.connection import AsgiReceive, AsgiSend
from realtime.consumer import ClassroomConsumer
from realtime.wall.consumer import WallConsumer
from realtime.wiring import Wiring
from web.http import get_http_application


def build(wiring: Wiring, ready: Callable[[], bool] = lambda: True) -> ProtocolTypeRouter:
    """The ASGI application of one control process. ``ready``: whether it takes new pages, said at ``/readyz``."""
    pages = get_http_application()

    async def http(scope: dict[str, Any], receive: Any, send: AsgiSend) -> None:
        if scope["path"] == "/readyz":
            await _readyz(send, ready=ready())
        else:
            await pages(scope, receive, send)

    sockets = URLRouter(
        [
            path("ws/classroom", ClassroomConsumer.as_asgi(wiring=wiring)),
            path("ws/wall", WallConsumer.as_asgi(wiring=wiring)),
            re_path(r"", _no_such_socket),
        ]
    )
    return ProtocolTypeRouter({"http": http, "websocket": sockets})


async def _readyz(send: AsgiSend, *, ready: bool) -> None:
    """503 once the process goes away: whoever shares out new pages sends it none."""
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200 if ready else 503, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"ready": true}' if ready else b'{"ready": false}'})


async def _no_such_socket(scope: dict[str, Any], receive: AsgiReceive, send: AsgiSend) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 4404})
