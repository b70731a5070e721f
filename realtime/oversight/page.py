"""One regulator's page: what it looks at and how much of it has been told; nothing is queued, a slow page skips."""

import asyncio
from dataclasses import dataclass

import msgspec

from realtime.connection import AsgiSend
from realtime.oversight.protocol import CLOSE_TOO_FAST, OversightRefused
from realtime.oversight.view import Narrowed, View, with_look
from realtime.oversight.views import Views

DRAIN_TIMEOUT_S = 10.0

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Looking:
    look: int
    at: Narrowed
    view: View
    told: int = -1


class Page:
    """Whoever may look at what is judged by the consumer."""

    def __init__(self, views: Views, *, account_id: str, session: str, expires_at_ms: int | None) -> None:
        """``session`` is the hash of its web session, which expires then."""
        self.learner_id = account_id  # as every socket's account is called (realtime/connection.py)
        self.session = session
        self.expires_at_ms = expires_at_ms
        self.close_code: int | None = None
        self._views = views
        self._looking: _Looking | None = None
        self._refused: int | None = None
        self._wake = asyncio.Event()

    @property
    def closing(self) -> bool:
        """Nothing more is sent or taken."""
        return self.close_code is not None

    def look(self, look: int, at: Narrowed) -> None:
        """This and nothing else from now on."""
        self.leave()
        self._looking = _Looking(look, at, self._views.look(at, self._wake.set))
        self._wake.set()

    def refuse(self, look: int) -> None:
        """Nothing is looked at."""
        self.leave()
        self._refused = look
        self._wake.set()

    def leave(self) -> None:
        """What was looked at isn't any more."""
        self._refused = None
        if self._looking is not None:
            self._views.leave(self._looking.at, self._wake.set)
            self._looking = None

    def close(self, code: int) -> None:
        """The first code wins."""
        if self.close_code is None:
            self.close_code = code
            self._wake.set()

    async def pump(self, send: AsgiSend) -> None:
        """Write until it is closed; the consumer owns the task that runs this."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                async with asyncio.timeout(DRAIN_TIMEOUT_S):
                    for text in self._news():
                        await send({"type": "websocket.send", "text": text})
                    if self.close_code is not None:
                        await send({"type": "websocket.close", "code": self.close_code})
                        return
        except (TimeoutError, OSError):  # the page takes nothing, or is gone
            self.close(CLOSE_TOO_FAST)

    def _news(self) -> list[str]:
        if self._refused is not None:
            look, self._refused = self._refused, None
            return [_encode(OversightRefused(look, "NOT_FOUND")).decode()]
        looking = self._looking
        if looking is None or looking.told == looking.view.n:
            return []
        text = looking.view.since(looking.told)
        looking.told = looking.view.n
        return [with_look(looking.look, text)]
