"""The demo's seed, with shorter lessons."""

import json
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise

import settings
from classroom import demo
from classroom.courses import service as courses
from classroom.courses import slides
from classroom.people import faces
from classroom.people import service as people


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    try:
        slides._font_file()
    except slides.FontMissing as missing:
        pytest.skip(str(missing))
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "courses")
    monkeypatch.setattr(demo, "_ACCOUNTS_FILE", tmp_path / "demo-accounts.json")
    monkeypatch.setattr(demo, "LESSONS", tuple((name, title, 5, pages) for name, title, _, pages in demo.LESSONS))
    return tmp_path


async def counts() -> dict[str, Any]:
    connection = Tortoise.get_connection("default")
    tables = ("institution", "account", "course", "lesson", "training_class", "class_member")
    return {name: (await connection.execute_query_dict(f"SELECT count(*) AS n FROM {name}"))[0]["n"] for name in tables}


async def test_the_seed_makes_a_class_that_can_be_studied_and_repeating_it_adds_nothing(
    database: str, small: Path
) -> None:
    first = await demo.seed()
    made = await counts()
    second = await demo.seed()

    assert made == {"institution": 1, "account": 3, "course": 1, "lesson": 3, "training_class": 1, "class_member": 2}
    assert (await counts(), second) == (made, first)
    outline = await courses.class_outline(demo.CLASS_ID)
    assert outline is not None
    assert [(one.length_ms, one.segments) for one in outline.lessons] == [(5_000, (0, 4_000))] * 3
    for account in first:
        signed_in = await people.authenticate(account["account"], account["password"])
        assert signed_in is not None
        assert signed_in.id == account["id"]
    assert await faces.portrait_state(first[0]["id"]) == "none"


async def test_a_lesson_that_was_deleted_is_made_again(database: str, small: Path) -> None:
    await demo.seed()
    (small / "courses" / "demo-lesson-2" / "master.m3u8").unlink()

    await demo.seed()

    assert (small / "courses" / "demo-lesson-2" / "master.m3u8").exists()


async def test_without_the_demos_switch_passwords_are_random_and_only_the_owner_reads_them(
    database: str, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GB/T 22239 8.1.4.2: no default accounts."""
    monkeypatch.setattr(settings, "DEMO", False)

    accounts = await demo.seed()

    passwords = [account["password"] for account in accounts]
    assert not {person.demo_password for person in demo.PEOPLE} & set(passwords)
    assert len(set(passwords)) == 3
    kept = small / "demo-accounts.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert sorted(json.loads(kept.read_text()).values()) == sorted(passwords)
