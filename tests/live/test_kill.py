"""``kill -9`` of either process: nobody is signed out, a kill costs at most one heartbeat, no check lost to it is a strike."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from realtime import protocol as p
from tests.live.camera import Drawn, Told
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.record import assert_sound, counted_ms, earned_ms, outcomes, reasons
from tests.live.server import BRISK, Plan, Server

pytestmark = pytest.mark.slow

HEARTBEAT_MS = BRISK["heartbeat_ms"]
JITTER_MS = 150  # messages on their way and a busy machine, for each transition
LATER = BRISK | {"drawn_from_ms": 3_500, "drawn_to_ms": 4_500, "window_ms": 4_000}


@pytest.fixture(scope="module")
def shared(open_server: Open) -> Server:
    return open_server(Plan(rules=LATER, lessons=((12_000, 1_000),), learners=6))


@pytest.fixture
def server(shared: Server) -> Server:
    if not shared.running:  # a test that failed left it dead
        shared.start()
    return shared


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_when_the_control_process_ends_nobody_is_signed_out_and_no_check_is_a_strike(
    server: Server, end: str
) -> None:
    """Three at once: one studies (through two ends), one is challenged, one is in the login check.

    A fault costs at most one heartbeat of earned time, nothing counts twice, held time stays (rule 7: SYSTEM_ERROR).
    """
    async with AsyncExitStack() as stack:
        first = 0 if end == "kill" else 3
        people = [await stack.enter_async_context(Learner(server, f"learner-{first + n}")) for n in range(3)]
        studying, challenged, arriving = people
        for learner in people:
            await learner.sign_in()
            await learner.enter()
        for learner in (studying, challenged):
            await learner.begin()
            await learner.open()
        session = studying.view and studying.view.session_id
        challenged.camera = arriving.camera = Told("nobody")
        await challenged.play()
        await _until_prompted(challenged)
        held_ms = challenged.view.held_ms if challenged.view else 0
        await studying.play()
        arriving.send(p.Begin())
        await studying.watch(1_200)
        await arriving.until_phase("challenged")
        challenged.camera = arriving.camera = Told("passes")
        await _end_control(server, end, *people)

        assert studying.view and studying.view.session_id == session
        assert (studying.view.phase, studying.view.reason) == ("paused", "SYSTEM_ERROR")
        assert challenged.view and challenged.view.held_ms == held_ms > LATER["drawn_from_ms"] - HEARTBEAT_MS
        assert (challenged.view.phase, challenged.view.reason) == ("paused", "SYSTEM_ERROR")
        assert (challenged.view.check, challenged.view.last_outcome) == (None, "device_error")
        await studying.play()
        await challenged.play()
        await challenged.until_phase("studying")
        await arriving.until_phase("browsing")
        await studying.watch(max(0, 2_400 - studying.video.total_ms))
        await _end_control(server, end, *people)

        await studying.play()
        await studying.until(lambda: any(one.kind == "drawn" for one in studying.of(p.CheckEnded)))
        await studying.watch(500)
        shown_ms = studying.video.total_ms
        await studying.sign_out()
        records = [await learner.record() for learner in people]
        for learner in people:
            assert learner.view and learner.view.failures_left == 6

    for record in records:
        assert_sound(record)
        assert len(record["sessions"]) == 1
        _assert_positions_agree(record)
    assert outcomes(records[0]) == [("login", "passed"), ("drawn", "passed")]
    begun, more = outcomes(records[1])[:3], outcomes(records[1])[3:]
    assert begun == [("login", "passed"), ("drawn", "device_error"), ("resume", "passed")]
    assert {outcome for _, outcome in more} <= {"passed", "device_error"}  # the lost moment is drawn again (ADR 17)
    assert outcomes(records[2]) == [("login", "device_error"), ("login", "passed")]
    assert counted_ms(records[0]) >= LATER["drawn_from_ms"] - 2 * (HEARTBEAT_MS + JITTER_MS)
    assert counted_ms(records[1]) == 0 or ("drawn", "passed") in more
    assert reasons(records[0])["SYSTEM_ERROR"] > 0
    _assert_agrees(records[0], shown_ms, ends=2, transitions=5)
    _assert_agrees(records[1], challenged.video.total_ms, ends=2, transitions=4 + 2 * len(more))
    assert server.replay()[0] == 0


async def test_with_the_heartbeat_of_production_a_kill_costs_at_most_one(open_server: Open) -> None:
    """The same with every setting at its default: 5 s, answered once it is committed."""
    server = open_server(Plan(rules={}, lessons=((12_000, 4_000),)))
    async with Learner(server) as learner:
        await learner.sign_in()
        await learner.enter()
        await learner.begin()
        await learner.open()
        await learner.play()
        await learner.watch(7_500)
        assert learner.beaten and learner.beaten.held_ms >= 4_500
        before_ms = learner.beaten.held_ms
        await _end_control(server, "kill", learner)
        assert learner.view and learner.view.held_ms >= before_ms
        await learner.play()
        await learner.watch(1_000)
        shown_ms = learner.video.total_ms
        await learner.sign_out()
        record = await learner.record()

    assert_sound(record)
    assert outcomes(record) == [("login", "passed")]
    _assert_agrees(record, shown_ms, ends=1, transitions=3, heartbeat_ms=5_000)
    assert server.replay()[0] == 0


async def test_the_media_process_may_die_while_studying_and_while_challenged(
    open_server: Open, portrait: list[float], actor_camera: Drawn
) -> None:
    """Rule 7: PROVIDER_DOWN by the server's own evidence; then both die at once, and no orphan blocks the restart."""
    rules = BRISK | {"drawn_from_ms": 3_000, "drawn_to_ms": 4_000, "camera_ms": 8_000, "window_ms": 30_000}
    server = open_server(Plan(rules=rules, lessons=((20_000, 1_000),), portrait=portrait, real_media=True))
    async with Learner(server, camera=actor_camera) as learner:
        await learner.sign_in()
        await learner.enter()
        await learner.begin()
        await learner.open()
        await learner.play()
        server.kill_media()
        await learner.watch(1_000)
        assert learner.view and learner.view.phase == "studying"

        await _until_prompted(learner)
        held_ms, failures_left = learner.view.held_ms, learner.view.failures_left
        server.kill_media()
        await learner.until(lambda: learner.view is not None and learner.view.last_outcome == "provider_down")
        assert (learner.view.phase, learner.view.reason) == ("paused", "PROVIDER_DOWN")
        assert (learner.view.held_ms, learner.view.failures_left) == (held_ms, failures_left)

        await _until_prompted(learner)  # of the resume check, which comes by itself
        media = server.media_pid
        await _end_control(server, "kill", learner)
        assert server.media_pid != media
        assert (learner.view.held_ms, learner.view.failures_left) == (held_ms, failures_left)
        await learner.play()
        await _until_prompted(learner)  # a check is possible again, at the same address
        record = await learner.record()

    assert_sound(record)
    assert outcomes(record) == [
        ("login", "passed"),
        ("drawn", "provider_down"),
        ("resume", "device_error"),
        ("resume", None),
    ]
    assert counted_ms(record) == 0
    _assert_agrees(record, learner.video.total_ms, ends=1, transitions=4)
    assert server.replay()[0] == 0


