"""Draws the slides of a lesson: a heading, some lines, and a clock that shows that the picture lives."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

import settings
from classroom.courses.hls import FRAMES_A_SECOND, SAMPLES_A_SECOND, Shot

_SIZE = (1280, 720)
_FONT_PLACES = (
    (
        settings.ROOT / "web" / "ui" / "node_modules" / "@expo-google-fonts" / "noto-sans-sc",
        "**/NotoSansSC_400Regular.ttf",
    ),
    (Path("/usr/share/fonts"), "**/NotoSansCJK-Regular.ttc"),
    (Path("/usr/share/fonts"), "**/wqy-*.ttc"),
)


class FontMissing(Exception):
    """No font with Chinese characters was found; ``npm ci`` in web/ui brings one."""


@dataclass(frozen=True, slots=True)
class Slide:
    """A heading with a few lines under it."""

    heading: str
    lines: tuple[str, ...]


@cache
def _font_file() -> Path:
    for folder, pattern in _FONT_PLACES:
        if folder.is_dir() and (found := sorted(folder.glob(pattern))):
            return found[0]
    raise FontMissing("no Chinese font: run npm ci in web/ui")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_font_file()), size)


def shots(title: str, slides: tuple[Slide, ...], seconds: int) -> Iterator[Shot]:
    """A shot a second; the slides share the time evenly."""
    shown: tuple[int, Image.Image] | None = None
    for second in range(seconds):
        number = second * len(slides) // seconds
        if shown is None or shown[0] != number:
            shown = (number, _draw(title, slides[number], number + 1, len(slides)))
        picture = shown[1].copy()
        pen = ImageDraw.Draw(picture)
        pen.rectangle((0, 708, _SIZE[0] * (second + 1) // seconds, 720), fill="#2f6fd0")
        pen.text((1216, 664), f"{second // 60}:{second % 60:02}", "#5a6472", _font(26), anchor="ra")
        yield Shot(picture, FRAMES_A_SECOND)


def soft_tone(seconds: int) -> npt.NDArray[np.float32]:
    """A quiet fifth that swells and fades, so that one hears whether sound works."""
    at = np.arange(seconds * SAMPLES_A_SECOND, dtype=np.float32) / SAMPLES_A_SECOND
    chord = np.sin(2 * np.pi * 220 * at) + 0.6 * np.sin(2 * np.pi * 330 * at)
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * at / 4)
    return (0.03 * chord * swell).astype(np.float32)


def _draw(title: str, slide: Slide, number: int, total: int) -> Image.Image:
    picture = Image.new("RGB", _SIZE, "#f6f8fb")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, _SIZE[0], 92), fill="#1f4e9c")
    pen.text((64, 46), title, "#ffffff", _font(34), anchor="lm")
    pen.text((64, 176), slide.heading, "#16233a", _font(54), anchor="lm")
    pen.rectangle((64, 224, 184, 230), fill="#2f6fd0")
    for index, line in enumerate(slide.lines):
        top = 296 + 84 * index
        pen.ellipse((64, top - 7, 78, top + 7), fill="#2f6fd0")
        pen.text((104, top), line, "#24324a", _font(36), anchor="lm")
    pen.text((64, 664), f"{number} / {total}", "#5a6472", _font(26))
    return picture
