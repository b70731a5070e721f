"""Seats on a real database with a clock that the test moves, and tabs that know only what they were told."""

import asyncio
import json
import random  # noqa: TID251 - seeded: the same histories every time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from classroom.clock import now_ms
from realtime import protocol as p
from realtime.connection import Connection
from realtime.seat import Seat
from realtime.seats import Seats
from realtime.view import view_of
from tests.realtime.fakes import FakeCheck, FakePlane
from tests.realtime.page_model import CLOCK, PROGRESS, Page, apply, differences

_decoder = msgspec.json.Decoder(p.ToPage)


class Clock:
    """Stands in for the machine's running clock, under ``classroom.clock``."""

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms

    def __call__(self) -> int:
        return self.at_ms

    def pass_by(self, ms: int) -> None:
        self.at_ms += ms


class Room:
    """One learner's seat, its tabs, the media plane that plays a script."""

    def __init__(self, seats: Seats, plane: FakePlane, clock: Clock, learner: str, class_id: str) -> None:
        self.seats, self.plane, self.clock = seats, plane, clock
        self.learner, self.class_id = learner, class_id
        self.tabs: list[Tab] = []
        self.said: dict[str, int] = {}  # by type

    @property
    def seat(self) -> Seat | None:
        return next(iter(self.seats._seats.values()), None)

    @property
    def check(self) -> FakeCheck | None:
        """The check that the media plane is busy with."""
        alive = [check for check in self.plane.checks if not check.aborted.is_set() and not check.verdict_said]
        return alive[-1] if alive else None

    async def settle(self) -> None:
        """Until nothing is on its way; what the tabs were told is theirs then."""
        async with asyncio.timeout(20):
            quiet = 0
            while quiet < 3:
                await asyncio.sleep(0.001)
                for tab in self.tabs:
                    tab.drain()
                quiet = quiet + 1 if self._quiet() else 0

    def _quiet(self) -> bool:
        seat, writer = self.seat, self.seats.writer
        if writer._dirty or not writer._idle.is_set():
            return False
        if seat is None:
            return True
        if seat._waiting or seat._worker is not None:
            return False
        for run in seat._checks._runs.values():
            if run.concluding or (not run.pushed and self.plane.refuses is None):
                return False
        return all(check.says.empty() or check.aborted.is_set() for check in self.plane.checks)

    async def pass_by(self, ms: int) -> None:
        """Time goes by; what is due happens, dated at its deadline."""
        self.clock.pass_by(ms)
        self.seats._awake_at = now_ms()  # nobody slept
        seat = self.seat
        if seat is not None and (due := seat._ledger.due_at) is not None and due <= now_ms():
            seat._ring()
        await self.settle()


