"""Somebody who isn't there when a moment is drawn: studies by a strategy, comes when a check can be seen coming."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random  # noqa: TID251  # a simulation's, repeatable

from classroom.attendance.events import (
    AttendanceOpened,
    CheckAcknowledged,
    CheckAsked,
    CheckFailed,
    CheckPassed,
    CheckPushed,
    CheckVoided,
    Disconnected,
    DrawTaken,
    Event,
    FramesSeen,
    Hidden,
    LearnerLeft,
    LessonOpened,
    OwnerLost,
    Paused,
    PersonCheckBegun,
    PersonJoined,
    PersonRequested,
    PersonWithdrawn,
    Played,
    Reconnected,
    Reported,
    SessionOffered,
    SlotRefused,
    SteppedOut,
    TakeDraw,
    Ticked,
    TryFailed,
)
from classroom.attendance.ledger import Ledger
from classroom.attendance.rules import Rules
from classroom.attendance.state import Check, State
from tests.attendance.desk import ALL, NINE
from tests.attendance.witness import Witness

CHOSEN = frozenset({"login", "resume"})  # checks whose moment the learner chooses


@dataclass(frozen=True)
class Strategy:
    """What the absent one's script does by itself; the person comes for the kinds in ``comes_for``."""

    name: str
    leaves: Callable[["Absent"], str | None] = lambda life: None  # each beat: how to interrupt, if at all
    at_push: str = "ignores"  # what happens to a check nobody comes for
    comes_for: frozenset[str] = CHOSEN
    busy: float = 0.0  # how often the media plane has no slot when one is asked for
    step_ms: int = 5_000  # from one act to the next
    called: float = 0.0  # each step: how often a proctor is free for whoever waits
    at_wait: str = ""  # what whoever waits for a person does, once told so


