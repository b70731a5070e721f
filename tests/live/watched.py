"""The story of those who watch, over two control processes: a proctor, two class managers, regulators of two cities."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec

from load_tests.crowd.crowd import Crowd
from load_tests.learner.habits import Habits
from load_tests.plan import Account
from realtime import protocol as room
from realtime.oversight import protocol as o
from realtime.wall import protocol as w
from tests.live.camera import Camera, Told
from tests.live.cluster import Cluster
from tests.live.learner import Learner
from tests.live.names import CLASS
from tests.live.record import assert_sound
from tests.live.server import Server
from tests.live.test_wall import Watcher, watching

PATIENCE_S = 90.0  # for what no rule sets a limit to, on a machine that does much else
QUICK = Habits(reacts_s=0.3, acts_s=0.3)
POLL_S = 0.05
OURS, OTHERS = "440100", "440300"  # 广州, where the class is held, and 深圳
_sums = msgspec.json.Decoder(o.ToOversight)


def _now() -> float:
    return asyncio.get_running_loop().time()


async def becomes(what: str, true: Callable[[], Any], within_s: float = PATIENCE_S) -> float:
    """Wait until it is so; the answer is after how many seconds."""
    began = _now()
    while not true():
        if _now() > began + within_s:
            raise AssertionError(f"{what}: not within {within_s} s")
        await asyncio.sleep(POLL_S)
    return _now() - began


class Numbers:
    """A regulator's page that keeps every number it is told, and when."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.told: list[tuple[float, int]] = []
        self._socket = socket
        self.task = asyncio.create_task(self._read(), name="numbers")

    async def _read(self) -> None:
        async for frame in self._socket:
            said = _sums.decode(frame.data)
            if isinstance(said, o.OversightSums):
                self.told.append((_now(), said.total[0]))

    @property
    def online(self) -> int | None:
        """The newest."""
        return self.told[-1][1] if self.told else None


@asynccontextmanager
async def regulator(server: Server, city: str) -> AsyncIterator[Numbers]:
    """Looks at the whole city until the end."""
    async with Learner(server, f"regulator-{city}") as person:
        await person.sign_in()
        address = server.url.replace("http", "ws") + "/ws/oversight"
        async with person._http.ws_connect(address, origin=server.url) as socket:
            await socket.send_str(msgspec.json.encode(o.Look(o.VERSION, 1)).decode())
            numbers = Numbers(socket)
            try:
                yield numbers
            finally:
                await socket.close()
                await numbers.task


class Called(Learner):
    """A learner whom a person checks: the page offers picture and sound when the other's page is there."""

    def _hear(self, message: Any) -> None:
        super()._hear(message)
        if isinstance(message, room.PersonHere):
            self.send(room.CheckOffer(check_id=message.check_id, sdp="offer of the learner"))

    def _challenge(self, check: room.CheckView) -> None:
        self.answers = check.kind != "person"
        super()._challenge(check)


@dataclass(slots=True)
class Watched:
    """What is left of the story."""

    figures: dict[str, float] = field(default_factory=dict)
    others: set[int] = field(default_factory=set)  # every number that the other city's regulator was told
    secrets: list[str] = field(default_factory=list)  # cookies and the like
    replay: tuple[int, str] = (1, "")


