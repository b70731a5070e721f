"""The story of those who watch, over two control processes: a proctor, a class manager, regulators of two cities.

The proctor, the regulator of the city and a learner are at real browsers; two more learners are before cameras.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
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
from tests.actor.frames import Actor
from tests.actor.sender import honest, wrong
from tests.live.camera import Drawn
from tests.live.cluster import Cluster
from tests.live.learner import Learner
from tests.live.names import CLASS
from tests.live.pages import Browsers, Numbers, Page, Proctor, Seated, begin_with_a_person, page
from tests.live.record import assert_sound
from tests.live.server import Server
from tests.live.test_wall import Watcher, watching
from tests.story.test_person import moves

PATIENCE_S = 90.0  # for what no rule sets a limit to, on a machine that does much else
FACE_S = 240.0  # a media process too slow to judge a face fairly gives the check up, and it is asked for again
QUICK = Habits(reacts_s=0.3, acts_s=0.3)
POLL_S = 0.05
OURS, OTHERS = "440100", "440300"  # 广州, where the class is held, and 深圳
LEARNERS = {f"learner-{n}": f"张小安{n}" for n in range(3)}
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


@asynccontextmanager
async def regulator(server: Server, city: str) -> AsyncIterator[set[int]]:
    """Looks at the whole city until the end: every number that was told over the socket."""
    told: set[int] = set()

    async def hear(socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            said = _sums.decode(frame.data)
            if isinstance(said, o.OversightSums):
                told.add(said.total[0])

    async with Learner(server, f"regulator-{city}") as person:
        await person.sign_in()
        address = server.url.replace("http", "ws") + "/ws/oversight"
        async with person._http.ws_connect(address, origin=server.url) as socket:
            await socket.send_str(msgspec.json.encode(o.Look(o.VERSION, 1)).decode())
            hearing = asyncio.create_task(hear(socket), name="numbers")
            try:
                yield told
            finally:
                await socket.close()
                await hearing


@dataclass(slots=True)
class Watched:
    """What is left of the story."""

    figures: dict[str, float] = field(default_factory=dict)
    others: set[int] = field(default_factory=set)  # every number that the other city's regulator was told
    secrets: list[str] = field(default_factory=list)  # cookies and the like
    replay: tuple[int, str] = (1, "")


class Story:
    """Everybody in it. The wall is at ``here``; ``there`` will be killed.

    A balancer gives the regulator's page and the called learner's to ``there`` while it lives, then to ``here``.
    """

    def __init__(self, cluster: Cluster, balanced: str, simulated: int, actor: Actor, browsers: Browsers) -> None:
        """``balanced``: the balancer's address."""
        self.here, self.there = cluster.servers
        self.balanced = balanced
        self.simulated = simulated
        self.actor = actor
        self.browsers = browsers
        self.crowd = Crowd([self.here.url, self.there.url])
        self.asked = Learner(self.here, "learner-0", Drawn(lambda: honest(actor)))
        self.called = Learner(self.here, "learner-1")  # without a socket: that is the browser's
        self.third = Learner(self.there, "learner-2", Drawn(lambda: honest(actor)))
        self.by_proctor, self.head = Learner(self.here, "proctor-ouyang"), Learner(self.here, "head-zhao")
        self.ids: dict[str, str] = {}
        self.watched = Watched()
        self.wall: Watcher  # every row, beside what the browser shows of them
        self.proctor: Proctor
        self.ours: Numbers
        self.seated: Seated

    async def tell(self) -> Watched:
        """Live through it."""
        people = (self.asked, self.called, self.third, self.by_proctor, self.head)
        async with AsyncExitStack() as stack:
            for one in people:
                await stack.enter_async_context(one)
                await one.sign_in()
                _, me = await one.ask("GET", "/api/me")
                self.ids[one.account] = me["account"]["id"]
            self.watched.secrets = [secret for one in people for secret in one.secrets] + self.here.crowd_keys
            self.wall = await stack.enter_async_context(watching(self.here, "proctor-ouyang"))
            self.watched.others = await stack.enter_async_context(regulator(self.here, OTHERS))
            stack.push_async_callback(self.crowd.end, 20)
            await self._arrive()
            at_wall = await stack.enter_async_context(page(self.browsers, self.here.url, "proctor-ouyang"))
            at_oversight = await stack.enter_async_context(page(self.browsers, self.balanced, f"regulator-{OURS}"))
            at_lesson = await stack.enter_async_context(page(self.browsers, self.balanced, "learner-1"))
            self.proctor, self.ours, self.seated = Proctor(at_wall), Numbers(at_oversight), Seated(at_lesson)
            await self.proctor.watch(CLASS, self.simulated + len(LEARNERS))
            await at_oversight.do(lambda one: one.visit("/oversight"))
            async with reading(self.ours), reading(self.seated):
                await self._see()
                await self._ask_for_a_check()
                await self._call(at_lesson)
                await self._decide_an_appeal()
                await self._sign_out()
                await self._kill()
                await at_lesson.do(lambda one: one.click("sign-out"))
                await becomes("signed out in the browser", lambda: not self.seated.online)
                assert_sound(await self.called.record())
                await self._leave(self.asked)
        return self.watched

    # -------------------------------------------------------------- who is there

    @property
    def online(self) -> int:
        """How many are, as their own pages know it."""
        simulated = sum(one.page.online and _runs(one.page.view) for one in self.crowd.learners)
        return simulated + self.seated.online + sum(one.online and _runs(one.view) for one in (self.asked, self.third))

    async def _number(self, what: str) -> None:
        """The regulator's number after an event; how long it took is kept."""
        self.watched.figures[what] = await becomes(what, lambda: self.ours.online == self.online)

    def _row(self, one: Learner) -> w.Row:
        row = self.wall.page.row_of(CLASS, self.ids[one.account])
        assert row is not None
        return row

    async def _arrive(self) -> None:
        """Half of the simulated ones at each process, and two of the three before real cameras."""
        began = _now()
        keys = self.here.crowd_keys
        accounts = [Account(f"crowd-{n:03}", CLASS, key=keys[n]) for n in range(self.simulated)]
        for number, account in enumerate(accounts):
            self.crowd.add(account, number, QUICK)
            await asyncio.sleep(0.1)
        self.watched.figures["until all had come"] = _now() - began
        try:
            await becomes("all simulated ones study", self._all_study, PATIENCE_S + self.simulated)
        except AssertionError:
            ended = [one.task.exception() for one in self.crowd.learners if one.task.done()]
            raise AssertionError(f"{self.crowd.told()}; ended: {ended[:5]}") from None
        self.watched.figures["until all studied"] = _now() - began
        for one in (self.asked, self.third):
            await _study(one)
        await becomes("the wall shows them", lambda: self._shown() == self.simulated + 2)

    async def _see(self) -> None:
        """In the browsers, too."""
        await becomes("the regulator's page", lambda: self.ours.online == self.online == self.simulated + 2)
        await self._wall_shows(self.simulated + 2)

    async def _wall_shows(self, online: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while await self.proctor.online() != online:
                await asyncio.sleep(POLL_S)

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
        await self.proctor.act(self.ids[learner.account], LEARNERS[learner.account], act)

    async def _ask_for_a_check(self) -> None:
        """A real face before a real media process, at the proctor's own process."""
        await self._act(self.asked, "ask_check")
        await becomes("the check that was asked for", lambda: _ended(self.asked, "asked", "passed"), FACE_S)

        def shown() -> bool:
            row = self._row(self.asked)
            return (row.check_kind, row.check_outcome) == ("asked", "passed")

        await becomes("its outcome on the wall", shown)
        await becomes("studying again", lambda: _phase(self.asked) == "studying")
        await self.proctor.leave_panel()

    async def _call(self, at_lesson: Page) -> None:
        """No face data and no consent to it; two browsers, whose sockets are at two processes."""
        learner, head = self.called, self.head
        assert (await learner.ask("DELETE", "/api/consent"))[0] == 200
        assert (await learner.ask("POST", "/api/checked-by", {"by": "person"}))[0] == 200
        await at_lesson.do(begin_with_a_person)
        await becomes("waiting for a person", lambda: self.seated.online)
        await self._number("a number after somebody asked for a person")

        _, [waiting] = await head.ask("GET", f"/api/wall/persons?class_id={CLASS}")
        assert waiting["learner_id"] == self.ids[learner.account]
        request = f"/api/wall/persons/{waiting['id']}"
        assert (await head.ask("POST", f"{request}/take"))[0] == 200
        assert (await head.ask("POST", f"{request}/decide", {"passed": True}))[0] == 409  # nobody was seen yet
        status, seen = await head.ask("GET", f"{request}/learner")
        assert (status, seen["display_name"], seen["portrait"]) == (200, LEARNERS["learner-1"], None)
        assert (await head.ask("POST", f"{request}/put-back"))[0] == 204

        await self.proctor.take_call()
        await at_lesson.do(lambda one: moves(one, "call-theirs"))
        await self.proctor.do(lambda one: moves(one, "person-theirs"))
        await self.proctor.do(lambda one: one.shoot("watched-call"))
        await self.proctor.pass_call()
        await at_lesson.do(lambda one: one.wait("in the session", lambda: one.phase()[0] == "browsing", PATIENCE_S))
        await becomes("passed by a person", lambda: self._row(learner).check_outcome == "by_person")

    async def _decide_an_appeal(self) -> None:
        """A failed check takes what was held; two persons give it back."""
        learner = self.third
        await becomes("something is held", lambda: self._row(learner).held_ms > 2_000)
        learner.camera = Drawn(lambda: wrong(self.actor))
        await self._act(learner, "ask_check")
        await becomes("signed out", lambda: _stands(learner) == ("signed_out", "CHECK_FAILED"), FACE_S)
        await self._number("a number after a failed check")
        [ended] = [one for one in learner.of(room.CheckEnded) if (one.kind, one.outcome) == ("asked", "failed")]
        assert ended.cost_ms > 0, (ended, learner.view)
        about = {"class_id": CLASS, "matter": "check", "about": ended.check_id, "reason": "IT_WAS_ME"}
        assert (await learner.ask("POST", "/api/appeals", about))[0] == 200

        await self.proctor.leave_panel()
        await self.proctor.propose()
        _, [appeal] = await self.head.ask("GET", f"/api/wall/appeals?class_id={CLASS}")
        path = f"/api/wall/appeals/{appeal['id']}"
        assert (await self.by_proctor.ask("POST", f"{path}/second", {"agree": True}))[0] in (403, 404, 409)
        status, given = await self.head.ask("POST", f"{path}/second", {"agree": True})
        assert (status, given) == (200, {"given_ms": ended.cost_ms})
        [correction] = (await learner.record())["corrections"]
        assert correction["given_ms"] == ended.cost_ms

    async def _sign_out(self) -> None:
        """The third is back, and is sent away."""
        learner = self.third
        learner.camera = Drawn(lambda: honest(self.actor))
        learner.send(room.Begin())
        await learner.until_phase("awaiting_login_check", "challenged", seconds=PATIENCE_S)
        await learner.until_phase("browsing", seconds=FACE_S)
        await self._number("a number after one came back")
        await self._act(learner, "sign_out")
        await becomes("signed out", lambda: _stands(learner) == ("signed_out", "BY_STAFF"))
        await self._number("a number after a sign-out by staff")
        async with asyncio.timeout(PATIENCE_S):
            while await self.proctor.panel() != ("signed_out", "BY_STAFF"):
                await asyncio.sleep(POLL_S)
        await self.proctor.leave_panel()

    # -------------------------------------------------------------- a process dies

    async def _kill(self) -> None:
        """Whoever was there comes back here; the number is compared with what the learners' own pages know."""
        everybody = self.simulated + 2
        assert self.online == everybody
        truth: list[tuple[float, int]] = [(_now(), everybody)]
        lost: set[int] = set()
        watching = asyncio.create_task(self._note(truth, lost), name="truth")
        try:
            killed = _now()
            self.there.kill()
            await becomes("learners are gone", lambda: self.online < everybody)
            at_there = self.simulated // 2 + 1
            await becomes("all have gone and are back", lambda: len(lost) >= at_there and self.online == everybody)
            self.watched.figures["learners lost by kill -9"] = len(lost)
            self.watched.figures["until all were back"] = _now() - killed
            await becomes("the number is whole", lambda: self.ours.online == everybody)
            await becomes("the wall is whole", lambda: self._shown() == everybody)
            await self._wall_shows(everybody)
            await asyncio.sleep(3)  # and stays so
        finally:
            watching.cancel()
            await asyncio.wait([watching])
        told = [(at, number) for at, number in self.ours.told if at > killed]
        self.watched.figures["the number was wrong for"] = max(
            (at - killed for at, number in told if not _was(number, at, truth)), default=0.0
        )

    async def _note(self, truth: list[tuple[float, int]], lost: set[int]) -> None:
        """How many are online, and who has been gone: the simulated ones by number, the browser's as -1."""
        while True:
            truth.append((_now(), self.online))
            lost |= {number for number, one in enumerate(self.crowd.learners) if not one.page.online}
            lost |= set() if self.seated.online else {-1}
            await asyncio.sleep(POLL_S)

    async def _leave(self, *learners: Learner) -> None:
        for learner in learners:
            if _phase(learner) == "challenged":  # a resume check
                await becomes("no check", lambda one=learner: _phase(one) != "challenged")
            await learner.sign_out()
            assert_sound(await learner.record())


@asynccontextmanager
async def reading(one: Numbers | Seated) -> AsyncIterator[None]:
    """What a page shows is read until the end."""
    task = asyncio.create_task(one.read(), name="reading a page")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


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
        if one.kind == kind and one.outcome not in (outcome, "provider_down"):
            raise AssertionError(one)
    return any((one.kind, one.outcome) == (kind, outcome) for one in learner.of(room.CheckEnded))


async def _study(learner: Learner) -> None:
    learner.plays_on = True
    await learner.enter()
    learner.send(room.Begin())
    await learner.until_phase("awaiting_login_check", "challenged", seconds=PATIENCE_S)
    await learner.until_phase("browsing", seconds=FACE_S)
    await learner.open()
    await learner.play()
    await learner.until_phase("studying", seconds=PATIENCE_S)
