"""JPEG frames of a page that no WebRTC reaches: looked at before they are decoded, the latest wins."""

import struct
from dataclasses import dataclass

import cv2
import numpy as np

from verify.landmarks import Picture

MAX_BYTES = 48_000
LONGEST, SHORTEST = 1_280, 160  # pixels of a side
MAX_SCANS = 4  # of a sequential JPEG: one, or one a colour; each more would be decoded for nothing

_SEQUENTIAL = (0xC0, 0xC1)
_OTHER_FRAMES = frozenset(range(0xC2, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those are tables
_SOI, _EOI, _SOS, _FILL = 0xD8, 0xD9, 0xDA, 0xFF


class BadStillError(Exception):
    """Not a JPEG frame as a page's canvas makes it."""


@dataclass(slots=True)
class Stills:
    """The one frame that came over the socket and that nobody judged yet."""

    received: int = 0
    _latest: bytes | None = None

    def put(self, jpeg: bytes) -> None:
        """Keep it in the place of the one before."""
        self.received += 1
        self._latest = jpeg

    def take(self) -> bytes | None:
        """Return the latest once."""
        latest, self._latest = self._latest, None
        return latest


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Return width and height by the header alone; raises BadStillError for what isn't worth decoding.

    Sequential only: 48 kB of a progressive JPEG may hold thousands of scans, each of which passes over the whole picture.
    """
    if len(jpeg) > MAX_BYTES or jpeg[:2] != bytes((0xFF, _SOI)) or jpeg[-2:] != bytes((0xFF, _EOI)):
        raise BadStillError("too large, no JPEG, or cut off")
    size: tuple[int, int] | None = None
    at = 2
    while at + 4 <= len(jpeg):
        if jpeg[at] != 0xFF:
            raise BadStillError("no marker where one belongs")
        marker = jpeg[at + 1]
        if marker == _FILL:
            at += 1
            continue
        (length,) = struct.unpack_from(">H", jpeg, at + 2)
        if length < 2 or marker in (_SOI, _EOI) or marker in _OTHER_FRAMES:
            raise BadStillError("a segment that a canvas doesn't write")
        if marker in _SEQUENTIAL:
            if size is not None or length < 8 or at + 9 > len(jpeg):
                raise BadStillError("a frame header that is doubled or cut off")
            depth, height, width = struct.unpack_from(">BHH", jpeg, at + 4)
            if depth != 8 or max(width, height) > LONGEST or min(width, height) < SHORTEST:
                raise BadStillError("a size that no camera check has")
            size = width, height
        elif marker == _SOS:
            if size is None or jpeg.count(bytes((0xFF, _SOS)), at) > MAX_SCANS:
                raise BadStillError("scans without a frame, or too many")
            return size
        at += 2 + length
    raise BadStillError("a header without an end")


def decode(jpeg: bytes) -> Picture:
    """Return the picture, RGB (about 2 ms of a core at 640x480); raises BadStillError."""
    width, height = size_of(jpeg)
    try:
        decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise BadStillError("not decodable") from error
    if decoded is None or decoded.shape != (height, width, 3):
        raise BadStillError("not decodable")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)
