"""Honest and unlucky, over the real socket and HTTP: leaving, what a lost check cost, fewer actions, a person asked for."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from realtime import protocol as p
from tests.live.camera import Told
from tests.live.learner import Learner
from tests.live.names import CLASS
from tests.live.record import assert_sound, outcomes, reasons
from tests.live.server import BRISK, Plan, Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("unlucky")
    one = Server(folder, Plan(rules={**BRISK, "drawn_from_ms": 2_000, "drawn_to_ms": 3_000}, learners=4))
    try:
        one.seed()
        one.start()
        yield one
    finally:
        one.close()


@pytest_asyncio.fixture
async def staff(server: Server) -> AsyncIterator[Learner]:
    async with Learner(server, "staff") as one:
        yield await one.sign_in()


async def test_who_must_leave_pauses_without_a_strike_and_comes_back(server: Server) -> None:
    """Rule 8; nothing is earned while away, so nothing is due."""
    async with Learner(server, "learner-0") as learner:
        await (await learner.sign_in()).enter()
        await learner.begin()
        await learner.open()
        await learner.play()
        await learner.until(lambda: learner.beaten is not None and learner.beaten.held_ms > 500)
        learner.video.stop()
        learner.send(p.Leave(position_ms=learner.video.position_ms))
        away = await learner.until_phase("paused")

        assert away.reason == "LEFT"
        assert away.held_ms >= 500
        assert away.idle_at_ms is not None
        assert learner.of(p.CheckPushed)[1:] == []  # none but the login check
        await learner.play()
        await learner.until_phase("challenged")
        learner.send(p.Leave(position_ms=learner.video.position_ms))  # now it is refused
        await learner.until(lambda: bool(learner.of(p.Refused)))
        await learner.until_phase("studying")

        [refused] = learner.of(p.Refused)
        assert (refused.code, refused.message_type) == ("CHECK_OPEN", "leave")
        record = await learner.record()
        assert_sound(record)
        assert outcomes(record) == [("login", "passed"), ("drawn", "passed")]
        assert reasons(record)["LEFT"] > 0
        assert learner.view is not None
        assert (learner.view.failures_left, learner.view.lost) == (6, None)


async def test_what_a_missed_check_cost_is_told_with_its_stretch_now_and_later_and_elsewhere_and_won_back(
    server: Server,
) -> None:
    """Rule 6: what was dropped may be watched again (补录)."""
    async with Learner(server, "learner-1") as learner, Learner(server, "learner-1") as elsewhere:
        await (await learner.sign_in()).enter()
        await learner.begin()
        await learner.open()
        learner.camera = Told("nobody")
        await learner.play()
        await learner.until_phase("challenged")
        told = await learner.until_phase("signed_out")
        await (await elsewhere.sign_in()).enter()
        later = elsewhere.view

        assert told.lost is not None
        [stretch] = told.lost.stretches
        assert (stretch.lesson_id, stretch.from_ms) == ("lesson-1", 0)
        assert stretch.to_ms == told.last_cost_ms >= 1_500
        assert (told.lost.at_ms, told.lost.reason) == (told.ended_at_ms, "VERIFICATION_MISSED")
        assert later is not None
        assert (later.phase, later.reason, later.lost) == ("signed_out", "CHECK_MISSED", told.lost)

        learner.camera = Told("passes")
        await learner.begin()
        assert learner.view is not None
        assert learner.view.lost == told.lost  # the login check passed; what was lost is still known
        await learner.open()
        assert learner.opened is not None
        assert learner.opened.resume_ms == stretch.from_ms
        await learner.play()
        await learner.until(lambda: learner.view is not None and learner.view.lessons[0].counted_to_ms > 0)
        record = await learner.record()
        assert_sound(record)
        assert outcomes(record)[1:] == [("drawn", "missed"), ("login", "passed"), ("drawn", "passed")]


async def test_nobody_is_asked_for_what_staff_took_away(server: Server, staff: Learner) -> None:
    """Also of practice; the stand-in of the media process prompts what the scripts say."""
    listed = (await staff.ask("GET", "/api/staff/learners"))[1]
    someone = next(one["learner_id"] for one in listed if one["display_name"] == "张小安2")
    body = {"not_asked": ["nod", "close_eyes"], "reason": "OWN_STATEMENT"}
    assert (await staff.ask("POST", f"/api/staff/learners/{someone}/actions", body))[0] == 204
    async with Learner(server, "learner-2") as learner:
        await (await learner.sign_in()).enter()
        assert (await learner.ask("GET", "/api/me"))[1]["not_asked"] == ["nod", "close_eyes"]
        for purpose in ("practice", "practice"):
            before = len(learner.of(p.CheckEnded))
            learner.send(p.Rehearse(purpose=purpose))
            await learner.until(lambda before=before: len(learner.of(p.CheckEnded)) > before)
        await learner.begin()
        await learner.open()
        await learner.play()
        await learner.until(lambda: len(learner.of(p.CheckEnded)) == 4)

        prompts = [one.action for one in learner.of(p.CheckPrompt)]
        assert len(prompts) == 4 * 3
        assert set(prompts) == {"turn_left", "turn_right", "open_mouth"}


async def test_a_request_at_a_check_moves_no_deadline_and_staff_see_what_happened(
    server: Server, staff: Learner
) -> None:
    """Rule 8: a request made after the push doesn't move the deadline; row 14: no number of anybody."""
    async with Learner(server, "learner-3", Told("fails")) as learner:
        await (await learner.sign_in()).enter()
        learner.send(p.Begin())
        await learner.until(lambda: learner.check is not None)
        assert learner.check is not None
        check_id, deadline = learner.check.check_id, learner.check.deadline_ms
        body = {"reason": "IT_IS_ME", "class_id": CLASS, "check_id": check_id}
        status, asked = await learner.ask("POST", "/api/person-requests", body)
        view = await learner.until_phase("signed_out")
        record = await learner.record()

        assert status == 200
        [check] = record["checks"]
        assert (check["id"], check["outcome"]) == (check_id, "failed")
        assert check["ended_at_ms"] <= (deadline or 0)
        assert (view.reason, view.last_check_id, view.lost) == ("CHECK_FAILED", check_id, None)
        listed = (await staff.ask("GET", "/api/staff/person-requests"))[1]
        seen = next(one for one in listed if one["id"] == asked["id"])
        assert (seen["check"]["kind"], seen["check"]["outcome"], seen["check"]["reason"]) == (
            "login",
            "failed",
            "WRONG_ACTION",
        )
        path = f"/api/staff/person-requests/{asked['id']}/handle"
        assert (await staff.ask("POST", path, {"outcome": "MAY_TRY_AGAIN"}))[0] == 204
        [mine] = (await learner.ask("GET", "/api/person-requests"))[1]
        assert mine["outcome"] == "MAY_TRY_AGAIN"
