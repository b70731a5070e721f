"""Which process has a seat: found when a page comes, relayed while it stays elsewhere, moved when its page has moved."""

import asyncio
import uuid
from collections.abc import Coroutine
from typing import Any

import structlog

from classroom import notices
from classroom.attendance.store import OwnedElsewhere
from realtime import protocol as p
from realtime.cluster import messages as m
from realtime.cluster.carrier import Carrier
from realtime.cluster.peers import Peers
from realtime.cluster.place import Place
from realtime.cluster.remote_page import RemotePage
from realtime.connection import Connection, Connections
from realtime.protocol import FromPage, Hello, ToPage
from realtime.seat import Seat
from realtime.seats import Seats, token_of

ASK_S = 2.0  # for another process to answer
HELD_S = 1.0  # for a page's process to have sent all that the page said
FOLLOW_S = 2.0  # for the new owner to have claimed, before the others look for the seat
REST_S = 2.0  # a seat without a page is nobody's after so long: it can be claimed without asking
DRAIN_AGAIN_S = 0.1
ROUNDS = 6  # of looking for a seat that moves meanwhile
TASKS = 2_048

_log = structlog.get_logger(__name__)


class Unreachable(Exception):
    """The seat lives in a process that can't be asked now."""


class Cluster:
    """Implements the consumer's Seats, and listens to the other processes; one object a process."""

    def __init__(self, seats: Seats, connections: Connections, *, url: str, prefix: str, key: str) -> None:
        self._seats = seats
        self._connections = connections
        self.peers = Peers(url, prefix, key, seats.owner, self)
        self.draining = False
        self._places: dict[str, Place] = {}  # pages of this process, by link
        self._held: dict[str, str] = {}  # links that keep back what their page says, to the owner that asked for it
        self._pages: dict[tuple[str, str], RemotePage] = {}  # pages of others, by process and link
        self._asks: dict[str, tuple[str, Place, asyncio.Future[str]]] = {}
        self._waiting: dict[tuple[str, str], asyncio.Future[None]] = {}
        self._claimed: dict[str, asyncio.Event] = {}
        self._resting: set[str] = set()
        self._moving: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._carrier = Carrier(self.peers)
        seats.swept = self.rest

    def open(self) -> None:
        """Begin to listen."""
        self.peers.open()
        self._uncarry = notices.carry(self._carrier.carry)

    async def close(self) -> None:
        """Stop."""
        self._uncarry()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)
        await self.peers.close()

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> bool:
        """Own a task; False when there are too many."""
        if len(self._tasks) >= TASKS:
            work.close()
            return False
        task = asyncio.create_task(self._guarded(work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            _log.exception("Something between processes failed.")

    # -------------------------------------------------------------- a page comes

    async def attach(self, connection: Connection, hello: Hello) -> Place:
        """Find the page's seat wherever it is; sends Welcome and the first View, or closes the socket."""
        about = await self._seats.about(connection.learner_id, connection.class_id)
        place = Place(self, connection, about, token_of(hello), hello)
        self._places[place.link] = place
        try:
            await self._settle(place)
        except BaseException:
            place.leave(ours=False)
            raise
        return place

    async def _settle(self, place: Place, before: str | None = None) -> None:
        """Bring a page to its seat. ``before``: the process that has just let go of it."""
        try:
            await self._find(place, before)
        except Unreachable:
            place.connection.close(p.CLOSE_RESTART)

    async def _find(self, place: Place, before: str | None) -> None:
        given_up: OwnedElsewhere | None = None
        for _ in range(ROUNDS):
            if self.draining or place.gone or place.connection.closing:
                raise Unreachable
            try:
                await self._at_home(place, given_up, before)
                return
            except OwnedElsewhere as owned:
                elsewhere = owned
            if not self.peers.reaches(elsewhere.owner):
                if elsewhere.live:
                    raise Unreachable
                given_up = elsewhere  # nobody studies there; who only looks on loses the seat by the fence
                continue
            match await self._knock(place, elsewhere.owner):
                case "come":
                    return
                case "gone":
                    given_up, before = elsewhere, elsewhere.owner
                case _:
                    raise Unreachable
        raise Unreachable

    async def _at_home(self, place: Place, given_up: OwnedElsewhere | None, before: str | None) -> None:
        about = place.about
        async with self._seats.opening(about.attendance):
            seat = self._seats.live(about.attendance)
            if seat is None:
                seat = await self._seats.claim(about, given_up)
                if before is not None:
                    self.peers.send(before, m.Claimed(about.attendance))
            seat.portrait = await self._seats.portrait_of(about.learner_id)
            if place.gone:
                self.rest(about.attendance)
            else:
                place.at_home(seat)

    async def _knock(self, place: Place, owner: str) -> str | None:
        about, connection = place.about, place.connection
        ask, answer = uuid.uuid4().hex, asyncio.get_running_loop().create_future()
        self._asks[ask] = (owner, place, answer)
        self.peers.send(
            owner,
            m.Knock(
                ask,
                place.link,
                about.attendance,
                about.learner_id,
                about.class_id,
                place.device,
                connection.device,
                connection.session,
            ),
        )
        try:
            async with asyncio.timeout(ASK_S):
                return str(await answer)
        except TimeoutError:
            return None
        finally:
            del self._asks[ask]

    # -------------------------------------------------------------- Place's Post

    def said(self, place: Place, message: FromPage) -> None:
        """A relayed page says this."""
        assert place.owner is not None
        self.peers.send(place.owner, m.Said(place.link, message))

    def left(self, place: Place, *, ours: bool) -> None:
        """A page is gone."""
        self._places.pop(place.link, None)
        owner = place.owner or self._held.pop(place.link, None)
        if owner is not None:
            self.peers.send(owner, m.Left(place.link, ours))
        self.rest(place.about.attendance)

    def welcome(self, place: Place) -> None:
        """Answer hello."""
        self._seats.welcome(place.connection, place.token)

    def bring(self, place: Place, seat: Seat) -> None:
        """Answer hello from a seat that lives here."""
        self._seats.bring(place.connection, seat, place.token, place.hello)

    # -------------------------------------------------------------- what others say

    def connected(self) -> None:
        """The layer is there; what was said while it was away is asked of the database."""
        self.spawn(self._carrier.catch_up(self._seats.learners(), self._connections.sessions()), "catch up")

    def lost(self, peer: str) -> None:
        """Relayed pages connect anew; sessions of pages that were there wait for them."""
        for _, _, answer in [ask for ask in self._asks.values() if ask[0] == peer]:
            if not answer.done():
                answer.set_result("no")
        for place in tuple(self._places.values()):
            if peer in (place.owner, self._held.get(place.link)):
                place.away()
                place.connection.close(p.CLOSE_LOST_SEAT)
        for page in [page for page in self._pages.values() if page.peer == peer]:
            self._gone(page, ours=True)

    def _gone(self, page: RemotePage, *, ours: bool) -> None:
        self._pages.pop((page.peer, page.link), None)
        waiting = self._waiting.get((page.peer, page.link))
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
        page.close_code = page.close_code or p.CLOSE_LOST_SEAT
        page.seat.detach(page, ours=ours)
        self.rest(page.seat.attendance)

    def heard(self, peer: str, body: m.Body) -> None:
        """A message of another process."""
        match body:
            case m.Knock():
                if not self.spawn(self._answer(peer, body), "knock"):
                    self.peers.send(peer, m.Answer(body.ask, "no"))
            case m.Answer():
                self._answered(peer, body)
            case m.Told(link=link):
                self._told(peer, link, body.message, check_open=body.check_open)
            case m.Dropped(link=link, code=code):
                if (place := self._places.get(link)) is not None and place.owner == peer:
                    place.connection.close(code)
            case m.Said(link=link, message=message):
                if (page := self._pages.get((peer, link))) is not None:
                    page.seat.receive(page, message)
                else:
                    self.peers.send(peer, m.Dropped(link, p.CLOSE_LOST_SEAT))
            case m.Left(link=link, ours=ours):
                if (page := self._pages.get((peer, link))) is not None:
                    self._gone(page, ours=ours)
            case m.Wait(link=link):
                if (place := self._places.get(link)) is not None and place.owner == peer:
                    place.away()
                    self._held[link] = peer
                    self.peers.send(peer, m.Waiting(link))
                else:
                    self.peers.send(peer, m.Left(link, ours=False))
            case m.Waiting(link=link):
                waiting = self._waiting.get((peer, link))
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)
            case m.Stay(link=link):
                if (place := self._let_go(peer, link)) is not None:
                    place.relayed(peer)
            case m.Moved(link=link):
                if (place := self._let_go(peer, link)) is not None:
                    self.spawn(self._settle(place, before=peer), "follow a seat")
            case m.Claimed(attendance=attendance):
                if (event := self._claimed.get(attendance)) is not None:
                    event.set()
            case m.Notice() if peer != self._seats.owner:
                self.spawn(self._carrier.deliver(peer, body), "notice")
            case m.Handled():
                self._carrier.handled(peer, body)
            case _:
                pass

    def _let_go(self, peer: str, link: str) -> Place | None:
        if self._held.get(link) != peer:
            return None
        del self._held[link]
        return self._places.get(link)

    def _answered(self, peer: str, body: m.Answer) -> None:
        asked = self._asks.get(body.ask)
        if asked is None or asked[2].done():
            return
        _, place, answer = asked
        if body.answer == "come":  # at once: what the page is told comes right behind
            if place.gone:
                self.peers.send(peer, m.Left(place.link, ours=False))
            else:
                place.relayed(peer)
        answer.set_result(body.answer)

    def _told(self, peer: str, link: str, message: ToPage, *, check_open: bool) -> None:
        place = self._places.get(link)
        if place is None:
            self.peers.send(peer, m.Left(link, ours=False))
        elif peer in (place.owner, self._held.get(link)):
            place.remote_check_open = check_open
            place.connection.send(message)

    # -------------------------------------------------------------- the owner's side

    async def _answer(self, peer: str, knock: m.Knock) -> None:
        """Let the seat go to its page, or have the page relayed."""
        async with self._seats.opening(knock.attendance):
            seat = self._seats.live(knock.attendance)
            if seat is not None:
                await self._let_in(peer, knock, seat)
            else:
                self.peers.send(peer, m.Answer(knock.ask, "gone"))

    async def _let_in(self, peer: str, knock: m.Knock, seat: Seat) -> None:
        hold = seat.hold
        holds = hold.device == knock.seat_device
        if not hold.check_open and not hold.rival and (holds or not hold.pages):
            if holds and hold.page is not None:
                self._replace(hold.page)
            following = await self._release(seat, without=hold.page if holds else None)
            if following is not None:
                self.peers.send(peer, m.Answer(knock.ask, "gone"))
                self._follow(seat.attendance, following)
                return
        if seat.lost:
            self.peers.send(peer, m.Answer(knock.ask, "gone"))
            return
        seat.portrait = await self._seats.portrait_of(knock.learner_id)
        page = RemotePage(peer, knock, seat, self.peers.send, self.consider)
        self._pages[peer, knock.link] = page
        self.peers.send(peer, m.Answer(knock.ask, "come"))
        seat.attach(page, knock.seat_device)

    def _replace(self, page: Connection) -> None:
        """The same tab has connected anew: its socket before is as good as gone."""
        if isinstance(page, RemotePage):
            page.close(p.CLOSE_REPLACED)
            self._pages.pop((page.peer, page.link), None)
        elif (place := self._places.get(page.id)) is not None:
            place.away()
            page.close(p.CLOSE_REPLACED)

    async def _release(self, seat: Seat, without: Connection | None = None) -> list[Place | RemotePage] | None:
        """Let go of a seat with nothing of what its pages said lost; the pages that must look for it, or None."""
        pages = [page for page in seat.hold.pages if page is not without and not page.closing]
        remote = [page for page in pages if isinstance(page, RemotePage)]
        local = [place for page in pages if (place := self._places.get(page.id)) is not None]
        for place in local:
            place.away()
        await self._hold_back(remote)
        remote = [page for page in remote if not page.closing]
        try:
            released = await seat.release()
        except TimeoutError:
            seat.lose()
            released = False
        if released:
            for page in remote:
                self._pages.pop((page.peer, page.link), None)
            return [*remote, *local]
        for place in local:
            if seat.lost:
                place.connection.close(p.CLOSE_LOST_SEAT)
            elif place.gone:
                seat.detach(place.connection)
            else:
                place.back(seat)
        for page in remote:
            self.peers.send(page.peer, m.Stay(page.link))
        return None

    async def _hold_back(self, pages: list[RemotePage]) -> None:
        loop = asyncio.get_running_loop()
        waiting = {(page.peer, page.link): loop.create_future() for page in pages}
        if not waiting:
            return
        self._waiting |= waiting
        for page in pages:
            self.peers.send(page.peer, m.Wait(page.link))
        await asyncio.wait(waiting.values(), timeout=HELD_S)
        for page in pages:
            del self._waiting[page.peer, page.link]
            if not waiting[page.peer, page.link].done():
                page.close(p.CLOSE_LOST_SEAT)
                self._gone(page, ours=True)

    def _follow(self, attendance: str, pages: list[Place | RemotePage]) -> None:
        """Those who were there too come after the new owner."""
        if pages and not self.spawn(self._after(attendance, pages), "follow a seat"):
            self._bring(pages)

    async def _after(self, attendance: str, pages: list[Place | RemotePage]) -> None:
        claimed = self._claimed.setdefault(attendance, asyncio.Event())
        try:
            async with asyncio.timeout(FOLLOW_S):
                await claimed.wait()
        except TimeoutError:
            pass
        finally:
            self._claimed.pop(attendance, None)
        self._bring(pages)

    def _bring(self, pages: list[Place | RemotePage]) -> None:
        for page in pages:
            if isinstance(page, RemotePage):
                self.peers.send(page.peer, m.Moved(page.link))
            elif self.draining or not self.spawn(self._settle(page), "follow a seat"):
                page.connection.close(p.CLOSE_RESTART)

    # -------------------------------------------------------------- going away

    async def drain(self, at_most_s: float) -> None:
        """Let go of seat after seat, each with its pages; one with an open check once that has ended."""
        self.draining = self._seats.retiring = True
        loop = asyncio.get_running_loop()
        until = loop.time() + at_most_s
        for place in tuple(self._places.values()):
            if place.owner is not None:
                place.leave(ours=True)
                place.connection.close(p.CLOSE_RESTART)
        while loop.time() < until:
            kept = 0
            for seat in self._seats.all():
                if seat.hold.check_open or not await self._leave(seat):
                    kept += 1
            if not kept:
                return
            await asyncio.sleep(DRAIN_AGAIN_S)
        _log.warning("Some checks are still open; they are voided.", seats=len(self._seats.all()))

    async def _leave(self, seat: Seat) -> bool:
        async with self._seats.opening(seat.attendance):
            if seat.lost:
                return True
            following = await self._release(seat)
            if following is not None:
                self._bring(following)
            return following is not None

    # -------------------------------------------------------------- moving to the holder, resting

    def consider(self, seat: Seat) -> None:
        """A session whose page is relayed takes its seat along, so that heartbeats don't cross the layer."""
        hold = seat.hold
        if hold.check_open or hold.rival or hold.requested or seat.attendance in self._moving:
            return
        if isinstance(hold.page, RemotePage):
            self._moving.add(seat.attendance)
            if not self.spawn(self._move(seat), "move a seat"):
                self._moving.discard(seat.attendance)

    async def _move(self, seat: Seat) -> None:
        try:
            async with self._seats.opening(seat.attendance):
                hold = seat.hold
                page = hold.page
                if seat.lost or not isinstance(page, RemotePage) or hold.check_open or hold.rival or page.closing:
                    return
                following = await self._release(seat)
                if following is None:
                    return
                self.peers.send(page.peer, m.Moved(page.link))
                self._follow(seat.attendance, [other for other in following if other is not page])
        finally:
            self._moving.discard(seat.attendance)

    def rest(self, attendance: str) -> None:
        """Soon, if no page is at this seat, it is let go of."""
        seat = self._seats.live(attendance)
        if seat is None or seat.hold.pages or attendance in self._resting or self._seats.closing:
            return
        self._resting.add(attendance)
        if not self.spawn(self._rest(attendance), "rest"):
            self._resting.discard(attendance)

    async def _rest(self, attendance: str) -> None:
        try:
            while True:
                await asyncio.sleep(REST_S if self.peers.up else 0)
                async with self._seats.opening(attendance):
                    seat = self._seats.live(attendance)
                    if seat is None or seat.hold.pages:
                        return
                    if not seat.hold.check_open:
                        await self._release(seat)
                        return
                await asyncio.sleep(REST_S)
        finally:
            self._resting.discard(attendance)
