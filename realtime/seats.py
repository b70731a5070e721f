"""All seats of this process: found or claimed when a page comes, swept when their owner died."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import structlog

import settings
from classroom import clock, notices
from classroom.attendance import events as happened
from classroom.attendance import service
from classroom.attendance.codec import decode
from classroom.attendance.events import Way
from classroom.attendance.ledger import ChainBroken
from classroom.attendance.reach import UNSURE
from classroom.attendance.rules import Rules
from classroom.attendance.store import OwnedElsewhere, SealBroken, SeatSeen, Store
from classroom.clock import now_ms
from classroom.courses import service as courses
from classroom.courses import suspensions
from classroom.courses.rules import ClassOutline
from classroom.database import connection_in_use, whole
from classroom.guards import check_guards
from classroom.people import faces, queue
from classroom.supervision import alerts, devices
from realtime import protocol as p
from realtime.calls import Calls
from realtime.connection import Connection
from realtime.draws import Draws
from realtime.herald import Herald
from realtime.ice import IceServers
from realtime.process_lock import AlreadyRunning
from realtime.rehearsal import Plane
from realtime.seat import Seat
from realtime.seat_world import Forgettable
from realtime.seen import Seen, Sight
from realtime.suspensions import Suspensions
from realtime.tally import TALLY
from realtime.writer import Writer

BEAT_S = 1.0
SKEW_MS = 2_000
PROCESS_LEASE_MS = 5_000  # a process that didn't say it is alive for so long is dead
OUTSIDE_TIMEOUT_S = 5.0
ACT_TIMEOUT_S = 1.5  # below what another process waits for an answer
CLOSE_TIMEOUT_S = 1.0
OUTLINE_MS = 5_000
TOKEN_CHARS = (16, 128)

_log = structlog.get_logger(__name__)


class ClockSkewed(RuntimeError):
    """This process' clock isn't the database's just now; the page comes again."""


@dataclass(frozen=True, slots=True)
class About:
    """Which seat."""

    attendance: str
    learner_id: str
    class_id: str
    titles: dict[str, str]
    lessons: tuple[tuple[str, int], ...] = ()  # of the course as it is now, with their lengths in ms


def token_of(hello: p.Hello) -> str:
    """What proves that a tab is the same tab; a new one for whoever has none."""
    token = hello.seat_token or ""
    return token if TOKEN_CHARS[0] <= len(token) <= TOKEN_CHARS[1] else secrets.token_urlsafe(24)


