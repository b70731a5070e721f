"""A proctor who checks a learner in person: takes the request, sees them over the wall's socket, decides."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from realtime import protocol as room
from realtime.wall import protocol as w
from tests.live.learner import Learner
from tests.live.names import CLASS
from tests.live.server import Server
from tests.live.test_wall import Watcher, watching

POLL_S = 0.05
WAIT_S = 20.0


class Called(Learner):
    """A learner whom a person checks: the page offers picture and sound when the other's page is there."""

    def _hear(self, message: Any) -> None:
        super()._hear(message)
        if isinstance(message, room.PersonHere):
            self.send(room.CheckOffer(check_id=message.check_id, sdp="offer of the learner"))

    def _challenge(self, check: room.CheckView) -> None:
        self.answers = check.kind != "person"
        super()._challenge(check)


class Proctor:
    """At one process: over HTTP, and at the wall."""

    def __init__(self, person: Learner, wall: Watcher) -> None:
        self._person = person
        self._wall = wall
        self._request = ""

    async def call(self, learner_id: str) -> None:
        """Take the request of this learner, until the two see each other."""
        async with asyncio.timeout(WAIT_S):
            while (status := await self._take(learner_id))[0] != 200:
                await asyncio.sleep(POLL_S)
        check = status[1]["check_id"]
        await self._say(w.PersonAttend(check))
        await self._wall.until(lambda: w.WallOffer(check, "offer of the learner") in self._wall.page.calls)
        await self._say(w.PersonAnswer(check, "answer of the proctor"))
        await self._say(w.PersonSeen(check))

    async def passes(self) -> None:
        """It is the learner; the moment both have seen each other."""
        async with asyncio.timeout(WAIT_S):
            while (await self._person.ask("POST", f"{self._request}/decide", {"passed": True}))[0] != 204:
                await asyncio.sleep(POLL_S)

    async def _take(self, learner_id: str) -> tuple[int, Any]:
        _, waiting = await self._person.ask("GET", f"/api/wall/persons?class_id={CLASS}")
        mine = [one["id"] for one in waiting if one["learner_id"] == learner_id]
        if not mine:
            return 404, None
        self._request = f"/api/wall/persons/{mine[0]}"
        return await self._person.ask("POST", f"{self._request}/take")

    async def _say(self, message: w.FromWall) -> None:
        await self._wall.socket.send_str(msgspec.json.encode(message).decode())


@asynccontextmanager
async def proctor(server: Server, account: str = "proctor-ouyang") -> AsyncIterator[Proctor]:
    """Whoever watches the class, until the end."""
    async with watching(server, account) as wall, Learner(server, account) as person:
        yield Proctor(await person.sign_in(), wall)