class Tab:
    """A tab of the browser; its page may be loaded anew, its line may break."""

    def __init__(self, room: Room, name: str, chance: random.Random) -> None:
        self.room, self.name, self.chance = room, name, chance
        self.page = Page()
        self.connection: Connection | None = None
        self.tape: list[dict[str, Any]] = []  # for the page's own code to be told the same
        self.position_ms = 0
        self.pushed: set[str] = set()  # checks that this page, as it is, was told to begin
        self._token: str | None = None
        self._stream: str | None = None
        self._fresh = True
        self._behind = False
        room.tabs.append(self)

    @property
    def here(self) -> bool:
        return self.page.view is not None and self.page.view.here

    def say(self, message: p.FromPage) -> None:
        if self.connection is not None:
            self.heard_by(self.connection, message)

    def heard_by(self, connection: Connection, message: p.FromPage) -> None:
        if self.room.seat is not None:
            self.room.seat.receive(connection, message)

    async def connect(self, *, reloaded: bool) -> None:
        """Come back, as the page that it was or as a new one."""
        if reloaded:
            self.page = Page()
            self._fresh = True
        stream = None if self._fresh else self._stream
        last_seq = None if self._fresh else self.page.seq
        before = self.connection
        self.tape.append({"connect": last_seq, "reloaded": self._fresh})
        self.connection = Connection(learner_id=self.room.learner, device=self.name, session="s")
        self.connection.class_id = self.room.class_id
        hello = p.Hello(
            version=p.VERSION, class_id=self.room.class_id, seat_token=self._token, stream=stream, last_seq=last_seq
        )
        await self.room.seats.attach(self.connection, hello)
        self._fresh = False
        await self.room.settle()
        if before is not None and self.room.seat is not None and self.chance.random() < 0.7:
            self.room.seat.detach(before)  # else its death isn't noticed for a while
            await self.room.settle()

    async def cut(self, *, unheard: Callable[[], Awaitable[None]] | None = None) -> None:
        """The line breaks; what ``unheard`` makes the server say is still written to it, and lost."""
        if self.connection is None:
            return
        connection, self.connection = self.connection, None
        if unheard is not None:
            await unheard()
            await self.room.settle()
        self.tape.append({"cut": True})
        connection.close(p.CLOSE_RESTART)
        if self.room.seat is not None:
            self.room.seat.detach(connection)
        await self.room.settle()

    def drain(self) -> None:
        """Take what is written to the socket, message by message."""
        while self.connection is not None and self.connection._outbox:
            text = self.connection._outbox.pop(0)
            message = _decoder.decode(text)
            self.tape.append({"says": json.loads(text)})
            self.page = apply(self.page, message)
            kind = str(message.__struct_config__.tag)
            self.room.said[kind] = self.room.said.get(kind, 0) + 1
            self._catches_up(message)
            if isinstance(message, p.Welcome):
                self.pushed = self.pushed if message.resumed else set()
                self._token, self._stream = message.seat_token, message.stream
            elif isinstance(message, p.CheckPushed):
                self.pushed.add(message.check.check_id)
            elif isinstance(message, p.Seek):
                self.position_ms = message.position_ms
            elif isinstance(message, p.LessonOpened):
                self.position_ms = message.resume_ms
            elif isinstance(message, p.ReportNow) and self.chance.random() < 0.7:
                self.say(p.Beat(position_ms=self.position_ms, playing=True, interacted=False))

    def _catches_up(self, message: p.ToPage) -> None:
        """What is said late, between Welcome and View, is of no check that is over: it would open the camera for nothing."""
        self._behind = isinstance(message, p.Welcome) or (self._behind and not isinstance(message, p.View))
        check = message.check if isinstance(message, p.CheckPushed) else message
        if self._behind and hasattr(check, "check_id") and not isinstance(message, p.CheckEnded):
            assert self.room.seat is not None
            assert self.room.seat._checks.open_check(check.check_id) is not None, self.story()

    def story(self) -> str:
        """The last of what this tab went through, for a person to read."""
        lines = [json.dumps(one)[:160] for one in self.tape[-24:] if "expect" not in one]
        return "\n".join([f"tab {self.name}", *lines])

    def verify(self) -> None:
        """What this page knows is what a page that comes now would be told."""
        seat = self.room.seat
        if self.connection is None or self.connection.closing or seat is None:
            return
        assert self.connection in seat._connections
        state = seat._ledger.state
        at = max(now_ms(), seat._ledger.latest_at)
        fresh = view_of(state, at, seat._titles, seat._standing(self.connection))
        last = self.tape[-1].get("says", {})
        told_now = last.get("type") in ("view", "beaten") and last["as_of_ms"] == fresh.as_of_ms
        ignored = frozenset({"seq"}) if told_now else CLOCK
        if self.connection is not seat._holder:
            ignored |= CLOCK | PROGRESS
        assert differences(self.page.view, fresh, ignored=ignored) == {}, self.story()
        run = seat._run_of(self.connection)
        shown = None if run is None or not run.pushed else run.prompt
        known = self.page.prompt
        assert (known and (known.try_no, known.index, known.action)) == (
            shown and (shown.try_no, shown.index, shown.action.value)
        ), self.story()
        ended = [verdict.check_id for verdict in self.page.verdicts]
        assert len(set(ended)) == len(ended), self.story()  # nothing is told twice
        open_now = {self.page.check.check_id} if self.page.check is not None else set()
        assert self.pushed - open_now <= set(ended), self.story()  # and no verdict is lost with a line
        if "expect" not in self.tape[-1]:
            self.tape.append({"expect": msgspec.to_builtins(fresh), "ignored": sorted(ignored)})
