"""Checks outside the record: practice on the device check, the live check that enrols a portrait."""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from typing import Literal, Protocol

import structlog

from classroom.clock import now_ms
from classroom.people import alternatives, faces
from classroom.people.rules import PeopleError
from realtime.connection import Connection
from realtime.media import MediaBusy, MediaCheck, MediaDown
from realtime.protocol import (
    CameraError,
    CheckAck,
    CheckEnded,
    CheckOffer,
    CheckPushed,
    CheckView,
    Outcome,
    RefusalCode,
    Refused,
)
from realtime.relay import relay
from realtime.scripts import ACTIONS_A_SCRIPT, draw_scripts
from verify.protocol import Failed, FirstFrame, FromMedia, Open, Passed, TryFailed

TRIES = 3
A_SPAN = 12  # rehearsals of one learner; more would make the media plane a free oracle
SPAN_MS = 600_000
OUTSIDE_TIMEOUT_S = 5.0

Purpose = Literal["practice", "enrol"]

_log = structlog.get_logger(__name__)


class Plane(Protocol):
    """What a rehearsal needs of the media plane."""

    async def open(self, request: Open) -> MediaCheck:
        """Reserve a slot; MediaBusy or MediaDown."""
        ...


class Rehearsal:
    """The rehearsal that one connection holds; ends with exactly one CheckEnded."""

    def __init__(
        self,
        connection: Connection,
        check: MediaCheck,
        purpose: Purpose,
        request: Open,
        on_end: "Callable[[str, Rehearsal], None]",
    ) -> None:
        self.check_id = check.check_id
        self._connection = connection
        self._check = check
        self._purpose = purpose
        self._request = request
        self._verdict: Passed | Failed | None = None
        self._on_end = on_end
        self._ended = False
        self._pushed_at_ms = now_ms()
        self._deadline_ms = self._pushed_at_ms + request.camera_ms + request.window_ms
        self._tries_left = len(request.scripts)
        self._offers: set[asyncio.Task[None]] = set()
        self._push(acknowledged=False)
        self._task = asyncio.create_task(self._run(), name=f"rehearsal {self.check_id}")

    def receive(self, message: CheckAck | CheckOffer | CameraError) -> None:
        """Take what the page says about this rehearsal; never blocks."""
        match message:
            case CheckOffer(sdp=sdp) if not self._offers:  # one at a time; a page reload sends the next one later
                task = asyncio.create_task(self._offer(sdp), name=f"rehearsal offer {self.check_id}")
                self._offers.add(task)
                task.add_done_callback(self._offers.discard)
            case CameraError(code=code):
                # The page says why and offers to try again; without a frame the media process ends it in time.
                _log.info("A camera can't be had.", check_id=self.check_id, code=code)
            case _:
                pass

    def frame(self, jpeg: bytes) -> None:
        """Pass a picture on; never waits."""
        self._check.frame(jpeg)

    async def leave(self) -> None:
        """The learner goes away from it, or the socket is gone."""
        self._end("withdrawn", None)
        for task in (self._task, *self._offers):
            task.cancel()
        await asyncio.wait([self._task, *self._offers])

    async def _run(self) -> None:
        try:
            await relay(self._check, lambda: self._connection, self._on_event)
            match self._verdict:
                case Passed() as passed:
                    await self._passed(passed)
                case Failed(reason=reason, missed=missed):
                    self._end("missed" if missed else "failed", reason.value)
                case None:
                    self._end("withdrawn", None)
        except MediaDown:
            self._end("provider_down", "PROVIDER_DOWN")
        except Exception:
            _log.exception("A rehearsal failed.", check_id=self.check_id)
            self._end("provider_down", "SYSTEM_ERROR")
        finally:
            await self._check.abort()

    async def _passed(self, passed: Passed) -> None:
        if self._purpose == "enrol":
            try:
                async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                    await faces.submit_portrait(self._connection.learner_id, passed.evidence_jpeg, passed.embedding)
            except PeopleError as refused:
                self._end("failed", refused.code)
                return
        self._end("passed", None)

    async def _offer(self, sdp: str) -> None:
        try:
            await self._check.offer(sdp)
        except MediaDown:
            pass  # the relay notices it and ends the rehearsal

    def _on_event(self, message: FromMedia) -> None:
        match message:
            case FirstFrame():
                self._deadline_ms = min(now_ms() + self._request.window_ms, self._deadline_ms)
                self._push(acknowledged=True)
            case TryFailed(tries_left=tries_left):
                self._tries_left = tries_left
            case Passed() | Failed():
                self._verdict = message
            case _:
                pass

    def _push(self, *, acknowledged: bool) -> None:
        """Sent twice: the second, acknowledged, tells the same check's moved deadline."""
        self._connection.send(
            CheckPushed(
                seq=0,
                check=CheckView(
                    check_id=self.check_id,
                    kind=self._purpose,
                    deadline_ms=self._deadline_ms,
                    ready_at_ms=self._pushed_at_ms + self._request.ready_ms,
                    tries_left=self._tries_left,
                    total_steps=ACTIONS_A_SCRIPT,
                    acknowledged=acknowledged,
                ),
            )
        )

    def _end(self, outcome: Outcome, reason: str | None) -> None:
        if not self._ended:
            self._ended = True
            ended = CheckEnded(
                seq=0, check_id=self.check_id, kind=self._purpose, outcome=outcome, reason=reason, cost_ms=0
            )
            self._connection.send(ended)
            self._on_end(self._connection.learner_id, self)