class Story:
    """Everybody in it. The proctor and the regulators are at ``here``; ``there`` will be killed."""

    def __init__(self, cluster: Cluster, simulated: int, camera: Camera) -> None:
        self.here, self.there = cluster.servers
        self.simulated = simulated
        self.crowd = Crowd([self.here.url, self.there.url])
        self.asked = Learner(self.here, "learner-0", camera)
        self.called = Called(self.there, "learner-1")
        self.third = Learner(self.there, "crowd-000", Told("passes"))
        self.proctor, self.staff, self.head = (
            Learner(self.here, one) for one in ("proctor-ouyang", "staff", "head-zhao")
        )
        self.ids: dict[str, str] = {}
        self.watched = Watched()
        self.wall: Watcher
        self.ours: Numbers

    async def tell(self) -> Watched:
        """Live through it."""
        people = (self.asked, self.called, self.third, self.proctor, self.staff, self.head)
        async with (
            self.asked, self.called, self.third, self.proctor, self.staff, self.head,
            watching(self.here, "proctor-ouyang") as self.wall,
            regulator(self.here, OURS) as self.ours,
            regulator(self.here, OTHERS) as others,
        ):  # fmt: skip
            for one in people:
                await one.sign_in()
                _, me = await one.ask("GET", "/api/me")
                self.ids[one.account] = me["account"]["id"]
            self.watched.secrets = [secret for one in people for secret in one.secrets] + self.here.crowd_keys
            try:
                await self._arrive()
                await self._ask_for_a_check()
                await self._call()
                await self._decide_an_appeal()
                await self._sign_out()
                await self._kill()
                await self._leave(self.asked, self.called)
            finally:
                await self.crowd.end(20)
            self.watched.others = {number for _, number in others.told}
        return self.watched

    # -------------------------------------------------------------- who is there

    @property
    def online(self) -> int:
        """How many are, as their own pages know it."""
        simulated = sum(one.page.online and _runs(one.page.view) for one in self.crowd.learners)
        return simulated + sum(one.online and _runs(one.view) for one in (self.asked, self.called, self.third))

    async def _number(self, what: str) -> None:
        """The regulator's number after an event; how long it took is kept."""
        self.watched.figures[what] = await becomes(what, lambda: self.ours.online == self.online)

    def _row(self, one: Learner) -> w.Row:
        row = self.wall.page.row_of(CLASS, self.ids[one.account])
        assert row is not None
        return row

    async def _arrive(self) -> None:
        """Half of the simulated ones at each process, and two of the three."""
        keys = self.here.crowd_keys
        accounts = [Account(f"crowd-{n:03}", CLASS, key=keys[n]) for n in range(1, self.simulated + 1)]
        for number, account in enumerate(accounts):
            self.crowd.add(account, number, QUICK)
            await asyncio.sleep(0.1)
        try:
            await becomes("all simulated ones study", self._all_study, PATIENCE_S + self.simulated)
        except AssertionError:
            ended = [one.task.exception() for one in self.crowd.learners if one.task.done()]
            raise AssertionError(f"{self.crowd.told()}; ended: {ended[:5]}") from None
        for one in (self.asked, self.third):
            await _study(one)
        await becomes("the wall shows them", lambda: self._shown() == self.simulated + 2)
        await self._number("a number after they came")
        assert self.ours.online == self.simulated + 2

    def _all_study(self) -> bool:
        views = [one.page.view for one in self.crowd.learners]
        return all(view is not None and view.phase == "studying" for view in views)

    def _shown(self) -> int:
        return sum(
            row.connected and row.phase != "signed_out" and row.stale_since_ms is None
            for row in self.wall.page.rows.get(CLASS, {}).values()
        )

    # -------------------------------------------------------------- what the proctor does

    async def _act(self, learner: Learner, act: str) -> None:
        path = f"/api/wall/classes/{CLASS}/learners/{self.ids[learner.account]}/act"
        said = await self.proctor.ask("POST", path, {"act": act, "reason": "SOMEONE_ELSE"})
        assert said == (200, {"outcome": "DONE"})

    async def _ask_for_a_check(self) -> None:
        """A real face before a real media process, at the proctor's own process."""
        await self._act(self.asked, "ask_check")
        await becomes("the check that was asked for", lambda: _ended(self.asked, "asked", "passed"))

        def shown() -> bool:
            row = self._row(self.asked)
            return (row.check_kind, row.check_outcome) == ("asked", "passed")

        await becomes("its outcome on the wall", shown)
        await becomes("studying again", lambda: _phase(self.asked) == "studying")

    async def _call(self) -> None:
        """No face data and no consent to it; the learner's seat is at the other process."""
        learner, proctor = self.called, self.proctor
        assert (await learner.ask("DELETE", "/api/consent"))[0] == 200
        assert (await learner.ask("POST", "/api/checked-by", {"by": "person"}))[0] == 200
        await learner.enter()
        learner.send(room.Begin())
        waiting: list[dict[str, Any]] = []
        async with asyncio.timeout(PATIENCE_S):
            while not waiting:
                _, waiting = await proctor.ask("GET", f"/api/wall/persons?class_id={CLASS}")
                await asyncio.sleep(POLL_S)
        await self._number("a number after somebody asked for a person")
        assert waiting[0]["learner_id"] == self.ids[learner.account]
        request = f"/api/wall/persons/{waiting[0]['id']}"

        status, taken = await proctor.ask("POST", f"{request}/take")
        assert status == 200, taken
        check, calls = taken["check_id"], self.wall.page.calls
        await self._say(w.PersonAttend(check))
        await becomes("the learner's offer", lambda: w.WallOffer(check, "offer of the learner") in calls)
        await self._say(w.PersonAnswer(check, "answer of the proctor"))
        await becomes(
            "the answer", lambda: [one.sdp for one in learner.of(room.CheckAnswer)] == ["answer of the proctor"]
        )
        status, seen = await proctor.ask("GET", f"{request}/learner")
        assert (status, seen["display_name"], seen["portrait"]) == (200, "张小安1", None)
        assert (await proctor.ask("POST", f"{request}/decide", {"passed": True}))[0] == 409  # nobody was seen yet
        await self._say(w.PersonSeen(check))
        async with asyncio.timeout(PATIENCE_S):
            while (await proctor.ask("POST", f"{request}/decide", {"passed": True}))[0] != 204:
                await asyncio.sleep(POLL_S)

        await becomes("passed by a person", lambda: _ended(learner, "person", "by_person"))
        await becomes("the call's end", lambda: w.WallCallOver(check, "passed") in calls)
        await learner.until_phase("browsing", seconds=PATIENCE_S)
        await learner.open()
        await learner.play()
        await becomes("studying", lambda: self._row(learner).phase == "studying")

    async def _say(self, message: w.FromWall) -> None:
        await self.wall.socket.send_str(msgspec.json.encode(message).decode())

    async def _decide_an_appeal(self) -> None:
        """A failed check takes what was held; two persons give it back."""
        learner = self.third
        await becomes("something is held", lambda: self._row(learner).held_ms > 2_000)
        learner.camera = Told("fails")
        await self._act(learner, "ask_check")
        await becomes("signed out", lambda: _stands(learner) == ("signed_out", "CHECK_FAILED"))
        await self._number("a number after a failed check")
        [ended] = [one for one in learner.of(room.CheckEnded) if one.kind == "asked"]
        assert ended.cost_ms > 0
        about = {"class_id": CLASS, "matter": "check", "about": ended.check_id, "reason": "IT_WAS_ME"}
        assert (await learner.ask("POST", "/api/appeals", about))[0] == 200
        await becomes("news of it", lambda: (CLASS, "appeals") in self.wall.page.news)

        _, [appeal] = await self.staff.ask("GET", f"/api/wall/appeals?class_id={CLASS}")
        path = f"/api/wall/appeals/{appeal['id']}"
        proposed = {"grant": True, "reason": "IDENTITY_CONFIRMED"}
        assert (await self.staff.ask("POST", f"{path}/propose", proposed))[0] == 204
        assert (await self.staff.ask("POST", f"{path}/second", {"agree": True}))[0] in (403, 404, 409)
        status, given = await self.head.ask("POST", f"{path}/second", {"agree": True})
        assert (status, given) == (200, {"given_ms": ended.cost_ms})
        [correction] = (await learner.record())["corrections"]
        assert correction["given_ms"] == ended.cost_ms

    async def _sign_out(self) -> None:
        """The third is back, and is sent away."""
        learner = self.third
        learner.camera = Told("passes")
        await learner.begin()
        await self._number("a number after one came back")
        await self._act(learner, "sign_out")
        await becomes("signed out", lambda: _stands(learner) == ("signed_out", "BY_STAFF"))
        await self._number("a number after a sign-out by staff")
        await becomes("signed out on the wall", lambda: self._row(learner).phase == "signed_out")

    # -------------------------------------------------------------- a process dies

    async def _kill(self) -> None:
        """Whoever was there comes back here; the number is compared with what the learners' own pages know."""
        everybody = self.simulated + 2
        assert self.online == everybody
        truth: list[tuple[float, int]] = [(_now(), everybody)]
        watching = asyncio.create_task(self._note(truth), name="truth")
        try:
            async with self.called.roaming(self.here):
                killed = _now()
                self.there.kill()
                await becomes("learners are gone", lambda: self.online < everybody)
                self.watched.figures["learners lost by kill -9"] = everybody - self.online
                await becomes("all are back", lambda: self.online == everybody)
                self.watched.figures["until all were back"] = _now() - killed
                await becomes("the number is whole", lambda: self.ours.online == everybody)
                await becomes("the wall is whole", lambda: self._shown() == everybody)
                await asyncio.sleep(3)  # and stays so
        finally:
            watching.cancel()
            await asyncio.wait([watching])
        told = [(at, number) for at, number in self.ours.told if at > killed]
        self.watched.figures["the number was wrong for"] = max(
            (at - killed for at, number in told if not _was(number, at, truth)), default=0.0
        )

    async def _note(self, truth: list[tuple[float, int]]) -> None:
        while True:
            truth.append((_now(), self.online))
            await asyncio.sleep(POLL_S)

    async def _leave(self, *learners: Learner) -> None:
        for learner in learners:
            if _phase(learner) == "challenged":  # a resume check
                await becomes("no check", lambda one=learner: _phase(one) != "challenged")
            await learner.sign_out()
            assert_sound(await learner.record())


