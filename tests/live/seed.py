"""Fills a fresh database with one class, its lessons and its people: ``python -m tests.live.seed`` reads a JSON plan."""

import asyncio
import json
import sys
from pathlib import Path

import settings
from classroom.courses import service as courses
from classroom.courses.rules import RENDITIONS, Lesson
from classroom.database import close_database, install, open_database
from classroom.people import faces, passwords, web_sessions
from classroom.people import service as people
from classroom.people.rules import NOTICE_VERSION, InstitutionKind, Role
from load_tests.portraits import drawn
from load_tests.stand_in import EMBEDDING
from tests.live.names import CLASS, INSTITUTION, NEIGHBOUR, PASSWORD, crowd_name, id_number

SESSION_MS = 12 * 3_600_000


async def _seed(plan: dict) -> None:
    await people.add_institution(INSTITUTION, "现场测试中心", "440100")
    lessons = [_lesson(f"lesson-{n}", *about) for n, about in enumerate(plan["lessons"], 1)]
    await courses.add_course("现场测试课程", lessons, "live-course")
    await courses.add_class(CLASS, "现场测试班", INSTITUTION, "live-course")
    encoded = await passwords.hash_password(PASSWORD)
    staff = await people.register(INSTITUTION, Role.STAFF, "staff", "王老师", encoded)
    await people.register(INSTITUTION, Role.STAFF, "head-zhao", "赵主任", encoded)
    proctor = await people.register(INSTITUTION, Role.PROCTOR, "proctor-ouyang", "欧阳监学", encoded)
    await courses.assign_proctor(CLASS, proctor)
    for city in ("440100", "440300"):
        await people.add_institution(f"bureau-{city}", "应急管理局", city, InstitutionKind.BUREAU)
        await people.register(f"bureau-{city}", Role.REGULATOR, f"regulator-{city}", "监管员", encoded)
    await people.add_institution("platform", "平台", "440100", InstitutionKind.PLATFORM)
    await people.register("platform", Role.OPERATOR, "operator", "运营员", encoded)
    await _strangers(encoded)
    for n in range(plan["learners"]):
        await _learner(n, f"learner-{n}", f"张小安{n}", encoded, staff, plan["portrait"])
    for n, key in enumerate(plan["crowd"]):
        learner = await _learner(100 + n, f"crowd-{n:03}", crowd_name(n), encoded, staff, EMBEDDING)
        content = json.dumps({"account_id": learner, "authenticated": "password"})  # as web/sessions.py holds it
        await web_sessions.open_session(key, learner, content, SESSION_MS)


async def _strangers(encoded: str) -> None:
    """Of another class, of another institution, and with roles that their institution can't have."""
    await people.add_institution(NEIGHBOUR, "邻市测试中心", "440300")
    await courses.add_course("别处的课程", [], "course-elsewhere")  # whoever shares a course may not change it
    for place, class_id in ((INSTITUTION, "class-beside"), (NEIGHBOUR, "class-next")):
        await courses.add_class(class_id, f"别处的班 {class_id}", place, "course-elsewhere")
        where = class_id.removeprefix("class-")
        proctor = await people.register(place, Role.PROCTOR, f"proctor-{where}", "公孙监学", encoded)
        await courses.assign_proctor(class_id, proctor)
        learner = await people.register(place, Role.LEARNER, f"learner-{where}", "公孙学员", encoded)
        await courses.enrol(learner, class_id)
    await people.register(NEIGHBOUR, Role.STAFF, "staff-next", "公孙老师", encoded)
    for role in (Role.OPERATOR, Role.REGULATOR):
        await people.register(NEIGHBOUR, role, f"{role.value}-pretended", "公孙某", encoded)


async def _learner(n: int, account: str, name: str, encoded: str, staff: str, portrait: list[float] | None) -> str:
    learner = await people.register(INSTITUTION, Role.LEARNER, account, name, encoded, id_number(n))
    await courses.enrol(learner, CLASS)
    if portrait is not None:
        await faces.give_consent(learner, NOTICE_VERSION)
        await faces.submit_portrait(learner, drawn(n), portrait)
        await faces.confirm_portrait(learner, staff)
    return learner


def _lesson(lesson_id: str, length_ms: int, segment_ms: int) -> Lesson:
    """A lesson whose segments hold noise: the server hands them over and never looks into them."""
    starts = tuple(range(0, length_ms, segment_ms))
    folder = settings.MEDIA_ROOT / lesson_id
    master = ["#EXTM3U"]
    for rendition in RENDITIONS:
        master += [f"#EXT-X-STREAM-INF:BANDWIDTH={rendition.video_bits}", f"{rendition.name}/index.m3u8"]
        _rendition(folder / rendition.name, starts, length_ms)
    (folder / "master.m3u8").write_text("\n".join(master) + "\n")
    return Lesson(lesson_id, f"第{lesson_id[-1]}课", length_ms, starts)


def _rendition(folder: Path, starts: tuple[int, ...], length_ms: int) -> None:
    folder.mkdir(parents=True)
    (folder / "init.mp4").write_bytes(b"header")
    lines = ["#EXTM3U", '#EXT-X-MAP:URI="init.mp4"']
    for n, (start, end) in enumerate(zip(starts, (*starts[1:], length_ms), strict=True)):
        (folder / f"{n}.m4s").write_bytes(bytes([n % 256]) * 20_000)
        lines += [f"#EXTINF:{(end - start) / 1000:.3f},", f"{n}.m4s"]
    (folder / "index.m3u8").write_text("\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n")


async def main() -> None:
    """Install and fill."""
    await install(settings.DATABASE)
    await open_database(settings.DATABASE)
    try:
        await _seed(json.load(sys.stdin))
    finally:
        await close_database()


if __name__ == "__main__":
    asyncio.run(main())
