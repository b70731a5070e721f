"""One plain class for a bench, its learners signed in: ``python -m load_tests.seed.cohort`` reads a JSON plan.

The plan: ``learners``, ``lessons`` ([length, segment] in ms), ``sessions`` (open a web session each). It prints JSON:
``class_id``, ``password``, ``cookie``, and the accounts with their sessions' keys.
"""

import asyncio
import json
import secrets
import sys

import msgspec

import settings
from classroom.courses import service as courses
from classroom.database import close_database, install, open_database
from classroom.people import passwords
from classroom.people import service as people
from classroom.people.rules import NOTICE_VERSION, Role
from load_tests.portraits import drawn
from load_tests.seed.noise import lesson
from load_tests.stand_in import EMBEDDING

INSTITUTION, CLASS, COURSE, PASSWORD = "load-institution", "load-class", "load-course", "Load-tests-2026"
PROCTORS = tuple(f"load-proctor-{number}" for number in range(4))  # one account may hold eight sockets open
SESSION_MS = 12 * 3_600_000
AT_ONCE = 8


class Plan(msgspec.Struct, frozen=True):
    """What is asked for."""

    learners: int
    lessons: list[tuple[int, int]]  # length and segment, ms
    sessions: bool = False


async def learner(
    number: int, encoded: str, class_id: str, institution: str, staff: str, name: str, account: str
) -> str:
    """One more, enrolled, consented, with a confirmed portrait; returns the id."""
    found = await people.register(institution, Role.LEARNER, account, name, encoded)
    await courses.enrol(found, class_id)
    await people.give_consent(found, NOTICE_VERSION)
    await people.submit_portrait(found, drawn(number), EMBEDDING)
    await people.confirm_portrait(found, staff)
    return found


async def _cohort(plan: Plan) -> dict[str, object]:
    await people.add_institution(INSTITUTION, "压力测试中心", "440100")
    lessons = [lesson(f"load-lesson-{n}", *about) for n, about in enumerate(plan.lessons, 1)]
    await courses.add_course("压力测试课程", lessons, COURSE)
    await courses.add_class(CLASS, "压力测试班", INSTITUTION, COURSE)
    encoded = await passwords.hash_password(PASSWORD)
    staff = await people.register(INSTITUTION, Role.STAFF, "load-staff", "王老师", encoded)
    for name in PROCTORS:
        await courses.assign_proctor(CLASS, await people.register(INSTITUTION, Role.PROCTOR, name, "监看员", encoded))
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> tuple[str, str]:
        async with gate:
            account = f"load-{number:05}"
            found = await learner(number, encoded, CLASS, INSTITUTION, staff, f"学员{number}", account)
            key = secrets.token_urlsafe(32)
            if plan.sessions:
                content = json.dumps({"account_id": found, "authenticated": "password"})  # as web/sessions.py holds it
                await people.open_session(key, found, content, SESSION_MS)
            return account, key

    accounts = await asyncio.gather(*(one(number) for number in range(plan.learners)))
    return {
        "class_id": CLASS,
        "password": PASSWORD,
        "cookie": settings.SESSION_COOKIE_NAME,
        "staff": "load-staff",
        "proctors": list(PROCTORS),
        "accounts": accounts,
    }


async def main() -> None:
    """Install and fill."""
    plan = msgspec.json.decode(sys.stdin.read(), type=Plan)
    await install(settings.DATABASE)
    await open_database(settings.DATABASE)
    try:
        about = await _cohort(plan)
    finally:
        await close_database()
    print(json.dumps(about))


if __name__ == "__main__":
    asyncio.run(main())
