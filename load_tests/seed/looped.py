"""A lesson of any length out of a short one: its segments come again and again, as one video."""

import os
import shutil
from pathlib import Path

import settings
from classroom.courses.hls import segment_starts
from classroom.courses.rules import RENDITIONS, Lesson


def looped(of: str, lesson_id: str, title: str, times: int) -> Lesson:
    """The files are hard links; a discontinuity stands where the clock of the pictures begins anew."""
    source, folder = settings.MEDIA_ROOT / of, settings.MEDIA_ROOT / lesson_id
    draft = folder.with_name(f".{lesson_id}.part")
    shutil.rmtree(draft, ignore_errors=True)
    playlists = [_rendition(source / one.name, draft / one.name, times) for one in RENDITIONS]
    shutil.copy(source / "master.m3u8", draft / "master.m3u8")
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    starts = segment_starts(playlists[0])
    last_ms = float(playlists[0].rpartition("#EXTINF:")[2].partition(",")[0]) * 1000
    return Lesson(lesson_id, title, round(starts[-1] + last_ms), starts)


def _rendition(source: Path, folder: Path, times: int) -> str:
    folder.mkdir(parents=True)
    os.link(source / "init.mp4", folder / "init.mp4")
    head, *entries = (source / "index.m3u8").read_text().partition("#EXT-X-ENDLIST")[0].split("#EXTINF:")
    lengths = [entry.partition(",")[0] for entry in entries]
    lines = head.rstrip().split("\n")
    for time in range(times):
        lines += ["#EXT-X-DISCONTINUITY"] if time else []
        for number, length in enumerate(lengths):
            name = f"{time * len(lengths) + number}.m4s"
            os.link(source / f"{number}.m4s", folder / name)
            lines += [f"#EXTINF:{length},", name]
    playlist = "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"
    (folder / "index.m3u8").write_text(playlist)
    return playlist
