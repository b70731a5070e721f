"""Each way in which a film can be bad is refused or flagged; a good one passes clean (row 8, article 21)."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classroom.courses.film.probe import probe
from classroom.courses.film.quality import Code, FilmRefused, Measures, Stretch, judge
from tests.courses.film.films import Film, moving, speech

LOW = {Code.LOW_RESOLUTION}  # small films are quickly made
KEY = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "76" * 16, "encryption_kid": "a7" * 16}


def uneven() -> list[float]:
    gaps = itertools.cycle((0.04, 0.04, 0.3, 0.1))
    return list(itertools.takewhile(lambda at: at < 14, itertools.accumulate(gaps, initial=0.0)))


def found_in(film: Film, folder: Path, name: str = "film.mp4") -> tuple[Measures, dict[Code, tuple[Stretch, ...]]]:
    measures = probe(film.make(folder / name))
    return measures, {one.code: one.stretches for one in judge(measures)}


def test_a_good_film_passes_clean(tmp_path: Path) -> None:
    measures, faults = found_in(Film(size=(1280, 720)), tmp_path)

    assert faults == {}
    assert (measures.width, measures.height, measures.frames, measures.length_ms) == (1280, 720, 140, 14_000)
    assert (measures.container, measures.video_codec, measures.audio_codec) == ("mov", "h264", "aac")
    assert measures.loudness_lufs is not None
    assert -25 < measures.loudness_lufs < -21


def near(found: tuple[Stretch, ...], from_ms: int, to_ms: int) -> bool:
    return len(found) == 1 and abs(found[0].from_ms - from_ms) <= 250 and abs(found[0].to_ms - to_ms) <= 250


def test_a_picture_that_stands_still_is_found_with_its_place(tmp_path: Path) -> None:
    film = Film(seconds=16, picture=lambda at, *size: moving(2.0 if 2 < at < 13 else at, *size))
    _, faults = found_in(film, tmp_path)

    assert set(faults) == {Code.FROZEN} | LOW
    assert near(faults[Code.FROZEN], 2_000, 13_000)


def test_a_pointer_that_moves_over_a_slide_is_no_frozen_picture(tmp_path: Path) -> None:
    def slide(at_s: float, width: int, height: int) -> np.ndarray:
        picture = np.full((height, width, 3), 230, np.uint8)
        picture[80:88, 20 + int(at_s * 12) : 30 + int(at_s * 12)] = 20
        return picture

    assert set(found_in(Film(seconds=16, picture=slide), tmp_path)[1]) == LOW


def test_a_black_picture_is_found(tmp_path: Path) -> None:
    film = Film(picture=lambda at, *size: moving(at, *size) * (0 if 4 <= at < 7 else 1))
    _, faults = found_in(film, tmp_path)

    assert set(faults) == {Code.BLACK} | LOW
    assert near(faults[Code.BLACK], 4_000, 7_000)


def test_silence_is_found(tmp_path: Path) -> None:
    _, faults = found_in(Film(seconds=16, sound=lambda at: speech(at) * ((at < 2) | (at >= 14))), tmp_path)

    assert set(faults) == {Code.SILENT} | LOW
    assert near(faults[Code.SILENT], 2_000, 14_000)


def test_a_wave_that_is_cut_off_is_found_and_a_full_one_is_not(tmp_path: Path) -> None:
    cut = Film(sound=lambda at: np.clip(speech(at) * np.where((at > 4) & (at < 8), 30, 1), -1, 1))
    full = Film(sound=lambda at: 0.95 * np.sin(2 * np.pi * 220 * at) * ((at % 4) < 1))

    assert found_in(cut, tmp_path)[1][Code.CLIPPED] == (Stretch(4_000, 8_000),)
    assert Code.CLIPPED not in found_in(full, tmp_path, "full.mp4")[1]


@pytest.mark.parametrize(
    ("film", "codes"),
    [
        (Film(sound_from_s=0.7), {Code.SOUND_LATE}),
        (Film(instants_s=[0.5 + n / 10 for n in range(135)]), {Code.SOUND_EARLY}),
        (Film(sound_seconds=8), {Code.SOUND_ENDS_EARLY}),
        (Film(sound_seconds=19), {Code.SOUND_ENDS_LATE}),
        (Film(sound=lambda at: speech(at) * 0.05), {Code.TOO_QUIET}),
        (Film(sound=lambda at: 0.95 * np.sin(2 * np.pi * 997 * at)), {Code.TOO_LOUD}),
        (Film(sound=None), {Code.NO_SOUND}),
        (Film(rate=5), {Code.LOW_FRAME_RATE}),
        (Film(size=(322, 242)), set()),
        (Film(rotation=180), {Code.ROTATED}),
        (Film(rotation=90), {Code.ROTATED, Code.PORTRAIT}),
        (Film(instants_s=uneven()), {Code.UNEVEN_FRAMES}),
    ],
    ids=lambda one: "+".join(sorted(one)) or "odd size" if isinstance(one, set) else "",
)
def test_each_fault_is_flagged_and_nothing_else(tmp_path: Path, film: Film, codes: set[Code]) -> None:
    assert set(found_in(film, tmp_path)[1]) == codes | LOW


@pytest.mark.parametrize(
    ("name", "codec", "sound"),
    [("f.webm", "libvpx", "libopus"), ("f.mkv", "libx264", "aac"), ("f.avi", "mpeg4", "libmp3lame")],
)
def test_other_containers_are_taken_too(tmp_path: Path, name: str, codec: str, sound: str) -> None:
    measures, faults = found_in(Film(codec=codec, audio_codec=sound), tmp_path, name)

    assert abs(measures.length_ms - 14_000) <= 100
    assert set(faults) - {Code.UNEVEN_FRAMES} == LOW


def test_4k_is_taken(tmp_path: Path) -> None:
    measures, faults = found_in(Film(size=(3840, 2160), seconds=11, rate=10, sound=None), tmp_path)

    assert (measures.width, measures.height) == (3840, 2160)
    assert set(faults) == {Code.NO_SOUND}


def refused(file: Path) -> Code:
    with pytest.raises(FilmRefused) as caught:
        probe(file)
    return caught.value.code


@pytest.mark.parametrize(
    ("film", "code"),
    [
        (Film(seconds=3), Code.TOO_SHORT),
        (Film(instants_s=[0.0], sound=None), Code.TOO_SHORT),
        (Film(size=(5000, 2000), seconds=1, rate=2), Code.PICTURE_TOO_LARGE),
        (Film(size=(64, 64)), Code.PICTURE_TOO_SMALL),
        (Film(instants_s=[0, 0.1, 40_000], sound=None), Code.TOO_LONG),
        (Film(options=KEY), Code.ENCRYPTED),
        (Film(seconds=1, size=(160, 120), instants_s=[n / 1000 for n in range(1500)], sound=None), Code.TOO_FAST),
    ],
    ids=lambda one: one.value if isinstance(one, Code) else "",
)
def test_what_cannot_be_a_lesson_is_refused_with_a_code(tmp_path: Path, film: Film, code: Code) -> None:
    assert refused(film.make(tmp_path / "film.mp4")) is code


@pytest.mark.parametrize(
    ("film", "name", "code"),
    [
        (Film(), "cut.mp4", Code.BROKEN),  # its index stood at the end
        (Film(options={"movflags": "faststart"}), "cut.mp4", Code.CUT_OFF),
        (Film(), "cut.mkv", Code.CUT_OFF),
    ],
)
def test_a_file_that_was_cut_is_refused(tmp_path: Path, film: Film, name: str, code: Code) -> None:
    whole = film.make(tmp_path / f"whole-{name}").read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) * 2 // 3])

    assert refused(tmp_path / name) is code


def test_a_damaged_file_is_flagged(tmp_path: Path) -> None:
    content = bytearray(Film(sound=None, options={"movflags": "faststart"}).make(tmp_path / "film.mp4").read_bytes())
    generator, middle = np.random.default_rng(1), len(content) // 2
    for at in generator.integers(middle, middle + len(content) // 10, 200):
        content[at] = int(generator.integers(256))
    (tmp_path / "damaged.mp4").write_bytes(content)

    measures = probe(tmp_path / "damaged.mp4")

    assert Code.DAMAGED in {one.code for one in judge(measures)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello\n" * 100,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{film}\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile '{film}'\n",
        b"\xff\xd8\xff\xe0 a picture",
    ],
)
def test_what_only_calls_itself_a_video_is_refused_and_opens_nothing_else(tmp_path: Path, content: bytes) -> None:
    """A playlist would have us open other files, and addresses inside the machine's network."""
    film = Film().make(tmp_path / "film.mp4")
    (tmp_path / "list.mp4").write_bytes(content.replace(b"{film}", str(film).encode()))

    assert refused(tmp_path / "list.mp4") is Code.NOT_A_VIDEO


