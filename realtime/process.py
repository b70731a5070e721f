"""What a control process holds open from its start to its end, in the order in which it must be opened."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from classroom import notices
from classroom.clock import now_ms
from classroom.courses import service as courses
from classroom.courses.workshop import Workshop
from classroom.database import close_database, open_database
from classroom.operations.service import OperationLog
from classroom.oversight import service as oversight
from realtime.capacity import Capacity, Design
from realtime.census.census import Census
from realtime.census.keeper import Keeper
from realtime.cluster.cluster import Cluster
from realtime.connection import Connections
from realtime.ice import IceServers
from realtime.media_pool import MediaPool
from realtime.media_process import MediaProcess
from realtime.metrics import Metrics
from realtime.oversight.views import Views
from realtime.protocol import CLOSE_RESTART
from realtime.rehearsal import Rehearsals
from realtime.seats import Seats
from realtime.tally import TALLY
from realtime.vitals import Vitals
from realtime.wall.walls import Walls
from realtime.wiring import ARRIVALS, Wiring, gate

CLUSTER_ARRIVALS = 32  # some of them wait for another process; the pool of connections bounds the rest
EXPIRY_S = 5.0  # how much longer than its web session a socket may live


class ControlProcess:
    """Database, media plane, seats; opened and closed on the loop that serves."""

    def __init__(self, settings: Any, *, with_media: bool) -> None:
        self._settings = settings
        self._with_media = with_media
        self._open = AsyncExitStack()
        self._connections = Connections()
        turn = (settings.TURN_URLS, settings.TURN_SECRET, settings.TURN_LIFETIME_S)
        self._media = MediaPool(settings.MEDIA_URLS, settings.MEDIA_SECRET, turn=IceServers((), *turn))
        alone = not settings.REDIS_URL
        ice = IceServers(settings.ICE_SERVERS, *turn)
        self._seats = Seats(media=self._media, ice=ice, alone=alone)
        self._cluster = None
        if not alone:
            about = {"url": settings.REDIS_URL, "prefix": settings.REDIS_PREFIX, "key": settings.SECRET_KEY}
            self._cluster = Cluster(self._seats, self._connections, **about)
        self.walls = Walls(self._seats, self._seats.sight, None if self._cluster is None else self._cluster.peers)
        if self._cluster is not None:
            self._cluster.listen(self.walls)
        layer = None if self._cluster is None else self._cluster.peers
        self.vitals = Vitals(self._media.members, layer)
        self._metrics = Metrics(self._seats, self._connections, self._media.members, self.vitals, TALLY)
        design = Design(
            settings.DESIGN_LEARNERS, settings.DESIGN_CHECKS, settings.DESIGN_CPU_CORES, settings.DESIGN_MEMORY_MIB,
            settings.DESIGN_DATABASE_MIB, settings.DESIGN_DISK_MIB,
        )  # fmt: skip
        self._capacity = Capacity(
            design, self._seats.owner, settings.MACHINE, settings.VERSION, settings.DATA, self._media.members,
            lambda: len(self._connections),
        )  # fmt: skip
        self._metrics.gauges = lambda: self._capacity.gauges
        self._keeper = Keeper(oversight.keep_minute)
        self._census = Census(self._seats.owner, courses.places_of, self._keeper.moved)
        self._views = Views(self._census.sums)
        if self._cluster is not None:
            self._census.post = self._cluster.peers
            self._cluster.listen(self._census)
        self.drain_s: float = 0 if alone else settings.DRAIN_S
        self.wiring = Wiring(
            seats=self._cluster or self._seats,
            rehearsals=Rehearsals(self._media),
            connections=self._connections,
            walls=self.walls,
            views=self._views,
            calls=self._seats.calls,
            ice=ice,
            cookie=settings.SESSION_COOKIE_NAME,
            device_key=settings.SECRET_KEY.encode(),
            allowed_hosts=settings.ALLOWED_HOSTS,
            arrivals=gate(ARRIVALS if alone else CLUSTER_ARRIVALS),
        )

    async def open(self) -> None:
        """Open everything, or close again what was opened and raise."""
        async with AsyncExitStack() as opening:
            await open_database(self._settings.DATABASE)
            opening.push_async_callback(close_database)
            operations = OperationLog(self._seats.owner, self._settings.JOURNAL_KEY)
            operations.open()
            opening.push_async_callback(operations.close)
            await opening.enter_async_context(self._media)
            if self._with_media:
                for one in self._media.members:
                    process = MediaProcess(one.url, self._settings.MEDIA_SECRET, answers=one.plane.answers)
                    await process.start()
                    opening.push_async_callback(process.stop)
            await self._seats.open()
            opening.push_async_callback(self._seats.close)
            opening.push_async_callback(self.walls.close)
            opening.callback(self._seats.sight.watch(self._census.seen))
            for part in (self._census, self._keeper, self._views):
                part.open()
                opening.push_async_callback(part.close)
            if self._cluster is not None:
                self._cluster.open()
                opening.push_async_callback(self._cluster.close)
            if self._settings.WORKSHOP:
                workshop = Workshop(self._seats.owner)
                workshop.open()
                opening.push_async_callback(workshop.close)
            self.vitals.open()
            opening.push_async_callback(self.vitals.close)
            self._capacity.open()
            opening.push_async_callback(self._capacity.close)
            if self._settings.METRICS is not None:
                await self._metrics.open(*self._settings.METRICS)
                opening.push_async_callback(self._metrics.close)
            opening.callback(notices.subscribe("session_ended", self._connections.session_ended))
            expiry = asyncio.create_task(self._expire(), name="session expiry")
            opening.callback(expiry.cancel)
            self._open = opening.pop_all()

    def hurry(self) -> None:
        """Wait for no check any longer."""
        if self._cluster is not None:
            self._cluster.hurried = True

    @property
    def ready(self) -> bool:
        """Whether it takes new pages."""
        return (
            self.vitals.health.status != "down"
            and not self._seats.closing
            and not (self._cluster is not None and self._cluster.draining)
        )

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(EXPIRY_S)
            self._connections.expire(now_ms())

    async def farewell(self, at_most_s: float) -> None:
        """Let go of what can move, for as long as ``drain_s``; tell every page left to come back to another process."""
        if self._cluster is not None:
            await self._cluster.drain(self.drain_s)
        self._seats.farewell()
        for way_in in (self.wiring.doors, self.wiring.arrivals):
            way_in.close()
        self._connections.close_all(CLOSE_RESTART)
        loop = asyncio.get_running_loop()
        until = loop.time() + at_most_s
        while len(self._connections) and loop.time() < until:
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Close in the reverse order."""
        await self._open.aclose()