class Absent:
    """One life of one lesson, played by a strategy; every event passes the witness."""

    def __init__(self, strategy: Strategy, seed: int, length_ms: int = 600_000, **rules: int) -> None:
        self.strategy = strategy
        self.rng = Random(seed)
        self.rules = Rules(**rules)
        self.witness = Witness(self.rules)
        self.ledger = Ledger("life", 1, [], None)
        self.now = NINE
        self.watched_ms = 0
        self.outcomes: list[tuple[str, str]] = []
        self._names = 0
        self.since_ms = 0  # of the last interruption
        self.asked = False  # a request for a person is open
        self.requests = 0  # this day: three are taken
        self.calls = 0  # by a proctor
        self.let_pass = False  # the newest of them
        self.do(AttendanceOpened(self.now, (("L1", length_ms), ("L2", 60_000))))

    @property
    def state(self) -> State:
        return self.ledger.state

    @property
    def counted_ms(self) -> int:
        """By the witness, not by the machine."""
        return sum(self.witness.counted.values())

    def do(self, event: Event) -> None:
        """Apply an event, and take each draw uniformly."""
        event = replace(event, at=max(event.at, self.ledger.latest_at))
        before = self.state
        effects = list(self.ledger.apply(event))
        self.witness.note(before, event, effects, self.state)
        for effect in effects:
            if isinstance(effect, TakeDraw):
                self.do(DrawTaken(event.at, self.rng.randint(effect.from_ms, effect.to_ms)))
        self.witness.agree(self.state)

    def name(self) -> str:
        self._names += 1
        return f"n{self._names}"

    def lives(self, for_ms: int) -> "Absent":
        """Until the lesson is finished, or this time is over."""
        end = self.now + for_ms
        while self.now < end and not self.state.lessons[0].finished(self.rules):
            self.acts()
            self.now += self.rng.randint(self.strategy.step_ms * 9 // 10, self.strategy.step_ms)
        return self

    def acts(self) -> None:
        """One look at the screen, one deed."""
        state, at = self.state, self.now
        if state.session is None:
            self.do(SessionOffered(at, self.name(), self.rules, 0, "a", "asked" if self.asked else None))
        elif not state.connected:
            self.do(Reconnected(at))
        elif state.check is not None:
            self.checked(state.check)
        elif state.requested:
            self.asked_for(state)
        elif state.lesson is None:
            self.do(LessonOpened(at, "L1"))
        elif state.segment is None:
            self.do(Played(at, state.lessons[0].earned_to_ms, ALL))
        else:
            self.studies()

    def studies(self) -> None:
        """A beat, unless the strategy leaves now."""
        segment = self.state.segment
        assert segment is not None
        self.do(Reported(self.now, segment.from_ms + self.now - segment.opened_at, ALL, self.now))
        self.watched_ms += self.strategy.step_ms
        if (how := self.strategy.leaves(self)) is not None:
            self.since_ms = self.watched_ms
            self.interrupt(how)

    def asked_for(self, state: State) -> None:
        """A slot is due: between asking and the push a script that knows nothing may happen to leave."""
        assert state.session is not None
        if state.waits_for_person:
            self.waits(state)
            return
        seen = state.phase != "studying" and state.reason in ("AWAITING_CHECK", "PROVIDER_DOWN")
        if state.phase == "studying" and (how := self.strategy.leaves(self)) is not None:
            self.interrupt(how)
        elif seen and state.owed not in self.strategy.comes_for and self.strategy.at_push == "leaves when it waits":
            self.interrupt("pause")
        elif self.rng.random() < self.strategy.busy:
            self.do(SlotRefused(self.now, state.session.id, "BUSY"))
        else:
            self.do(CheckPushed(self.now, state.session.id, self.name()))
            if self.state.check is not None:
                self.checked(self.state.check)

    def waits(self, state: State) -> None:
        """For a person: untold the script plays on, told it does what the strategy says."""
        assert state.session is not None
        if self.rng.random() < self.strategy.called:
            self.calls += 1
            self.do(PersonCheckBegun(self.now, state.session.id, self.name(), "proctor"))
            if self.state.check is not None:
                self.checked(self.state.check)
        elif state.phase == "studying" and state.segment is not None:
            self.studies()
        elif self.strategy.at_wait:
            self.interrupt(self.strategy.at_wait)

    def interrupt(self, how: str) -> None:
        """Leave in one of the ways there are."""
        segment, at = self.state.segment, self.now
        position = 0 if segment is None else segment.from_ms + at - segment.opened_at
        session = "" if self.state.session is None else self.state.session.id
        match how:
            case "pause":
                self.do(Paused(at, position, ALL))
            case "hide":
                self.do(Hidden(at, position, ALL))
            case "step out":
                self.do(SteppedOut(at, position, ALL))
            case "cut":
                self.do(Disconnected(at, session))
            case "sign out":
                self.do(LearnerLeft(at, position, ALL))
            case "crash":
                self.do(OwnerLost(at))
            case "lesson":
                self.do(LessonOpened(at, "L2"))
                self.do(LessonOpened(at, "L1"))
            case "take over":
                self.takes_over()
            case "asks":
                self.do(CheckAsked(at, "proctor"))
            case "ask a person":
                if not self.asked and self.requests < 3:
                    self.asked, self.requests = True, self.requests + 1
                    self.do(PersonRequested(at))
            case "withdraw":
                self.asked = False
                self.do(PersonWithdrawn(at))
            case "sign out and withdraw":
                self.interrupt("sign out")
                self.interrupt("withdraw")
            case _:
                raise ValueError(how)

    def takes_over(self) -> None:
        """Another device of the same account, whose login check the person passes."""
        self.do(SessionOffered(self.now, self.name(), self.rules, 0, "b"))
        rival = self.state.rival
        if rival is not None:
            check = self.name()
            self.do(CheckPushed(self.now, rival.session.id, check))
            self.do(CheckAcknowledged(self.now, check, None, ALL))
            self.do(CheckPassed(self.now + 2_000, check))

    def checked(self, check: Check) -> None:
        """The person passes what they come for; of the rest the strategy makes what it can."""
        kind, at, session = str(check.kind), self.now, self.state.session
        assert session is not None
        if kind == "person":
            self.called_by_person(check)
            return
        if kind in self.strategy.comes_for:
            self.do(CheckAcknowledged(at, check.id, None, ALL))
            self.do(FramesSeen(at + 1_000, check.id))
            self.do(CheckPassed(at + 9_000, check.id))
            self.now += 9_000
            self.outcomes.append((kind, "passed"))
            return
        self.outcomes.append((kind, self.strategy.at_push))
        match self.strategy.at_push:
            case "cuts the line":
                self.do(Disconnected(at, session.id))
            case "kills the decoder":
                self.do(CheckAcknowledged(at, check.id, None, ALL))
                self.do(CheckVoided(at + 2_000, check.id, "PROVIDER_DOWN"))
            case "is crashed":
                self.do(OwnerLost(at))
            case "takes over":
                self.takes_over()
            case "acts wrongly":
                self.do(CheckAcknowledged(at, check.id, None, ALL))
                for second in (10, 20):
                    self.do(TryFailed(at + second * 1_000, check.id, "WRONG_ACTION"))
                self.do(CheckFailed(at + 30_000, check.id, "WRONG_ACTION"))
            case "steps out":
                self.do(SteppedOut(at, 0, ALL))
                self.do(LearnerLeft(at, forced=True))
            case "hides":
                self.do(Hidden(at, 0, ALL))
            case _:
                pass
        self.lets_pass(check)

    def called_by_person(self, check: Check) -> None:
        """Nobody is at the page; who was told to wait may come at the second call, for a login at once."""
        login = check.effect == "login"
        self.outcomes.append(("person", str(check.effect)))
        second = "person at the second call" in self.strategy.comes_for and self.let_pass
        if login or second:
            self.let_pass = False
            self.do(CheckAcknowledged(self.now, check.id, None, ALL))
            self.do(PersonJoined(self.now + 4_000, check.id))
            self.do(CheckPassed(self.now + 30_000, check.id))
            self.now += 30_000
            self.asked = self.asked and self.state.person is not None
        elif not check.earning:
            self.let_pass = True
        self.lets_pass(check)

    def lets_pass(self, check: Check) -> None:
        """An open check is missed."""
        if self.state.check is not None and self.state.check.id == check.id:
            self.now = check.deadline(self.rules) + 1
            self.do(Ticked(self.now))
