"""Makes a lesson's poster and the small pictures of its bar: one sheet, and a WebVTT that says which is when."""

from pathlib import Path

import av
from PIL import Image

from classroom.courses.film.captions import timestamp

EVERY_MS = 5_000
AT_MOST = 100
ACROSS = 10
WIDTH = 160
POSTER_SHARE = 0.1  # of the film: past its title
POSTER_WIDTH = 1_280


class Thumbnails:
    """Collects pictures while a film is encoded."""

    def __init__(self, length_ms: int, size: tuple[int, int]) -> None:
        self._length_ms = max(1, length_ms)
        self._every_ms = max(EVERY_MS, -(-length_ms // AT_MOST))
        width, height = size
        scale = min(WIDTH / width, WIDTH / height)
        self._size = (max(2, round(width * scale)), max(2, round(height * scale)))
        self._pictures: list[Image.Image] = []
        self._poster: Image.Image | None = None

    def see(self, frame: av.VideoFrame, at_ms: int) -> None:
        """The picture of this instant."""
        if at_ms >= len(self._pictures) * self._every_ms and len(self._pictures) < AT_MOST:
            self._pictures.append(_image(frame, self._size))
        if self._poster is None and at_ms >= POSTER_SHARE * self._length_ms:
            self._poster = picture_of(frame, POSTER_WIDTH)

    def save(self, folder: Path) -> None:
        """Write poster.jpg, thumbs.jpg and thumbs.vtt."""
        poster = self._poster or (self._pictures[0] if self._pictures else None)
        if poster is None:
            return
        poster.save(folder / "poster.jpg", quality=82)
        width, height = self._size
        rows = -(-len(self._pictures) // ACROSS)
        sheet = Image.new("RGB", (width * min(ACROSS, len(self._pictures)), height * rows))
        lines = ["WEBVTT", ""]
        for index, picture in enumerate(self._pictures):
            left, top = index % ACROSS * width, index // ACROSS * height
            sheet.paste(picture, (left, top))
            since = index * self._every_ms
            until = min((index + 1) * self._every_ms, max(self._length_ms, since + 1))
            if index == len(self._pictures) - 1:
                until = max(self._length_ms, since + 1)
            lines += [
                f"{timestamp(since)} --> {timestamp(until)}",
                f"thumbs.jpg#xywh={left},{top},{width},{height}",
                "",
            ]
        sheet.save(folder / "thumbs.jpg", quality=72)
        (folder / "thumbs.vtt").write_text("\n".join(lines))


def picture_of(frame: av.VideoFrame, width_at_most: int) -> Image.Image:
    """The frame as a picture that is no wider (nor higher) than this."""
    scale = min(1.0, width_at_most / max(frame.width, frame.height))
    size = (max(2, round(frame.width * scale)), max(2, round(frame.height * scale)))
    return _image(frame, size)


def _image(frame: av.VideoFrame, size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(frame.reformat(*size, format="rgb24").to_ndarray())
