"""Lessons that a browser can play, made by code."""

import re
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from classroom.courses import hls
from classroom.courses.rules import RENDITIONS
from classroom.courses.slides import FontMissing, Slide, shots, soft_tone

SECONDS = 10


def plain_shots() -> Iterator[hls.Shot]:
    for second in range(SECONDS):
        yield hls.Shot(Image.new("RGB", (1280, 720), (20 * second, 255 - 20 * second, 90)), hls.FRAMES_A_SECOND)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, tuple[int, ...]]:
    folder = tmp_path_factory.mktemp("courses") / "lesson"
    length_ms, starts = hls.encode(folder, plain_shots(), soft_tone(SECONDS))
    return folder, length_ms, starts


def test_the_length_and_the_segments_are_what_was_asked_for(lesson: tuple[Path, int, tuple[int, ...]]) -> None:
    assert lesson[1:] == (10_000, (0, 4_000, 8_000))


def test_every_rendition_plays_from_start_to_end_with_sound(lesson: tuple[Path, int, tuple[int, ...]]) -> None:
    """Row 17: 流畅、高清."""
    for rendition in RENDITIONS:
        with av.open(str(lesson[0] / rendition.name / "index.m3u8")) as container:
            pictures = [
                (frame.width, frame.height, frame.to_ndarray(format="rgb24")[50, 50])
                for frame in container.decode(video=0)
            ]
        with av.open(str(lesson[0] / rendition.name / "index.m3u8")) as container:
            heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])

        assert len(pictures) == SECONDS * hls.FRAMES_A_SECOND
        assert {size[:2] for size in pictures} == {(rendition.width, rendition.height)}
        assert abs(int(pictures[0][2][1]) - 255) < 12  # the first second's colour
        assert abs(int(pictures[-1][2][0]) - 180) < 12  # the last second's
        assert abs(len(heard) / hls.SAMPLES_A_SECOND - SECONDS) < 0.1
        assert 0.005 < float(np.sqrt(np.mean(heard**2))) < 0.1  # there, and soft


def test_a_player_may_change_the_rendition_at_any_segment(lesson: tuple[Path, int, tuple[int, ...]]) -> None:
    first_frames = []
    for rendition in RENDITIONS:
        folder = lesson[0] / rendition.name
        keys = []
        for index in range(3):
            alone = folder.parent / f"{rendition.name}-{index}.mp4"
            alone.write_bytes((folder / "init.mp4").read_bytes() + (folder / f"{index}.m4s").read_bytes())
            with av.open(str(alone)) as container:
                frames = list(container.decode(video=0))
            keys.append((frames[0].key_frame, round(float(frames[0].time or 0) * 1000, -2)))
        first_frames.append(keys)

    assert first_frames[0] == first_frames[1]
    assert [key for key, _ in first_frames[0]] == [True, True, True]


def test_the_master_playlist_names_what_is_there(lesson: tuple[Path, int, tuple[int, ...]]) -> None:
    master = (lesson[0] / "master.m3u8").read_text()

    assert re.findall(r'NAME="(.+?)"', master) == ["流畅", "标清", "高清"]
    assert re.findall(r"RESOLUTION=(\S+?),", master) == ["640x360", "854x480", "1280x720"]
    for path in re.findall(r"^[^#\n].*", master, re.M):
        assert (lesson[0] / path).is_file()
    for codecs in re.findall(r'CODECS="(.+?)"', master):
        assert re.fullmatch(r"avc1\.4d40[0-9a-f]{2},mp4a\.40\.2", codecs)  # main profile: plays everywhere


def test_a_lesson_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def breaks() -> Iterator[hls.Shot]:
        yield hls.Shot(Image.new("RGB", (1280, 720)), 5)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hls.encode(tmp_path / "lesson", breaks(), soft_tone(1))

    assert not (tmp_path / "lesson").exists()
    hls.encode(tmp_path / "lesson", plain_shots(), soft_tone(1))  # what was left lying doesn't hinder; silence follows
    assert sorted(one.name for one in tmp_path.iterdir()) == ["lesson"]


def test_slides_show_chinese_text_and_a_clock_that_moves() -> None:
    try:
        drawn = list(shots("第一课", (Slide("验电", ("三相都要验",)), Slide("接地", ("先接地端",))), 4))
    except FontMissing as missing:
        pytest.skip(str(missing))

    assert [shot.frames for shot in drawn] == [hls.FRAMES_A_SECOND] * 4
    pixels = [np.asarray(shot.picture) for shot in drawn]
    assert not np.array_equal(pixels[0], pixels[1])  # the clock
    assert not np.array_equal(pixels[1][:600], pixels[2][:600])  # the next slide
    box = np.asarray(next(iter(shots("", (Slide("\U0010fffd", ()),), 1))).picture)[140:210, 60:140]
    character = np.asarray(next(iter(shots("", (Slide("验", ()),), 1))).picture)[140:210, 60:140]
    assert not np.array_equal(box, character)  # a character, not the box of a missing one
