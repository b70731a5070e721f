"""One check, from the granted slot to the verdict."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass

import cv2
import numpy as np
import structlog
from aiortc import RTCConfiguration
from av import VideoFrame

from verify import models, rules, verdict
from verify.evidence import Evidence
from verify.identity import Recogniser, unit
from verify.landmarks import Landmarker, LandmarkerPool, Picture, sample_of
from verify.measures import Sample
from verify.pace import Pace, Starvation
from verify.protocol import (
    Abort,
    Failed,
    FirstFrame,
    Frame,
    FromMedia,
    Hint,
    Offer,
    Open,
    Passed,
    Prompt,
    Refused,
    StepSeen,
    ToMedia,
    TryFailed,
)
from verify.source import Source
from verify.still import BadStillError, Stills, decode
from verify.vocabulary import Reason

log = structlog.get_logger()

FRAME_S = 0.1  # ten judged frames a second: below fifteen blinks are lost, hence "close the eyes for a second"
MEASURE_S = 5.0
BAD_FRAME_S = 1.0  # a page that sends rubbish is told so often
WIDTH = 640  # larger pictures are measured at this width
MODEL = f"{models.LANDMARKS.name} {models.EMBEDDING.name} {rules.VERSION}"


@dataclass(frozen=True, slots=True)
class Rig:
    """What all checks of a process share."""

    landmarkers: LandmarkerPool
    recogniser: Recogniser
    executor: Executor
    ice: RTCConfiguration
    pace: Pace


class OverloadedError(Exception):
    """This process is too slow to judge fairly; the check ends without a verdict, so it costs the learner nothing."""


Send = Callable[[FromMedia], Awaitable[None]]


class Check:
    """Owns a source of frames, a landmarker, a judge; gives all of them back on every path."""

    def __init__(self, request: Open, rig: Rig, send: Send, stills: Stills) -> None:
        self._request = request
        self._rig = rig
        self._send = send
        self._source = Source(request.check_id, rig.ice, stills)
        self._work: Future[Sample] | None = None
        self._judged = 0
        self._bad_at_s = -BAD_FRAME_S
        enrolling = request.purpose == "enrol"
        portrait = None if request.portrait is None or enrolling else unit(np.array(request.portrait, np.float64))
        self._identity = enrolling or portrait is not None
        self._evidence = Evidence(portrait, enrolling=enrolling)
        self._judge = rules.Judge(
            verdict.Plan(
                granted_at_ms=now_ms(),
                scripts=tuple(tuple((step.action, step.gap_ms) for step in s.steps) for s in request.scripts),
                identity=self._identity,
                gate=enrolling,
                ready_ms=request.ready_ms,
                camera_ms=request.camera_ms,
                window_ms=request.window_ms,
                action_ms=request.action_ms,
            )
        )

    async def run(self, messages: AsyncIterator[ToMedia]) -> None:
        """Judge until the verdict, the control plane's word, or the check's own deadline."""
        request = self._request
        limit_s = (request.camera_ms + request.window_ms) / 1000 + MEASURE_S
        loop = asyncio.get_running_loop()
        landmarker = await loop.run_in_executor(self._rig.executor, self._rig.landmarkers.take)
        listener = asyncio.create_task(self._listen(messages), name="check-listener")
        judging = asyncio.create_task(self._judge_frames(landmarker), name="check-judge")
        try:
            async with asyncio.timeout(limit_s):
                await asyncio.wait({listener, judging}, return_when=asyncio.FIRST_COMPLETED)
            for task in (judging, listener):
                if task.done():
                    task.result()  # a fault of ours breaks the socket: the control plane sees PROVIDER_DOWN
        finally:
            for task in (listener, judging):
                task.cancel()
            await asyncio.gather(listener, judging, return_exceptions=True)
            received = self._source.received
            await self._source.close()
            log.info(
                "A check ended.", check=request.check_id, over=self._judge.over, received=received, judged=self._judged
            )
            self._rig.executor.submit(self._give_back, landmarker)

    def _give_back(self, landmarker: Landmarker) -> None:
        """Return the landmarker to the pool, once no thread reads with it any more; one that hangs is left alone."""
        if self._work is None or self._work.cancel() or wait([self._work], MEASURE_S).done:
            self._rig.landmarkers.give_back(landmarker)

    async def _listen(self, messages: AsyncIterator[ToMedia]) -> None:
        """Take offers until an abort or the end of the socket."""
        async for message in messages:
            match message:
                case Offer(sdp):
                    await self._send(await self._source.answer(sdp))
                case Abort():
                    return
                case Open():
                    await self._send(Refused("ALREADY_OPEN"))
                case Frame():  # the server keeps the latest of these by itself
                    pass

    async def _judge_frames(self, landmarker: Landmarker) -> None:
        loop = asyncio.get_running_loop()
        due = woke = loop.time()
        starvation = Starvation()
        while not self._judge.over:
            due = max(due + FRAME_S, loop.time())
            await asyncio.sleep(due - loop.time())
            before, woke = woke, loop.time()
            if starvation.looked(woke * 1000, (woke - before - FRAME_S) * 1000):
                raise OverloadedError
            frame, changed, refusal = await self._source.take()
            if refusal is not None:
                await self._send(refusal)
            at_ms = now_ms()
            sample = None if frame is None else await self._sampled(landmarker, frame, at_ms)
            if sample is None:
                outputs = self._judge.tick(now_ms())
            else:
                if changed:
                    self._judge.renew(at_ms)
                outputs = self._judge.feed(sample)
                self._judged += 1
                waited_ms = now_ms() - at_ms
                self._rig.pace.note(waited_ms)
                if starvation.note(waited_ms) and not self._judge.over:
                    raise OverloadedError
            if starvation.thin and any(_was_too_late(output) for output in outputs):
                raise OverloadedError  # what was asked may have been done between two of our looks
            for output in outputs:
                await self._tell(output)

    async def _sampled(self, landmarker: Landmarker, frame: VideoFrame | bytes, at_ms: int) -> Sample | None:
        """Measure a frame in the pool; None, and a word to the page, for a JPEG that is none."""
        self._work = self._rig.executor.submit(self._measure, landmarker, frame, at_ms)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._work), MEASURE_S)
        except BadStillError:
            now_s = asyncio.get_running_loop().time()
            if now_s - self._bad_at_s >= BAD_FRAME_S:
                self._bad_at_s = now_s
                await self._send(Refused("BAD_FRAME"))
            return None

    def _measure(self, landmarker: Landmarker, frame: VideoFrame | bytes, at_ms: int) -> Sample:
        """Turn a frame into numbers; runs in a thread."""
        picture = _scaled(decode(frame)) if isinstance(frame, bytes) else _picture(frame)
        reading = landmarker.read(picture)
        sample = sample_of(reading, at_ms)
        if reading.face is None or reading.points is None:
            return sample
        self._evidence.see(picture)
        resting, acting = self._judge.wants_match(sample), self._judge.wants_kin(sample)
        if not resting and not acting:
            return sample
        embedding = self._rig.recogniser.embed(picture, reading.points)
        if embedding is None:
            return sample
        if acting:
            return Sample(sample.at_ms, sample.faces, sample.face, kin=self._evidence.kin(embedding))
        match = self._evidence.score(picture, reading.face, embedding)
        return Sample(sample.at_ms, sample.faces, sample.face, match)

    async def _tell(self, output: verdict.Output) -> None:
        match output:
            case verdict.Began():
                await self._send(FirstFrame())
            case verdict.Prompted(try_no, index, total, action):
                await self._send(Prompt(try_no, index, total, action, self._request.action_ms))
            case verdict.StepDone(try_no, index):
                await self._send(StepSeen(try_no, index))
            case verdict.Hindered(reason):
                await self._send(Hint(reason))
            case verdict.TryLost(reason, tries_left):
                if tries_left:
                    self._evidence.begin_try()
                await self._send(TryFailed(reason, tries_left))
            case verdict.Verdict():
                await self._send(self._verdict(output))

    def _verdict(self, given: verdict.Verdict) -> Passed | Failed:
        judged = self._request.portrait is not None and self._request.purpose != "enrol"
        score, threshold = (given.score, rules.MATCH) if judged else (None, None)
        if given.reason is None:
            evidence = self._evidence
            return Passed(evidence.deciding_jpeg(), evidence.embedding(), score, threshold, MODEL)
        return Failed(given.reason, given.missed, self._evidence.last_jpeg(), score, threshold, MODEL)


def _was_too_late(output: verdict.Output) -> bool:
    return isinstance(output, verdict.TryLost | verdict.Verdict) and output.reason is Reason.TOO_LATE


def now_ms() -> int:
    """Return the check's clock: monotonic, in ms. The only clock of this process that a verdict sees."""
    return time.monotonic_ns() // 1_000_000


def _picture(frame: VideoFrame) -> Picture:
    if frame.width > WIDTH:
        height = max(2, round(frame.height * WIDTH / frame.width / 2) * 2)
        frame = frame.reformat(width=WIDTH, height=height)
    return np.ascontiguousarray(frame.to_ndarray(format="rgb24"))


def _scaled(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    if width <= WIDTH:
        return picture
    size = (WIDTH, max(2, round(height * WIDTH / width)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
