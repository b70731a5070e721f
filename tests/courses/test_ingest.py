"""An institution's own MP4 becomes a lesson in three qualities by one command."""

import json
from pathlib import Path

import pytest

import settings
from classroom.courses import courseware, ingest, store
from classroom.courses import service as courses
from classroom.courses.film.quality import Code
from classroom.courses.film.words import FAILURES, WORDS
from classroom.courses.rules import RENDITIONS, CoursewareState
from tests.cast import Cast
from tests.courses.film.films import Film


@pytest.fixture(autouse=True)
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "courses")
    return tmp_path / "courses"


async def run(*arguments: object) -> int:
    """The command, on the open database."""
    parsed = ingest.parser().parse_args([str(one) for one in arguments])
    return await ingest._run(parsed)


async def test_one_command_makes_a_lesson(
    cast: Cast, media: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = Film(size=(1280, 720), seconds=11).make(tmp_path / "第三课.mp4")
    captions = tmp_path / "c.vtt"
    captions.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n大家好")

    status = await run(film, "--class", "class", "--title", "第三课", "--publish-as", "staff", "--captions", captions)

    lesson = (await courses.class_outline("class")).lessons[-1]
    assert (status, lesson.title, lesson.length_ms, lesson.segments) == (0, "第三课", 11_000, (0, 4_000, 8_000))
    for rendition in RENDITIONS:
        assert (media / lesson.id / rendition.name / "2.m4s").is_file()
    assert (media / lesson.id / "captions.vtt").is_file()
    said = capsys.readouterr().out
    assert "没有发现问题" in said
    assert "已发布" in said


async def test_what_the_report_warns_of_has_to_be_named(
    cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = Film(seconds=11, sound=None).make(tmp_path / "f.mp4")
    arguments = (film, "--class", "class", "--title", "x", "--publish-as", "staff")

    with pytest.raises(ingest._Refused, match="LOW_RESOLUTION,NO_SOUND"):
        await run(*arguments, "--accept", "NO_SOUND")
    assert len((await courses.class_outline("class")).lessons) == 2

    assert await run(*arguments, "--accept", "LOW_RESOLUTION,NO_SOUND") == 0
    assert len((await courses.class_outline("class")).lessons) == 3
    assert "没有声音" in capsys.readouterr().out


async def test_without_a_person_it_waits_for_its_review(cast: Cast, tmp_path: Path) -> None:
    film = Film(size=(1280, 720), seconds=11).make(tmp_path / "f.mp4")

    assert await run(film, "--class", "class", "--title", "x") == 0

    assert len((await courses.class_outline("class")).lessons) == 2
    [row] = await store.courseware_of("school", ("review",), 10)
    assert (await courseware.about(row.id)).report is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--class", "nowhere", "--title", "x"), "no class"),
        (("--class", "class", "--title", " "), "TITLE"),
    ],
)
async def test_what_makes_no_sense_is_said(cast: Cast, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "f.mp4").write_bytes(b"x")
    with pytest.raises(ingest._Refused, match=said):
        await run(tmp_path / "f.mp4", *arguments)


async def test_a_file_that_is_no_video_is_refused_in_words(cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "f.mp4").write_text("hello")
    with pytest.raises(ingest._Refused, match="这不是视频文件"):
        await run(tmp_path / "f.mp4", "--class", "class", "--title", "x")


def test_every_finding_has_words() -> None:
    assert set(WORDS) == set(Code)
    assert all(text.endswith("。") for text in FAILURES.values())


def test_the_page_says_of_a_film_what_the_command_says() -> None:
    page = json.loads((settings.ROOT / "web" / "ui" / "src" / "locales" / "courseware.zh-CN.json").read_text())
    assert page["finding"] == dict(WORDS)
    assert page["failure"] == FAILURES
    assert set(page["state"]) == {one.value for one in CoursewareState} - {"discarded"}
