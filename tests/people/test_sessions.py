"""Signed-in browsers: ended when they are ended, alive when the server isn't."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tortoise import Tortoise

from classroom import notices
from classroom.database import close_database, open_database
from classroom.people import web_sessions
from tests.cast import Cast

KEY = "a-session-key-of-32-characters-x"
HOUR = 3_600_000


async def test_a_session_says_whose_it_is_until_it_ends_and_then_never_again(cast: Cast) -> None:
    heard: list[dict[str, str]] = []

    async def hear(**fields: str) -> None:
        heard.append(fields)

    await web_sessions.open_session(KEY, cast.learner, '{"account_id": "x"}', HOUR)
    assert await web_sessions.session_account(KEY) == cast.learner
    unsubscribe = notices.subscribe("session_ended", hear)

    await web_sessions.end_session(KEY, "signed_out")
    await web_sessions.end_session(KEY, "signed_out")
    unsubscribe()

    assert await web_sessions.session_account(KEY) is None
    assert await web_sessions.session_content(KEY) is None
    assert not await web_sessions.change_session(KEY, cast.learner, "{}")
    assert await web_sessions.session_account(KEY) is None
    assert [one["account_id"] for one in heard] == [cast.learner]


async def test_a_session_expires(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    await web_sessions.open_session(KEY, cast.learner, "{}", HOUR)
    opened = web_sessions.now_ms()

    monkeypatch.setattr(web_sessions, "now_ms", lambda: opened + HOUR + 1)

    assert await web_sessions.session_account(KEY) is None


async def test_an_account_that_was_disabled_has_no_session(cast: Cast) -> None:
    await web_sessions.open_session(KEY, cast.learner, "{}", HOUR)

    await Tortoise.get_connection("default").execute_script(
        f"UPDATE account SET disabled_at_ms = 1 WHERE id = '{cast.learner}'"
    )

    assert await web_sessions.session_account(KEY) is None


async def test_the_row_holds_a_hash_of_the_key_never_the_key(cast: Cast) -> None:
    await web_sessions.open_session(KEY, cast.learner, "{}", HOUR)

    stored = await Tortoise.get_connection("default").execute_query_dict("SELECT * FROM web_session")

    assert KEY not in str(stored)
    assert await web_sessions.session_account(stored[0]["key_hash"]) is None  # who reads the database can't sign in


async def test_a_new_process_knows_the_session(cast: Cast, database: str) -> None:
    """design.md: a kill -9 must not sign anybody out."""
    await web_sessions.open_session(KEY, cast.learner, "{}", HOUR)
    await close_database()
    program = (
        "import asyncio, settings\n"
        "from classroom.database import open_database, close_database\n"
        "from classroom.people.web_sessions import session_account\n"
        "async def main():\n"
        "    await open_database(settings.DATABASE)\n"
        f"    print(await session_account({KEY!r}))\n"
        "    await close_database()\n"
        "asyncio.run(main())\n"
    )

    said = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"ANXUE_DATABASE": database},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    await open_database(database)
    assert (said.stdout.strip(), said.returncode) == (cast.learner, 0), said.stderr
