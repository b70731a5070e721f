"""Composes the web's HTTP application and the classroom socket: the only place that knows both."""

import json
from collections.abc import Callable
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path, re_path

from realtime.connection import AsgiReceive, AsgiSend
from realtime.consumer import ClassroomConsumer
from realtime.oversight.consumer import OversightConsumer
from realtime.vitals import Health
from realtime.wall.consumer import WallConsumer
from realtime.wiring import Wiring
from web.http import get_http_application


def build(
    wiring: Wiring, ready: Callable[[], bool] = lambda: True, health: Callable[[], Health] | None = None
) -> ProtocolTypeRouter:
    """The ASGI application of one control process. ``ready``: whether it takes new pages, said at ``/readyz``."""
    pages = get_http_application()

    async def http(scope: dict[str, Any], receive: Any, send: AsgiSend) -> None:
        if scope["path"] == "/readyz":
            await _say(send, 200 if (takes := ready()) else 503, {"ready": takes})
        elif scope["path"] == "/healthz" and health is not None:
            seen = health()
            about = {"database": seen.database, "guards": seen.guards, "media": seen.media, "layer": seen.layer}
            await _say(send, 503 if seen.status == "down" else 200, {"status": seen.status, **about})
        else:
            await pages(scope, receive, send)

    sockets = URLRouter(
        [
            path("ws/classroom", ClassroomConsumer.as_asgi(wiring=wiring)),
            path("ws/oversight", OversightConsumer.as_asgi(wiring=wiring)),
            path("ws/wall", WallConsumer.as_asgi(wiring=wiring)),
            re_path(r"", _no_such_socket),
        ]
    )
    return ProtocolTypeRouter({"http": http, "websocket": sockets})


async def _say(send: AsgiSend, status: int, said: dict[str, object]) -> None:
    """A probe's answer; readyz is 503 once the process goes away: whoever shares out new pages sends it none."""
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(said).encode()})


async def _no_such_socket(scope: dict[str, Any], receive: AsgiReceive, send: AsgiSend) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 4404})
