"""Lessons whose segments hold noise: the server hands them over and never looks into them."""

from pathlib import Path

import settings
from classroom.courses.rules import RENDITIONS, Lesson

SEGMENT_BYTES = 20_000


def lesson(lesson_id: str, length_ms: int, segment_ms: int) -> Lesson:
    """Write its files; the answer is what a course is made of."""
    starts = tuple(range(0, length_ms, segment_ms))
    folder = settings.MEDIA_ROOT / lesson_id
    master = ["#EXTM3U"]
    for rendition in RENDITIONS:
        master += [f"#EXT-X-STREAM-INF:BANDWIDTH={rendition.video_bits}", f"{rendition.name}/index.m3u8"]
        _rendition(folder / rendition.name, starts, length_ms)
    (folder / "master.m3u8").write_text("\n".join(master) + "\n")
    return Lesson(lesson_id, f"第{lesson_id.rpartition('-')[2]}课", length_ms, starts)


def _rendition(folder: Path, starts: tuple[int, ...], length_ms: int) -> None:
    folder.mkdir(parents=True)
    (folder / "init.mp4").write_bytes(b"header")
    lines = ["#EXTM3U", '#EXT-X-MAP:URI="init.mp4"']
    for n, (start, end) in enumerate(zip(starts, (*starts[1:], length_ms), strict=True)):
        (folder / f"{n}.m4s").write_bytes(bytes([n % 256]) * SEGMENT_BYTES)
        lines += [f"#EXTINF:{(end - start) / 1000:.3f},", f"{n}.m4s"]
    (folder / "index.m3u8").write_text("\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n")
