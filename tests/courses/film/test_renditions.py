"""Three renditions of a stranger's film, at whose segments a player may change; never more pixels than it has."""

import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from classroom.courses.film.probe import probe
from classroom.courses.film.quality import Code, FilmRefused
from classroom.courses.film.renditions import Encoded, encode_film, fit, rate_of
from classroom.courses.hls import segment_starts
from classroom.courses.rules import RENDITIONS
from tests.courses.film.films import Film, speech

NAMES = [one.name for one in RENDITIONS]


def encoded(film: Film, folder: Path, name: str = "film.mp4") -> tuple[Encoded, Path]:
    file = film.make(folder / name)
    out = folder / "lesson"
    return encode_film(file, out, probe(file)), out


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> tuple[Encoded, Path]:
    """1280x720, 13 s, sound that begins after half a second and ends a second early."""
    film = Film(size=(1280, 720), seconds=13, sound_from_s=0.5, sound_seconds=11.5)
    return encoded(film, tmp_path_factory.mktemp("film"))


def test_all_qualities_are_there_and_begin_their_segments_together(lesson: tuple[Encoded, Path]) -> None:
    """Row 17: 流畅、标清、高清."""
    made, folder = lesson
    master = (folder / "master.m3u8").read_text()

    assert made == Encoded(13_000, (0, 4_000, 8_000, 12_000), ((640, 360), (854, 480), (1280, 720)))
    assert re.findall(r'NAME="(.+?)"', master) == ["流畅", "标清", "高清"]
    assert re.findall(r"RESOLUTION=(\S+?),", master) == ["640x360", "854x480", "1280x720"]
    for name in NAMES:
        assert segment_starts((folder / name / "index.m3u8").read_text()) == made.segments