def test_a_sound_file_with_a_cover_has_no_picture(tmp_path: Path) -> None:
    import av

    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        for frame in Film(seconds=12)._sound():
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))

    assert refused(path) is Code.NO_PICTURE


def test_the_sound_of_a_film_without_gaps_is_measured_without_gaps() -> None:
    """Pure: what decides, decides by the measure's own limit."""
    whole = Measures(audio_codec="aac", frames=100, length_ms=20_000, width=1280, height=720, declared_rate=25)

    assert Code.SOUND_GAPS not in {one.code for one in judge(replace(whole, sound_missing_ms=200))}
    assert Code.SOUND_GAPS in {one.code for one in judge(replace(whole, sound_missing_ms=201))}


def test_a_fault_in_many_places_names_the_longest_and_counts_the_rest() -> None:
    many = [Stretch(n * 10_000, n * 10_000 + 2_000 + n) for n in range(20)]
    found = Measures(frames=5_000, length_ms=200_000, width=1280, height=720, declared_rate=25, black=many)

    fault = next(one for one in judge(found) if one.code is Code.BLACK)

    assert (len(fault.stretches), fault.more) == (12, 8)
    assert fault.stretches == tuple(many[8:])
    assert fault.value == sum(one.to_ms - one.from_ms for one in many)
