"""A socket ends with the web session that opened it, by itself."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from classroom.clock import now_ms
from realtime.process import EXPIRY_S
from realtime.protocol import CLOSE_UNAUTHENTICATED
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.server import Plan, Server

pytestmark = pytest.mark.slow
LEFT_MS = 3_000


def expires_soon(server: Server) -> None:
    """Every session so far ends in three seconds."""
    with closing(sqlite3.connect(server.folder / "classroom.sqlite3")) as database, database:
        changed = database.execute("UPDATE web_session SET expires_at_ms = ?", (now_ms() + LEFT_MS,)).rowcount
    assert changed >= 1


async def test_a_socket_is_closed_when_its_web_session_expires_and_no_other(open_server: Open) -> None:
    server = open_server(Plan(learners=2))
    async with Learner(server, "learner-0") as early, Learner(server, "learner-1") as late:
        await early.sign_in()
        expires_soon(server)
        await late.sign_in()
        await late.enter()
        await early.enter()
        entered = asyncio.get_running_loop().time()
        await early.until(lambda: early.close_code is not None)

        assert early.close_code == CLOSE_UNAUTHENTICATED
        assert asyncio.get_running_loop().time() - entered < LEFT_MS / 1000 + EXPIRY_S + 2
        assert late.close_code is None and late.online
        assert (await early.ask("GET", "/api/me"))[1]["account"] is None
