"""Calls between learners and proctors as one process sees them: what seats have to say of them, whose page takes part."""

import asyncio
from typing import Any, Protocol

import structlog

from classroom import notices
from classroom.people import queue

OUTSIDE_S = 5.0
AGAIN_S = 1.0
BEAT_S = 5.0  # a seat believes for three of them that the proctor's page is there
CALLS = 200  # at a time, of all proctors of a process

_log = structlog.get_logger(__name__)


class Caller(Protocol):
    """The socket of a proctor's page."""

    def said(self, check: str, what: str, words: str) -> None:
        """The learner's page offers a connection, or the check is over."""
        ...


class Calls:
    """One object a process. What is written down here is asked again by the core, or lapses: nothing counts by it."""

    def __init__(self) -> None:
        self._due: dict[tuple[str, str], None] = {}  # learner and class: at most one a seat
        self._over: dict[str, bool | None] = {}  # by check: at most one a seat
        self._writing: asyncio.Task[None] | None = None
        self._callers: dict[str, tuple[Caller, str, str]] = {}  # by check: the page, the attendance, the account
        self._beating: asyncio.Task[None] | None = None
        self._says: set[asyncio.Task[None]] = set()
        self._stop = notices.subscribe("person_page", self._said)

    async def close(self) -> None:
        """Nobody calls any more."""
        self._stop()
        tasks = [task for task in (self._writing, self._beating, *self._says) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -------------------------------------------------------------- what seats say

    def due(self, learner_id: str, class_id: str) -> None:
        """A check waits for a person."""
        self._due[learner_id, class_id] = None
        self._write()

    def over(self, check: str, passed: bool | None) -> None:
        """A check by a person has ended; None: without a verdict."""
        self._over[check] = passed
        self._write()
        self.say(check, "over", {True: "passed", False: "failed", None: ""}[passed])

    def say(self, check: str, what: str, words: str) -> None:
        """To the proctor's page, in whatever process."""
        task = asyncio.create_task(
            notices.publish("person_page", check=check, what=what, words=words), name="call"
        )
        self._says.add(task)
        task.add_done_callback(self._says.discard)

    def _write(self) -> None:
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_down(), name="calls")

    async def _write_down(self) -> None:
        try:
            while self._due or self._over:
                try:
                    async with asyncio.timeout(OUTSIDE_S):
                        await self._one()
                except Exception:
                    _log.exception("What a seat said of a call could not be written down; it comes again.")
                    await asyncio.sleep(AGAIN_S)
        finally:
            self._writing = None

    async def _one(self) -> None:
        if self._over:
            check, passed = next(iter(self._over.items()))
            class_id = await queue.ended(check, passed=passed)
            self._over.pop(check, None)
        else:
            learner_id, class_id = one = next(iter(self._due))
            await queue.due(learner_id, class_id)
            self._due.pop(one, None)
        if class_id is not None:
            await notices.publish("class_news", class_id=class_id, list="persons")

    # -------------------------------------------------------------- whose page takes part

    def attend(self, check: str, caller: Caller, attendance: str, by: str) -> bool:
        """This page is at this call; the caller of this has judged that it may be. False: too many at once."""
        if check not in self._callers and len(self._callers) >= CALLS:
            return False
        self._callers[check] = caller, attendance, by
        if self._beating is None:
            self._beating = asyncio.create_task(self._beat(), name="call beat")
        return True

    def attended(self, check: str, caller: Caller) -> tuple[str, str] | None:
        """Attendance and account, where this page is at that call."""
        found = self._callers.get(check)
        return None if found is None or found[0] is not caller else found[1:]

    def leave(self, caller: Caller) -> None:
        """The page is gone; it may come back, on another socket or in another process."""
        self._callers = {check: one for check, one in self._callers.items() if one[0] is not caller}

    async def _said(self, *, check: str, what: str, words: str, **_: Any) -> None:
        if (found := self._callers.get(check)) is not None:
            if what == "over":
                del self._callers[check]
            found[0].said(check, what, words)

    async def _beat(self) -> None:
        try:
            while self._callers:
                for check, (_, attendance, by) in tuple(self._callers.items()):
                    await notices.publish(
                        "person", attendance=attendance, what="here", check=check, by=by, words=""
                    )
                await asyncio.sleep(BEAT_S)
        finally:
            self._beating = None
