"""The owner's side of a seat that pages of other processes come to: let go, relayed, moved after its holder, put to rest."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from realtime import protocol as p
from realtime.cluster import messages as m
from realtime.cluster.peers import Peers
from realtime.cluster.place import Place
from realtime.cluster.remote_page import RemotePage
from realtime.cluster.tasks import Tasks
from realtime.connection import Connection
from realtime.seat import Seat
from realtime.seats import Seats

HELD_S = 1.0  # for a page's process to have sent all that the page said
FOLLOW_S = 2.0  # for the new owner to have claimed, before the others look for the seat
REST_S = 2.0  # a seat without a page is nobody's after so long: it can be claimed without asking


class Owner:
    """Of the seats of this process."""

    def __init__(
        self,
        seats: Seats,
        peers: Peers,
        tasks: Tasks,
        places: dict[str, Place],
        settle: Callable[[Place], Coroutine[Any, Any, None]],
    ) -> None:
        """``places``: the pages of this process; ``settle`` has one of them look for its seat."""
        self._seats = seats
        self._peers = peers
        self._tasks = tasks
        self._places = places
        self._settle = settle
        self._pages: dict[tuple[str, str], RemotePage] = {}  # pages of others, by process and link
        self._waiting: dict[tuple[str, str], asyncio.Future[None]] = {}
        self._claimed: dict[str, asyncio.Event] = {}
        self._resting: set[str] = set()
        self._moving: set[str] = set()

    # -------------------------------------------------------------- what others say

    def lost(self, peer: str) -> None:
        """That process is gone: sessions of its pages go on, and wait for them."""
        for page in [page for page in self._pages.values() if page.peer == peer]:
            self._gone(page, ours=True)

    def heard(self, peer: str, body: m.Body) -> None:
        """A message of a process whose page is relayed to us, or to which a seat went."""
        match body:
            case m.Knock():
                if not self._tasks.spawn(self.answer(peer, body), "knock"):
                    self._peers.send(peer, m.Answer(body.ask, body.link, "no"))
            case m.Said(link=link, message=message):
                if (page := self._pages.get((peer, link))) is not None:
                    page.seat.receive(page, message)
                else:
                    self._peers.send(peer, m.Dropped(link, p.CLOSE_LOST_SEAT))
            case m.Left(link=link, ours=ours):
                if (page := self._pages.get((peer, link))) is not None:
                    self._gone(page, ours=ours)
            case m.Waiting(link=link):
                waiting = self._waiting.get((peer, link))
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)
            case m.Claimed(attendance=attendance):
                if (event := self._claimed.get(attendance)) is not None:
                    event.set()
            case _:
                pass

    def _gone(self, page: RemotePage, *, ours: bool) -> None:
        self._pages.pop((page.peer, page.link), None)
        waiting = self._waiting.get((page.peer, page.link))
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
        page.close_code = page.close_code or p.CLOSE_LOST_SEAT
        page.seat.detach(page, ours=ours)
        self.rest(page.seat.attendance)

    # -------------------------------------------------------------- the owner's side

    async def answer(self, peer: str, knock: m.Knock) -> None:
        """Let the seat go to its page, or have the page relayed."""
        async with self._seats.opening(knock.attendance):
            seat = self._seats.live(knock.attendance)
            if seat is not None:
                await self._let_in(peer, knock, seat)
            else:
                self._peers.send(peer, m.Answer(knock.ask, knock.link, "gone"))

    async def _let_in(self, peer: str, knock: m.Knock, seat: Seat) -> None:
        hold = seat.hold
        holds = knock.claims and hold.device == knock.seat_device
        if not hold.check_open and not hold.rival and (holds or not hold.pages):
            if holds and hold.page is not None:
                self._replace(hold.page)
            following = await self._release(seat, without=hold.page if holds else None)
            if following is not None:
                self._peers.send(peer, m.Answer(knock.ask, knock.link, "gone"))
                self._follow(seat.attendance, following)
                return
        if seat.lost:
            self._peers.send(peer, m.Answer(knock.ask, knock.link, "gone"))
            return
        seat.portrait = await self._seats.portrait_of(knock.learner_id)
        page = RemotePage(peer, knock, seat, self._peers.send, self.consider)
        self._pages[peer, knock.link] = page
        self._peers.send(peer, m.Answer(knock.ask, knock.link, "come"))
        seat.attach(page, knock.seat_device, claims=knock.claims)

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
        hold = seat.hold
        pages = [page for page in hold.pages if page is not without and not page.closing]
        remote = [page for page in pages if isinstance(page, RemotePage)]
        local = [place for page in pages if (place := self._places.get(page.id)) is not None]
        for page in remote:
            page.claims = page in hold.claiming
        for place in local:
            place.claims = place.connection in hold.claiming
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
            self._peers.send(page.peer, m.Stay(page.link))
        return None

    async def _hold_back(self, pages: list[RemotePage]) -> None:
        loop = asyncio.get_running_loop()
        waiting = {(page.peer, page.link): loop.create_future() for page in pages}
        if not waiting:
            return
        self._waiting |= waiting
        for page in pages:
            self._peers.send(page.peer, m.Wait(page.link))
        await asyncio.wait(waiting.values(), timeout=HELD_S)
        for page in pages:
            del self._waiting[page.peer, page.link]
            if not waiting[page.peer, page.link].done():
                page.close(p.CLOSE_LOST_SEAT)
                self._gone(page, ours=True)

    def _follow(self, attendance: str, pages: list[Place | RemotePage]) -> None:
        """Those who were there too come after the new owner."""
        if pages and not self._tasks.spawn(self._after(attendance, pages), "follow a seat"):
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
                self._peers.send(page.peer, m.Moved(page.link, page.claims))
            elif self._seats.retiring or not self._tasks.spawn(self._settle(page), "follow a seat"):
                page.connection.close(p.CLOSE_RESTART)

    async def leave(self, seat: Seat) -> bool:
        """Let the seat and all its pages go, for good."""
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
            if not self._tasks.spawn(self._move(seat), "move a seat"):
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
                self._peers.send(page.peer, m.Moved(page.link, page.claims))
                self._follow(seat.attendance, [other for other in following if other is not page])
        finally:
            self._moving.discard(seat.attendance)

    def rest(self, attendance: str) -> None:
        """Soon, if no page is at this seat, it is let go of."""
        seat = self._seats.live(attendance)
        if seat is None or seat.hold.pages or attendance in self._resting or self._seats.closing:
            return
        self._resting.add(attendance)
        if not self._tasks.spawn(self._rest(attendance), "rest"):
            self._resting.discard(attendance)

    async def _rest(self, attendance: str) -> None:
        try:
            while True:
                await asyncio.sleep(REST_S if self._peers.up else 0)
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
