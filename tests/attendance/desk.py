"""A learner at a desk: drives one attendance by seconds since nine in the morning, as a page and a shell would."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeVar

from classroom.attendance.events import (
    AttendanceOpened,
    CheckAcknowledged,
    CheckFailed,
    CheckPassed,
    CheckPushed,
    CheckVoided,
    CloseCheck,
    Disconnected,
    DrawTaken,
    Effect,
    EndSession,
    Event,
    FramesSeen,
    LessonOpened,
    Paused,
    Played,
    Reconnected,
    Refuse,
    Reported,
    RequestSlot,
    SessionOffered,
    SlotRefused,
    TakeDraw,
    Ticked,
    TryFailed,
)
from classroom.attendance.ledger import Ledger
from classroom.attendance.rules import Rules
from classroom.attendance.state import Lesson, State
from classroom.attendance.times import Settled, settle

NINE = 1_772_413_200_000  # 2026-03-02 09:00 Asia/Shanghai
ALL = 10**9  # all media was delivered
E = TypeVar("E")


def ms(seconds: float) -> int:
    """Seconds as the core counts."""
    return round(seconds * 1000)


class Desk:
    """One attendance of lessons L1, L2, … (lengths in seconds); each draw is ``draw`` studied seconds away."""

    def __init__(self, *lengths: float, draw: float = 400, **rules: Any) -> None:
        self.rules = Rules(**rules)
        self.draw = draw
        self.drawn: list[TakeDraw] = []
        self.effects: list[Effect] = []
        self.ledger = Ledger("a" * 32, 1, [], None)
        self._ids: Iterator[int] = iter(range(1, 10_000))
        lessons = tuple((f"L{number}", ms(length)) for number, length in enumerate(lengths or (2_700,), start=1))
        self.do(AttendanceOpened(self.at(0), lessons))

    # -------------------------------------------------------------- the machine

    @staticmethod
    def at(second: float) -> int:
        """The instant so many seconds after nine."""
        return NINE + ms(second)

    @staticmethod
    def seconds(instant: int | None) -> float | None:
        """The inverse."""
        return None if instant is None else (instant - NINE) / 1000

    def do(self, event: Event) -> list[Effect]:
        """Apply, and answer each TakeDraw at once; returns the effects."""
        found = list(self.ledger.apply(event))
        for effect in found:
            if isinstance(effect, TakeDraw):
                self.drawn.append(effect)
                drawn = min(max(ms(self.draw), effect.from_ms), effect.to_ms)
                self.ledger.apply(DrawTaken(event.at, drawn))
        self.effects += found
        return found

    @property
    def state(self) -> State:
        """As it is now."""
        return self.ledger.state

    @property
    def due(self) -> float | None:
        """The next transition by itself, in seconds."""
        return self.seconds(self.ledger.due_at)

    def settled(self, second: float) -> Settled:
        """The three times."""
        return settle(self.state, self.at(second))

    def lesson(self, name: str = "L1") -> Lesson:
        """A lesson as it would be if the open stretch ended now."""
        found = self.settled(0).state.lesson_of(name)
        assert found is not None
        return found

    def found(self, kind: type[E]) -> list[E]:
        """The effects of a kind since the start."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    @property
    def closed(self) -> list[tuple[str, str]]:
        """Kind and outcome of each check."""
        return [(one.kind, one.outcome) for one in self.found(CloseCheck)]

    @property
    def ended(self) -> list[tuple[str, float | None]]:
        """Why each session ended, and when."""
        return [(one.reason, self.seconds(one.at)) for one in self.found(EndSession)]

    @property
    def refused(self) -> list[str]:
        """What was refused."""
        return [one.code for one in self.found(Refuse)]

    @property
    def requested(self) -> list[str]:
        """Kinds of checks for which a slot was asked."""
        return [one.kind for one in self.found(RequestSlot)]

    @property
    def now(self) -> tuple[str, str | None]:
        """Phase and reason."""
        return str(self.state.phase), self.state.reason

    # -------------------------------------------------------------- what a learner does

    def offer(self, second: float, session: str = "s1", *, device: str = "d1", used: float = 0) -> list[Effect]:
        """Begin, or take over."""
        return self.do(SessionOffered(self.at(second), session, self.rules, ms(used), device))

    def login(self, second: float, session: str = "s1", *, used: float = 0) -> "Desk":
        """A session whose login check is passed at this second."""
        self.offer(second, session, used=used)
        self.passes(second, session)
        return self

    def studies(self, second: float, lesson: str = "L1", *, delivered: int = ALL, **login: Any) -> "Desk":
        """Logged in, the lesson open and running."""
        self.login(second, **login)
        self.opens(second, lesson)
        self.plays(second, delivered=delivered)
        return self

    def opens(self, second: float, lesson: str = "L1") -> list[Effect]:
        """Choose a lesson."""
        return self.do(LessonOpened(self.at(second), lesson))

    def plays(self, second: float, position: float | None = None, delivered: int = ALL) -> list[Effect]:
        """Press play, by default at the earned point."""
        open_lesson = self.state.lesson_of(self.state.lesson or "")
        earned = 0 if open_lesson is None else open_lesson.earned_to_ms
        where = earned if position is None else ms(position)
        return self.do(Played(self.at(second), where, delivered))

    def beats(self, second: float, position: float, delivered: int = ALL, touched: float | None = None) -> list[Effect]:
        """One heartbeat."""
        touched_at = self.state.interacted_at if touched is None else self.at(touched)
        return self.do(Reported(self.at(second), ms(position), delivered, touched_at))

    def watches(self, until: float, *, step: float = 5, rate: float = 1) -> "Desk":
        """Heartbeats of a video that runs as it should, touched each time, up to this second or until it is stopped."""
        segment = self.state.segment
        assert segment is not None
        start, position = (self.seconds(segment.last_at) or 0), segment.position_ms / 1000
        second = start
        while second < until and self.state.segment is not None and self.state.segment.frozen_at is None:
            second = min(second + step, until)
            self.beats(second, position + (second - start) * rate, touched=second)
        return self

    def pauses(self, second: float, position: float, delivered: int = ALL) -> list[Effect]:
        """Press pause."""
        return self.do(Paused(self.at(second), ms(position), delivered))

    def leaves_socket(self, second: float, session: str = "s1") -> list[Effect]:
        """The socket is gone."""
        return self.do(Disconnected(self.at(second), session))

    def comes_back(self, second: float) -> list[Effect]:
        """The same page, a new socket."""
        return self.do(Reconnected(self.at(second)))

    def ticks(self, second: float) -> list[Effect]:
        """The alarm."""
        return self.do(Ticked(self.at(second)))

    # -------------------------------------------------------------- checks

    def pushed(self, second: float, session: str = "s1") -> str:
        """A slot is granted; returns the check's id."""
        check = f"c{next(self._ids)}"
        self.do(CheckPushed(self.at(second), session, check))
        return check

    def busy(self, second: float, session: str = "s1", cause: Any = "BUSY") -> list[Effect]:
        """No slot."""
        return self.do(SlotRefused(self.at(second), session, cause))

    def shown(self, second: float, check: str, position: float | None = None) -> list[Effect]:
        """The page shows the check."""
        return self.do(CheckAcknowledged(self.at(second), check, None if position is None else ms(position), ALL))

    def frames(self, second: float, check: str) -> list[Effect]:
        """The first decoded frame."""
        return self.do(FramesSeen(self.at(second), check))

    def loses_try(self, second: float, check: str) -> list[Effect]:
        """One try."""
        return self.do(TryFailed(self.at(second), check, "WRONG_ACTION"))

    def passes(self, second: float, session: str = "s1", position: float | None = None) -> str:
        """A whole check within one instant."""
        check = self.pushed(second, session)
        self.shown(second, check, position)
        self.frames(second, check)
        self.do(CheckPassed(self.at(second), check, "evidence"))
        return check

    def fails(self, second: float, session: str = "s1", position: float | None = None) -> str:
        """A whole check, lost at its third try."""
        check = self.pushed(second, session)
        self.shown(second, check, position)
        self.loses_try(second, check)
        self.loses_try(second, check)
        self.do(CheckFailed(self.at(second), check, "NO_MATCH"))
        return check

    def verdict(self, second: float, check: str, *, passed: bool = True) -> list[Effect]:
        """What the media plane judged."""
        if passed:
            return self.do(CheckPassed(self.at(second), check, "evidence"))
        return self.do(CheckFailed(self.at(second), check, "NO_MATCH"))

    def voids(self, second: float, check: str, cause: Any) -> list[Effect]:
        """A check is lost to a fault."""
        return self.do(CheckVoided(self.at(second), check, cause))

    def softened(self) -> Rules:
        """The rules with the milder reading of 2.2.2 b."""
        return replace(self.rules, void_held_on_failure=False)
