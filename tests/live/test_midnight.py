"""A lesson over midnight at a real process, whose clock says that it is nearly midnight in Guangdong (libfaketime)."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.record import assert_sound, earned_ms, reasons
from tests.live.server import BRISK, Plan, Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CAP_MS = 3_000
RULES = BRISK | {"daily_cap_ms": CAP_MS, "drawn_from_ms": 20_000, "drawn_to_ms": 30_000}
BEFORE_MS = 2_000  # played of the old day
DAY_MS, GUANGDONG_MS = 24 * 3_600_000, 8 * 3_600_000  # ahead of UTC, winter and summer
LEADS_S = (30, 90)  # until midnight, from where the server is made; a busy machine needs the longer one


def midnight_after(at_ms: int) -> int:
    return at_ms + DAY_MS - (at_ms + GUANGDONG_MS) % DAY_MS


def at_midnight(open_server: Open, lead_s: int) -> Server:
    """A server to whom midnight comes after so many seconds."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        pytest.skip("no libfaketime (Debian: libfaketime)")
    real_ms = time.time_ns() // 1_000_000  # noqa: TID251  # libfaketime adds to the machine's clock
    ahead_s = (midnight_after(real_ms) - real_ms) // 1000 - lead_s
    environment = {"LD_PRELOAD": str(library), "FAKETIME": f"{ahead_s:+d}", "FAKETIME_NO_CACHE": "1"}
    return open_server(Plan(rules=RULES, lessons=((20_000, 1_000),), environment=environment))


def earned_between(record: dict[str, Any], from_ms: int, to_ms: int) -> int:
    """Counted and held, in ms."""
    intervals = [one for session in record["sessions"] for one in session["intervals"]]
    mine = [one for one in intervals if one["state"] != "not_counted"]
    return sum(max(0, min(one["to_ms"], to_ms) - max(one["from_ms"], from_ms)) for one in mine)


async def test_one_stretch_over_midnight_has_the_cap_of_each_day_and_no_more(open_server: Open) -> None:
    """2.2.2 d: the daily cap splits at midnight, Asia/Shanghai."""
    for lead_s in LEADS_S:
        server = at_midnight(open_server, lead_s)
        async with Learner(server) as learner:
            await learner.sign_in()
            await learner.enter()
            await learner.begin()
            await learner.open()
            assert learner.view is not None
            now = learner.view.as_of_ms
            midnight = midnight_after(now)
            enough = midnight + CAP_MS + 1_000
            if not BEFORE_MS < midnight - now <= 1_000 * lead_s:
                continue  # it was over before the learner was there
            await asyncio.sleep((midnight - now - BEFORE_MS) / 1000)
            await learner.play()
            await learner.until(
                lambda one=learner, end=enough: one.beaten is not None and one.beaten.as_of_ms > end, 20
            )
            await learner.sign_out()
            record = await learner.record()
            break
    else:
        raise AssertionError("no server was up before its midnight")

    assert_sound(record)
    assert 0 < (before_ms := earned_between(record, 0, midnight)) <= BEFORE_MS
    assert earned_between(record, midnight, midnight + 60_000) == CAP_MS
    assert earned_ms(record) == before_ms + CAP_MS > CAP_MS
    assert reasons(record)["DAILY_LIMIT"] > 0
    assert server.replay()[0] == 0