async def _until_prompted(learner: Learner) -> None:
    prompts = len(learner.of(p.CheckPrompt))
    await learner.until(lambda: len(learner.of(p.CheckPrompt)) > prompts, 60)


async def _end_control(server: Server, end: str, *learners: Learner) -> None:
    if end == "kill":
        server.kill()
    else:
        assert server.stop() == 0
    for learner in learners:
        await learner.until(lambda learner=learner: not learner.online)
    server.start()
    await asyncio.gather(*(learner.come_back() for learner in learners))


def _assert_agrees(
    record: dict[str, Any], shown_ms: float, *, ends: int, transitions: int, heartbeat_ms: int = HEARTBEAT_MS
) -> None:
    """Earned (counted and held) is what the stopwatch saw, less one heartbeat an end at most; never more."""
    lost_ms = shown_ms - earned_ms(record)
    print(f"shown {shown_ms:.0f} ms, earned {earned_ms(record)} ms, lost {lost_ms:.0f} ms by {ends} ends")
    assert -JITTER_MS <= lost_ms <= ends * heartbeat_ms + transitions * JITTER_MS


def _assert_positions_agree(record: dict[str, Any]) -> None:
    """Nothing twice: the seconds are the lesson's positions."""
    assert sum(lesson["earned_to_ms"] for lesson in record["lessons"]) == earned_ms(record)