def device_of(token: str) -> str:
    """The token as the journal knows it."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


class Seats:
    """Implements the seat's World; one object a process."""

    def __init__(self, *, media: Plane, ice: IceServers, alone: bool = True) -> None:
        """``alone``: no other control process lives, so that every seat may be taken at once."""
        self._lease_ms = None if alone else PROCESS_LEASE_MS
        self.swept: Callable[[str], None] = lambda attendance: None
        self.media = media
        self._ice = ice
        self.draws = Draws()
        self.sight = Sight()
        self._herald = Herald()
        self.calls = Calls()
        self.rules: Rules = settings.RULES
        self.owner = service.new_id()
        self.closing = False
        self._seats: dict[str, Seat] = {}
        self._suspensions = Suspensions(self.all)
        self.retiring = False  # it takes no seats any more
        self._opening: dict[str, tuple[asyncio.Lock, int]] = {}  # by attendance, with how many want it
        self._outlines: dict[str, tuple[ClassOutline | None, int]] = {}
        self._undo: list[Callable[[], None]] = []
        self._keeper: asyncio.Task[None] | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._waker: asyncio.Task[None] | None = None
        self._awake_at = now_ms()
        self._skewed = False
        self._store: Store
        self.writer: Writer

    async def open(self) -> None:
        """Refuses to start without the journal's guards; raises GuardMissing."""
        connection = connection_in_use()
        await check_guards(connection)
        if not self.rules.void_held_on_failure:
            _log.warning("The milder reading of 2.2.2 b is in force: a failed check doesn't drop what is held.")
        self._store = Store(connection, self.owner, settings.JOURNAL_KEY, alerts.write)
        if await self._follow_clock() and self._lease_ms is None:
            await self._be_alone()
        await self._store.begin(now_ms())
        self.writer = Writer(self._store, settings.DATABASE_PATIENCE_S)
        self.writer.open()
        self._awake_at = now_ms()
        self._keeper = asyncio.create_task(self._keep(), name="seat keeper")
        self._sweeper = asyncio.create_task(self._sweep(), name="seat sweeper")
        self._waker = asyncio.create_task(self._wake(), name="seat waker")
        self._suspensions.open()
        self._undo = [
            notices.subscribe("portrait", self._portrait_changed),
            notices.subscribe("consent_withdrawn", self._consent_withdrawn),
            notices.subscribe("allow", self._allow),
            notices.subscribe("event", self._event),
            notices.subscribe("device", self._device),
            notices.subscribe("person", self._person),
            notices.subscribe("learner_news", self._learner_news),
            notices.subscribe("lessons_added", self._lessons_added),
        ]

    async def _follow_clock(self) -> bool:
        """All processes date by the database's clock; this machine's may differ. False where there is but one."""
        before = now_ms()
        shared = await self._store.now()
        if shared is not None:
            clock.adjust(shared - (before + now_ms()) // 2)
        return shared is not None

    async def _be_alone(self) -> None:
        """One that was killed a moment ago is waited for; one that lives keeps its seats. Raises AlreadyRunning."""
        for _ in range(2 + PROCESS_LEASE_MS // 1000):
            if not await self._store.alive(now_ms(), PROCESS_LEASE_MS):
                return
            await asyncio.sleep(BEAT_S)
        raise AlreadyRunning(
            "Another control process uses this database. Stop it first, or set ANXUE_REDIS_URL for each of them."
        )

    def farewell(self) -> None:
        """From now on a socket that closes is our doing."""
        self.closing = True

    async def close(self) -> None:
        """Write what is left and let go; the sessions stay live in the database for whoever claims them next."""
        self.farewell()
        for undo in self._undo:
            undo()
        self._suspensions.close()
        for task in (self._keeper, self._sweeper, self._waker):
            if task is not None:
                task.cancel()
        seats = tuple(self._seats.values())
        tasks = [task for seat in seats for task in seat.tasks()]
        for seat in seats:
            seat.close(p.CLOSE_RESTART)
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_TIMEOUT_S)
        await self.writer.close()
        self._herald.close()
        await self.calls.close()
        await self._store.end(now_ms())

    # -------------------------------------------------------------- pages

    async def attach(self, connection: Connection, hello: p.Hello) -> Seat:
        """Find or claim the seat; sends Welcome, and the first View once it is committed."""
        token = token_of(hello)
        about = await self.about(connection.learner_id, connection.class_id)
        portrait = await self.portrait_of(connection.learner_id)
        async with self.opening(about.attendance):
            seat = self.live(about.attendance) or await self.claim(about)
            # Nothing is waited for from here on: a seat that is written before its page is there leaves the memory.
            seat.learn_of(about.lessons, about.titles)
            seat.portrait = portrait
            self.bring(connection, seat, token, hello)
        return seat

    def bring(self, connection: Connection, seat: Seat, token: str, hello: p.Hello) -> None:
        """The tab's page to its seat, which lives here."""
        missed = seat.resume(connection, device_of(token), hello)
        TALLY.arrivals["fresh" if missed is None else "resumed"] += 1
        self.welcome(connection, token, resumed=missed is not None)
        seat.attach(connection, device_of(token), missed)

    def welcome(self, connection: Connection, token: str, *, resumed: bool = False) -> None:
        """Said again before the TURN credentials end: a socket outlives them, and its next check needs good ones."""
        if connection.closing:
            return
        connection.send(
            p.Welcome(
                version=p.VERSION,
                now_ms=now_ms(),
                seat_token=token,
                heartbeat_ms=self.rules.heartbeat_ms,
                idle_warning_ms=self.rules.idle_warning_ms,
                blur_ms=self.rules.blur_ms,
                ice_servers=self._ice.issue(now_ms()),
                stream=connection.stream.id,
                after_seq=connection.stream.seq,
                resumed=resumed,
            )
        )
        if self._ice.renew_s is not None:
            renew = partial(self.welcome, connection, token, resumed=True)
            asyncio.get_running_loop().call_later(self._ice.renew_s, renew)

    async def about(self, learner_id: str, class_id: str) -> About:
        """The attendance of a learner in a class, opened on the first visit."""
        outline = await self._outline(class_id)
        if outline is None:
            raise LookupError("the class is gone")
        lessons = tuple((lesson.id, lesson.length_ms) for lesson in outline.lessons)
        attendance = await service.attendance_of(self._store, learner_id, class_id, lessons, now_ms())
        titles = {lesson.id: lesson.title for lesson in outline.lessons}
        return About(attendance, learner_id, class_id, titles, lessons)

    async def _outline(self, class_id: str) -> ClassOutline | None:
        """Asked once for a class that comes all at once."""
        now, (known, until) = now_ms(), self._outlines.get(class_id, (None, 0))
        if known is not None and now < until:
            return known
        outline = await courses.class_outline(class_id)
        self._outlines = {name: kept for name, kept in self._outlines.items() if kept[1] > now}
        if outline is not None:
            self._outlines[class_id] = outline, now + OUTLINE_MS
        return outline

    @asynccontextmanager
    async def opening(self, attendance: str) -> AsyncIterator[None]:
        """Held while the seat is claimed or let go of."""
        lock, wanted = self._opening.get(attendance, (asyncio.Lock(), 0))
        self._opening[attendance] = lock, wanted + 1
        try:
            async with lock:
                yield
        finally:
            lock, wanted = self._opening.pop(attendance)
            if wanted > 1:
                self._opening[attendance] = lock, wanted - 1
            elif (seat := self._seats.get(attendance)) is not None and seat.idle:
                self.forget(seat)

    def live(self, attendance: str) -> Seat | None:
        """The seat, when it is this process'."""
        found = self._seats.get(attendance)
        return None if found is None or found.lost else found

    def all(self) -> tuple[Seat, ...]:
        """The seats of this process."""
        return tuple(self._seats.values())

    def learners(self) -> set[str]:
        """Whose seats they are."""
        return {seat.learner_id for seat in self._seats.values()}

    async def claim(self, about: About, given_up: OwnedElsewhere | None = None) -> Seat:
        """Own the seat; the caller holds ``opening``. Raises OwnedElsewhere in a cluster, ClockSkewed."""
        if self._skewed:
            raise ClockSkewed
        taking = service.take(self._store, about.attendance, now_ms(), lease_ms=self._lease_ms, given_up=given_up)
        ledger = await whole(taking)
        seat = Seat(self, about.learner_id, about.class_id, ledger, about.titles)
        self._seats[about.attendance] = seat
        seat.apply(happened.Ticked(max(now_ms(), ledger.latest_at)))
        seat.learn_of(about.lessons, about.titles)
        seat.expect()
        seat.person.claimed(await queue.call_of(about.learner_id, about.class_id))
        await self._suspensions.look((seat,))
        return seat

    # -------------------------------------------------------------- the seat's World

    def new_id(self) -> str:
        """A random id."""
        return service.new_id()

    def forget(self, seat: Forgettable) -> None:
        """The seat isn't live here any more; one without a page stays while a page is on its way to it."""
        if seat.attendance in self._opening and not seat.lost:
            return
        if (known := self._seats.get(seat.attendance)) is seat:
            del self._seats[seat.attendance]
            self.sight.tell(Seen(known.learner_id, known.class_id, None, quiet=False))

    def standings(self, class_id: str) -> list[Seen]:
        """What is committed of the seats of a class that live here."""
        found = (seat.seen for seat in self._seats.values() if seat.class_id == class_id)
        return [one for one in found if one is not None]

    async def standings_of_class(self, class_id: str) -> list[SeatSeen]:
        """What the database says of every attendance of a class."""
        return await self._store.standings_of_class(class_id, now_ms(), PROCESS_LEASE_MS)

    def announce(self, class_id: str, of: str) -> None:
        """A list of this class has changed: tell who watches it, soon."""
        self._herald.announce(class_id, of)

    async def device_blocked(self, learner_id: str, device: str) -> bool:
        """Whether staff keep this learner from this device."""
        return await devices.blocked(learner_id, device)

    async def portrait_of(self, learner_id: str) -> str:
        """State of the learner's portrait."""
        return await faces.portrait_state(learner_id)

    async def suspended(self, class_id: str) -> bool:
        """Whether a regulator keeps the class from going on."""
        return await suspensions.suspended(class_id)

    async def person_for(self, learner_id: str, class_id: str) -> Way | None:
        """Whether this learner's checks are by a person."""
        return await queue.way_of(learner_id, class_id)

    async def busy_elsewhere(self, learner_id: str, attendance: str) -> bool:
        """Whether the learner studies in another class right now."""
        return await self._store.live_elsewhere(learner_id, attendance)

    async def used_elsewhere(self, learner_id: str, attendance: str) -> int:
        """Of today's cap, in ms."""
        return await service.used_elsewhere(self._store, learner_id, attendance, now_ms())

    # -------------------------------------------------------------- notices

    def _of(self, learner_id: str) -> list[Seat]:
        return [seat for seat in self._seats.values() if seat.learner_id == learner_id]

    async def _portrait_changed(self, *, learner_id: str, **_: Any) -> None:
        for seat in self._of(learner_id):
            seat.portrait = await self.portrait_of(learner_id)
            seat.show_again()

    async def _consent_withdrawn(self, *, learner_id: str, **_: Any) -> None:
        for seat in self._of(learner_id):
            seat.apply(happened.LearnerLeft(now_ms(), forced=True))
        await self._portrait_changed(learner_id=learner_id)

    async def _allow(self, *, learner_id: str, by: str, handled: set[str], **_: Any) -> None:
        for seat in self._of(learner_id):
            seat.apply(happened.Allowed(now_ms(), by))
            handled.add(seat.attendance)

    async def _event(self, *, attendance: str, event: str, handled: set[str], **_: Any) -> None:
        """What a person does to an attendance (reach.py)."""
        if (seat := self.live(attendance)) is None:
            return
        try:
            async with asyncio.timeout(ACT_TIMEOUT_S):
                handled.add(await seat.act(decode(event)[1]))
        except TimeoutError:
            handled.add(UNSURE)

    async def _person(
        self, *, attendance: str, what: str, check: str, by: str, words: str, handled: set[str] | None = None, **_: Any
    ) -> None:
        """What a proctor does in a live check (classroom/supervision/persons.py)."""
        if (seat := self.live(attendance)) is None:
            return
        try:
            async with asyncio.timeout(ACT_TIMEOUT_S):
                answer = await seat.person.hear(what, check, by, words)
        except TimeoutError:
            answer = UNSURE
        if handled is not None:
            handled.add(answer)

    async def _device(self, *, attendance: str, handled: set[str], **_: Any) -> None:
        if (seat := self.live(attendance)) is not None and (device := seat.device) is not None:
            handled.add(device)

    async def _learner_news(self, *, learner_id: str, what: str, handled: set[str] | None = None, **_: Any) -> None:
        for seat in self._of(learner_id):
            if seat.tell_news(cast(p.NewsList, what)) and handled is not None:
                handled.add(seat.attendance)

    async def _lessons_added(self, *, course_id: str, **_: Any) -> None:
        """Whoever studies the course sees its new lesson at once."""
        for class_id in {seat.class_id for seat in self._seats.values()}:
            self._outlines.pop(class_id, None)
            outline = await self._outline(class_id)
            if outline is None or outline.course_id != course_id:
                continue
            lessons = tuple((lesson.id, lesson.length_ms) for lesson in outline.lessons)
            titles = {lesson.id: lesson.title for lesson in outline.lessons}
            for seat in tuple(self._seats.values()):
                if seat.class_id == class_id:
                    seat.learn_of(lessons, titles)

    # -------------------------------------------------------------- a machine that sleeps

    def stay_awake(self) -> None:
        """A process that stood still for longer than its lease was as good as dead: rule 7, as if it had been killed.

        The machine was suspended, the process stopped, its loop held up. What fell due meanwhile could be met by nobody.
        """
        at, since = now_ms(), self._awake_at
        self._awake_at = at
        if at - since > PROCESS_LEASE_MS:
            _log.error("This process stood still; its seats are interrupted.", ms=at - since)
            for seat in tuple(self._seats.values()):
                seat.interrupt(since)

    async def _wake(self) -> None:
        while True:
            self.stay_awake()
            await asyncio.sleep(BEAT_S)

    # -------------------------------------------------------------- the sweep

    async def _keep(self) -> None:
        """Say that this process is alive; nothing else may hold that up, or another one takes its seats."""
        while True:
            try:
                async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                    await self._store.beat(now_ms())
                await self._compare_clocks()
            except Exception:
                _log.exception("This process could not say that it is alive; it comes again.")
            await asyncio.sleep(BEAT_S)

    async def _sweep(self) -> None:
        """Finish what dead processes left."""
        while True:
            try:
                async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                    due = await self._store.orphans(now_ms(), PROCESS_LEASE_MS)
                for attendance in due:
                    await self._finish(attendance)
            except Exception:
                _log.exception("The sweep failed; it comes again.")
            await asyncio.sleep(BEAT_S)

    async def _compare_clocks(self) -> None:
        """A process whose clock left the one that all share may own no seat until it follows again (design.md, "Clock")."""
        async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
            before = now_ms()
            shared = await self._store.now()
            after = now_ms()
        if shared is None or after - before > SKEW_MS:
            return
        skew = shared - (before + after) // 2
        if abs(skew) <= SKEW_MS:
            return
        _log.error("This process' clock left the database's: its seats are let go, and it is set anew.", skew_ms=skew)
        self._skewed = True
        try:
            for seat in self.all():
                seat.interrupt()
            async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                await self.writer.flushed()
            for seat in self.all():
                seat.lose()
            clock.adjust(skew)
            self._awake_at = now_ms()
        finally:
            self._skewed = False

    async def _finish(self, attendance: str) -> None:
        if attendance in self._seats or self.retiring:
            return
        try:
            row = await self._store.about(attendance)
            if row is not None:
                outline = await self._outline(row.class_id)
                titles = {} if outline is None else {lesson.id: lesson.title for lesson in outline.lessons}
                async with self.opening(attendance):
                    if self.live(attendance) is None:
                        await self.claim(About(attendance, row.learner_id, row.class_id, titles))
                        self.swept(attendance)
        except OwnedElsewhere:
            pass  # somebody was faster
        except (SealBroken, ChainBroken) as broken:
            _log.error("A seat can't be claimed: its record was changed.", attendance=broken.attendance)
