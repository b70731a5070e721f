"""An honest learner's page over a network that delays every message, as the page of web/ui behaves."""

import heapq
from collections.abc import Callable, Iterable
from itertools import count, cycle

from classroom.attendance.events import (
    CheckAcknowledged,
    CheckPassed,
    CheckPushed,
    Effect,
    Event,
    FramesSeen,
    Played,
    Reported,
    RequestSlot,
    SeekBack,
    Ticked,
)
from classroom.attendance.state import Phase
from tests.attendance.desk import ALL, Desk

RESUME_TOLERANCE_MS = 150  # web/ui/src/live/playback.ts
HEARTBEAT_MS = 5_000
CHECK_MS = 14_000  # from the page's answer to the verdict


class HonestPage:
    """Plays one lesson to its end and answers every check; ``delays`` are the ways of all messages, in ms."""

    def __init__(self, desk: Desk, delays: Iterable[int], fractions: Iterable[float]) -> None:
        self.desk = desk
        self.delays, self.fractions = cycle(delays), cycle(fractions)
        self.queue: list[tuple[int, int, Callable[[], None]]] = []
        self.order = count()
        self.now = desk.at(0)
        self.heard_at = 0  # by the server; a socket keeps its messages in order
        self.playing_since: int | None = None
        self.start_ms = 0
        self.length_ms = desk.lesson().length_ms
        self.checks = 0
        self.alarm = 0

    # -------------------------------------------------------------- time and network

    def after(self, wait: int, then: Callable[[], None]) -> None:
        heapq.heappush(self.queue, (self.now + wait, next(self.order), then))

    def run(self, until: float) -> None:
        """Until the lesson is over, or this second has come."""
        self.desk.login(0)
        self.desk.opens(0)
        self.play()
        self.after(HEARTBEAT_MS, self.beat)
        while self.queue and self.now < self.desk.at(until) and not self.over:
            self.now, _, then = heapq.heappop(self.queue)
            then()

    @property
    def over(self) -> bool:
        return self.desk.state.phase is Phase.BROWSING and self.playing_since is None

    # -------------------------------------------------------------- the server

    def tell(self, make: Callable[[int], Event]) -> None:
        """A message on its way to the server."""
        self.heard_at = max(self.heard_at, self.now + next(self.delays))
        self.after(self.heard_at - self.now, lambda: self.serve(make(self.now)))

    def serve(self, event: Event) -> None:
        """The server's moment: an event, its effects, the alarm that may ring a little late."""
        self.desk.draw = next(self.fractions) * 815
        before = self.desk.state.phase
        for effect in self.desk.do(event):
            self.carry_out(effect)
        state = self.desk.state
        if state.phase is not before:
            earned = 0 if state.lesson is None else self.desk.lesson(state.lesson).earned_to_ms
            self.after(next(self.delays), lambda: self.shown(state.phase, earned))
        self.arm()

    def arm(self) -> None:
        self.alarm += 1
        mine, due = self.alarm, self.desk.ledger.due_at
        if due is not None:
            late = max(0, due - self.now) + next(self.delays)
            self.after(late, lambda: self.serve(Ticked(self.now)) if mine == self.alarm else None)

    def carry_out(self, effect: Effect) -> None:
        if isinstance(effect, RequestSlot):
            self.checks += 1
            check = f"check {self.checks}"
            self.after(next(self.delays), lambda: self.grant(effect.session, check))
        elif isinstance(effect, SeekBack):
            self.after(next(self.delays), lambda: self.sent_back(effect.position_ms))

    def grant(self, session: str, check: str) -> None:
        self.serve(CheckPushed(self.now, session, check))
        self.after(next(self.delays), lambda: self.challenged(check))
        self.after(CHECK_MS // 2, lambda: self.serve(FramesSeen(self.now, check)))
        self.after(CHECK_MS, lambda: self.serve(CheckPassed(self.now, check)))

    # -------------------------------------------------------------- the page

    @property
    def position_ms(self) -> int:
        ran = 0 if self.playing_since is None else self.now - self.playing_since
        return min(self.length_ms, self.start_ms + ran)

    def play(self) -> None:
        self.playing_since = self.now
        position = self.start_ms
        self.tell(lambda at: Played(at, position, ALL))

    def stop(self) -> None:
        self.start_ms, self.playing_since = self.position_ms, None

    def beat(self) -> None:
        position = self.position_ms
        self.tell(lambda at: Reported(at, position, ALL, self.desk.state.interacted_at))
        self.after(HEARTBEAT_MS, self.beat)

    def challenged(self, check: str) -> None:
        self.stop()
        position = self.start_ms
        self.tell(lambda at: CheckAcknowledged(at, check, position, ALL))

    def shown(self, phase: Phase, earned_to_ms: int) -> None:
        """A View came: run only while the server says so."""
        if phase is Phase.STUDYING and self.playing_since is None:
            if self.start_ms > earned_to_ms + RESUME_TOLERANCE_MS:
                self.start_ms = earned_to_ms
            self.play()
        elif phase is Phase.BROWSING:
            self.stop()

    def sent_back(self, position_ms: int) -> None:
        self.start_ms = position_ms
        self.play()
