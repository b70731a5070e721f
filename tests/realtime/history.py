"""Random lives of one learner with two tabs on a real seat: pages, media plane, time, and lines that break."""

import random  # noqa: TID251 - seeded: the same histories every time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest
import pytest_asyncio

from classroom import clock as clocks
from classroom.attendance.events import (
    CheckAsked,
    Corrected,
    PausedByStaff,
    Readmitted,
    ResumedByStaff,
    SignedOutByStaff,
    Suspended,
)
from classroom.attendance.reach import DONE
from classroom.attendance.rules import Rules
from classroom.attendance.state import State
from classroom.clock import now_ms
from classroom.courses import service as courses
from classroom.courses.rules import Lesson
from realtime import protocol as p
from realtime.ice import IceServers
from realtime.media import MediaBusy, MediaDown
from realtime.seats import Seats
from tests.cast import Cast, cast, database, database_url, sqlite_template, with_portrait
from tests.realtime import rubbish
from tests.realtime.classroom import Clock, Room, Tab
from tests.realtime.fakes import FakePlane
from verify.protocol import Action, Failed, FirstFrame, FromMedia, Hint, Passed, Prompt, Reason, StepSeen, TryFailed

__all__ = ["backend", "cast", "database", "database_url", "room", "sqlite_template"]

RULES = Rules(drawn_from_ms=10_000, drawn_to_ms=60_000, failed_checks_a_day=50)
LENGTH_MS = 600_000
OF_THE_SOCKET = (p.Hello, p.Rehearse, p.RehearseEnd)  # never reach a seat
EVERY_KIND = {str(kind.__struct_config__.tag) for kind in get_args(p.ToPage)}
PASSED = Passed(evidence_jpeg=b"\xff\xd8", embedding=[0.0] * 128, score=0.9, threshold=0.45, model="m")
FAILED = Failed(reason=Reason.WRONG_ACTION, missed=False, evidence_jpeg=None, score=None, threshold=None, model="m")


@pytest.fixture
def backend(sqlite_template: Path) -> tuple[str, str]:
    return "", str(sqlite_template)


