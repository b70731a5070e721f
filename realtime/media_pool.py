"""Shares checks out over several media processes: the least busy first, one that doesn't answer is passed over."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog

from realtime.ice import IceServers
from realtime.media import HEARTBEAT_S, Health, MediaBusy, MediaCheck, MediaDown, MediaPlane
from realtime.tally import TALLY
from verify.protocol import Open

PROBE_EVERY_S = 1.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Member:
    """One media process as this control process last saw it."""

    url: str
    plane: MediaPlane
    up: bool = True  # until it says otherwise
    running: int = 0
    slots: int = 1
    granted: int = 0  # here, since it was last asked how much it has to do

    @property
    def load(self) -> float:
        """The share of its slots that is taken, as far as is known here."""
        return (self.running + self.granted) / max(self.slots, 1)

    def saw(self, health: Health | None) -> None:
        """What its probe brought."""
        if (health is not None) != self.up:
            self.up = health is not None
            _log.info("A media process is back." if self.up else "A media process doesn't answer.", url=self.url)
        if health is not None:
            self.running, self.slots, self.granted = health.running, health.slots, 0


class MediaPool:
    """A Plane made of several; asks one after the other, so that a check never holds two slots."""

    def __init__(
        self,
        urls: Sequence[str],
        secret: str,
        *,
        heartbeat_s: float = HEARTBEAT_S,
        turn: IceServers | None = None,
        probe_every_s: float = PROBE_EVERY_S,
    ) -> None:
        self.members = [Member(url, MediaPlane(url, secret, heartbeat_s=heartbeat_s, turn=turn)) for url in urls]
        self._probe_every_s = probe_every_s
        self._open = AsyncExitStack()
        self._prober: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        for member in self.members:
            await self._open.enter_async_context(member.plane)
        self._prober = asyncio.create_task(self._probe(), name="media prober")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._prober is not None:
            self._prober.cancel()
            await asyncio.wait([self._prober])
        await self._open.aclose()

    async def open(self, request: Open) -> MediaCheck:
        """Reserve a slot at whoever has one; MediaBusy where at least one lives, MediaDown where none does."""
        busy: list[int] = []
        for member in sorted(self.members, key=lambda one: (not one.up, one.load)):
            try:
                check = await member.plane.open(request)
            except MediaBusy as full:
                busy.append(full.retry_after_ms)
                TALLY.slots["busy"] += 1
            except MediaDown:
                member.saw(None)
                TALLY.slots["down"] += 1
            else:
                member.up = True
                member.granted += 1
                TALLY.slots["granted"] += 1
                return check
        if busy:
            raise MediaBusy(min(busy))
        raise MediaDown("no media process can be reached")

    async def _probe(self) -> None:
        while True:
            for member, health in zip(self.members, await self._healths(), strict=True):
                member.saw(health)
            await asyncio.sleep(self._probe_every_s)

    async def _healths(self) -> list[Health | None]:
        return list(await asyncio.gather(*(member.plane.health() for member in self.members)))
