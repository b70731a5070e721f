"""One WebRTC peer that receives a camera: the latest frame wins."""

import asyncio
import queue
from typing import Any

import structlog
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame

from verify.ice import skip_empty, trim

log = structlog.get_logger()

ANSWER_S = 10.0
CLOSE_S = 1.5
KEYFRAME_S = 1.0  # asked again that often until the first frame is decoded
MAX_SIDE, MAX_PIXELS = 1920, 1920 * 1080
FLOOD_FRAMES = 240  # in a second; no camera sends so many, and each costs its decoding
ENCODED = 90  # frames waiting for the decoder; about three seconds of a camera


class BadOfferError(Exception):
    """An offer that isn't one camera, sent one way."""


class _DroppingQueue(queue.Queue[Any]):
    """The decoder's queue, which aiortc leaves without a bound: when it is full a frame is dropped, not the process.

    VP8 says in a keyframe's first bytes how large it is, so what is too large is never decoded.
    """

    oversized = False

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put without ever blocking; the end mark (None) always finds room, and nothing is left before it."""
        if item is None:
            with self.mutex:
                self.queue.clear()
        elif self.oversized or (item[0].name == "VP8" and not _fits(vp8_size(item[1].data))):
            self.oversized = True
            return
        try:
            super().put(item, block=False)
        except queue.Full:
            if item is None:
                self.get_nowait()
                super().put(item, block=False)


def vp8_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a VP8 keyframe (RFC 6386, 9.1); None for any other frame."""
    if len(data) < 10 or data[0] & 1 or data[3:6] != b"\x9d\x01\x2a":
        return None
    return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF


def _fits(size: tuple[int, int] | None) -> bool:
    return size is None or (max(size) <= MAX_SIDE and size[0] * size[1] <= MAX_PIXELS)


class Peer:
    """A peer connection, its reader, and the one frame that nobody judged yet."""

    def __init__(self, configuration: RTCConfiguration) -> None:
        self._connection = RTCPeerConnection(configuration)
        self._reader: asyncio.Task[None] | None = None
        self._frame: VideoFrame | None = None
        self._keyframes: asyncio.Task[None] | None = None
        self._waiting = _DroppingQueue(ENCODED)
        self._wrong: str | None = None
        self.received = 0

    @property
    def wrong(self) -> str | None:
        """Why this stream isn't taken any further (machine code)."""
        return "FRAME_TOO_LARGE" if self._waiting.oversized else self._wrong

    async def answer(self, sdp: str) -> str:
        """Return the answer, candidates included; raises BadOfferError."""
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._connection.setRemoteDescription(RTCSessionDescription(trim(sdp), "offer"))
                transceivers = self._connection.getTransceivers()
                if len(transceivers) != 1 or transceivers[0].kind != "video" or self._connection.sctp is not None:
                    raise BadOfferError("not exactly one camera")
                receiver = transceivers[0].receiver
                if receiver.track is None:
                    raise BadOfferError("a camera that doesn't send")
                receiver._RTCRtpReceiver__decoder_queue = self._waiting  # no public way to bound it
                skip_empty(receiver.transport.transport)
                await self._connection.setLocalDescription(await self._connection.createAnswer())
        except BadOfferError:
            raise
        except Exception as error:  # aiortc parses strangers' text and raises whatever that trips
            raise BadOfferError(type(error).__name__) from error
        self._reader = asyncio.create_task(self._read(receiver.track), name="peer-reader")
        self._keyframes = asyncio.create_task(self._ask_for_keyframe(receiver), name="peer-keyframes")
        return str(self._connection.localDescription.sdp)

    async def _read(self, track: MediaStreamTrack) -> None:
        """Empty the track as fast as it fills (its queue has no bound either) and keep the last frame."""
        loop = asyncio.get_running_loop()
        second_s, frames = loop.time(), 0
        while self._wrong is None:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            frames += 1
            if loop.time() - second_s >= 1:
                second_s, frames = loop.time(), 0
            if frames > FLOOD_FRAMES:
                self._wrong = "TOO_MANY_FRAMES"
            elif not isinstance(frame, VideoFrame) or not _fits((frame.width, frame.height)):
                self._waiting.oversized = True  # H264, whose size is known once it is decoded: this one was the last
                return
            else:
                self.received += 1
                self._frame = frame

    async def _ask_for_keyframe(self, receiver: RTCRtpReceiver) -> None:
        """Ask for a keyframe until one was decoded: a lost first one would leave the stream dark for good."""
        while self.received == 0:
            await asyncio.sleep(KEYFRAME_S)
            for source in receiver.getSynchronizationSources():
                await receiver._send_rtcp_pli(source.source)

    def take(self) -> VideoFrame | None:
        """Return the latest frame once."""
        frame, self._frame = self._frame, None
        return frame

    async def close(self) -> None:
        """Close everything; bounded in time, never raises."""
        tasks = [task for task in (self._reader, self._keyframes) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await asyncio.wait_for(self._connection.close(), CLOSE_S)
        except Exception as error:
            log.warning("A peer did not close in order.", error=type(error).__name__)
