"""``rotate-keys`` ended by kill -9 in the middle: nothing sealed is lost, and it goes on where it was."""

import asyncio
import base64
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest
from tortoise import Tortoise

import settings
from classroom.people import faces, service
from classroom.people.rules import Role
from tests.cast import EMBEDDING, ROOT, Cast, with_portrait

MORE = 300  # persons, a key each, beside the cast
DONE_WHEN_KILLED = (1, 60, 150, 230)  # keys that are rewrapped at the least; the last batch begins at 200
PATIENCE_S = 60
NEW = {"new": bytes(range(32))}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def ring(keys: dict[str, bytes]) -> str:
    return ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in keys.items())


async def rotate(database: str, folder: Path, keys: dict[str, bytes]) -> Process:
    own = {"ANXUE_DATABASE": database, "ANXUE_DATA": str(folder), "ANXUE_FACE_KEK": ring(keys)}
    command = (sys.executable, "-m", "classroom.people", "rotate-keys")
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=os.environ | own, stdout=PIPE)


async def rewrapped() -> int:
    sql = "SELECT count(*) AS n FROM person_key WHERE kek_id = 'new' AND wrapped IS NOT NULL"
    [row] = await Tortoise.get_connection("default").execute_query_dict(sql)
    return int(row["n"])


async def all_opens(cast: Cast, everybody: dict[str, str]) -> None:
    assert dict(await service.names_of(list(everybody))) == everybody
    assert await faces.portrait_embedding(cast.learner) == EMBEDDING


async def test_a_rotation_that_was_killed_at_any_moment_loses_nothing_and_goes_on(
    cast: Cast, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GB/T 22239 8.1.4.8: what is sealed stays sealed, and can be opened by whoever has the keys."""
    await with_portrait(cast, cast.learner, cast.staff)
    everybody = {cast.learner: "欧阳测试", cast.other_staff: "端木测试"}
    for number in range(MORE):
        name = f"测试{number:03}"
        everybody[await service.register("school", Role.LEARNER, f"more-{number}", name, "-")] = name
    both = NEW | dict(settings.FACE_KEKS)
    monkeypatch.setattr(settings, "FACE_KEKS", both)

    in_the_middle = 0
    for at_least in DONE_WHEN_KILLED:
        process = await rotate(database, tmp_path / "data", both)
        async with asyncio.timeout(PATIENCE_S):
            while await rewrapped() < at_least and process.returncode is None:
                await asyncio.sleep(0)
        if process.returncode is None:
            process.kill()
        status = await asyncio.wait_for(process.wait(), PATIENCE_S)
        in_the_middle += status == -9 and at_least <= await rewrapped() < MORE
        await all_opens(cast, everybody)

    process = await rotate(database, tmp_path / "data", both)
    said, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 0, said
    assert said.endswith(b"all are wrapped by new now\n")
    assert in_the_middle >= 2  # else nothing was tried
    monkeypatch.setattr(settings, "FACE_KEKS", NEW)  # the old key is needed no more
    await all_opens(cast, everybody)
