"""Takes the pictures of given instants out of a film."""

from collections.abc import Iterable
from pathlib import Path

import av.error

from classroom.courses.film.quality import FilmRefused, Stretch
from classroom.courses.film.source import Seen, Source, open_source
from classroom.courses.film.thumbnails import picture_of

_WIDTH = 480
_PICTURES_AT_MOST = 60
_DECODED_AT_MOST = 2_000  # after a jump, until the instant comes


def stills(path: Path, stretches: Iterable[Stretch], folder: Path) -> dict[Stretch, str]:
    """Write a JPEG of the middle of each; the answer is their names. What can't be reached has none."""
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[Stretch, str] = {}
    source = open_source(path)
    try:
        for stretch in sorted(set(stretches), key=lambda one: (one.from_ms, one.to_ms))[:_PICTURES_AT_MOST]:
            name = f"{stretch.from_ms}-{stretch.to_ms}.jpg"
            if _save(source, (stretch.from_ms + stretch.to_ms) / 2, folder / name):
                names[stretch] = name
    finally:
        source.close()
    return names


def _save(source: Source, at_ms: float, file: Path) -> bool:
    begin_us = source.container.start_time or 0
    latest: Seen | None = None
    try:
        source.container.seek(begin_us + round(at_ms * 1000), backward=True)
        for number, one in enumerate(source.decoded()):
            if isinstance(one, Seen):
                latest = one
                if one.at_ms >= at_ms or number > _DECODED_AT_MOST:
                    break
    except (av.error.FFmpegError, FilmRefused):
        pass  # a place that can't be reached, or nothing after it: the picture before it will do
    if latest is None:
        return False
    picture_of(latest.frame, _WIDTH).save(file, quality=80)
    return True
