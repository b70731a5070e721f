"""Composes the web's HTTP application and the classroom socket: the only place that knows both."""

from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path, re_path

from realtime.connection import AsgiReceive, AsgiSend
from realtime.consumer import ClassroomConsumer
from realtime.wiring import Wiring
from web.http import get_http_application


def build(wiring: Wiring) -> ProtocolTypeRouter:
    """The ASGI application of one control process."""
    sockets = URLRouter(
        [
            path("ws/classroom", ClassroomConsumer.as_asgi(wiring=wiring)),
            re_path(r"", _no_such_socket),
        ]
    )
    return ProtocolTypeRouter({"http": get_http_application(), "websocket": sockets})


async def _no_such_socket(scope: dict[str, Any], receive: AsgiReceive, send: AsgiSend) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 4404})
