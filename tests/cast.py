"""The persons of every test and the database they live in: SQLite, and PostgreSQL where there is one."""

import asyncio
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from classroom.courses import service as courses
from classroom.courses.rules import Lesson
from classroom.database import close_database, open_database
from classroom.people import faces, passwords
from classroom.people import service as people
from classroom.people.rules import NOTICE_VERSION, Role

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "Correct-horse-7"
JPEG = b"\xff\xd8 a face, as far as this test is concerned \xff\xd9" * 20
EMBEDDING = [round(0.01 * index - 0.5, 3) for index in range(128)]


@dataclass(frozen=True)
class Cast:
    """Who is there: a class of one institution with two learners and a teacher; another institution with the same."""

    learner: str
    learner2: str
    staff: str
    other_learner: str  # of the other institution
    other_staff: str
    class_id: str
    lessons: tuple[Lesson, ...]


@cache
def _encoded() -> str:
    return passwords._hasher.encode(PASSWORD, "0123456789abcdef")  # one hash for all: it takes its time


def _installed(url: str) -> None:
    """In a process of its own: Tortoise parses source for it, which CPython 3.11 refuses while another thread does too."""
    command = [sys.executable, "-m", "classroom.install"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"ANXUE_DATABASE": url}, check=True, timeout=100)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installed database to copy: installing takes longer than most tests."""
    file = tmp_path_factory.mktemp("template") / "classroom.sqlite3"
    _installed(f"sqlite://{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The same on PostgreSQL; the answer is its name."""
    name = f"classroom_test_{uuid.uuid4().hex}"

    async def admin(sql: str) -> None:
        connection = await asyncpg.connect(postgres_url)
        await connection.execute(sql)
        await connection.close()

    asyncio.run(admin(f'CREATE DATABASE "{name}"'))
    try:
        _installed(postgres_url.rpartition("/")[0] + f"/{name}")
        yield name
    finally:
        asyncio.run(admin(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def backend(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The template to copy, with its server; tests that need no second backend ask for it in their conftest."""
    if request.param == "sqlite":
        return "", str(request.getfixturevalue("sqlite_template"))
    return request.getfixturevalue("postgres_url"), request.getfixturevalue("postgres_template")


@pytest_asyncio.fixture
async def database_url(backend: tuple[str, str], tmp_path: Path) -> AsyncIterator[str]:
    """The address of an installed database of this test's own."""
    server, template = backend
    if not server:
        shutil.copy(template, tmp_path / "classroom.sqlite3")
        yield f"sqlite://{tmp_path}/classroom.sqlite3"
        return
    name = f"classroom_test_{uuid.uuid4().hex}"
    admin = await asyncpg.connect(server)
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield server.rpartition("/")[0] + f"/{name}"
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """The same, open."""
    await open_database(database_url)
    try:
        yield database_url
    finally:
        await close_database()


@pytest_asyncio.fixture
async def cast(database: str) -> Cast:
    """Everybody is registered and enrolled; nobody has consented yet."""
    await people.add_institution("school", "广州市测试培训中心", "440100")
    await people.add_institution("other-school", "深圳市测试培训中心", "440300")
    ids = {}
    for institution, role, account, name in (
        ("school", Role.LEARNER, "learner", "欧阳测试"),
        ("school", Role.LEARNER, "learner2", "司马测试"),
        ("school", Role.STAFF, "staff", "诸葛测试"),
        ("other-school", Role.LEARNER, "other_learner", "上官测试"),
        ("other-school", Role.STAFF, "other_staff", "端木测试"),
    ):
        ids[account] = await people.register(institution, role, account, name, _encoded())
    lessons = tuple(
        Lesson(f"lesson-{uuid.uuid4().hex[:8]}", f"第{number}课", length, tuple(range(0, length, 4000)))
        for number, length in ((1, 20_000), (2, 10_500))
    )
    course_id = await courses.add_course("低压电工", list(lessons))
    await courses.add_class("class", "测试班", "school", course_id)
    await courses.enrol(ids["learner"], "class")
    await courses.enrol(ids["learner2"], "class")
    return Cast(**ids, class_id="class", lessons=lessons)


async def with_portrait(cast: Cast, learner_id: str, by: str) -> None:
    """Consent, a portrait, and its confirmation."""
    await faces.give_consent(learner_id, NOTICE_VERSION)
    await faces.submit_portrait(learner_id, JPEG, EMBEDDING)
    await faces.confirm_portrait(learner_id, by)
