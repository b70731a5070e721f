"""Use cases of courseware: a file is brought in parts, worked on (workshop.py), looked at by a person, and is a lesson."""

import asyncio
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import msgspec

import settings
from classroom import notices
from classroom.clock import now_ms
from classroom.courses import service, store, uploads
from classroom.courses.film.captions import CaptionsRefused, clean_captions
from classroom.courses.film.report import Report, read_report
from classroom.courses.rules import (
    BadCaptions,
    CoursewareState,
    FileTooLarge,
    NotAccepted,
    SharedCourse,
    TooManyUploads,
    may_be_id,
    shown_file_name,
)
from classroom.courses.scope import class_seen
from classroom.courses.tickets import PREVIEW
from classroom.database import unit_of_work
from classroom.people.rules import Account, Role, Unknown, WrongState

OPEN_AT_MOST = 20  # of an institution: not decided about
SHOWN_AT_MOST = 100
FORGOTTEN_MS = 7 * 86_400_000  # an upload that nobody goes on with
_OPEN = (CoursewareState.UPLOADING, CoursewareState.QUEUED, CoursewareState.RUNNING, CoursewareState.REVIEW)
_SHOWN = (*_OPEN, CoursewareState.FAILED, CoursewareState.REFUSED, CoursewareState.PUBLISHED)


@dataclass(frozen=True, slots=True)
class Courseware:
    """One file, with how far it is."""

    id: str
    course_id: str
    class_id: str | None
    title: str
    file_name: str
    size_bytes: int
    received_bytes: int
    brought_at_ms: int
    state: CoursewareState
    stage: str
    progress: float  # of the work, 0 to 1
    refusal: str | None
    report: Report | None
    has_captions: bool
    decided_at_ms: int | None


async def begin(
    by: Account, class_id: str, title: str, file_name: str, fingerprint: str, size_bytes: int
) -> Courseware:
    """A file is going to come; the same one that was left half-way goes on.

    Raises Unknown, FileTooLarge, DiskFull, SharedCourse, TooManyUploads.
    """
    if by.role is not Role.STAFF or not may_be_id(class_id):
        raise Unknown
    place = await class_seen(by, class_id)
    row = await store.training_class(place.id)
    assert row is not None
    if not 0 < size_bytes <= settings.UPLOAD_BYTES_AT_MOST:
        raise FileTooLarge
    left = await store.unfinished_upload(by.institution_id, row.course_id, fingerprint)
    if left is not None and left.size_bytes == size_bytes:
        return await _seen(left)
    await asyncio.to_thread(uploads.check_room, size_bytes)
    return await add(
        by.institution_id, row.course_id, class_id, title, file_name, size_bytes, by.id, fingerprint=fingerprint
    )


@unit_of_work
async def add(
    institution_id: str, course_id: str, class_id: str | None, title: str, file_name: str, size_bytes: int, by: str,
    *, fingerprint: str = "",
) -> Courseware:  # fmt: skip
    """The row of a file that is going to come. Raises SharedCourse, TooManyUploads."""
    await _refuse_shared(course_id, institution_id)
    if len(await store.courseware_of(institution_id, _OPEN, OPEN_AT_MOST)) >= OPEN_AT_MOST:
        raise TooManyUploads
    now = now_ms()
    row = await store.add_courseware(
        id=uuid.uuid4().hex,
        institution_id=institution_id,
        course_id=course_id,
        class_id=class_id,
        title=title,
        file_name=shown_file_name(file_name),
        fingerprint=fingerprint,
        size_bytes=size_bytes,
        brought_by=by,
        brought_at_ms=now,
        state=CoursewareState.UPLOADING.value,
        changed_at_ms=now,
    )
    return _courseware(row, 0)


async def append(by: Account, courseware_id: str, offset: int, content: bytes) -> int:
    """A part of the file; the answer is how much of it is here. Raises Unknown, WrongState, WrongOffset, DiskFull."""
    row = await _own(by, courseware_id)
    if row.state != CoursewareState.UPLOADING:
        raise WrongState
    return await asyncio.to_thread(uploads.append, row.id, offset, content, row.size_bytes)


