"""One due check from the request for a slot to its verdict, on behalf of a seat."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from classroom.attendance.events import (
    Cause,
    CheckFailed,
    CheckPassed,
    CheckPushed,
    CheckVoided,
    Event,
    FramesSeen,
    SlotRefused,
    TryFailed,
)
from classroom.attendance.rules import Rules
from classroom.attendance.service import new_id
from classroom.clock import now_ms
from classroom.database import is_away
from classroom.people import alternatives, faces
from realtime.media import MediaBusy, MediaCheck, MediaDown, MediaOverloaded
from realtime.rehearsal import Plane
from realtime.relay import relay
from realtime.scripts import draw_scripts
from realtime.stream import Stream
from realtime.tally import TALLY
from verify.protocol import Failed, FirstFrame, FromMedia, Open, Passed, Prompt, StepSeen
from verify.protocol import TryFailed as TryLost

DOWN_RETRY_MS = 1_000
LONGEST_RETRY_MS = 5_000
AWAY_RETRY_S = 0.2
OUTSIDE_TIMEOUT_S = 5.0

_log = structlog.get_logger(__name__)


class CheckRun:
    """Asks for a slot until it is granted or not wanted any more, pushes, relays, reports the verdict."""

    def __init__(
        self,
        *,
        media: Plane,
        learner_id: str,
        session: str,
        rules: Rules,
        stream_of: Callable[[], Stream | None],
        apply: Callable[[Event], object],
        is_open: Callable[[str], bool],
        last_word: Callable[[str], Awaitable[None]],
        written: Callable[[], Awaitable[object]],
    ) -> None:
        """``written`` returns once the database has taken what the seat has."""
        self.session = session
        self.check_id = new_id()
        self.pushed = False
        self.concluding = False  # the verdict is here, its evidence is being stored
        self.prompt: Prompt | None = None  # the one that shows now; a page that comes back sees it
        self.retry_after_ms: int | None = None
        self._media = media
        self._learner_id = learner_id
        self._rules = rules
        self._stream_of = stream_of
        self._apply = apply
        self._is_open = is_open
        self._last_word = last_word
        self._written = written
        self._check: MediaCheck | None = None
        self._offers: set[asyncio.Task[None]] = set()
        self._verdict: Passed | Failed | None = None
        self.task = asyncio.create_task(self._run(), name=f"check {self.check_id}")

    def cancel(self) -> None:
        """The check isn't wanted, or is over without the media plane's verdict."""
        self.task.cancel()

    def offer(self, sdp: str) -> None:
        """Pass the page's offer on; one at a time."""
        check = self._check
        if check is not None and not self._offers:
            task = asyncio.create_task(self._pass_on(check, sdp), name=f"offer {self.check_id}")
            self._offers.add(task)
            task.add_done_callback(self._offers.discard)

    def frame(self, jpeg: bytes) -> None:
        """Pass a picture on; never waits."""
        if self._check is not None:
            self._check.frame(jpeg)

    async def _pass_on(self, check: MediaCheck, sdp: str) -> None:
        try:
            await check.offer(sdp)
        except MediaDown:
            pass  # the relay notices by itself

    async def _run(self) -> None:
        try:
            self._check = await self._slot()
            self.retry_after_ms = None
            self.pushed = True
            self._apply(CheckPushed(now_ms(), self.session, self.check_id))
            if self._is_open(self.check_id):
                await relay(self._check, self._stream_of, self._on_event)
                await self._conclude()
        except MediaOverloaded:
            self._void("BUSY")
        except MediaDown:
            self._void("PROVIDER_DOWN")
        except Exception:
            _log.exception("A check failed on our side.", check_id=self.check_id)
            self._void("SYSTEM_ERROR")
        finally:
            for task in self._offers:
                task.cancel()
            if self._check is not None:
                await self._check.abort()

    def _void(self, cause: Cause) -> None:
        self.concluding = True
        TALLY.outcomes[cause.lower()] += 1
        self._apply(CheckVoided(now_ms(), self.check_id, cause))

    async def _slot(self) -> MediaCheck:
        while True:
            # A push that can't be committed can't be told, and what is played until then would be earned by nobody.
            await self._written()
            cause: Cause = "PROVIDER_DOWN"
            self.retry_after_ms = DOWN_RETRY_MS
            try:
                return await self._media.open(await self._request())
            except MediaBusy as busy:
                cause = "BUSY"
                self.retry_after_ms = min(max(busy.retry_after_ms, 200), LONGEST_RETRY_MS)
            except MediaDown:
                pass
            except Exception as error:
                _log.exception("A check could not be asked for.", check_id=self.check_id)
                if is_away(error):  # our database, not the media plane: the seat's next write will tell
                    await asyncio.sleep(AWAY_RETRY_S)
                    continue
            self._apply(SlotRefused(now_ms(), self.session, cause))
            await asyncio.sleep(self.retry_after_ms / 1000)

    async def _request(self) -> Open:
        async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
            portrait = await faces.portrait_embedding(self._learner_id)
            asked = await alternatives.asked_actions(self._learner_id)
        if portrait is None:
            raise LookupError("a check without a portrait to compare with")
        return Open(
            check_id=self.check_id,
            purpose="check",
            scripts=draw_scripts(self._rules.tries, asked),
            portrait=portrait,
            ready_ms=self._rules.ready_ms,
            camera_ms=self._rules.camera_ms + self._rules.window_ms,  # rule 6: a late camera has until push + 75 s
            window_ms=self._rules.window_ms,
            action_ms=self._rules.action_ms,
        )

    def _on_event(self, message: FromMedia) -> None:
        match message:
            case FirstFrame():
                self._apply(FramesSeen(now_ms(), self.check_id))
            case Prompt():
                self.prompt = message
            case StepSeen():
                self.prompt = None
            case TryLost(reason=reason, tries_left=tries_left):
                self.prompt = None
                if tries_left > 0:
                    self._apply(TryFailed(now_ms(), self.check_id, reason.value))
            case Passed() | Failed():
                self.prompt = None
                self._verdict = message
            case _:
                pass

    async def _conclude(self) -> None:
        """The verdict counts from the moment it was reached, not from when its evidence was stored."""
        at = now_ms()
        self.concluding = True
        match self._verdict:
            case Passed() as passed:
                TALLY.outcomes["passed"] += 1
                evidence = await self._keep(passed.evidence_jpeg)
                await self._last_word(self.session)
                self._apply(CheckPassed(at, self.check_id, evidence))
            case Failed() as failed:
                TALLY.outcomes["missed" if failed.missed else "failed"] += 1
                evidence = None if failed.evidence_jpeg is None else await self._keep(failed.evidence_jpeg)
                self._apply(CheckFailed(at, self.check_id, failed.reason.value, failed.missed, evidence))
            case None:
                pass

    async def _keep(self, jpeg: bytes) -> str | None:
        try:
            async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                return await faces.save_evidence(self._learner_id, self.check_id, jpeg)
        except Exception:  # the verdict stands without its picture; the log says that it is missing
            _log.exception("The evidence of a check could not be stored.", check_id=self.check_id)
            return None
