"""Brings each page of this process to its seat, in whichever process that lives."""

import asyncio
import uuid

import structlog

from classroom import notices
from classroom.attendance.store import OwnedElsewhere
from realtime import protocol as p
from realtime.cluster import messages as m
from realtime.cluster.carrier import Carrier
from realtime.cluster.owner import Owner
from realtime.cluster.peers import Listener, Peers
from realtime.cluster.place import Place
from realtime.cluster.tasks import Tasks
from realtime.connection import Connection, Connections
from realtime.protocol import FromPage, Hello, ToPage
from realtime.seat import Seat
from realtime.seats import Seats, token_of

ASK_S = 2.0  # for another process to answer
DRAIN_AGAIN_S = 0.1
ROUNDS = 6  # of looking for a seat that moves meanwhile

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
        self.hurried = False  # while draining: somebody asked again
        self._places: dict[str, Place] = {}  # pages of this process, by link
        self._held: dict[str, str] = {}  # links that keep back what their page says, to the owner that asked for it
        self._asks: dict[str, tuple[str, Place, asyncio.Future[str]]] = {}
        self._tasks = Tasks()
        self._carrier = Carrier(self.peers)
        self._listeners: list[Listener] = []
        self._owner = Owner(seats, self.peers, self._tasks, self._places, self._settle)
        seats.swept = self._owner.rest

    def open(self) -> None:
        """Begin to listen."""
        self.peers.open()
        self._uncarry = notices.carry(self._carrier.carry)

    async def close(self) -> None:
        """Stop."""
        self._uncarry()
        await self._tasks.end()
        await self.peers.close()

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
        portrait = await self._seats.portrait_of(about.learner_id)
        async with self._seats.opening(about.attendance):
            seat = self._seats.live(about.attendance)
            if seat is None:
                seat = await self._seats.claim(about, given_up)
                if before is not None:
                    self.peers.send(before, m.Claimed(about.attendance))
            seat.portrait = portrait  # nothing is waited for in between: else a seat without a page leaves the memory
            if place.gone:
                self._owner.rest(about.attendance)
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
                place.claims,
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
        self._owner.rest(place.about.attendance)

    def welcome(self, place: Place) -> None:
        """Answer hello."""
        self._seats.welcome(place.connection, place.token)

    def bring(self, place: Place, seat: Seat) -> None:
        """Answer hello from a seat that lives here."""
        self._seats.bring(place.connection, seat, place.token, place.hello)

    # -------------------------------------------------------------- what others say

    def listen(self, listener: Listener) -> None:
        """It hears what other processes say of their seats."""
        self._listeners.append(listener)

    def joined(self, peer: str) -> None:
        """A process that wasn't there."""
        for listener in self._listeners:
            listener.joined(peer)

    def connected(self) -> None:
        """The layer is there; what was said while it was away is asked of the database."""
        self._tasks.spawn(self._carrier.catch_up(self._seats.learners(), self._connections.sessions()), "catch up")
        for listener in self._listeners:
            listener.connected()

    def lost(self, peer: str) -> None:
        """Relayed pages connect anew; sessions of pages that were there wait for them."""
        for _, _, answer in [ask for ask in self._asks.values() if ask[0] == peer]:
            if not answer.done():
                answer.set_result("no")
        for place in tuple(self._places.values()):
            if peer in (place.owner, self._held.get(place.link)):
                place.away()
                place.connection.close(p.CLOSE_LOST_SEAT)
        self._owner.lost(peer)
        for listener in self._listeners:
            listener.lost(peer)

    def heard(self, peer: str, body: m.Body) -> None:
        """A message of another process."""
        match body:
            case m.Answer():
                self._answered(peer, body)
            case m.Told(link=link):
                self._told(peer, link, body.message, check_open=body.check_open)
            case m.Dropped(link=link, code=code):
                if (place := self._places.get(link)) is not None and place.owner == peer:
                    place.connection.close(code)
            case m.Wait(link=link):
                if (place := self._places.get(link)) is not None and place.owner == peer:
                    place.away()
                    self._held[link] = peer
                    self.peers.send(peer, m.Waiting(link))
                else:
                    self.peers.send(peer, m.Left(link, ours=False))
            case m.Stay(link=link):
                if (place := self._let_go(peer, link)) is not None:
                    place.relayed(peer)
            case m.Moved(link=link, claims=claims):
                if (place := self._let_go(peer, link)) is not None:
                    place.claims = claims
                    self._tasks.spawn(self._settle(place, before=peer), "follow a seat")
            case m.Notice() if peer != self._seats.owner:
                self._tasks.spawn(self._carrier.deliver(peer, body), "notice")
            case m.Handled():
                self._carrier.handled(peer, body)
            case m.Watching() | m.Standings() | m.Counted() | m.CountWanted():
                for listener in self._listeners:
                    listener.heard(peer, body)
            case _:
                self._owner.heard(peer, body)

    def _let_go(self, peer: str, link: str) -> Place | None:
        if self._held.get(link) != peer:
            return None
        del self._held[link]
        return self._places.get(link)

    def _answered(self, peer: str, body: m.Answer) -> None:
        asked = self._asks.get(body.ask)
        if asked is None or asked[2].done():
            if body.answer == "come":  # too late: the page has been sent away
                self.peers.send(peer, m.Left(body.link, ours=False))
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
        while loop.time() < until and not self.hurried:
            kept = 0
            for seat in self._seats.all():
                if loop.time() >= until:
                    break
                if seat.hold.check_open or not await self._owner.leave(seat):
                    kept += 1
            if not kept:
                return
            await asyncio.sleep(DRAIN_AGAIN_S)
        _log.warning("Some checks are still open; they are voided.", seats=len(self._seats.all()))