async def finish(by: Account, courseware_id: str) -> None:
    """All of it is here: let it be worked on. Raises Unknown, WrongState."""
    row = await _own(by, courseware_id)
    if uploads.received_bytes(row.id) != row.size_bytes:
        raise WrongState
    await asyncio.to_thread(uploads.settle, row.id)
    await _queue(row.id, CoursewareState.UPLOADING)


async def retry(by: Account, courseware_id: str) -> None:
    """It failed, and not by its own fault: try again. Raises Unknown, WrongState."""
    row = await _own(by, courseware_id)
    if not uploads.received_bytes(row.id):
        raise WrongState
    await _queue(row.id, CoursewareState.FAILED)


async def listed(by: Account) -> list[Courseware]:
    """The own institution's, newest first. Raises Unknown."""
    if by.role is not Role.STAFF:
        raise Unknown
    return [await _seen(row) for row in await store.courseware_of(by.institution_id, _SHOWN, SHOWN_AT_MOST)]


async def seen(by: Account, courseware_id: str) -> Courseware:
    """One of the own institution's. Raises Unknown."""
    return await _seen(await _own(by, courseware_id))


async def picture(by: Account, courseware_id: str, name: str) -> Path:
    """The file of a fault's picture that the report names. Raises Unknown."""
    row = await _own(by, courseware_id)
    report = None if row.report is None else read_report(row.report)
    known = set() if report is None else {at.picture for one in report.findings for at in one.places}
    if name not in known:
        raise Unknown
    return folder_of(row.id) / "report" / name


async def preview_url(by: Account, courseware_id: str) -> str:
    """The address at which this person may look at what was made; nobody earns anything there. Raises Unknown, WrongState."""
    row = await _own(by, courseware_id)
    if row.state not in (CoursewareState.REVIEW, CoursewareState.PUBLISHED):
        raise WrongState
    return service.master_url(PREVIEW, by.id, row.id, now_ms())


async def set_captions(by: Account, courseware_id: str, content: bytes) -> None:
    """Captions to show under the film, checked. Raises Unknown, WrongState, BadCaptions."""
    await write_captions((await _own(by, courseware_id)).id, content)


async def write_captions(courseware_id: str, content: bytes) -> None:
    """``set_captions`` by the command. Raises WrongState, BadCaptions."""
    row = await store.courseware(courseware_id)
    if row is None or row.state != CoursewareState.REVIEW:
        raise WrongState
    try:
        text = clean_captions(content, row.length_ms)
    except CaptionsRefused:
        raise BadCaptions from None
    await asyncio.to_thread(_put, folder_of(row.id) / "captions.vtt", text)


async def publish(by: Account, courseware_id: str, accepted: frozenset[str]) -> None:
    """This person has looked at it and lets the learners see it (row 8).

    Raises Unknown, WrongState, NotAccepted, SharedCourse.
    """
    row = await _own(by, courseware_id)
    await _publish(row.id, by.id, accepted)
    await asyncio.to_thread(uploads.clear, row.id)
    await notices.publish("lessons_added", course_id=row.course_id)


async def discard(by: Account, courseware_id: str) -> None:
    """Nobody will see it. Raises Unknown, WrongState."""
    row = await _own(by, courseware_id)
    before = tuple(state for state in _SHOWN if state is not CoursewareState.PUBLISHED)
    changed = await store.change_courseware(
        row.id, before, state=CoursewareState.DISCARDED.value, owner=None, decided_by=by.id, decided_at_ms=now_ms()
    )
    if not changed:
        raise WrongState
    await asyncio.to_thread(_remove, row.id)


async def about(courseware_id: str) -> Courseware:
    """One, for the command. Raises Unknown."""
    row = await store.courseware(courseware_id)
    if row is None:
        raise Unknown
    return await _seen(row)


async def queue_for(courseware_id: str) -> bool:
    """The command has brought the whole file, and is going to take it itself."""
    queued = {"state": CoursewareState.QUEUED.value, "changed_at_ms": now_ms()}
    return await store.change_courseware(courseware_id, (CoursewareState.UPLOADING,), **queued)


