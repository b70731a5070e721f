"""The views that somebody looks at, each read and written once a second for all of its pages."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from classroom.clock import now_ms
from realtime.census.sums import Sums
from realtime.oversight.view import Narrowed, View

PUSH_S = 0.9  # with as much again between processes, an event is seen within 2 s

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Watched:
    view: View
    wakes: set[Callable[[], None]] = field(default_factory=set)


class Views:
    """One object a process."""

    def __init__(self, sums: Sums) -> None:
        self._sums = sums
        self._watched: dict[Narrowed, _Watched] = {}
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to push."""
        self._task = asyncio.create_task(self._run(), name="oversight views")

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def look(self, at: Narrowed, wake: Callable[[], None]) -> View:
        """A page looks at this; it is woken whenever there is something new to say."""
        watched = self._watched.get(at)
        if watched is None:
            watched = self._watched[at] = _Watched(View(at, self._sums, now_ms()))
        watched.wakes.add(wake)
        return watched.view

    def leave(self, at: Narrowed, wake: Callable[[], None]) -> None:
        """It doesn't any more; what nobody looks at isn't read."""
        watched = self._watched.get(at)
        if watched is not None:
            watched.wakes.discard(wake)
            if not watched.wakes:
                del self._watched[at]

    def turn(self) -> None:
        """Read every view that somebody looks at again."""
        for watched in self._watched.values():
            watched.view.turn(self._sums, now_ms())
            for wake in tuple(watched.wakes):
                wake()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PUSH_S)
            try:
                self.turn()
            except Exception:
                _log.exception("Counts could not be shown; it comes again.")
