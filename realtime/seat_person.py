"""What goes between a learner's page and the proctor who calls them, while that check is open; nobody else gets in."""

from collections.abc import Awaitable, Callable

from classroom.attendance import events as happened
from classroom.attendance.events import Event
from classroom.attendance.reach import DONE
from classroom.attendance.state import Check, Kind, State
from classroom.clock import now_ms
from realtime import protocol as p
from realtime.awaited import Awaited
from realtime.calls import Calls
from realtime.stream import Stream

PROCTOR_S = 15.0  # without a sign of the proctor's page the learner waits for another one
OFFERS_A_CHECK = 20
SDP_CHARS = 16_000


class SeatPerson:
    """One seat's; ``attendance/person.py`` decides, this carries."""

    def __init__(
        self,
        calls: Calls,
        learner_id: str,
        class_id: str,
        *,
        state_of: Callable[[], State],
        stream_of: Callable[[str], Stream | None],
        act: Callable[[Event], Awaitable[str]],
        apply: Callable[[Event], object],
    ) -> None:
        self._calls = calls
        self._learner_id = learner_id
        self._class_id = class_id
        self._state_of = state_of
        self._stream_of = stream_of
        self._act = act
        self._apply = apply
        self._offers: dict[str, int] = {}  # by open check
        self._proctors = Awaited(self._nobody_there)

    def _nobody_there(self, check: str) -> None:
        self._apply(happened.PersonLeft(now_ms(), check))

    def close(self) -> None:
        """Wait for nobody."""
        self._proctors.clear()

    def claimed(self, call: str | None) -> None:
        """By the queue this call is on; whoever had the seat may have died in it, and nobody has said that it is over."""
        if call is not None and self._open(call) is None:
            self._calls.over(call, None)

    def due(self) -> None:
        """A check waits for a person: the learner is in the queue."""
        self._calls.due(self._learner_id, self._class_id)

    def over(self, check: str, outcome: str) -> None:
        """A check by a person has its outcome."""
        self._proctors.arrived(check)
        self._offers.pop(check, None)
        passed = {"by_person": True, "failed": False}.get(outcome)
        self._calls.over(check, passed)

    def offer(self, check: Check, sdp: str) -> p.RefusalCode | None:
        """The learner's picture and sound, to whoever calls; a code where it isn't passed on."""
        if len(sdp) > SDP_CHARS:
            return "BAD_OFFER"
        self._offers = {check.id: self._offers.get(check.id, 0) + 1}
        if self._offers[check.id] > OFFERS_A_CHECK:
            return "TOO_MANY_OFFERS"
        self._calls.say(check.id, "offer", sdp)
        return None

    async def hear(self, what: str, check_id: str, by: str, words: str) -> str:
        """What the proctor does; a code where it isn't theirs to do, or not now."""
        if what == "call":
            return await self._call(check_id, by)
        found = self._open(check_id)
        if found is None or found[1].by != by:
            return "NOT_NOW"
        session, check = found
        match what:
            case "attend" | "here":
                self._proctors.expect(check_id, PROCTOR_S)
                if what == "attend":
                    self._tell(session, p.PersonHere(0, check_id))
            case "answer":
                self._tell(session, p.CheckAnswer(0, check_id, words))
            case "seen" if check.first_frame_at is None:
                return await self._act(happened.PersonJoined(now_ms(), check_id))
            case "left":
                return await self._act(happened.PersonLeft(now_ms(), check_id))
            case "passed":
                return await self._act(happened.CheckPassed(now_ms(), check_id))
            case "failed":
                return await self._act(happened.CheckFailed(now_ms(), check_id, words))
            case _:
                pass
        return DONE

    async def _call(self, check_id: str, by: str) -> str:
        state = self._state_of()
        rival = state.rival
        beside = rival is not None and rival.person is not None and rival.check is None
        session = rival.session if rival is not None and beside else state.session
        if session is None or self._stream_of(session.id) is None:
            return "NO_SESSION"
        return await self._act(happened.PersonCheckBegun(now_ms(), session.id, check_id, by))

    def _open(self, check_id: str) -> tuple[str, Check] | None:
        state = self._state_of()
        of_rival = None if state.rival is None else (state.rival.session, state.rival.check)
        for session, check in ((state.session, state.check), *([of_rival] if of_rival else [])):
            if session is not None and check is not None and check.id == check_id and check.kind is Kind.PERSON:
                return session.id, check
        return None

    def _tell(self, session: str, message: p.ToPage) -> None:
        stream = self._stream_of(session)
        if stream is not None:
            stream.send(message)
