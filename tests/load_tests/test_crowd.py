"""A small crowd studies on a real server, and both ledgers agree."""

import asyncio
import json

import pytest

from load_tests.crowd.crowd import Crowd
from load_tests.learner.page import earned_ms
from load_tests.learner.wire import Wire
from load_tests.plan import Account
from load_tests.servers import Servers

RULES = {
    "heartbeat_ms": 500, "report_gap_ms": 2_500, "drawn_from_ms": 2_000, "drawn_to_ms": 4_000,
    "ready_ms": 200, "camera_ms": 6_000, "window_ms": 12_000, "margin_ms": 500,
}  # fmt: skip
LEARNERS = 4


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_a_crowd_studies_and_its_own_stopwatch_agrees_with_the_record() -> None:
    with Servers(rules=RULES) as servers:
        plan = {"learners": LEARNERS, "lessons": [[600_000, 4_000]]}
        status, said = servers.run("load_tests.seed.cohort", stdin=json.dumps(plan))
        assert status == 0, said
        about = json.loads(said.splitlines()[-1])
        servers.start()
        wrong: list[str] = []

        def noted(what: str, seconds: float, failed: str | None) -> None:
            wrong.extend([] if failed is None else [f"{what}: {failed}"])

        async def study() -> None:
            crowd = Crowd(servers.urls, noted=noted, honest=True)
            accounts = [Account(name, about["class_id"], about["password"]) for name, _ in about["accounts"]]
            await crowd.arrive(accounts, 0.2)
            drawn = [("drawn", "passed")]
            async with asyncio.timeout(90):
                while not all(one.page.told.checks[1:2] == drawn for one in crowd.learners):
                    await asyncio.sleep(0.2)
            await crowd.end(30)
            now = asyncio.get_running_loop().time()
            for one in crowd.learners:
                assert one.page.over == "signed out"
                async with Wire(servers.url, one.page) as wire:
                    await wire.sign_in(one.account.account, about["password"])
                    _, record = await wire.ask("GET", f"/api/classes/{about['class_id']}/record")
                assert abs(one.page.video.shown_ms(now) - earned_ms(record)) <= RULES["heartbeat_ms"]

        asyncio.run(study())
        assert wrong == []
        assert servers.replay() == (True, f"{LEARNERS} attendances verified, 0 findings")
