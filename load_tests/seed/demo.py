"""Makes the living demo: ``python -m load_tests.seed.demo 300`` (learners); safe to repeat, and with more of them.

The accounts stand in {DATA}/crowd-accounts.json. Passwords are made at random unless ANXUE_DEMO=1 gives fixed ones.
"""

import asyncio
import os
import secrets
import sys
from typing import Any

import msgspec

import settings
from classroom import demo
from classroom.courses import service as courses
from classroom.courses.catalogue import Qualification
from classroom.database import close_database, install, open_database
from classroom.people import passwords
from classroom.people import service as people
from classroom.people.rules import InstitutionKind, Role
from load_tests.seed.cohort import learner
from load_tests.seed.looped import looped
from load_tests.seed.places import BUREAUS, COURSES, PLATFORM, SCHOOLS, School, name

LOW_VOLTAGE = (Qualification.SPECIAL_OPERATION, "1.1")
AT_ONCE = 8
LESSONS = (("demo-lesson-2", "安全用电基础", 15), ("demo-lesson-3", "现场作业与应急", 22))  # about 45 minutes each
_FILE = settings.DATA / "crowd-accounts.json"


class Accounts:
    """Those that are there, with the passwords of before."""

    def __init__(self) -> None:
        kept: dict[str, Any] = msgspec.json.decode(_FILE.read_bytes()) if _FILE.exists() else {}
        self.learners: list[dict[str, str]] = kept.get("learners", [])
        self.others: list[dict[str, str]] = kept.get("others", [])
        self._word = kept.get("password") or ("Crowd-2026-demo" if settings.DEMO else secrets.token_urlsafe(12))
        self.encoded = ""

    async def prepare(self) -> None:
        """One hash serves all, for hundreds would take minutes."""
        self.encoded = await passwords.hash_password(self._word)

    async def other(self, institution: str, role: Role, account: str, display_name: str, about: str) -> str:
        """Somebody who watches, unless they are there."""
        found = await people.account_id_of(account)
        if found is None:
            found = await people.register(institution, role, account, display_name, self.encoded)
        if all(one["account"] != account for one in self.others):
            entry = {
                "account": account,
                "password": self._word,
                "role": role.value,
                "about": about,
                "institution": institution,
            }
            self.others.append(entry)
        return found

    async def learner(self, number: int, school: School, class_id: str, staff: str) -> None:
        """One more who studies, unless they are there."""
        account = f"crowd-{number:05}"
        if await people.account_id_of(account) is None:
            await learner(number, self.encoded, class_id, school.id, staff, name(number), account)
        if all(one["account"] != account for one in self.learners):
            self.learners.append({"account": account, "class_id": class_id, "password": self._word})

    def keep(self) -> None:
        """Write them down, for their owner's eyes only."""
        self.learners.sort(key=lambda one: one["account"])
        content = {"learners": self.learners, "others": self.others, "password": self._word}
        handle = os.open(_FILE, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(content))


async def seed(learners: int) -> None:
    """On the open database."""
    await demo.seed()
    accounts = Accounts()
    await accounts.prepare()
    if await courses.class_outline(SCHOOLS[0].classes[0].id) is None:
        await _courses()
        for school in SCHOOLS:
            await _school(school)
    for bureau, title, region, account in BUREAUS:
        await _office(bureau, title, region, InstitutionKind.BUREAU)
        await accounts.other(bureau, Role.REGULATOR, account, "监管员", title)
    await _office(*PLATFORM[:3], InstitutionKind.PLATFORM)
    await accounts.other(PLATFORM[0], Role.OPERATOR, PLATFORM[3], "平台运维", PLATFORM[1])
    staff = {}
    for school in SCHOOLS:
        short = school.id.removeprefix("crowd-")
        staff[school.id] = await accounts.other(school.id, Role.STAFF, f"staff-{short}", "班主任", school.name)
        for held in school.classes[::2]:
            account = f"proctor-{held.id.removeprefix('crowd-')}"
            proctor = await accounts.other(school.id, Role.PROCTOR, account, "监考员", held.title)
            await courses.assign_proctor(held.id, proctor)
    places = [(school, held.id) for school in SCHOOLS for held in school.classes]
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            school, class_id = places[number % len(places)]
            await accounts.learner(number, school, class_id, staff[school.id])

    await asyncio.gather(*(one(number) for number in range(learners)))
    accounts.keep()


async def _courses() -> None:
    for course, title in COURSES:
        lessons = [
            looped(of, f"{course}-{n}", f"第{n}课 {what}", times) for n, (of, what, times) in enumerate(LESSONS, 1)
        ]
        await courses.add_course(f"{title}（演示课程）", lessons, course)


async def _school(school: School) -> None:
    await _office(school.id, school.name, school.city, InstitutionKind.TRAINING)
    for city in school.also_in:
        await people.register_in(school.id, city)
    for held in school.classes:
        await courses.add_class(held.id, held.title, school.id, held.course, held.region, LOW_VOLTAGE)


async def _office(office: str, title: str, region: str, kind: InstitutionKind) -> None:
    if await people.institution(office) is None:
        await people.add_institution(office, title, region, kind)


async def main(learners: int) -> None:
    """Install and fill."""
    await install(settings.DATABASE)
    await open_database(settings.DATABASE)
    try:
        await seed(learners)
    finally:
        await close_database()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
