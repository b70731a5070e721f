"""One learner in one class, live in this process: turns messages into events, and effects into messages."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import structlog

from classroom.attendance import events as happened
from classroom.attendance.events import Effect, Event
from classroom.attendance.ledger import Ledger
from classroom.attendance.reach import DONE, LOST
from classroom.attendance.state import Check, Kind, Session
from classroom.attendance.store import Save
from classroom.clock import now_ms
from classroom.courses import courseware
from classroom.courses import service as courses
from classroom.courses.rules import Suspension
from realtime import protocol as p
from realtime.alarm import Alarm
from realtime.awaited import Awaited
from realtime.check_run import CheckRun
from realtime.connection import Connection
from realtime.intent import event_of, positioned
from realtime.seat_checks import SeatChecks
from realtime.seat_person import SeatPerson
from realtime.seat_world import World
from realtime.seen import Seen
from realtime.stream import AWAY_MS, Away, Stream, still_true
from realtime.view import Standing, beaten_of, check_view, view_of

WAITING_MESSAGES = 64
OUTSIDE_TIMEOUT_S = 5.0
LAST_WORD_S = 0.7
RELEASE_S = 10.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hold:
    """Who is at a seat, and what runs there."""

    device: str | None  # that the session belongs to; None without one
    page: Connection | None  # that holds the session
    pages: tuple[Connection, ...]
    claiming: tuple[Connection, ...]  # of them those that hold a session, the rival's too
    check_open: bool
    rival: bool
    requested: bool


class Seat:
    """Owns the ledger of one attendance as long as this process owns the seat."""

    def __init__(self, world: World, learner_id: str, class_id: str, ledger: Ledger, titles: dict[str, str]) -> None:
        self.learner_id = learner_id
        self.class_id = class_id
        self.portrait = "none"
        self.lost = False
        self.seen: Seen | None = None  # as of the newest commit
        self.suspension_look = 0  # the newest one that was followed (suspensions.py)
        self._world = world
        self._ledger = ledger
        self._titles = titles
        self._connections: dict[Connection, str] = {}  # to the device that each proved to be
        self._pages: dict[str, Connection] = {}  # by session: the one that holds it
        self._away = Away()
        self._left: dict[str, Stream] = {}  # by session: what is said to its page until that is back
        self._alarm = Alarm(self._ring)
        self._checks = SeatChecks(
            world,
            learner_id,
            state_of=lambda: self._ledger.state,
            stream_of=self._stream_of,
            apply=self.apply,
            last_word=self._last_word,
            written=self._written,
            ended=self._rest,
        )
        self.person = SeatPerson(
            world.calls,
            learner_id,
            class_id,
            state_of=lambda: self._ledger.state,
            stream_of=self._stream_of,
            act=self.act,
            apply=self.apply,
        )
        self._waiting: list[tuple[Connection, p.FromPage, int]] = []
        self._reached: tuple[tuple[str, str, int] | None, int] = (None, 0)  # session, lesson, from; and how far
        self._worker: asyncio.Task[None] | None = None
        self._messages: list[tuple[Stream, p.ToPage]] = []
        self._after_view: list[tuple[Stream, p.ToPage]] = []
        self._beat_only = True
        self._silent = True  # nothing but alarms that no page needs to hear of
        self._changed = False
        self._reported: asyncio.Future[None] | None = None  # somebody waits for a heartbeat of the holder
        self._awaited = Awaited(self._nobody_came)
        self._released: asyncio.Future[bool] | None = None
        self._commits: list[asyncio.Future[str]] = []  # who waits for the next one

    # -------------------------------------------------------------- connections

    @property
    def attendance(self) -> str:
        """Its id."""
        return self._ledger.attendance

    @property
    def phase(self) -> str:
        """Where the learner is."""
        return self._ledger.state.phase.value

    @property
    def check_open(self) -> bool:
        """Whether a check of the record is open, or about to be."""
        return self._ledger.state.check is not None or bool(self._checks)

    @property
    def idle(self) -> bool:
        """Nobody is here and nothing runs: it may leave the memory."""
        state = self._ledger.state
        quiet = not self._connections and state.session is None and not self._checks and not self._changed
        return quiet and not self._waiting and self._worker is None and not self._away.has_news(now_ms())

    def resume(self, connection: Connection, device: str, hello: p.Hello) -> list[p.ToPage] | None:
        """The page's stream goes on in this socket; what it missed, or None where only a whole View will do."""
        if hello.stream is None or hello.last_seq is None:
            return None
        same = (one for one, known in self._connections.items() if known == device and one.stream.id == hello.stream)
        before = next(same, None)
        stream = self._away.take(device, hello.stream, now_ms()) if before is None else before.stream
        missed = None if stream is None else stream.missed(hello.last_seq)
        if stream is None or missed is None:
            return None
        if before is not None:  # its socket is dead and nobody has noticed yet
            before.give_up()
        connection.take_over(stream)
        return missed

    def attach(
        self, connection: Connection, device: str, missed: Sequence[p.ToPage] | None = None, *, claims: bool = True
    ) -> None:
        """A page is here; the one that holds the session goes on where it was. ``missed`` is what ``resume`` gave.

        ``claims``: it has just come, or it held its tab's session where the seat was before; else it only looks on.
        """
        self._connections[connection] = device
        state = self._ledger.state
        for session in self._sessions():
            if claims and session.device == device:
                if (before := self._pages.get(session.id)) is not None:
                    before.close(p.CLOSE_REPLACED)
                self._pages[session.id] = connection
                self._left.pop(session.id, None)
                self._awaited.arrived(session.id)
                if missed is None:
                    self._prompt_again(connection, session.id)
                if session is state.session:
                    self.apply(happened.Reconnected(now_ms()))
                self._request_again(session.id)
        open_check = next((check.id for one in self._sessions() if (check := self._check_of(one, device))), None)
        for message in missed or ():
            if still_true(message, open_check, now_ms()):
                connection.send(message)
        self.show_again()

    def _check_of(self, session: Session, device: str) -> Check | None:
        state = self._ledger.state
        if session.device != device:
            return None
        return state.check if session is state.session else None if state.rival is None else state.rival.check

    def _sessions(self) -> list[Session]:
        state = self._ledger.state
        rival = None if state.rival is None else state.rival.session
        return [session for session in (state.session, rival) if session is not None]

    @property
    def _holder(self) -> Connection | None:
        session = self._ledger.state.session
        return None if session is None else self._pages.get(session.id)

    @property
    def _rival(self) -> Connection | None:
        rival = self._ledger.state.rival
        return None if rival is None else self._pages.get(rival.session.id)

    def _prompt_again(self, connection: Connection, session: str) -> None:
        run = self._checks.of(session)
        if run is not None and run.pushed and run.prompt is not None:
            one = run.prompt
            prompt = p.CheckPrompt(0, run.check_id, one.try_no, one.index, one.total, one.action.value, one.within_ms)
            self._after_view.append(
                (connection.stream, prompt)
            )  # a page that was reloaded learns of the check by the View

    def detach(self, connection: Connection, *, ours: bool = False) -> None:
        """A socket is gone; the session pauses, and waits for the same page to come back.

        ``ours``: by our own doing. Then it goes on, and waits for as long as reports may be apart.
        """
        device = self._connections.pop(connection, None)
        if device is not None:
            self._away.park(device, connection.stream, now_ms())
            asyncio.get_running_loop().call_later((AWAY_MS + 1_000) / 1000, self._rest)
        if self._world.closing:  # our own going away is no fault of the learner's: the next owner dates it
            return
        for session in [session for session, page in self._pages.items() if page is connection]:
            del self._pages[session]
            self._left[session] = connection.stream
            if ours:
                self._awaited.expect(session, self._gap_s)
            else:
                self.apply(happened.Disconnected(now_ms(), session))
        self._rest()

    def expect(self) -> None:
        """The seat was let go of elsewhere in order: whose page isn't here yet is on the way."""
        state = self._ledger.state
        for session in self._sessions():
            connected = state.connected or session is not state.session
            if connected and session.id not in self._pages:
                self._awaited.expect(session.id, self._gap_s)

    def _nobody_came(self, session: str) -> None:
        self.apply(happened.Disconnected(now_ms(), session))
        self._rest()

    @property
    def _gap_s(self) -> float:
        return self._ledger.state.rules.report_gap_ms / 1000

    def _request_again(self, session: str) -> None:
        """The slot that another process had asked for, or that was not to be asked for while nobody was here."""
        state = self._ledger.state
        main = state.session is not None and state.session.id == session and state.requested
        rival = state.rival is not None and state.rival.session.id == session and state.rival.check is None
        if (main or rival) and state.by_person(session):
            self.person.due()
        elif main or rival:
            self._checks.request(session)

    # -------------------------------------------------------------- letting go of the seat

    @property
    def hold(self) -> Hold:
        """What speaks for and against another process having it."""
        state = self._ledger.state
        check = state.check is not None or (state.rival is not None and state.rival.check is not None)
        return Hold(
            device=None if state.session is None else state.session.device,
            page=self._holder,
            pages=tuple(self._connections),
            claiming=tuple(self._pages.values()),
            check_open=check or self._checks.pushed,
            rival=state.rival is not None,
            requested=state.requested and not state.waits_for_person,
        )

    async def release(self) -> bool:
        """Commit everything and give the seat up in the same transaction; no message may come any more.

        False: a check is open after all and the seat stays, or it is lost.
        """
        if self._worker is not None:
            await asyncio.wait([self._worker], timeout=OUTSIDE_TIMEOUT_S)
        if self.lost or self._worker is not None or self.hold.check_open:
            return False
        self._released = asyncio.get_running_loop().create_future()
        self._alarm.cancel()
        self._awaited.clear()
        self.person.close()
        self._checks.close()
        self._changed, self._silent = True, False
        self._world.writer.put(self)
        async with asyncio.timeout(RELEASE_S):
            return await self._released

    def _due_when_free(self, due_at: int | None) -> int | None:
        """Whoever's page comes claims the seat; one that doesn't come is given up by whoever sweeps then."""
        state = self._ledger.state
        if state.rival is None and (state.session is None or not state.connected):
            return due_at
        return now_ms() + state.rules.report_gap_ms

    # -------------------------------------------------------------- messages

    def receive(self, connection: Connection, message: p.FromPage) -> None:
        """Take a message in its turn; never blocks. What can't be taken is refused or closes the socket."""
        if isinstance(message, p.CheckFrame):  # of a page that another process holds
            self.frame(connection, message)
        elif self.lost or self._released is not None:
            connection.close(p.CLOSE_LOST_SEAT)
        elif len(self._waiting) >= WAITING_MESSAGES:
            connection.close(p.CLOSE_TOO_FAST)
        elif self._worker is None and isinstance(message, p.Beat) and self._beats(connection, message):
            pass
        else:
            self._waiting.append((connection, message, now_ms()))
            if self._worker is None:
                self._worker = asyncio.create_task(self._work(), name=f"seat {self.attendance}")

    def _beats(self, connection: Connection, beat: p.Beat) -> bool:
        """A heartbeat that needs to ask nobody is taken at once: no task, no timeout. False: it waits for its turn."""
        state = self._ledger.state
        if connection is not self._holder or state.session is None or state.segment is None or state.lesson is None:
            return False
        # From the end that was found last: what lies before it is known to be unbroken.
        of = state.session.id, state.lesson, state.segment.from_ms
        start = max(of[2], self._reached[1]) if self._reached[0] == of else of[2]
        delivered = courses.reached(state.session.id, state.lesson, start, beat.position_ms)
        if delivered is None:
            return False
        self._reached = of, delivered
        try:
            self._reports(connection, beat, now_ms(), delivered)
        except Exception:
            _log.exception("A seat could not take a message.", attendance=self.attendance)
            self.lose()
        return True

    def _reports(self, connection: Connection, message: p.FromPage, at: int, delivered: int) -> None:
        event = event_of(message, at, delivered, self._ledger.state.interacted_at)
        if event is not None:
            self.apply(event, connection, _tag(message), quiet=isinstance(message, p.Beat))
        if isinstance(message, p.Beat) and self._reported is not None and not self._reported.done():
            self._reported.set_result(None)

    def frame(self, connection: Connection, frame: p.CheckFrame) -> None:
        """A picture of the open check; of any other, or of one that is over, it is dropped."""
        if (run := self._run_of(connection)) is not None and run.check_id == frame.check_id and run.pushed:
            run.frame(frame.jpeg)

    async def _work(self) -> None:
        try:
            while self._waiting and not self.lost:
                connection, message, at = self._waiting.pop(0)
                await self._take(connection, message, at)
        except Exception:
            _log.exception("A seat could not take a message.", attendance=self.attendance)
            self.lose()
        finally:
            self._worker = None
            if self.idle:
                self._world.forget(self)

    async def _take(self, connection: Connection, message: p.FromPage, at: int) -> None:
        match message:
            case p.Begin():
                await self._begin(connection)
            case p.CheckOffer(check_id=check_id, sdp=sdp):
                if (run := self._run_of(connection)) is not None and run.check_id == check_id and run.pushed:
                    run.offer(sdp)
                elif (check := self._person_check(connection)) is not None and check.id == check_id:
                    refused = self.person.offer(check, sdp)
                    if refused is not None:
                        connection.send(p.Refused(0, refused, _tag(message)))
            case p.CameraError(check_id=check_id, code=code):
                _log.info("A camera can't be had.", check_id=check_id, code=code)  # rule 8: the deadline stays
            case p.CheckAck() if connection is self._rival:
                self.apply(happened.CheckAcknowledged(at, message.check_id, None))
            case _ if connection is not self._holder:
                connection.send(p.Refused(0, "NOT_HERE", _tag(message)))
            case _:
                delivered = await self._delivered(message) if positioned(message) else 0
                self._reports(connection, message, at, delivered)
                if isinstance(message, p.OpenLesson) and self._ledger.state.lesson == message.lesson_id:
                    self._lesson_opened(connection, message.lesson_id)

    async def _delivered(self, message: p.FromPage) -> int:
        """How far media was really handed over to this session, from where the open segment began (rule 2)."""
        state = self._ledger.state
        if state.session is None or state.lesson is None:
            return 0
        position = getattr(message, "position_ms", 0) or 0
        start = state.segment.from_ms if state.segment is not None else position
        try:
            async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                return await courses.delivered_to(state.session.id, state.lesson, start)
        except Exception:  # what was known before is never too much; the next report makes up for it
            _log.exception("What was delivered could not be asked for.", attendance=self.attendance)
            return start if state.segment is None else state.segment.delivered_to_ms

    async def _begin(self, connection: Connection) -> None:
        """Row 10: no lesson without a confirmed portrait and a passed login check; one course at a time (1.5)."""
        refusal: p.RefusalCode | None = None
        try:
            async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                person = await self._world.person_for(self.learner_id, self.class_id)
                if connection in (self._holder, self._rival):
                    refusal = "ALREADY_HERE"
                elif person != "always" and await self._world.portrait_of(self.learner_id) != "active":
                    refusal = "PORTRAIT_NEEDED"
                elif await self._world.device_blocked(self.learner_id, connection.device):
                    refusal = "DEVICE_BLOCKED"
                elif await self._world.suspended(self.class_id):
                    refusal = "SUSPENDED"
                elif await self._world.busy_elsewhere(self.learner_id, self.attendance):
                    refusal = "OTHER_CLASS"
                used = await self._world.used_elsewhere(self.learner_id, self.attendance)
        except Exception:  # the seat may hold what isn't written yet: it stays, only this page comes again
            _log.exception("A session could not be offered.", attendance=self.attendance)
            connection.close(p.CLOSE_RESTART)
            return
        device = self._connections.get(connection)
        if refusal is not None or device is None:
            connection.send(p.Refused(0, refusal or "NOT_HERE", "begin"))
            return
        session = self._world.new_id()
        self._pages[session] = connection
        offered = happened.SessionOffered(now_ms(), session, self._world.rules, used, device, person)
        self.apply(offered, connection, "begin")

    def _lesson_opened(self, connection: Connection, lesson_id: str) -> None:
        state = self._ledger.state
        lesson = state.lesson_of(lesson_id)
        if state.session is None or lesson is None:
            return
        address = courses.master_url(state.session.id, self.learner_id, lesson_id, now_ms())
        beside = (courseware.has_poster(lesson_id), courseware.has_captions(lesson_id))
        opened = p.LessonOpened(0, lesson_id, address, lesson.earned_to_ms, lesson.length_ms, *beside)
        self._tell(connection.stream, opened)
        self._changed = True
        self._world.writer.put(self)

    # -------------------------------------------------------------- events and effects

    def apply(
        self, event: Event, asker: Connection | None = None, asked: str | None = None, *, quiet: bool = False
    ) -> tuple[Effect, ...]:
        """Step the ledger, carry the effects out, arm the alarm, and have it all written."""
        if self.lost or self._released is not None:
            return ()
        self._world.stay_awake()
        if event.at < self._ledger.latest_at:  # queues and verdicts may come late
            event = replace(event, at=self._ledger.latest_at)
        before = self._ledger.state
        effects = self._ledger.apply(event)
        for effect in effects:
            self._carry_out(effect, event.at, asker, asked)
        match event:
            case (
                happened.CheckPushed(session=session, check=name)
                | happened.PersonCheckBegun(session=session, check=name)
            ) if (check := self._checks.open_check(name)) is not None:
                self._tell(self._stream_of(session), p.CheckPushed(0, check_view(check, self._ledger.state)))
            case _:
                pass
        after = self._ledger.state
        untold = (before.phase, before.reason) == (after.phase, after.reason) and all(
            isinstance(effect, happened.RequestSlot | happened.CallPerson) for effect in effects
        )
        same = before.session is after.session and before.rival is after.rival and before.check is after.check
        if not (quiet and same):
            live = {session.id for session in self._sessions()}
            self._pages = {session: page for session, page in self._pages.items() if session in live}
            self._left = {session: stream for session, stream in self._left.items() if session in live}
            self._checks.end_over(live)
        self._alarm.set(self._ledger.due_at)
        # A View of its own at the drawn moment would tell a script that a push is near, in time to leave (ADR 3).
        self._silent = self._silent and untold and isinstance(event, happened.Ticked)
        self._beat_only = self._beat_only and (quiet or self._silent) and (untold or not self._ledger.has_rows)
        self._changed = True
        self._world.writer.put(self)
        return effects

    async def act(self, event: Event) -> str:
        """What somebody else than the learner does; answers once it is committed, or with the code of a refusal."""
        if isinstance(event, happened.SignedOutByStaff):
            await self._last_position()
        if self.lost or self._released is not None:
            return LOST
        effects = self.apply(event)
        refused = next((effect.code for effect in effects if isinstance(effect, happened.Refuse)), None)
        if refused is not None:
            return refused
        return await self._written()

    async def _written(self) -> str:
        """Wait for the next commit of this seat; ``LOST`` where another process owns it."""
        done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._commits.append(done)
        self._changed = True
        self._world.writer.put(self)
        return await done

    @property
    def device(self) -> str | None:
        """That of the page which holds the session."""
        return None if self._holder is None else self._holder.device

    def tell_news(self, of: p.NewsList) -> bool:
        """A list that the learner sees has changed; whether any page is here to hear it."""
        for connection in self._connections:
            self._tell(connection.stream, p.News(0, of))
        if self._connections:
            self._changed = True
            self._world.writer.put(self)
        return bool(self._connections)

    def _carry_out(self, effect: Effect, at: int, asker: Connection | None, asked: str | None) -> None:
        match effect:
            case happened.RequestSlot(session=session) if session in self._awaited:
                pass  # asked for once its page is here
            case happened.RequestSlot(session=session):
                self._checks.request(session)
            case happened.CallPerson():
                self.person.due()
            case happened.ReleaseSlot(session=session):
                self._checks.release(session)
            case happened.TakeDraw(from_ms=earliest, to_ms=latest):
                self._ledger.apply(happened.DrawTaken(at, self._world.draws.take(earliest, latest, now_ms())))
            case happened.SeekBack(position_ms=position, reason=reason):
                self._tell(self._stream_of_holder(), p.Seek(0, position, reason))
            case happened.WarnIdle(sign_out_at=sign_out_at):
                self._tell(self._stream_of_holder(), p.IdleWarning(0, sign_out_at))
            case happened.CloseCheck():
                kind, outcome = cast(p.CheckKind, effect.kind), cast(p.Outcome, effect.outcome)
                ended = p.CheckEnded(0, effect.check, kind, outcome, effect.reason, effect.cost_ms)
                self._tell(self._stream_of(effect.session), ended)
                if effect.kind == Kind.PERSON:
                    self.person.over(effect.check, effect.outcome)
            case happened.Refuse(code=code):
                self._tell(None if asker is None else asker.stream, p.Refused(0, code, asked))
            case happened.Raise(flag=flag):
                _log.info("A risk flag was raised.", attendance=self.attendance, flag=flag)
            case _:
                pass

    def _tell(self, stream: Stream | None, message: p.ToPage) -> None:
        if stream is not None:
            self._messages.append((stream, message))

    def _stream_of(self, session: str) -> Stream | None:
        """What reaches the page of a session, now or when it is back."""
        page = self._pages.get(session)
        return self._left.get(session) if page is None else page.stream

    def _stream_of_holder(self) -> Stream | None:
        session = self._ledger.state.session
        return None if session is None else self._stream_of(session.id)

    # -------------------------------------------------------------- checks

    async def _last_word(self, session: str) -> None:
        """Before another device takes over, the old one says how far it played; it need not answer."""
        rival = self._ledger.state.rival
        if rival is not None and rival.session.id == session:
            await self._last_position()

    async def _last_position(self) -> None:
        holder = self._holder
        if holder is None or self._ledger.state.segment is None:
            return
        if self._reported is None or self._reported.done():
            self._reported = asyncio.get_running_loop().create_future()
        holder.send(p.ReportNow(0))
        await asyncio.wait([self._reported], timeout=LAST_WORD_S)

    def _person_check(self, connection: Connection) -> Check | None:
        state = self._ledger.state
        check = state.check if connection is self._holder else None
        if connection is self._rival and state.rival is not None:
            check = state.rival.check
        return check if check is not None and check.kind is Kind.PERSON else None

    def _run_of(self, connection: Connection) -> CheckRun | None:
        return next((self._checks.of(session) for session, page in self._pages.items() if page is connection), None)

    def _rest(self) -> None:
        if self.idle:
            self._world.forget(self)

    # -------------------------------------------------------------- time and writing

    def _ring(self) -> None:
        self.apply(happened.Ticked(now_ms()))

    def take(self) -> tuple[Save, Callable[[], None]]:
        """What to write now; the messages go out once it is committed."""
        outgoing, self._messages = self._messages, []
        views = [*([] if self._silent else self._views()), *self._after_view]
        self._after_view = []
        self._changed = False
        self._beat_only = self._silent = True
        save = self._ledger.take()
        seen = self._look(quiet=save.standing is None)
        released = self._released
        waiting, self._commits = self._commits, []
        if released is not None:
            save = replace(save, release=True, due_at=self._due_when_free(save.due_at))

        def committed() -> None:
            if seen is not None:
                self.seen = seen
                self._world.sight.tell(seen)
            if released is not None:
                self.lost = True
                self._world.forget(self)
                if not released.done():
                    released.set_result(True)
            for stream, message in (*outgoing, *views):
                stream.send(message)
            for done in waiting:
                if not done.done():
                    done.set_result(DONE)
            if save.concerns:
                self._world.announce(self.class_id, "alerts")
            if self.idle:
                self._world.forget(self)

        return save, committed

    def _look(self, *, quiet: bool) -> Seen | None:
        """What watchers are told once this is committed; of a heartbeat only where somebody watches."""
        if quiet and self.seen is not None and not self._world.sight.closely(self.class_id):
            return None
        return Seen(self.learner_id, self.class_id, self._ledger.standing, quiet=quiet and self.seen is not None)

    def _views(self) -> list[tuple[Stream, p.ToPage]]:
        state, at = self._ledger.state, max(now_ms(), self._ledger.latest_at)
        if self._beat_only and self._holder is not None:
            return [(self._holder.stream, beaten_of(state, at))]
        return [(one.stream, view_of(state, at, self._titles, self._standing(one))) for one in self._connections]

    def _standing(self, connection: Connection) -> Standing:
        run = self._run_of(connection)
        return Standing(
            holds=connection is self._holder,
            rival=connection is self._rival,
            portrait=self.portrait,
            retry_after_ms=None if run is None or run.pushed else run.retry_after_ms,
        )

    def interrupt(self, alive_at: int | None = None) -> None:
        """We couldn't keep our word for a while: asleep since ``alive_at``, or without a database until now.

        Rule 7: no check open over it is a strike, and what was reported before it stays. The pages come back by themselves.
        """
        if self.lost:
            return
        self._left |= {session: page.stream for session, page in self._pages.items()}
        self._pages = {}
        for connection in tuple(self._connections):
            connection.close(p.CLOSE_RESTART)
        self.apply(happened.OwnerLost(now_ms() if alive_at is None else alive_at))

    def learn_of(self, lessons: tuple[tuple[str, int], ...], titles: dict[str, str]) -> None:
        """The course's lessons as they are now: those that are new come after the ones that the learner has."""
        known = {lesson.id for lesson in self._ledger.state.lessons}
        if new := tuple(one for one in lessons if one[0] not in known):
            self._titles = titles
            self.apply(happened.LessonsAdded(now_ms(), new))

    @property
    def suspended(self) -> bool:
        """Whether nothing is earned because of a suspension."""
        return "SUSPENDED" in self._ledger.state.barred

    def follow(self, suspension: Suspension | None) -> None:
        """A suspension keeps the class, or none does; one that was lifted says by whom. The journal has its id, no words."""
        held = suspension is not None and suspension.lifted_at_ms is None
        if held and suspension is not None and not self.suspended:
            self.apply(happened.Suspended(now_ms(), suspension.by_id, suspension.id))
        elif self.suspended and not held:
            by = "" if suspension is None else suspension.lifted_by_id or ""
            self.apply(happened.Readmitted(now_ms(), by))

    def show_again(self) -> None:
        """Something that a View holds changed outside the ledger."""
        self._changed = True
        self._beat_only = self._silent = False
        self._world.writer.put(self)

    def lose(self) -> None:
        """Another process owns the seat, or it can't be written: the pages connect anew."""
        if self._released is not None and not self._released.done():
            self._released.set_result(False)
        if not self.lost:
            self.lost = True
            self.close()
            self._world.forget(self)
        for done in self._commits:
            if not done.done():
                done.set_result(LOST)

    def close(self, code: int = p.CLOSE_LOST_SEAT) -> None:
        """Let go of everything that runs; what is committed stays."""
        self._alarm.cancel()
        self._awaited.clear()
        self.person.close()
        self._checks.close()
        for connection in tuple(self._connections):
            connection.close(code)

    def tasks(self) -> list[asyncio.Task[Any]]:
        """What is still running on behalf of this seat."""
        return [*self._checks.tasks(), *([self._worker] if self._worker else [])]


def _tag(message: p.FromPage) -> str:
    return str(message.__struct_config__.tag)