SEEN_S = 2.0  # a number may be so old (docs/live-views.md)


def _was(number: int, at: float, truth: Sequence[tuple[float, int]]) -> bool:
    """Whether so many were online at any moment that the number may be of."""
    recent = [count for when, count in truth if at - SEEN_S <= when <= at]
    return bool(recent) and min(recent) <= number <= max(recent)


def _runs(view: room.View | None) -> bool:
    return view is not None and view.session_id is not None and view.phase != "signed_out"


def _phase(learner: Learner) -> str | None:
    return None if learner.view is None else learner.view.phase


def _stands(learner: Learner) -> tuple[str, str | None] | None:
    return None if learner.view is None else (learner.view.phase, learner.view.reason)


def _ended(learner: Learner, kind: str, outcome: str) -> bool:
    for one in learner.of(room.CheckEnded):
        if one.kind == kind and one.outcome != outcome:
            raise AssertionError(one)
    return any((one.kind, one.outcome) == (kind, outcome) for one in learner.of(room.CheckEnded))


async def _study(learner: Learner) -> None:
    learner.plays_on = True
    await learner.enter()
    learner.send(room.Begin())
    await learner.until_phase("awaiting_login_check", "challenged", seconds=PATIENCE_S)
    await learner.until_phase("browsing", seconds=PATIENCE_S)
    await learner.open()
    await learner.play()
    await learner.until_phase("studying", seconds=PATIENCE_S)