class Rehearsals:
    """All rehearsals of this process: a learner has one at a time, and not too many of them."""

    def __init__(self, media: Plane) -> None:
        self._media = media
        self._open: dict[str, Rehearsal] = {}  # by learner
        self._begun: dict[str, deque[int]] = {}  # by learner, instants of the last span

    async def begin(self, connection: Connection, purpose: Purpose) -> Rehearsal | Refused:
        """Reserve a slot, or say why not. The caller has seen the consent.

        The newest one wins: a page that was closed may hold the one before until its socket is known to be dead.
        """
        learner_id = connection.learner_id
        if (before := self._open.pop(learner_id, None)) is not None:
            await before.leave()
        if purpose == "enrol" and not await self._may_enrol(learner_id):
            return _refused("ENROLMENT_NOT_ALLOWED")
        if not self._in_measure(learner_id, now_ms()):
            return _refused("TOO_OFTEN")
        scripts = draw_scripts(TRIES, await self._asked(learner_id))
        request = Open(check_id=uuid.uuid4().hex, purpose=purpose, scripts=scripts, portrait=None)
        try:
            check = await self._media.open(request)
        except MediaBusy:
            return _refused("BUSY")
        except MediaDown:
            return _refused("PROVIDER_DOWN")
        if learner_id in self._open:  # another page of the same learner was faster
            await check.abort()
            return _refused("CHECK_OPEN")
        rehearsal = Rehearsal(connection, check, purpose, request, self._ended)
        self._open[learner_id] = rehearsal
        return rehearsal

    def _ended(self, learner_id: str, rehearsal: Rehearsal) -> None:
        if self._open.get(learner_id) is rehearsal:
            del self._open[learner_id]

    async def _may_enrol(self, learner_id: str) -> bool:
        async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
            return await faces.may_enrol(learner_id)

    async def _asked(self, learner_id: str) -> tuple[str, ...]:
        async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
            return await alternatives.asked_actions(learner_id)

    def _in_measure(self, learner_id: str, at_ms: int) -> bool:
        since_ms = at_ms - SPAN_MS
        self._begun = {learner: begun for learner, begun in self._begun.items() if begun[-1] > since_ms}
        begun = self._begun.setdefault(learner_id, deque(maxlen=A_SPAN))
        if len(begun) == A_SPAN and begun[0] > since_ms:
            return False
        begun.append(at_ms)
        return True


def _refused(code: RefusalCode) -> Refused:
    return Refused(seq=0, code=code, message_type="rehearse")