@pytest_asyncio.fixture
async def room(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    async def delivered_to(session_id: str, lesson_id: str, from_ms: int) -> int:
        return LENGTH_MS

    await with_portrait(cast, cast.learner, cast.staff)
    lessons = [Lesson(f"long-{n}", f"第{n}课", LENGTH_MS, tuple(range(0, LENGTH_MS, 4_000))) for n in (1, 2)]
    await courses.add_class("room", "测试班", "school", await courses.add_course("长课", lessons))
    clock, plane = Clock(clocks._running_ms()), FakePlane()
    monkeypatch.setattr("classroom.clock._running_ms", clock)
    monkeypatch.setattr("classroom.courses.service.delivered_to", delivered_to)
    monkeypatch.setattr("realtime.writer.GATHER_S", 0)
    monkeypatch.setattr("realtime.seat.LAST_WORD_S", 0.02)
    monkeypatch.setattr("realtime.check_run.DOWN_RETRY_MS", 5)
    seats = Seats(media=plane, ice=IceServers())
    seats.rules = RULES
    await seats.open()
    for task in (seats._keeper, seats._sweeper, seats._waker):
        assert task is not None
        task.cancel()  # they are told the time by the same clock, which jumps
    yield Room(seats, plane, clock, cast.learner, "room")
    await seats.close()


class History:
    """One learner with two tabs, driven by chance."""

    def __init__(self, room: Room, seed: int) -> None:
        self.room, self.chance = room, random.Random(seed)
        self.tabs = [Tab(room, name, self.chance) for name in ("one", "two")]
        self.unruly = 0.2  # how many of the wilful messages are of any kind at all
        self.states: list[tuple[State, int]] = []  # with the instant as of which each is
        self.step = 0  # of the script that is being asked

    async def run(self, steps: int) -> None:
        for tab in self.tabs:
            await tab.connect(reloaded=True)
        for _ in range(steps):
            ways = (self.page, self.media, self.time, self.line, self.staff)
            happens = self.chance.choices(ways, weights=(45, 30, 20, 8, 5))[0]
            await happens()
            await self.room.settle()
            if self.room.seat is not None:
                self.states.append((self.room.seat._ledger.state, self.room.seat._ledger.latest_at))
            for tab in self.tabs:
                tab.verify()

    async def every_kind(self) -> None:
        """What chance may leave out: a lesson with a jump, a whole check, an idle warning, a takeover."""
        one, two = self.tabs
        check_of = lambda tab: tab.page.check.check_id  # noqa: E731
        await one.connect(reloaded=True)
        await two.connect(reloaded=True)
        connection = one.connection
        assert connection is not None

        async def begins() -> None:
            one.heard_by(connection, p.Begin())

        await one.cut(unheard=begins)  # a push on a line that is dead already; rule 7 ends its check with the line
        await one.connect(reloaded=False)
        assert len(one.page.verdicts) == 1
        assert one.page.verdicts[0].check_id not in one.pushed
        await self.does(one, p.Begin())
        await self.does(one, p.CheckAck(check_id=check_of(one)), p.CheckOffer(check_id=check_of(one), sdp="offer"))
        prompt = Prompt(1, 0, 3, Action.NOD, 8_000)
        for said in (FirstFrame(), Hint(Reason.NO_FACE), prompt, TryFailed(Reason.TOO_LATE, 1), prompt, StepSeen(1, 0)):
            await self.media_says(said)
        await self.media_says(PASSED)
        await self.room.pass_by(845_000)
        await self.does(one, p.Interacted(), p.OpenLesson(lesson_id="long-1"))
        await self.does(one, p.Play(position_ms=one.position_ms))
        while one.page.view is not None and one.page.view.phase != "studying":  # 900 s after the login: a resume check
            await self.media_says(PASSED)
            await self.does(one, p.Play(position_ms=one.position_ms))
        await self.room.pass_by(1_000)
        one.position_ms += 1_000
        await self.does(one, p.Beat(position_ms=one.position_ms, playing=True, interacted=True))
        await self.does(two, p.Begin())
        await self.media_says(PASSED)
        await self.does(two, p.OpenLesson(lesson_id="long-1"))
        await self.does(two, p.Play(position_ms=300_000))
        assert self.room.seat is not None
        assert self.room.seat.tell_news("appeals")
        await self.room.settle()
        for what in ("call", "attend", "seen", "passed"):  # a live check by a person
            assert await self.room.seat.person.hear(what, "call-1", "proctor", "") == DONE
            await self.room.settle()
        assert two.page.verdicts[-1].outcome == "by_person"

    async def does(self, tab: Tab, *messages: p.FromPage) -> None:
        for message in messages:
            tab.say(message)
            await self.room.settle()
            tab.verify()

    async def media_says(self, said: FromMedia) -> None:
        check = self.room.check
        assert check is not None
        check.says.put_nowait(said)
        await self.room.settle()
        for tab in self.tabs:
            tab.verify()

    # -------------------------------------------------------------- what the learner does

    async def page(self) -> None:
        tab = self.tabs[0] if self.chance.random() < 0.8 else self.tabs[1]
        view = tab.page.view
        if view is None:
            return
        if self.chance.random() < 0.2:
            tab.say(self.anything(tab))
        elif not view.here:
            if tab is self.tabs[0] or self.chance.random() < 0.4:
                tab.say(p.Begin())
        elif view.check is not None:
            tab.say(p.CheckAck(check_id=view.check.check_id, position_ms=tab.position_ms))
            tab.say(p.CheckOffer(check_id=view.check.check_id, sdp="offer"))
        elif view.lesson_id is None or tab.page.lesson is None:
            tab.say(p.OpenLesson(lesson_id=view.lessons[0].lesson_id))
        elif view.phase != "studying":
            tab.position_ms = max(one.earned_to_ms for one in view.lessons if one.lesson_id == view.lesson_id)
            tab.say(p.Play(position_ms=tab.position_ms))
        else:
            for _ in range(self.chance.randrange(1, 4)):
                await self.room.pass_by(5_000)
                tab.position_ms = min(LENGTH_MS, tab.position_ms + 5_000)
                tab.say(p.Beat(position_ms=tab.position_ms, playing=True, interacted=self.chance.random() < 0.3))
                await self.room.settle()
                tab.verify()

    def anything(self, tab: Tab) -> p.FromPage:
        at = tab.position_ms
        if self.chance.random() < self.unruly:
            check = tab.page.check.check_id if tab.page.check is not None else "none"
            known = {"check_id": self.chance.choice((check, "none")), "lesson_id": "long-1", "position_ms": at}
            kind = self.chance.choice([kind for kind in rubbish.KINDS if kind not in OF_THE_SOCKET])
            return msgspec.convert(rubbish.honest(kind, **known), p.FromPage)
        return self.chance.choice(
            (
                p.Pause(position_ms=at),
                p.Hidden(position_ms=at),
                p.Shown(),
                p.Blurred(position_ms=at),
                p.Focused(),
                p.Interacted(),
                p.SignOut(position_ms=at),
                p.Play(position_ms=at + 60_000),
                p.Beat(position_ms=min(LENGTH_MS, at + 60_000), playing=True, interacted=False),
                p.Beat(position_ms=0, playing=True, interacted=True),
                p.OpenLesson(lesson_id="long-2"),
                p.OpenLesson(lesson_id="none"),
                p.CheckAck(check_id="none"),
                p.CameraError(check_id="none", code="OTHER"),
                p.Begin(),
            )
        )

    # -------------------------------------------------------------- what the media plane says

    async def media(self) -> None:
        check = self.room.check
        if check is None:
            chances = (None, None, None, MediaBusy(200), MediaDown())
            self.room.plane.refuses = self.chance.choice(chances)
            self.step = 0
            return
        said = self.chance.randrange(12)
        if said == 0:
            check.says.put_nowait(MediaDown())
        elif said == 1:
            check.says.put_nowait(FAILED)
        elif said in (2, 3, 4):
            check.says.put_nowait(PASSED)
        elif said == 5:
            check.says.put_nowait(Hint(reason=self.chance.choice((Reason.NO_CAMERA, None))))
        elif said == 6:
            check.says.put_nowait(TryFailed(reason=Reason.TOO_LATE, tries_left=1))
        elif said == 7:
            check.says.put_nowait(FirstFrame())
        elif said in (8, 9):
            check.says.put_nowait(StepSeen(try_no=1, index=self.step))
            self.step += 1
        else:
            check.says.put_nowait(Prompt(1, self.step, 3, self.chance.choice(list(Action)), 8_000))

    # -------------------------------------------------------------- what staff and authorities do

    async def staff(self) -> None:
        seat, at = self.room.seat, now_ms()
        if seat is None:
            return
        self.chance.choice((seat.tell_news, lambda _: False))("notes")
        lost = () if seat._ledger.state.lost is None else seat._ledger.state.lost.stretches
        events = (
            *[ResumedByStaff(at, "staff")] * 3,
            PausedByStaff(at, "staff", at + self.chance.choice((20_000, 9_000_000))),
            Suspended(at, "city"),
            *[Readmitted(at, "city")] * 2,
            SignedOutByStaff(at, "staff"),
            *[CheckAsked(at, "staff")] * 2,
            Corrected(at, "check", "staff", "head", lost),
        )
        await seat.act(self.chance.choice(events))

    # -------------------------------------------------------------- time and the line

    async def time(self) -> None:
        await self.room.pass_by(self.chance.choice((100, 1_000, 5_000, 5_000, 16_000, 30_000, 80_000, 845_000)))

    async def line(self) -> None:
        """The line of a tab breaks, sometimes with words on it; things go on; the tab comes back."""
        tab = self.tabs[0] if self.chance.random() < 0.8 else self.tabs[1]
        if self.chance.random() < 0.1:
            await tab.connect(reloaded=True)  # the old socket is still open: the page was loaded anew
            return
        await tab.cut(unheard=self.chance.choice((None, self.media, lambda: self.room.pass_by(60_000))))
        for _ in range(self.chance.randrange(4)):
            await self.chance.choice((self.media, self.media, self.time))()
            await self.room.settle()
        await tab.connect(reloaded=self.chance.random() < 0.3)
