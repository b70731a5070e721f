"""Frames of any size that a codec can carry: what is too large is never decoded, let alone measured.

RTP that is malformed inside can't be made without the keys of the DTLS handshake: SRTP throws it away (test_rubbish.py). Who
has the keys is the page itself; what it may send wrong is this: valid packets of a codec whose pictures nobody's camera makes.
"""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import cv2
import numpy as np

from tests.actor import sender
from tests.actor.face import Picture
from tests.actor.frames import Actor
from tests.actor.sender import Script, connect
from tests.verify.conftest import Media, request
from verify.peer import ENCODED, _DroppingQueue, vp8_size
from verify.protocol import Action, FirstFrame, Granted, Passed, Refused

SIZES = ((640, 480), (1280, 960), (320, 240), (1080, 1440))


class Shaped(Script):
    """A camera whose frames take other forms."""

    def __init__(self, script: Script, form: Callable[[int, Picture], Picture]) -> None:
        super().__init__(rest=script.rest, on_prompt=script.on_prompt)
        self._form = form
        self.sent = 0

    def next(self) -> Picture:
        self.sent += 1
        return self._form(self.sent, super().next())


def _resized(n: int, picture: Picture) -> Picture:
    return np.asarray(cv2.resize(picture, SIZES[n // 25 % len(SIZES)]), np.uint8)


async def test_a_stream_that_changes_its_size_in_the_middle_is_judged_on(media: Media, cast: Actor) -> None:
    script = Shaped(sender.honest(cast), _resized)
    outcome = await sender.run_check(media.url, media.secret, request((Action.OPEN_MOUTH, Action.NOD)), script)
    assert isinstance(outcome.verdict, Passed), outcome.words()
    assert script.sent > 25


async def test_a_frame_of_ten_thousand_pixels_ends_that_stream_only(media: Media, cast: Actor) -> None:
    wide = np.zeros((64, 10_000, 3), np.uint8)
    giant: list[bool] = []
    async with connect(media.url, media.secret) as hit, connect(media.url, media.secret) as beside:
        scripts = [Shaped(sender.still(cast), lambda n, one: wide if giant else one), sender.honest(cast)]
        for client, script in zip((hit, beside), scripts, strict=True):
            await client.say(request((Action.OPEN_MOUTH,), gap_ms=2_000, camera_ms=30_000))
            assert await client.hear() == Granted()
            await client.show(script)
        playing = [asyncio.create_task(one.play(script)) for one, script in zip((hit, beside), scripts, strict=True)]
        async with asyncio.timeout(40):
            while FirstFrame() not in hit.outcome.messages:
                await asyncio.sleep(0.05)
            giant.append(True)
            while Refused("FRAME_TOO_LARGE") not in hit.outcome.messages:
                await asyncio.sleep(0.05)
        playing[0].cancel()
        outcome = await playing[1]
    assert isinstance(outcome.verdict, Passed), outcome.words()
    assert media.process.poll() is None


def test_a_vp8_keyframe_says_its_size_before_it_is_decoded() -> None:
    def keyframe(width: int, height: int) -> bytes:
        sides = width.to_bytes(2, "little") + height.to_bytes(2, "little")
        return b"\x10\x00\x00\x9d\x01\x2a" + sides + b"\0" * 20

    assert vp8_size(keyframe(640, 480)) == (640, 480)
    assert vp8_size(keyframe(16_383, 16_383)) == (16_383, 16_383)
    assert [vp8_size(data) for data in (b"", b"\x11" + keyframe(1, 1)[1:], keyframe(640, 480)[:9])] == [None] * 3

    waiting, vp8 = _DroppingQueue(ENCODED), SimpleNamespace(name="VP8")
    for width in (640, 10_000, 640):
        waiting.put((vp8, SimpleNamespace(data=keyframe(width, 480))))
    assert (waiting.qsize(), waiting.oversized) == (1, True)
    waiting.put(None)
    assert waiting.get_nowait() is None  # the end, at once
