"""One plain class for a bench, its learners signed in: ``python -m load_tests.seed.cohort`` reads a JSON plan.

The plan: ``learners``, ``lessons`` ([length, segment] in ms), ``sessions`` (open a web session each). It prints JSON:
``class_id``, ``password``, ``cookie``, staff with the secrets of their authenticators, and the learners' accounts with
their sessions' keys.
"""

import asyncio
import json
import secrets
import sys

import msgspec
import pyotp

import settings
from classroom.clock import now_ms
from classroom.courses import service as courses
from classroom.database import close_database, install, open_database
from classroom.people import faces, passwords, second_factor, web_sessions
from classroom.people import service as people
from classroom.people.rules import NOTICE_VERSION, InstitutionKind, Role
from load_tests.plan import PROCTORS, REGULATORS
from load_tests.portraits import drawn
from load_tests.seed.noise import lesson
from load_tests.stand_in import EMBEDDING

INSTITUTION, CLASS, COURSE, PASSWORD = "load-institution", "load-class", "load-course", "Load-tests-2026"
# A code of an authenticator is good once, so each worker of locust has proctors and regulators of its own.
WORKERS = 4
BUREAU = "load-bureau"
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
    await faces.give_consent(found, NOTICE_VERSION)
    await faces.submit_portrait(found, drawn(number), EMBEDDING)
    await faces.confirm_portrait(found, staff)
    return found


async def _authenticator(account_id: str, account: str) -> str:
    """Set up already, by the code of a step ago: the code of now can still be used."""
    secret = (await second_factor.begin(account_id, account)).text
    code = pyotp.TOTP(secret).at(now_ms() // 1000 - second_factor.STEP_S)
    await second_factor.confirm(account_id, code, "")
    return secret


async def _cohort(plan: Plan) -> dict[str, object]:
    await people.add_institution(INSTITUTION, "压力测试中心", "440100")
    lessons = [lesson(f"load-lesson-{n}", *about) for n, about in enumerate(plan.lessons, 1)]
    await courses.add_course("压力测试课程", lessons, COURSE)
    await courses.add_class(CLASS, "压力测试班", INSTITUTION, COURSE)
    encoded = await passwords.hash_password(PASSWORD)
    staff = await people.register(INSTITUTION, Role.STAFF, "load-staff", "王老师", encoded)
    authenticators = {"load-staff": await _authenticator(staff, "load-staff")}
    await people.add_institution(BUREAU, "压力测试监管局", "440100", InstitutionKind.BUREAU)
    proctors = [f"load-proctor-{number}" for number in range(PROCTORS * WORKERS)]
    regulators = [f"load-regulator-{number}" for number in range(REGULATORS * WORKERS)]
    for name in proctors:
        found = await people.register(INSTITUTION, Role.PROCTOR, name, "监看员", encoded)
        await courses.assign_proctor(CLASS, found)
        authenticators[name] = await _authenticator(found, name)
    for name in regulators:
        found = await people.register(BUREAU, Role.REGULATOR, name, "监管员", encoded)
        authenticators[name] = await _authenticator(found, name)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> tuple[str, str]:
        async with gate:
            account = f"load-{number:05}"
            found = await learner(number, encoded, CLASS, INSTITUTION, staff, f"学员{number}", account)
            key = secrets.token_urlsafe(32)
            if plan.sessions:
                content = json.dumps({"account_id": found, "authenticated": "password"})  # as web/sessions.py holds it
                await web_sessions.open_session(key, found, content, SESSION_MS)
            return account, key

    accounts = await asyncio.gather(*(one(number) for number in range(plan.learners)))
    return {
        "class_id": CLASS,
        "password": PASSWORD,
        "cookie": settings.SESSION_COOKIE_NAME,
        "staff": "load-staff",
        "proctors": proctors,
        "regulators": regulators,
        "authenticators": authenticators,
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
