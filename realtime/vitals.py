"""Looks every two seconds at what this process stands on, so that /healthz, /readyz and /metrics tell what is true."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from classroom.database import connection_in_use
from classroom.guards import GuardMissing, check_guards
from realtime.media_pool import Member

LOOK_EVERY_S = 2.0
ASK_S = 2.0
GUARDS_EVERY = 15  # looks: half a minute
LAG_EVERY_S = 0.25

_log = structlog.get_logger(__name__)


class Layer(Protocol):
    """What carries messages between processes."""

    @property
    def up(self) -> bool:
        """Whether it is there."""
        ...


@dataclass(frozen=True, slots=True)
class Health:
    """What works and what doesn't; only the first two make a process useless."""

    database: bool
    guards: bool
    media: int  # processes that answer
    layer: bool | None  # None: this process is the only one

    @property
    def status(self) -> str:
        """Ok, degraded (checks wait, or pages of other processes do), or down (nothing can be counted)."""
        if not (self.database and self.guards):
            return "down"
        return "ok" if self.media and self.layer is not False else "degraded"


class Vitals:
    """One task a process; who asks gets what it saw last, so that asking costs nothing."""

    def __init__(
        self,
        members: list[Member],
        layer: Layer | None,
        *,
        ask: Callable[[], Awaitable[None]] | None = None,
        ask_guards: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._members, self._layer = members, layer
        self._ask, self._ask_guards = ask or _ask_database, ask_guards or _ask_for_guards
        self._database = self._guards = True  # start has just seen them
        self.lag_s = 0.0  # how late the loop was at worst since the last look
        self._worst = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def health(self) -> Health:
        """As last seen."""
        media = sum(member.up for member in self._members)
        return Health(self._database, self._guards, media, None if self._layer is None else self._layer.up)

    def open(self) -> None:
        """Begin to look."""
        self._tasks = [
            asyncio.create_task(self._run(), name="vitals"),
            asyncio.create_task(self._watch_loop(), name="loop lag"),
        ]

    async def close(self) -> None:
        """Look away."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def look(self, *, guards: bool = False) -> None:
        """Once."""
        before = self.health.status
        self._database = await self._works(self._ask)
        if guards and self._database:
            self._guards = await self._works(self._ask_guards)
        self.lag_s, self._worst = self._worst, 0.0
        if self.health.status != before:
            _log.warning("This process' health changed.", before=before, now=self.health.status)

    async def _works(self, ask: Callable[[], Awaitable[None]]) -> bool:
        try:
            async with asyncio.timeout(ASK_S):
                await ask()
        except GuardMissing as missing:
            _log.error("The journal isn't protected any more.", what=str(missing))
            return False
        except Exception:  # whatever a driver says of a database that is away
            return False
        return True

    async def _run(self) -> None:
        looks = 0
        while True:
            await self.look(guards=looks % GUARDS_EVERY == 0)
            looks += 1
            await asyncio.sleep(LOOK_EVERY_S)

    async def _watch_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self._worst = max(self._worst, loop.time() - due)


async def _ask_database() -> None:
    await connection_in_use().execute_query("SELECT 1")


async def _ask_for_guards() -> None:
    await check_guards(connection_in_use())
