"""``python -m classroom.courses.ingest FILE --class ID --title TITLE``: an institution's own video becomes a lesson.

It is probed and encoded at once, and the report is printed. With ``--publish-as ACCOUNT`` a member of the institution's
staff lets the learners see it; what the report warns of has to be named then: ``--accept FROZEN,SILENT`` (row 8).
"""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import settings
from classroom.courses import courseware, store, uploads
from classroom.courses.courseware import Courseware
from classroom.courses.film.words import report_in_words, said_of
from classroom.courses.rules import CoursewareError, CoursewareState
from classroom.courses.workshop import Workshop
from classroom.database import close_database, open_database
from classroom.people import service as people
from classroom.people.rules import Account, PeopleError, Role, Unknown

_AT_WORK = (CoursewareState.QUEUED, CoursewareState.RUNNING)
LOOK_S = 0.5
_STAGES = {"": "等待", "probing": "检测", "encoding": "转码"}


class _Refused(Exception):
    """A sentence for the person at the keyboard."""


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    parser = argparse.ArgumentParser(prog="python -m classroom.courses.ingest", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--class", dest="class_id", required=True, metavar="ID", help="the class whose course it is for"
    )
    parser.add_argument("--title", required=True)
    parser.add_argument("--captions", type=Path, help="WebVTT")
    parser.add_argument("--publish-as", metavar="ACCOUNT", help="the member of staff who has looked at it")
    parser.add_argument("--accept", default="", metavar="CODES", help="the warnings accepted, separated by commas")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the answer is the exit status."""
    chosen = parser().parse_args(arguments)
    try:
        return asyncio.run(_open_and_run(chosen))
    except _Refused as refused:
        sys.stderr.write(f"{refused}\n")
    except (CoursewareError, PeopleError) as refused:
        sys.stderr.write(f"{refused.code}: {refused.__doc__}\n")
    return 1


async def _open_and_run(chosen: argparse.Namespace) -> int:
    await open_database(settings.DATABASE)
    try:
        return await _run(chosen)
    finally:
        await close_database()


async def _run(chosen: argparse.Namespace) -> int:
    title = chosen.title.strip()
    if not chosen.file.is_file() or not 0 < len(title) <= 120:
        raise _Refused("FILE has to be a file, and TITLE between 1 and 120 characters.")
    place = await store.training_class(chosen.class_id)
    if place is None:
        raise _Refused(f"There is no class {chosen.class_id}.")
    by = None if chosen.publish_as is None else await _staff(chosen.publish_as, place.institution_id)
    if (size := chosen.file.stat().st_size) > settings.UPLOAD_BYTES_AT_MOST:
        raise _Refused(f"FILE_TOO_LARGE: {size} bytes; ANXUE_UPLOAD_BYTES_AT_MOST is {settings.UPLOAD_BYTES_AT_MOST}.")
    uploads.check_room(size)
    about = (place.institution_id, place.course_id, place.id, title, chosen.file.name, size)
    row = await courseware.add(*about, "" if by is None else by.id)
    try:
        await _bring(chosen.file, row.id)
        made = await _made(row.id)
    except asyncio.CancelledError:
        await courseware.drop(row.id)
        raise
    return await _decide(made, by, chosen)


async def _decide(made: Courseware, by: Account | None, chosen: argparse.Namespace) -> int:
    if made.report is None:
        raise _Refused(said_of(made.refusal or "INTERRUPTED"))
    print("\n".join(report_in_words(made.report)))
    if chosen.captions is not None:
        await courseware.write_captions(made.id, chosen.captions.read_bytes())
    if by is None:
        print(
            f"待机构审核：工作人员在“机构工作台 · 课件管理”中确认后，学员才能看到。/ waits for the staff's review: {made.id}"
        )
        return 0
    accepted = frozenset(one.strip() for one in chosen.accept.split(",") if one.strip())
    if not made.report.to_accept <= accepted:
        named = ",".join(sorted(made.report.to_accept))
        raise _Refused(f"NOT_ACCEPTED: --accept {named} 才能发布；或在页面中审核。课件 {made.id}")
    await courseware.publish(by, made.id, accepted)
    print(f"已发布：{made.title} / published: {made.id}")
    return 0


async def _bring(file: Path, courseware_id: str) -> None:
    target = uploads.source_of(courseware_id)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    await asyncio.to_thread(shutil.copyfile, file, target)
    await asyncio.to_thread(uploads.settle, courseware_id)


async def _made(courseware_id: str) -> Courseware:
    """Worked on here, or by the server where that is faster; both write down how far it is."""
    workshop = Workshop("command")
    await courseware.queue_for(courseware_id)
    work = asyncio.create_task(_work(workshop, courseware_id), name="courseware")
    shown = ""
    try:
        while (found := await courseware.about(courseware_id)).state in _AT_WORK:
            now = f"{_STAGES.get(found.stage, '')} {found.progress:.0%}"
            if now != shown:
                print(f"  {now}", flush=True)
                shown = now
            await asyncio.sleep(LOOK_S)
    finally:
        work.cancel()
        await asyncio.wait([work])
    return found


async def _work(workshop: Workshop, courseware_id: str) -> None:
    while await workshop.take(courseware_id):  # a process that dies is begun anew, as often as the server would
        await workshop.do(courseware_id)


async def _staff(name: str, institution_id: str) -> Account:
    account_id = await people.account_id_of(name)
    account = None if account_id is None else await people.account(account_id)
    if account is None or account.role is not Role.STAFF or account.institution_id != institution_id:
        raise Unknown
    return account


if __name__ == "__main__":
    sys.exit(main())
