"""A check outside the record: practice on the device check, or the live check that enrols a portrait."""

import asyncio
import uuid
from collections import defaultdict, deque
from typing import Literal, Protocol

import structlog

from classroom.clock import now_ms
from classroom.people import service as people
from classroom.people.rules import PeopleError
from realtime.connection import Connection
from realtime.media import MediaBusy, MediaCheck, MediaDown
from realtime.protocol import CameraError, CheckAck, CheckEnded, CheckOffer, CheckPushed, CheckView, Refused
from realtime.relay import relay
from realtime.scripts import ACTIONS_A_SCRIPT, draw_scripts
from verify.protocol import Failed, FirstFrame, FromMedia, Open, Passed, TryFailed

TRIES = 3
PER_LEARNER = 12  # rehearsals in the span below; more would make the media plane a free oracle
PER_LEARNER_SPAN_MS = 600_000
OUTSIDE_TIMEOUT_S = 5.0

Purpose = Literal["practice", "enrol"]

_log = structlog.get_logger(__name__)
_begun: dict[str, deque[int]] = defaultdict(deque)  # learner -> instants; see forget_old


class Plane(Protocol):
    """What a rehearsal needs of the media plane."""

    async def open(self, request: Open) -> MediaCheck:
        """Reserve a slot; MediaBusy or MediaDown."""
        ...


class Rehearsal:
    """The rehearsal that one connection holds; ends with exactly one CheckEnded."""

    def __init__(self, connection: Connection, check: MediaCheck, purpose: Purpose, request: Open) -> None:
        self.check_id = check.check_id
        self._connection = connection
        self._check = check
        self._purpose = purpose
        self._request = request
        self._verdict: Passed | Failed | None = None
        self._ended = False
        self._pushed_at_ms = now_ms()
        self._deadline_ms = self._pushed_at_ms + request.camera_ms + request.window_ms
        self._tries_left = len(request.scripts)
        self._offers: set[asyncio.Task[None]] = set()
        self._push(acknowledged=False)
        self._task = asyncio.create_task(self._run(), name=f"rehearsal {self.check_id}")

    @property
    def over(self) -> bool:
        """The verdict is told, or it was left."""
        return self._ended

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
                    await people.submit_portrait(self._connection.learner_id, passed.evidence_jpeg, passed.embedding)
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

    def _end(self, outcome: str, reason: str | None) -> None:
        if not self._ended:
            self._ended = True
            ended = CheckEnded(
                seq=0, check_id=self.check_id, kind=self._purpose, outcome=outcome, reason=reason, cost_ms=0
            )
            self._connection.send(ended)


async def begin_rehearsal(connection: Connection, media: Plane, purpose: Purpose) -> Rehearsal | Refused:
    """Reserve a slot; answers a refusal when none is free. The caller has seen the consent."""
    if purpose == "enrol":
        async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
            if not await people.may_enrol(connection.learner_id):
                return Refused(seq=0, code="ENROLMENT_NOT_ALLOWED", message_type="rehearse")
    if not _in_measure(connection.learner_id, now_ms()):
        return Refused(seq=0, code="TOO_OFTEN", message_type="rehearse")
    request = Open(check_id=uuid.uuid4().hex, purpose=purpose, scripts=draw_scripts(TRIES), portrait=None)
    try:
        check = await media.open(request)
    except MediaBusy:
        return Refused(seq=0, code="BUSY", message_type="rehearse")
    except MediaDown:
        return Refused(seq=0, code="PROVIDER_DOWN", message_type="rehearse")
    return Rehearsal(connection, check, purpose, request)


def _in_measure(learner_id: str, at_ms: int) -> bool:
    for learner in [one for one, begun in _begun.items() if not begun or begun[-1] < at_ms - PER_LEARNER_SPAN_MS]:
        del _begun[learner]
    begun = _begun[learner_id]
    while begun and begun[0] < at_ms - PER_LEARNER_SPAN_MS:
        begun.popleft()
    if len(begun) >= PER_LEARNER:
        return False
    begun.append(at_ms)
    return True