def test_every_rendition_shows_the_same_at_the_same_time(lesson: tuple[Encoded, Path]) -> None:
    _, folder = lesson
    shown, heard = [], []
    for name in NAMES:
        with av.open(str(folder / name / "index.m3u8")) as container:
            frames = [frame.reformat(64, 36, "gray").to_ndarray().astype(int) for frame in container.decode(video=0)]
        with av.open(str(folder / name / "index.m3u8")) as container:
            sound = [(frame.time, frame.to_ndarray()[0]) for frame in container.decode(audio=0)]
        shown.append(frames)
        heard.append(np.concatenate([samples for _, samples in sound]))
        assert len(frames) == 130

    for other in shown[1:]:
        assert max(np.abs(one - two).mean() for one, two in zip(shown[0], other, strict=True)) < 4
    assert {len(one) // 4_800 for one in heard} == {130}  # silence fills what the film's own sound leaves
    loud = np.array([np.sqrt(np.mean(heard[0][at : at + 4_800] ** 2)) for at in range(0, 620_000, 4_800)]) > 0.01
    assert not loud[:4].any()
    assert loud[6:118].all()
    assert not loud[121:].any()


def test_each_segment_can_be_played_alone_from_its_first_picture(lesson: tuple[Encoded, Path], tmp_path: Path) -> None:
    made, folder = lesson
    for name in NAMES:
        for number, start_ms in enumerate(made.segments):
            alone = tmp_path / "alone.mp4"
            alone.write_bytes(
                (folder / name / "init.mp4").read_bytes() + (folder / name / f"{number}.m4s").read_bytes()
            )
            with av.open(str(alone)) as container:
                first = next(container.decode(video=0))
            assert first.key_frame
            at_ms = float(1000 * (first.pts or 0) * Fraction(first.time_base))
            assert abs(at_ms - start_ms) <= 25  # the sound begins one AAC frame early, for its decoder to swing in


def test_poster_and_thumbnails_come_with_it(lesson: tuple[Encoded, Path]) -> None:
    _, folder = lesson
    sheet = (folder / "thumbs.vtt").read_text()

    assert Image.open(folder / "poster.jpg").size == (1280, 720)
    assert re.findall(r"(\S+) --> (\S+)", sheet) == [
        ("00:00:00.000", "00:00:05.000"), ("00:00:05.000", "00:00:10.000"), ("00:00:10.000", "00:00:13.000"),
    ]  # fmt: skip
    assert re.findall(r"thumbs.jpg#xywh=(\S+)", sheet) == ["0,0,160,90", "160,0,160,90", "320,0,160,90"]
    assert Image.open(folder / "thumbs.jpg").size == (480, 90)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1920, 1080), [(640, 360), (854, 480), (1280, 720)]),
        ((640, 480), [(480, 360), (640, 480), (640, 480)]),
        ((1080, 1920), [(360, 640), (480, 854), (720, 1280)]),
        ((320, 180), [(320, 180)] * 3),
        ((322, 243), [(322, 242)] * 3),
        ((2560, 1080), [(640, 270), (854, 360), (1280, 540)]),
    ],
)
def test_no_rendition_is_larger_than_the_film(size: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    assert [fit(*size, one.width, one.height) for one in RENDITIONS] == expected


def test_a_small_film_still_has_three_qualities_to_choose_from(tmp_path: Path) -> None:
    _, folder = encoded(Film(seconds=11), tmp_path)
    master = (folder / "master.m3u8").read_text()

    assert re.findall(r"RESOLUTION=(\S+?),", master) == ["320x180"] * 3
    assert len(set(re.findall(r"BANDWIDTH=(\d+)", master))) == 3  # else a player takes them for one


def test_a_film_that_lies_on_its_side_is_turned_upright(tmp_path: Path) -> None:
    def marked(at_s: float, width: int, height: int) -> np.ndarray:
        picture = np.full((height, width, 3), 60 + int(at_s * 5), np.uint8)
        picture[: height // 4, : width // 4] = 250  # the corner at the top left of the recorder
        return picture

    made, folder = encoded(Film(seconds=11, picture=marked, rotation=-90, sound=None), tmp_path)

    assert made.sizes == ((180, 320),) * 3
    with av.open(str(folder / "smooth" / "index.m3u8")) as container:
        gray = next(container.decode(video=0)).to_ndarray(format="gray")
    corners = {"left": gray[10, 10], "right": gray[10, -10], "below": gray[-10, 10]}
    assert max(corners, key=lambda one: int(corners[one])) == "right"  # turned clockwise by a quarter


def test_uneven_pictures_become_even_ones_at_their_times(tmp_path: Path) -> None:
    def half(at_s: float, width: int, height: int) -> np.ndarray:
        return np.full((height, width, 3), 200 if at_s >= 6 else 40, np.uint8)

    instants = [n / 25 for n in range(150)] + [6 + n / 5 for n in range(30)]
    made, folder = encoded(Film(picture=half, instants_s=instants, seconds=12), tmp_path)

    assert abs(made.length_ms - 12_000) <= 100
    with av.open(str(folder / "smooth" / "index.m3u8")) as container:
        changed = next(
            frame.time for frame in container.decode(video=0) if frame.to_ndarray(format="gray").mean() > 120
        )
    assert abs(changed - 6) < 0.11


@pytest.mark.parametrize(
    ("declared", "rate"), [(29.97, 30), (25, 25), (23.976, 24), (50, 25), (59.94, 30), (1, 10), (120, 30)]
)
def test_the_rate_is_a_whole_number_near_the_films(declared: float, rate: int) -> None:
    from classroom.courses.film.quality import Measures

    assert rate_of(Measures(declared_rate=declared)) == rate


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    file = Film(sound=speech).make(tmp_path / "film.mp4")
    measures = probe(file)

    def stop(share: float) -> None:
        if share > 0.3:
            raise FilmRefused(Code.BROKEN)

    with pytest.raises(FilmRefused):
        encode_film(file, tmp_path / "lesson", measures, stop)
    assert not (tmp_path / "lesson").exists()
