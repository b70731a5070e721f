"""A file comes in parts, is worked on once, looked at by a person, and only then is a lesson (rows 8 and 17)."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import settings
from classroom.clock import now_ms
from classroom.courses import courseware, store, uploads, workshop
from classroom.courses import service as courses
from classroom.courses.courseware import folder_of
from classroom.courses.film.quality import Fault, Measures, Stretch, judge
from classroom.courses.film.report import Size, report_of, write_report
from classroom.courses.rules import (
    BadCaptions,
    CoursewareState,
    DiskFull,
    FileTooLarge,
    NotAccepted,
    SharedCourse,
    TooManyUploads,
    WrongOffset,
    shown_file_name,
)
from classroom.courses.workshop import Workshop, environment_of, one_at_a_time
from classroom.people import service as people
from classroom.people.rules import Account, Unknown, WrongState
from tests.cast import Cast
from tests.courses.film.films import Film

CONTENT = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "courses")
    monkeypatch.setattr(workshop, "RENEW_S", 0.05)
    return tmp_path / "courses"


async def account(account_id: str) -> Account:
    found = await people.account(account_id)
    assert found is not None
    return found


@pytest_asyncio.fixture
async def staff(cast: Cast) -> Account:
    return await account(cast.staff)


async def begin(by: Account, content: bytes = CONTENT, **changes: Any) -> courseware.Courseware:
    about = {
        "class_id": "class", "title": "第三课", "file_name": "lesson.mp4", "fingerprint": "f", "size_bytes": len(content),
    }  # fmt: skip
    return await courseware.begin(by, **(about | changes))


async def brought(by: Account, content: bytes = CONTENT, **changes: Any) -> str:
    one = await begin(by, content, **changes)
    await courseware.append(by, one.id, 0, content)
    await courseware.finish(by, one.id)
    return one.id


def worker(tmp_path: Path, script: str) -> tuple[str, ...]:
    """What stands in for the process that encodes: ``say`` tells, ``make`` makes the folder."""
    findings: tuple[Fault, ...] = judge(
        Measures(frames=250, length_ms=20_000, width=1280, height=720, black=[Stretch(1_000, 4_000)], declared_rate=25)
    )
    report = report_of(Measures(width=1280, height=720), findings, {}, (Size("smooth", 640, 360),), 20_000, (0, 4_000))
    (tmp_path / "report.json").write_text(write_report(report))
    prelude = (
        "import json, os, pathlib, shutil, signal, sys, time\n"
        "file, folder = map(pathlib.Path, sys.argv[1:])\n"
        "def say(**said): print(json.dumps(said), flush=True)\n"
        f"def make(): folder.mkdir(parents=True); shutil.copy({str(tmp_path / 'report.json')!r}, folder)\n"
    )
    (tmp_path / "worker.py").write_text(prelude + script)
    return (sys.executable, str(tmp_path / "worker.py"))


GOOD = "say(stage='encoding', share=.5); make(); say(done=True)"


@pytest_asyncio.fixture
async def done(staff: Account, tmp_path: Path) -> AsyncIterator[str]:
    """Courseware that waits for its review."""
    courseware_id = await brought(staff)
    assert await Workshop("w", worker(tmp_path, GOOD)).do_next()
    yield courseware_id


# ---------------------------------------------------------------- parts


async def test_a_file_comes_in_parts_and_goes_on_where_it_was(staff: Account) -> None:
    one = await begin(staff)
    assert await courseware.append(staff, one.id, 0, CONTENT[:5_000]) == 5_000

    again = await begin(staff)  # the page was loaded anew
    assert (again.id, again.received_bytes) == (one.id, 5_000)
    assert await courseware.append(staff, one.id, 5_000, CONTENT[5_000:]) == len(CONTENT)
    await courseware.finish(staff, one.id)

    assert uploads.source_of(one.id).read_bytes() == CONTENT
    assert (await courseware.seen(staff, one.id)).state is CoursewareState.QUEUED


@pytest.mark.parametrize("offset", [0, 4_999, 5_001, len(CONTENT), 1 << 40])
async def test_a_part_that_begins_elsewhere_changes_nothing(staff: Account, offset: int) -> None:
    one = await begin(staff)
    await courseware.append(staff, one.id, 0, CONTENT[:5_000])

    with pytest.raises(WrongOffset):
        await courseware.append(staff, one.id, offset, CONTENT[5_000:])
    assert uploads.source_of(one.id).read_bytes() == CONTENT[:5_000]


async def test_of_two_who_send_the_same_part_at_once_one_is_taken(staff: Account) -> None:
    one = await begin(staff)

    sent = [courseware.append(staff, one.id, 0, CONTENT[:1_000]) for _ in range(8)]
    answers = await asyncio.gather(*sent, return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["WrongOffset"] * 7 + ["int"]
    assert uploads.source_of(one.id).read_bytes() == CONTENT[:1_000]


async def test_two_files_at_once_stay_apart(staff: Account) -> None:
    first, second = await begin(staff, fingerprint="1"), await begin(staff, CONTENT[::-1], fingerprint="2")
    for at in range(0, len(CONTENT), 1_024):
        await asyncio.gather(
            courseware.append(staff, first.id, at, CONTENT[at : at + 1_024]),
            courseware.append(staff, second.id, at, CONTENT[::-1][at : at + 1_024]),
        )

    assert uploads.source_of(first.id).read_bytes() == CONTENT
    assert uploads.source_of(second.id).read_bytes() == CONTENT[::-1]


async def test_more_than_was_said_is_not_taken_and_less_is_not_finished(staff: Account) -> None:
    one = await begin(staff)
    with pytest.raises(WrongOffset):
        await courseware.append(staff, one.id, 0, CONTENT + b"!")
    with pytest.raises(WrongState):
        await courseware.finish(staff, one.id)


async def test_what_is_too_large_is_refused_before_a_byte_is_sent(
    staff: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (0, -1, (2 << 30) + 1):
        with pytest.raises(FileTooLarge):
            await begin(staff, size_bytes=size)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1 << 40, 1 << 40, 2 << 30))
    with pytest.raises(DiskFull):
        await begin(staff, size_bytes=1 << 30)


async def test_others_know_of_nothing(cast: Cast, staff: Account) -> None:
    one = await begin(staff)
    for other in (cast.other_staff, cast.learner):
        stranger = await account(other)
        for asked in (
            begin(stranger),
            courseware.append(stranger, one.id, 0, b"x"),
            courseware.finish(stranger, one.id),
            courseware.seen(stranger, one.id),
            courseware.publish(stranger, one.id, frozenset()),
            courseware.discard(stranger, one.id),
            courseware.preview_url(stranger, one.id),
            courseware.set_captions(stranger, one.id, b""),
            courseware.picture(stranger, one.id, "../report.json"),
            courseware.retry(stranger, one.id),
            courseware.listed(stranger) if other == cast.learner else courseware.seen(stranger, one.id),
        ):
            with pytest.raises(Unknown):
                await asked
    assert await courseware.listed(await account(cast.other_staff)) == []
    for nonsense in ("", "../x", "x" * 40, "ä", "x/../y", "x\x00"):
        with pytest.raises(Unknown):
            await courseware.append(staff, nonsense, 0, b"x")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\课 1.mp4", "课 1.mp4"),
        ("..", "video"),
        ("", "video"),
        ("a\x00\x1b[31m.mp4", "a[31m.mp4"),
        ("/", "video"),
        ("x" * 500 + ".mp4", "x" * 116 + ".mp4"),
    ],
)
def test_a_files_name_is_for_people_only(said: str, shown: str) -> None:
    assert shown_file_name(said) == shown


async def test_a_course_that_other_institutions_study_takes_no_lesson_of_one(cast: Cast, staff: Account) -> None:
    row = await store.training_class("class")
    assert row is not None
    await courses.add_class("theirs", "别人的班", "other-school", row.course_id)

    with pytest.raises(SharedCourse):
        await begin(staff)


async def test_an_institution_decides_before_it_brings_more(staff: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courseware, "OPEN_AT_MOST", 2)
    for number in range(2):
        await begin(staff, fingerprint=str(number))
    with pytest.raises(TooManyUploads):
        await begin(staff, fingerprint="2")


async def test_an_upload_that_nobody_goes_on_with_is_forgotten(staff: Account) -> None:
    one = await begin(staff)
    await courseware.append(staff, one.id, 0, b"x")

    await courseware.forget_left_uploads(now_ms())
    assert uploads.received_bytes(one.id) == 1
    await courseware.forget_left_uploads(now_ms() + courseware.FORGOTTEN_MS + 1_000)

    assert uploads.received_bytes(one.id) == 0
    assert await courseware.listed(staff) == []


# ---------------------------------------------------------------- work


async def test_what_was_made_waits_for_a_person_and_nobody_sees_it_before(staff: Account, done: str) -> None:
    one = await courseware.seen(staff, done)
    assert (one.state, one.progress) == (CoursewareState.REVIEW, 1.0)
    assert one.report is not None
    assert one.report.to_accept == {"BLACK", "NO_SOUND"}
    assert (folder_of(done) / "report.json").is_file()
    assert await courses.lesson(done) is None
    assert len((await courses.class_outline("class")).lessons) == 2

    for accepted in ((), ("BLACK",), ("SILENT", "FROZEN")):
        with pytest.raises(NotAccepted):
            await courseware.publish(staff, done, frozenset(accepted))
    await courseware.publish(staff, done, one.report.to_accept)

    lesson = (await courses.class_outline("class")).lessons[-1]
    assert (lesson.id, lesson.title, lesson.length_ms, lesson.segments) == (done, "第三课", 20_000, (0, 4_000))
    row = await store.courseware(done)
    assert (row.state, row.decided_by, json.loads(row.accepted)) == ("published", staff.id, ["BLACK", "NO_SOUND"])
    assert not uploads.workplace(done).exists()
    for again in (courseware.publish(staff, done, one.report.to_accept), courseware.discard(staff, done)):
        with pytest.raises(WrongState):
            await again


async def test_two_who_publish_at_once_make_one_lesson(staff: Account, done: str) -> None:
    accepted = frozenset({"BLACK", "NO_SOUND"})
    answers = await asyncio.gather(
        *(courseware.publish(staff, done, accepted) for _ in range(5)), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in answers) == ["NoneType"] + ["WrongState"] * 4
    assert len((await courses.class_outline("class")).lessons) == 3


async def test_what_is_discarded_leaves_nothing(staff: Account, done: str) -> None:
    await courseware.discard(staff, done)

    assert not folder_of(done).exists()
    assert not uploads.workplace(done).exists()
    assert await courseware.listed(staff) == []
    with pytest.raises(WrongState):
        await courseware.publish(staff, done, frozenset({"BLACK", "NO_SOUND"}))


async def test_captions_are_kept_beside_it(staff: Account, done: str) -> None:
    for bad in (b"hello", b"WEBVTT\n\n00:30.000 --> 00:31.000\nafter its end"):
        with pytest.raises(BadCaptions):
            await courseware.set_captions(staff, done, bad)
    await courseware.set_captions(staff, done, "WEBVTT\n\n00:01.000 --> 00:02.000\n大家好".encode())

    assert (await courseware.seen(staff, done)).has_captions
    assert "大家好" in (folder_of(done) / "captions.vtt").read_text()


async def test_a_file_that_is_no_video_is_refused_and_goes(staff: Account, tmp_path: Path) -> None:
    courseware_id = await brought(staff)
    assert await Workshop("w", worker(tmp_path, "say(refused='NOT_A_VIDEO')")).do_next()

    one = await courseware.seen(staff, courseware_id)
    assert (one.state, one.refusal) == (CoursewareState.REFUSED, "NOT_A_VIDEO")
    assert not uploads.workplace(courseware_id).exists()


@pytest.mark.parametrize(
    "script",
    ["os.kill(os.getpid(), signal.SIGKILL)", "sys.exit(3)", "make(); print('x' * 100_000)", "print('{]'); make()"],
)
async def test_a_file_that_kills_who_works_on_it_is_tried_thrice(staff: Account, tmp_path: Path, script: str) -> None:
    courseware_id = await brought(staff)
    one = Workshop("w", worker(tmp_path, "say(stage='probing', share=.1)\n" + script))

    tries = 0
    while (await courseware.seen(staff, courseware_id)).state is CoursewareState.QUEUED:
        assert await one.do_next() or tries == 3
        tries += 1
    found = await courseware.seen(staff, courseware_id)
    assert found.state is CoursewareState.FAILED
    assert found.refusal == "INTERRUPTED"
    assert list(uploads.workplace(courseware_id).iterdir()) == [uploads.source_of(courseware_id)]  # nothing half-made

    await courseware.retry(staff, courseware_id)
    assert await Workshop("w", worker(tmp_path, GOOD)).do_next()
    assert (await courseware.seen(staff, courseware_id)).state is CoursewareState.REVIEW


async def test_one_that_hangs_is_ended(staff: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "STALLED_S", 0.3)
    courseware_id = await brought(staff)
    one = Workshop("w", worker(tmp_path, "make(); time.sleep(60)"))
    await one.do_next()

    found = await courseware.seen(staff, courseware_id)
    assert (found.state, found.refusal) == (CoursewareState.FAILED, "STALLED")
    assert one.process is None


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_of_two_who_look_for_work_one_finds_it(staff: Account, tmp_path: Path) -> None:
    await brought(staff)
    command = worker(tmp_path, GOOD)

    answers = await asyncio.gather(*(Workshop(f"w{number}", command).do_next() for number in range(5)))

    assert sorted(answers) == [False] * 4 + [True]


async def test_who_lost_the_lease_throws_away_what_it_made(staff: Account, tmp_path: Path) -> None:
    """A process that stood still, and was taken for dead."""
    courseware_id = await brought(staff)
    slow = Workshop("slow", worker(tmp_path, "say(stage='encoding', share=.1); time.sleep(60)"))
    work = asyncio.create_task(slow.do_next())
    await until(lambda: _stage(staff, courseware_id, "encoding"))

    row = await store.courseware(courseware_id)
    later = now_ms() + workshop.LEASE_MS * 2
    assert [one.id for one in await store.courseware_to_do(later)] == [courseware_id]
    assert await store.take_courseware(row, "other", later, later + workshop.LEASE_MS)
    await work

    assert (await store.courseware(courseware_id)).owner == "other"
    assert not folder_of(courseware_id).exists()
    assert list(uploads.workplace(courseware_id).glob("draft-*")) == []


async def _stage(by: Account, courseware_id: str, stage: str) -> bool:
    return (await courseware.seen(by, courseware_id)).stage == stage


async def test_a_server_that_ends_in_order_puts_it_back_without_an_attempt(staff: Account, tmp_path: Path) -> None:
    courseware_id = await brought(staff)
    one = Workshop("w", worker(tmp_path, "say(stage='encoding', share=.1); time.sleep(60)"))
    one.open()
    await until(lambda: _stage(staff, courseware_id, "encoding"))
    process = one.process

    await one.close()

    assert process.returncode is not None
    row = await store.courseware(courseware_id)
    assert (row.state, row.attempts, row.owner) == ("queued", 0, None)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_is_discarded_while_it_takes_its_place_leaves_nothing(
    staff: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    courseware_id = await brought(staff)
    loop, swap = asyncio.get_running_loop(), workshop._swap

    def meanwhile(draft: Path, folder: Path) -> None:
        if when == "after":
            swap(draft, folder)
        asyncio.run_coroutine_threadsafe(courseware.discard(staff, courseware_id), loop).result(20)
        if when == "before":
            swap(draft, folder)

    monkeypatch.setattr(workshop, "_swap", meanwhile)
    one = Workshop("w", worker(tmp_path, GOOD))
    if when == "before":  # there is nothing left to put anywhere
        with pytest.raises(FileNotFoundError):
            await one.do_next()
    else:
        await one.do_next()

    assert not folder_of(courseware_id).exists()
    assert not uploads.workplace(courseware_id).exists()
    assert (await store.courseware(courseware_id)).state == "discarded"


async def test_an_open_workshop_hears_of_what_comes(staff: Account, tmp_path: Path) -> None:
    one = Workshop("w", worker(tmp_path, GOOD))
    one.open()
    try:
        courseware_id = await brought(staff)
        await until(lambda: _is(staff, courseware_id, CoursewareState.REVIEW))
    finally:
        await one.close()


async def _is(by: Account, courseware_id: str, state: CoursewareState) -> bool:
    return (await courseware.seen(by, courseware_id)).state is state


def test_one_at_a_time_on_this_machine() -> None:
    with one_at_a_time() as first, one_at_a_time() as second:
        assert (first, second) == (True, False)
    with one_at_a_time() as again:
        assert again


def test_who_decodes_strangers_bytes_knows_no_key() -> None:
    assert environment_of({"ANXUE_SECRET_KEY": "x", "ANXUE_DATABASE": "y", "PATH": "z"}) == {"PATH": "z"}
    import subprocess

    asked = (
        "import sys, classroom.courses.film.__main__; print([m for m in ('settings', 'tortoise') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", asked], cwd=settings.ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


async def test_a_real_film_goes_the_whole_way(staff: Account, tmp_path: Path) -> None:
    film = Film(seconds=11, picture=lambda at, w, h: Film().picture(at, w, h) * (at >= 3)).make(tmp_path / "f.mp4")
    courseware_id = await brought(staff, film.read_bytes())
    assert await Workshop("w").do_next()

    one = await courseware.seen(staff, courseware_id)
    assert one.state is CoursewareState.REVIEW
    assert one.report is not None
    assert one.report.to_accept == {"BLACK", "LOW_RESOLUTION"}
    [black] = [finding for finding in one.report.findings if finding.code == "BLACK"]
    name = black.places[0].picture
    assert name is not None
    assert (await courseware.picture(staff, courseware_id, name)).read_bytes()[:2] == b"\xff\xd8"
    with pytest.raises(Unknown):
        await courseware.picture(staff, courseware_id, "../report.json")
    assert replace(one.report, findings=()).renditions == tuple(
        Size(n, 320, 180) for n in ("smooth", "standard", "high")
    )
