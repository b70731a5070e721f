"""One open wall: what it watches and how much of it has been told; nothing is queued for it, so nothing can pile up."""

import asyncio
from typing import cast

import msgspec

from classroom.clock import now_ms
from realtime.connection import AsgiSend
from realtime.wall.protocol import (
    CLOSE_TOO_FAST,
    NewsOf,
    Since,
    WallCall,
    WallCallOver,
    WallNews,
    WallOffer,
    WallRefused,
    WallWelcome,
)
from realtime.wall.walls import Walls

DRAIN_TIMEOUT_S = 10.0
WAITING_MESSAGES = 64

_encode = msgspec.json.Encoder().encode


class Wall:
    """Pulls from the boards whatever is newer than what its page knows; a slow page skips to the newest."""

    def __init__(self, walls: Walls, *, account_id: str, session: str, expires_at_ms: int | None) -> None:
        """``session`` is the hash of its web session, which expires then."""
        self.learner_id = account_id
        self.session = session
        self.expires_at_ms = expires_at_ms
        self.close_code: int | None = None
        self._walls = walls
        self._told: dict[str, Since] = {}
        self._heard: dict[str, dict[str, int]] = {}  # by class: of which of the board's news this wall knows
        self._first: list[str] = []  # welcome and refusals, before what changes
        self._wake = asyncio.Event()

    @property
    def closing(self) -> bool:
        """Nothing more is sent or taken."""
        return self.close_code is not None

    def say(self, message: WallWelcome | WallRefused | WallCall | WallOffer | WallCallOver) -> None:
        """Queue a small answer."""
        if len(self._first) >= WAITING_MESSAGES:
            self.close(CLOSE_TOO_FAST)
            return
        self._first.append(_encode(message).decode())
        self._wake.set()

    def said(self, check: str, what: str, words: str) -> None:
        """Of a call that this page takes part in."""
        self.say(WallOffer(check, words) if what == "offer" else WallCallOver(check, words))

    async def watch(self, classes: dict[str, Since | None]) -> None:
        """These classes and no others; the caller has judged that this account may see them."""
        for class_id in self._told.keys() - classes.keys():
            del self._told[class_id]
            self._heard.pop(class_id, None)
            self._walls.leave(class_id, self._wake.set)
        for class_id, since in classes.items():
            if class_id not in self._told:
                self._told[class_id] = since or Since("", 0)
                await self._walls.watch(class_id, self._wake.set)

    def leave(self) -> None:
        """The socket is gone."""
        for class_id in tuple(self._told):
            self._walls.leave(class_id, self._wake.set)
        self._told.clear()

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
        news, self._first = self._first, []
        for class_id, since in tuple(self._told.items()):
            board = self._walls.board(class_id)
            if board is not None:
                texts, version = board.since(since.board, since.version, now_ms())
                self._told[class_id] = Since(board.id, version)
                news += texts
                heard, self._heard[class_id] = self._heard.get(class_id, {}), dict(board.news)
                changed = (of for of, n in board.news.items() if n != heard.get(of))
                news += [_encode(WallNews(class_id, cast(NewsOf, of))).decode() for of in changed]
        return news
