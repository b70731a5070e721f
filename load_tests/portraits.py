"""Draws the portrait of somebody who doesn't exist."""

import io

from PIL import Image, ImageDraw

SIZE = (240, 320)
_GROUNDS = ("#dfe7ee", "#e8e2d6", "#dde9df", "#e9dfe4")
_SKINS = ("#f0c9a4", "#e2b48c", "#d6a57c", "#f3d3b4")
_COATS = ("#2f5d8a", "#566573", "#8a5a2f", "#3f6f4f", "#6b4a7a")


def drawn(number: int) -> bytes:
    """A head before a plain ground, as JPEG; the same number gives the same picture."""
    image = Image.new("RGB", SIZE, _GROUNDS[number % len(_GROUNDS)])
    pen = ImageDraw.Draw(image)
    skin = _SKINS[number // 3 % len(_SKINS)]
    pen.ellipse((20, 230, 220, 420), fill=_COATS[number % len(_COATS)])
    pen.rectangle((100, 190, 140, 250), fill=skin)
    pen.ellipse((65, 60, 175, 215), fill=skin)
    pen.pieslice((58, 40, 182, 190), 180, 360, fill="#2b2b2b")
    for x in (98, 142):
        pen.ellipse((x - 6, 128, x + 6, 140), fill="#2b2b2b")
    pen.line((120, 140, 116, 165, 123, 167), fill="#8a5a3c", width=2)
    pen.arc((100, 165, 140, 192), 20, 160, fill="#8a3c3c", width=3)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
