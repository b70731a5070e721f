"""What a frame from a page is worth, decided before anything else sees it: pace, size, form, type."""

from dataclasses import dataclass, field
from typing import get_args

import msgspec

from realtime.protocol import (
    CLOSE_MALFORMED,
    CLOSE_TOO_FAST,
    CLOSE_TOO_LARGE,
    MAX_JPEG_BYTES,
    MAX_MESSAGE_BYTES,
    CheckFrame,
    FromPage,
    Refused,
)

BURST_MESSAGES = 20
SUSTAINED_PER_S = 5
JPEG_PER_S = 12  # a page sends up to 10; each beyond is dropped: after a stall the network brings many at once
BURST_JPEG = 24
EXCESS_JPEG = 120  # dropped in a row; no stall brings so many
JPEG_BEGINS = '{"type":"check_frame",'  # told apart before it is parsed
UNKNOWN_PER_MINUTE = 5
MAX_POSITION_MS = 7 * 24 * 3_600_000  # no lesson is a week long; a larger number is no position
MAX_ID_CHARS = 128

_decoder: msgspec.json.Decoder[FromPage] = msgspec.json.Decoder(FromPage)


class _Envelope(msgspec.Struct):
    type: str


_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeEncodeError)  # the last: half a surrogate pair

_envelope = msgspec.json.Decoder(_Envelope)
_tags = frozenset(str(message.__struct_config__.tag) for message in get_args(FromPage))


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket with this code."""

    code: int


@dataclass(slots=True)
class Intake:
    """The limits of one socket; ``take`` is total: every frame becomes a message, a refusal or a close code."""

    tokens: float = BURST_MESSAGES
    at_ms: int = 0
    jpeg_tokens: float = BURST_JPEG
    jpeg_at_ms: int = 0
    unknown_at_ms: list[int] = field(default_factory=list)

    def take(self, frame: str | bytes | None, now_ms: int) -> FromPage | Refused | Close | None:
        """Judge one frame; binary frames (bytes) are never sent by an honest page. None: a JPEG too many, dropped."""
        is_jpeg = isinstance(frame, str) and frame.startswith(JPEG_BEGINS)
        if is_jpeg:
            if not self._jpeg_in_pace(now_ms):
                return None if self.jpeg_tokens > -EXCESS_JPEG else Close(CLOSE_TOO_FAST)
        elif not self._in_pace(now_ms):
            return Close(CLOSE_TOO_FAST)
        if not isinstance(frame, str):
            return Close(CLOSE_MALFORMED)
        if len(frame) > MAX_MESSAGE_BYTES or len(frame.encode(errors="replace")) > MAX_MESSAGE_BYTES:
            return Close(CLOSE_TOO_LARGE)
        try:
            message = _decoder.decode(frame)
        except _UNREADABLE:
            return self._not_understood(frame, now_ms)
        if is_jpeg and not isinstance(message, CheckFrame):
            return Close(CLOSE_MALFORMED)  # in the pace of frames: only frames
        return message if _plausible(message) else Close(CLOSE_MALFORMED)

    def _jpeg_in_pace(self, now_ms: int) -> bool:
        if self.jpeg_at_ms:
            earned = max(0, now_ms - self.jpeg_at_ms) * JPEG_PER_S / 1000
            self.jpeg_tokens = min(float(BURST_JPEG), self.jpeg_tokens + earned)
        self.jpeg_at_ms = now_ms
        self.jpeg_tokens -= 1
        return self.jpeg_tokens >= 0

    def _in_pace(self, now_ms: int) -> bool:
        if self.at_ms:
            earned = max(0, now_ms - self.at_ms) * SUSTAINED_PER_S / 1000
            self.tokens = min(float(BURST_MESSAGES), self.tokens + earned)
        self.at_ms = now_ms
        self.tokens -= 1
        return self.tokens >= 0

    def _not_understood(self, frame: str, now_ms: int) -> Refused | Close:
        try:
            named = _envelope.decode(frame).type
        except _UNREADABLE:
            return Close(CLOSE_MALFORMED)
        if named in _tags:
            return Close(CLOSE_MALFORMED)
        self.unknown_at_ms = [at for at in self.unknown_at_ms if at > now_ms - 60_000]
        if len(self.unknown_at_ms) >= UNKNOWN_PER_MINUTE:
            return Close(CLOSE_MALFORMED)
        self.unknown_at_ms.append(now_ms)
        return Refused(seq=0, code="UNKNOWN_TYPE", message_type=named[:40])


def _plausible(message: FromPage) -> bool:
    """Positions lie in a lesson and ids are short; every field is looked at, none reaches the database unread."""
    for name in message.__struct_fields__:
        value = getattr(message, name)
        if name == "position_ms":
            if value is not None and not 0 <= value <= MAX_POSITION_MS:
                return False
        elif isinstance(value, bytes):
            if len(value) > MAX_JPEG_BYTES:
                return False
        elif name != "sdp" and isinstance(value, str) and len(value) > MAX_ID_CHARS:
            return False
    return True
