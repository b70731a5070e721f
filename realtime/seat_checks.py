"""The checks of one seat that are asked for or running: at most one a session."""

import asyncio
from collections.abc import Awaitable, Callable

from classroom.attendance.events import Event
from classroom.attendance.state import Check, State
from realtime.check_run import CheckRun
from realtime.seat_world import World
from realtime.stream import Stream


class SeatChecks:
    """Starts a run when the core asks for a slot, ends it when its check is over, starts the next when one is due."""

    def __init__(
        self,
        world: World,
        learner_id: str,
        *,
        state_of: Callable[[], State],
        stream_of: Callable[[str], Stream | None],
        apply: Callable[[Event], object],
        last_word: Callable[[str], Awaitable[None]],
        written: Callable[[], Awaitable[object]],
        ended: Callable[[], None],
    ) -> None:
        self._world = world
        self._learner_id = learner_id
        self._state_of = state_of
        self._stream_of = stream_of
        self._apply = apply
        self._last_word = last_word
        self._written = written
        self._ended = ended
        self._runs: dict[str, CheckRun] = {}
        self._closed = False

    def __bool__(self) -> bool:
        return bool(self._runs)

    @property
    def pushed(self) -> bool:
        """Whether one has been pushed, or its verdict is being written down."""
        return any(run.pushed or run.concluding for run in self._runs.values())

    def of(self, session: str) -> CheckRun | None:
        """The run of this session."""
        return self._runs.get(session)

    def request(self, session: str) -> None:
        """Ask for a slot, unless that is being done, or a person is to come."""
        if session in self._runs or self._closed or self._state_of().by_person(session):
            return
        run = CheckRun(
            media=self._world.media,
            learner_id=self._learner_id,
            session=session,
            rules=self._state_of().rules,
            stream_of=lambda: self._stream_of(session),
            apply=self._apply,
            is_open=lambda check_id: self.open_check(check_id) is not None,
            last_word=self._last_word,
            written=self._written,
        )
        self._runs[session] = run
        run.task.add_done_callback(lambda _: self._done(session, run))

    def release(self, session: str) -> None:
        """The check isn't due any more."""
        if (run := self._runs.pop(session, None)) is not None:
            run.cancel()

    def _done(self, session: str, run: CheckRun) -> None:
        """A run ends with its check; when the same check is due again at once, the next one starts."""
        if self._runs.get(session) is not run:
            return  # it was released, and perhaps another one has been asked for since
        del self._runs[session]
        state = self._state_of()
        main = state.requested and state.session is not None and state.session.id == session
        rival = state.rival is not None and state.rival.session.id == session and state.rival.check is None
        if main or rival:
            self.request(session)
        self._ended()

    def end_over(self, live: set[str]) -> None:
        """A check that is over without its verdict (missed, signed out, taken over) lets go of its slot."""
        for session, run in tuple(self._runs.items()):
            over = self.open_check(run.check_id) is None if run.pushed else session not in live
            if over and not run.concluding:
                run.cancel()

    def open_check(self, check_id: str) -> Check | None:
        """The open check with this id."""
        state = self._state_of()
        for check in (state.check, None if state.rival is None else state.rival.check):
            if check is not None and check.id == check_id:
                return check
        return None

    def close(self) -> None:
        """Let go of all of them."""
        self._closed = True
        for run in tuple(self._runs.values()):
            run.cancel()

    def tasks(self) -> list[asyncio.Task[None]]:
        """What is still running."""
        return [run.task for run in self._runs.values()]