async def drop(courseware_id: str) -> None:
    """The command was interrupted: nothing of it stays."""
    if await store.change_courseware(courseware_id, _OPEN, state=CoursewareState.DISCARDED.value, owner=None):
        await asyncio.to_thread(_remove, courseware_id)


async def forget_left_uploads(now: int) -> None:
    """Uploads that nobody went on with for a week."""
    for row in await store.courseware_left(CoursewareState.UPLOADING.value, now - FORGOTTEN_MS):
        if await store.change_courseware(row.id, (CoursewareState.UPLOADING,), state=CoursewareState.DISCARDED.value):
            await asyncio.to_thread(_remove, row.id)


def folder_of(courseware_id: str) -> Path:
    """Where a lesson's files are served from."""
    return settings.MEDIA_ROOT / courseware_id


def has_poster(courseware_id: str) -> bool:
    """Whether a poster stands beside a lesson's playlists."""
    return (folder_of(courseware_id) / "poster.jpg").is_file()


def has_captions(courseware_id: str) -> bool:
    """Whether captions stand beside a lesson's playlists."""
    return (folder_of(courseware_id) / "captions.vtt").is_file()


@unit_of_work
async def _publish(courseware_id: str, by: str, accepted: frozenset[str]) -> None:
    row = await store.courseware(courseware_id)
    if row is None or row.state != CoursewareState.REVIEW or row.report is None:
        raise WrongState
    if not read_report(row.report).to_accept <= accepted:
        raise NotAccepted
    await _refuse_shared(row.course_id, row.institution_id)
    now = now_ms()
    changed = await store.change_courseware(
        row.id,
        (CoursewareState.REVIEW,),
        state=CoursewareState.PUBLISHED.value,
        changed_at_ms=now,
        decided_by=by,
        decided_at_ms=now,
        accepted=msgspec.json.encode(sorted(accepted)).decode(),
    )
    if not changed:
        raise WrongState
    await store.add_lesson(
        id=row.id,
        course_id=row.course_id,
        position=await store.next_position(row.course_id),
        title=row.title,
        length_ms=row.length_ms,
        segments=row.segments,
    )


async def _queue(courseware_id: str, of_state: CoursewareState) -> None:
    columns = {"changed_at_ms": now_ms(), "attempts": 0, "progress": 0, "stage": "", "refusal": None, "owner": None}
    if not await store.change_courseware(courseware_id, (of_state,), state=CoursewareState.QUEUED.value, **columns):
        raise WrongState
    await notices.publish("courseware_queued")


async def _own(by: Account, courseware_id: str) -> store.CoursewareRow:
    row = await store.courseware(courseware_id) if may_be_id(courseware_id) else None
    if by.role is not Role.STAFF or row is None or row.institution_id != by.institution_id:
        raise Unknown
    return row


async def _refuse_shared(course_id: str, institution_id: str) -> None:
    if await store.institutions_studying(course_id) - {institution_id}:
        raise SharedCourse


async def _seen(row: store.CoursewareRow) -> Courseware:
    received = uploads.received_bytes(row.id) if row.state == CoursewareState.UPLOADING else row.size_bytes
    return _courseware(row, received)


def _courseware(row: store.CoursewareRow, received_bytes: int) -> Courseware:
    return Courseware(
        id=row.id,
        course_id=row.course_id,
        class_id=row.class_id,
        title=row.title,
        file_name=row.file_name,
        size_bytes=row.size_bytes,
        received_bytes=received_bytes,
        brought_at_ms=row.brought_at_ms,
        state=CoursewareState(row.state),
        stage=row.stage,
        progress=row.progress / 1000,
        refusal=row.refusal,
        report=None if row.report is None else read_report(row.report),
        has_captions=has_captions(row.id),
        decided_at_ms=row.decided_at_ms,
    )


def _put(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
    draft.write_text(text)
    draft.replace(file)


def _remove(courseware_id: str) -> None:
    uploads.clear(courseware_id)
    shutil.rmtree(folder_of(courseware_id), ignore_errors=True)
