"""A JPEG is looked at before it is decoded; a bomb, a giant, another format and a cut-off file never are."""

import io
import struct
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image

from verify.still import MAX_BYTES, BadStillError, Stills, decode, size_of

NOISE = np.random.default_rng(3).integers(0, 255, (12, 16, 3), np.uint8)


def jpeg(width: int = 640, height: int = 480, **options: object) -> bytes:
    written = io.BytesIO()
    Image.fromarray(NOISE).resize((width, height), Image.Resampling.NEAREST).save(
        written, "JPEG", quality=30, **options
    )
    return written.getvalue()


def saved_as(kind: str) -> bytes:
    written = io.BytesIO()
    Image.fromarray(NOISE).resize((640, 480), Image.Resampling.NEAREST).save(written, kind)
    return written.getvalue()


def claims(width: int, height: int) -> bytes:
    """A small picture whose header says that it is another size: the classic bomb."""
    small = bytearray(jpeg())
    at = small.index(b"\xff\xc0")
    struct.pack_into(">HH", small, at + 5, height, width)
    return bytes(small)


def scans(number: int) -> bytes:
    """One picture that says its scan again and again."""
    one = jpeg(subsampling=0)
    at = one.index(b"\xff\xda")
    return one[:at] + one[at:-2] * number + one[-2:]


def with_bytes_between(junk: bytes) -> bytes:
    one = jpeg()
    return one[:2] + junk + one[2:]


def frame_header() -> bytes:
    one = jpeg()
    at = one.index(b"\xff\xc0")
    return one[at : at + 2 + int.from_bytes(one[at + 2 : at + 4])]


@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (160, 1280), (1280, 1280)])
def test_a_frame_of_a_camera_is_decoded(width: int, height: int) -> None:
    assert decode(jpeg(width, height)).shape == (height, width, 3)


def test_the_picture_is_rgb_and_a_grey_one_is_a_picture_too() -> None:
    red = np.zeros((240, 320, 3), np.uint8)
    red[:] = (0, 0, 255)
    _, coded = cv2.imencode(".jpg", red)
    assert decode(coded.tobytes())[100, 100, 0] > 200
    _, coded = cv2.imencode(".jpg", red[..., 2])
    assert decode(coded.tobytes()).shape == (240, 320, 3)


def test_a_turned_picture_is_not_turned_by_a_header_that_a_canvas_never_writes() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(jpeg(exif=exif)).shape == (480, 640, 3)


REFUSED: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "two bytes": lambda: b"\xff\xd8",
    "no frame": lambda: b"\xff\xd8\xff\xd9",
    "a bomb of 65,500 x 65,500": lambda: claims(65_500, 65_500),
    "10,000 pixels wide": lambda: jpeg(10_000, 160),
    "10,000 pixels wide by its header": lambda: claims(10_000, 480),
    "10,000 pixels high by its header": lambda: claims(640, 10_000),
    "height left to a later marker": lambda: claims(640, 0),
    "one pixel too large": lambda: jpeg(1_281, 480),
    "one pixel too small": lambda: jpeg(640, 159),
    "PNG": lambda: saved_as("PNG"),
    "GIF": lambda: saved_as("GIF"),
    "WEBP": lambda: saved_as("WEBP"),
    "PNG behind the first bytes of a JPEG": lambda: b"\xff\xd8" + saved_as("PNG") + b"\xff\xd9",
    "progressive": lambda: jpeg(progressive=True),
    "a thousand scans": lambda: scans(5),
    "cut off in the header": lambda: jpeg()[:100],
    "cut off in the picture": lambda: jpeg()[:-500],
    "too many bytes": lambda: jpeg() + b"\0" * MAX_BYTES + b"\xff\xd9",
    "rubbish between the segments": lambda: with_bytes_between(b"\0\0\0\0"),
    "a segment of length 0": lambda: with_bytes_between(b"\xff\xe0\0\0"),
    "a segment longer than the file": lambda: with_bytes_between(b"\xff\xe0\xff\xff"),
    "two frame headers": lambda: with_bytes_between(frame_header()),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_canvas_writes_is_refused(name: str) -> None:
    bad = REFUSED[name]()
    with pytest.raises(BadStillError):
        decode(bad)


def test_any_bent_frame_is_a_picture_of_a_bounded_size_or_refused() -> None:
    chance, good = np.random.default_rng(5), jpeg()
    for _ in range(300):
        bent = bytearray(good)
        for at in chance.integers(0, len(bent), 3):
            bent[at] = int(chance.integers(0, 256))
        try:
            height, width, _ = decode(bytes(bent)).shape
        except BadStillError:
            continue
        assert (width, height) == size_of(bytes(bent))
        assert max(width, height) <= 1280


def test_the_latest_wins_and_is_taken_once() -> None:
    stills = Stills()
    stills.put(b"one")
    stills.put(b"two")
    assert [stills.take(), stills.take(), stills.received] == [b"two", None, 2]
