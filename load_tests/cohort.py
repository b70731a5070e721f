"""Brings a class of any size to where all of it studies, and says what the server made of it."""

import asyncio
import gc
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from load_tests.crowd.crowd import Crowd, Studying
from load_tests.learner.habits import Habits
from load_tests.learner.page import earned_ms
from load_tests.learner.wire import Wire
from load_tests.measure import loopback
from load_tests.plan import Plan
from load_tests.servers import Servers

ARRIVE_S = 1 / 60  # between two learners; the server lets in a few at a time
PATIENCE_S = 900.0
SAMPLE = 40  # records that are read over HTTP
ENDING_S = 60.0
QUICK = Habits(reacts_s=0.3, acts_s=0.3)
# Nobody is checked while a bench measures heartbeats; what isn't named has its default: 5 s between heartbeats.
UNDISTURBED: Mapping[str, int] = {"drawn_from_ms": 700_000, "ready_ms": 500}


def seed(servers: Servers, learners: int, lessons: list[tuple[int, int]]) -> Plan:
    """Fill the servers' database. Raises RuntimeError with what the seed said."""
    plan = json.dumps({"learners": learners, "lessons": lessons, "sessions": True})
    status, said = servers.run("load_tests.seed.cohort", stdin=plan)
    if status != 0:
        raise RuntimeError(said)
    return msgspec.json.decode(said.splitlines()[-1], type=Plan)


@dataclass(slots=True)
class Noted:
    """What was asked and how long it took; only while ``on``."""

    on: bool = False
    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def __call__(self, what: str, seconds: float, wrong: str | None) -> None:
        if self.on:
            self.seconds.setdefault(what, []).append(seconds)
        if wrong is not None:
            self.wrong.append(f"{what}: {wrong}")


class Cohort:
    """A class that studies."""

    def __init__(self, servers: Servers, plan: Plan, *, addresses: int = 4) -> None:
        self.noted = Noted()
        self.plan = plan
        self._servers = servers
        self.crowd = Crowd(servers.urls, cookie=plan.cookie, noted=self.noted, locals_=loopback(addresses))

    async def gather(self, learners: int | None = None) -> None:
        """Let those who aren't here yet come, and wait until each of them has studied. Raises TimeoutError."""
        present = len(self.crowd.learners)
        for number, account in enumerate(self.plan.people()[present:learners], present):
            self.crowd.add(account, number, QUICK)
            await asyncio.sleep(ARRIVE_S)
        last = 0
        async with asyncio.timeout(PATIENCE_S):
            coming = self.crowd.learners[present:]
            while coming := [one for one in coming if not _studies(one)]:  # whoever came first is checked again by now
                await asyncio.sleep(0.5)
                last = (last + 1) % 20
                if not last:
                    sys.stderr.write(f"  {self.crowd.told()}\n")

    async def settle(self, seconds: float) -> None:
        """Let the sign-in come to rest. A collection here would hold up ten thousand heartbeats, which then come at once."""
        gc.freeze()
        await asyncio.sleep(seconds)

    async def end(self) -> list[tuple[float, int]]:
        """Everybody signs out; by learner what was shown and what the server calls earned, in ms."""
        await self.crowd.end(ENDING_S)
        now = asyncio.get_running_loop().time()
        return [(one.page.video.shown_ms(now), sum(one.page.earned_ms.values())) for one in self.crowd.learners]

    async def recorded(self) -> list[tuple[int, int]]:
        """Of some learners: what the page was last told is earned, and what the record says, in ms."""
        found = []
        for one in self.crowd.learners[:: max(1, len(self.crowd.learners) // SAMPLE)]:
            async with Wire(self._servers.url, one.page) as wire:
                wire.take_session(self.plan.cookie, one.account.key or "")
                _, record = await wire.ask("GET", f"/api/classes/{self.plan.class_id}/record")
            found.append((sum(one.page.earned_ms.values()), earned_ms(record)))
        return found

    async def window(self, seconds: float) -> dict[str, list[float]]:
        """What was asked and answered from now on, in seconds."""
        self.noted.seconds, self.noted.on = {}, True
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(seconds)
        self.noted.on = False
        return self.noted.seconds


def _studies(one: Studying) -> bool:
    view = one.page.view
    return view is not None and view.phase == "studying" and one.page.video.running
