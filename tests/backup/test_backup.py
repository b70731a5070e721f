"""A backup of a platform in use, restored into an empty one and verified; what was cut, altered or isn't empty is refused."""

import asyncio
import base64
import json
import os
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.live.learner import Learner
from tests.live.server import BRISK, ROOT, Plan, Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
SECRETS = ("ANXUE_SECRET_KEY", "ANXUE_JOURNAL_KEY", "ANXUE_INDEX_KEY", "ANXUE_FACE_KEK")


def backup(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "classroom.backup", *arguments], cwd=ROOT, env=environment, text=True,
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


class Databases:
    """SQLite files or PostgreSQL databases, made and dropped."""

    def __init__(self, postgres: str | None) -> None:
        self._postgres = postgres
        self._made: list[str] = []

    def new(self, folder: Path) -> dict[str, str]:
        if self._postgres is None:
            return {"ANXUE_DATABASE": f"sqlite://{folder}/{uuid.uuid4().hex}.sqlite3"}
        name = f"classroom_backup_{uuid.uuid4().hex}"
        self._made.append(name)
        asyncio.run(self._sql(f'CREATE DATABASE "{name}"'))
        return {"ANXUE_DATABASE": self._postgres.rpartition("/")[0] + f"/{name}"}

    def close(self) -> None:
        for name in self._made:
            asyncio.run(self._sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    async def _sql(self, statement: str) -> None:
        connection = await asyncpg.connect(self._postgres)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    found = Databases(request.getfixturevalue("postgres_url") if request.param == "postgres" else None)
    yield found
    found.close()


@pytest.fixture
def server(databases: Databases, tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "here"
    folder.mkdir()
    server = Server(folder, Plan(rules=BRISK, learners=2, environment=databases.new(folder)))
    try:
        server.seed()
        server.start()
        yield server
    finally:
        server.close()


async def _studied(server: Server) -> None:
    async with Learner(server) as learner:
        await learner.sign_in()
        await learner.enter()
        await learner.begin()
        await learner.open()
        await learner.play()
        await learner.watch(800)
        await learner.sign_out()


def elsewhere(server: Server, databases: Databases, folder: Path) -> dict[str, str]:
    """An empty platform that was given the secrets, which are backed up apart."""
    folder.mkdir()
    secrets = {name: (server.folder / "secrets" / name).read_text() for name in SECRETS}
    return server.environment | {"ANXUE_DATA": str(folder)} | databases.new(folder) | secrets


def test_what_is_restored_is_what_was_there_and_replays(server: Server, databases: Databases, tmp_path: Path) -> None:
    asyncio.run(_studied(server))
    file = tmp_path / "one.backup"
    status, said, wrong = backup(server.environment, "make", str(file))
    assert (status, wrong) == (0, "")
    assert "not in it: the secrets" in said
    assert file.stat().st_mode & 0o077 == 0
    for name in SECRETS:  # of no key a byte
        assert (server.folder / "secrets" / name).read_text().encode() not in _content(file)

    there = elsewhere(server, databases, tmp_path / "there")
    status, said, wrong = backup(there, "restore", str(file))
    assert (status, wrong) == (0, ""), said + wrong
    assert "1 attendances verified, 0 findings" in said
    assert "entries of the operation log verified, 0 findings" in said
    assert "the files of 1 lessons are missing here: lesson-1" in said
    again = tmp_path / "again.backup"
    assert backup(there, "make", str(again))[0] == 0
    assert _tables(again) == _tables(file)

    status, _, wrong = backup(there, "restore", str(file))
    assert status == 2
    assert wrong.startswith("NOT_EMPTY: ")

    server.stop()  # and the restored one serves: new rows find free numbers
    server.environment |= there
    (tmp_path / "there" / "courses").symlink_to(server.folder / "courses")
    server.start()
    asyncio.run(_studied(server))
    assert server.replay()[0] == 0


def test_a_file_that_was_cut_altered_or_is_somebody_elses_is_refused_before_anything_is_written(
    server: Server, databases: Databases, tmp_path: Path
) -> None:
    file = tmp_path / "one.backup"
    assert backup(server.environment, "make", str(file))[0] == 0
    there = elsewhere(server, databases, tmp_path / "there")

    cut = tmp_path / "cut"
    cut.write_bytes(file.read_bytes()[:-1_000])
    assert _code(there, cut) == "NOT_A_BACKUP"
    assert (
        _code(
            there, _with(file, tmp_path / "row", "tables/account.jsonl", lambda text: text.replace("learner", "staff"))
        )
        == "ALTERED"
    )
    assert (
        _code(
            there,
            _with(file, tmp_path / "manifest", "manifest.json", lambda text: text.replace('"rows": 1', '"rows": 0')),
        )
        == "NOT_SEALED"
    )
    assert _code(there | {"ANXUE_JOURNAL_KEY": "0123456789abcdef" * 3}, file) == "NOT_SEALED"
    ring = f"ffff0000:{base64.b64encode(bytes(range(32))).decode()}"
    assert _code(there | {"ANXUE_FACE_KEK": ring}, file) == "KEY_MISSING"
    assert backup(there, "restore", str(file))[0] == 0, "a refusal left something behind"


def test_a_backup_never_overwrites_another(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "one.backup"
    file.write_text("dear to somebody")
    status, _, wrong = backup(server.environment, "make", str(file))
    assert (status, wrong.split(":")[0]) == (2, "FILE_EXISTS")
    assert file.read_text() == "dear to somebody"
    assert os.listdir(tmp_path / "here")


def _code(environment: dict[str, str], file: Path) -> str:
    status, _, wrong = backup(environment, "restore", str(file))
    assert status == 2
    return wrong.split(":")[0]


def _with(file: Path, other: Path, name: str, change) -> Path:
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(other, "w") as after:
        for one in before.namelist():
            text = before.read(one).decode()
            if one == name:
                assert change(text) != text
                text = change(text)
            after.writestr(one, text)
    return other


def _content(file: Path) -> bytes:
    with zipfile.ZipFile(file) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def _tables(file: Path) -> dict[str, str]:
    with zipfile.ZipFile(file) as archive:
        return {one["name"]: one["sha256"] for one in json.loads(archive.read("manifest.json"))["tables"]}
