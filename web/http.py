"""The HTTP application, for whoever serves it."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_FILE = re.compile(r"/api/courseware/[A-Za-z0-9_-]{1,32}/(content|captions)")  # the bytes of one, or a part of them


def get_http_application() -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """Django's ASGI application for scope type http, checked: start refuses what web/checks.py finds."""
    import django
    from django.core.checks import ERROR, run_checks
    from django.core.management.base import SystemCheckError

    django.setup(set_prefix=False)
    errors = [found for found in run_checks() if found.level >= ERROR and not found.is_silenced()]
    if errors:
        raise SystemCheckError("; ".join(f"{found.id}: {found.msg}" for found in errors))
    return _bounded(_handler())


def _handler() -> Any:
    from django.core.exceptions import RequestAborted
    from django.core.handlers.asgi import ASGIHandler

    class Handler(ASGIHandler):
        async def listen_for_disconnect(self, receive: Receive) -> None:
            """End when the client goes, or is cancelled; raise nothing.

            Django's own raises in both cases, and holds the task whose exception's traceback holds Django's frame: eighty
            objects a request that only the collector finds, while a class of 2,000 signs in.
            """
            with suppress(asyncio.CancelledError, RequestAborted):
                await super().listen_for_disconnect(receive)

    return Handler()


def _bounded(handler: Any) -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """Django reads a whole body to the disk before it looks at its size; only a part of a file is larger than a login."""
    from django.conf import settings

    from classroom.courses.uploads import CHUNK_BYTES

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        taken = 0
        is_file = scope["method"] == "PUT" and _FILE.fullmatch(scope["path"]) is not None
        limit_bytes: int = CHUNK_BYTES if is_file else settings.DATA_UPLOAD_MAX_MEMORY_SIZE

        async def receive_so_much() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return message if taken <= limit_bytes else {"type": "http.disconnect"}

        said = dict(scope["headers"]).get(b"content-length", b"0")
        if not said.isdigit() or int(said) > limit_bytes:
            await _refuse(send)
            return
        # Not handler(…): that makes a thread for every request. The few hops that Django insists on share one.
        await handler.handle(scope, receive_so_much, send)

    return application


async def _refuse(send: Send) -> None:
    from web.errors import answer

    response = answer(413)
    headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    await send({"type": "http.response.start", "status": 413, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": response.content})
