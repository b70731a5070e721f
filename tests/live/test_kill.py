"""``kill -9`` of either process: nobody is signed out, a kill costs at most one heartbeat, no check lost to it is a strike."""

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
LATER = BRISK | {"drawn_from_ms": 3_500, "drawn_to_ms": 4_500}


@pytest.fixture(scope="module")
def server(open_server: Open) -> Server:
    return open_server(Plan(rules=LATER, lessons=((12_000, 1_000),), learners=4))


async def test_a_learner_studies_on_after_the_control_process_was_killed_twice(server: Server) -> None:
    """A fault costs at most one heartbeat of earned time, and nothing counts twice."""
    async with Learner(server, "learner-0") as learner:
        await learner.sign_in()
        await learner.enter()
        await learner.begin()
        await learner.open()
        session = learner.view and learner.view.session_id
        for kill in range(3):
            await learner.play()
            assert learner.view and learner.view.phase == "studying"
            if kill < 2:
                await learner.watch(1_200)
                await _kill_control(server, learner)
                assert (learner.view.phase, learner.view.reason) == ("paused", "SYSTEM_ERROR")
                assert learner.view.here and learner.view.session_id == session
        await learner.until(lambda: any(one.kind == "drawn" for one in learner.of(p.CheckEnded)))
        await learner.watch(700)
        shown_ms = learner.video.total_ms
        await learner.sign_out()
        record = await learner.record()

    assert_sound(record)
    assert outcomes(record) == [("login", "passed"), ("drawn", "passed")]
    assert len(record["sessions"]) == 1
    assert counted_ms(record) >= LATER["drawn_from_ms"] - 2 * (HEARTBEAT_MS + JITTER_MS)
    _assert_agrees(record, shown_ms, kills=2, transitions=5)
    assert reasons(record)["SYSTEM_ERROR"] > 0
    _assert_positions_agree(record)
    assert server.replay()[0] == 0


async def test_a_check_lost_with_the_control_process_is_no_strike(server: Server) -> None:
    """Rule 7: SYSTEM_ERROR; what is held stays, and a check comes before anything more is earned."""
    async with Learner(server, "learner-1") as learner:
        await learner.sign_in()
        await learner.enter()
        await learner.begin()
        await learner.open()
        learner.camera = Told("nobody")
        await learner.play()
        failures_left = learner.view.failures_left if learner.view else 0
        await _until_prompted(learner)
        assert learner.view
        held_ms = learner.view.held_ms
        await _kill_control(server, learner)

        assert (learner.view.phase, learner.view.reason) == ("paused", "SYSTEM_ERROR")
        assert learner.view.held_ms == held_ms > 0
        assert learner.view.failures_left == failures_left
        assert (learner.view.check, learner.view.last_outcome) == (None, "device_error")
        learner.camera = Told("passes")
        await learner.play()
        await learner.until_phase("challenged")
        assert learner.view.check and learner.view.check.kind == "resume"
        await learner.until(lambda: any(one.kind == "drawn" for one in learner.of(p.CheckEnded)))
        shown_ms = learner.video.total_ms
        await learner.sign_out()
        record = await learner.record()

    assert_sound(record)
    assert outcomes(record)[:3] == [("login", "passed"), ("drawn", "device_error"), ("resume", "passed")]
    assert outcomes(record)[3:] == [("drawn", "passed")]
    _assert_agrees(record, shown_ms, kills=1, transitions=5)
    assert counted_ms(record) > held_ms
    assert server.replay()[0] == 0


async def test_a_login_check_lost_with_the_control_process_is_asked_again(server: Server) -> None:
    async with Learner(server, "learner-2", Told("nobody")) as learner:
        await learner.sign_in()
        await learner.enter()
        learner.send(p.Begin())
        await learner.until_phase("challenged")
        learner.camera = Told("passes")
        await _kill_control(server, learner)
        view = await learner.until_phase("browsing")
        record = await learner.record()

    assert view.here
    assert view.failures_left == 6
    assert_sound(record)
    assert outcomes(record) == [("login", "device_error"), ("login", "passed")]
    assert len(record["sessions"]) == 1
    assert server.replay()[0] == 0


async def test_a_restart_in_order_costs_no_more_than_a_kill(server: Server) -> None:
    """SIGTERM: the page is told to come back; neither the session nor what is held is lost, nor a strike given."""
    async with Learner(server, "learner-3") as learner:
        await learner.sign_in()
        await learner.enter()
        await learner.begin()
        await learner.open()
        await learner.play()
        await learner.watch(1_200)
        shown_ms = learner.video.total_ms
        await _restart(server, learner)
        assert learner.view and learner.view.here
        assert shown_ms - learner.view.held_ms <= HEARTBEAT_MS + JITTER_MS

        learner.camera = Told("nobody")
        await learner.play()
        await _until_prompted(learner)
        held_ms, failures_left = learner.view.held_ms, learner.view.failures_left
        await _restart(server, learner)
        assert (learner.view.phase, learner.view.reason) == ("paused", "SYSTEM_ERROR")
        assert (learner.view.held_ms, learner.view.failures_left) == (held_ms, failures_left)
        shown_ms = learner.video.total_ms
        record = await learner.record()

    assert_sound(record)
    assert outcomes(record) == [("login", "passed"), ("drawn", "device_error")]
    _assert_agrees(record, shown_ms, kills=2, transitions=4)
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
        await _kill_control(server, learner)
        assert learner.view and learner.view.held_ms >= before_ms
        await learner.play()
        await learner.watch(1_000)
        shown_ms = learner.video.total_ms
        await learner.sign_out()
        record = await learner.record()

    assert_sound(record)
    assert outcomes(record) == [("login", "passed")]
    _assert_agrees(record, shown_ms, kills=1, transitions=3, heartbeat_ms=5_000)
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
        await _kill_control(server, learner)
        assert server.media_pid != media
        assert (learner.view.held_ms, learner.view.failures_left) == (held_ms, failures_left)
        await learner.play()
        await learner.until(lambda: bool(learner.view and learner.view.phase == "studying"), 60)
        shown_ms = learner.video.total_ms
        await learner.sign_out()
        record = await learner.record()

    assert_sound(record)
    assert outcomes(record) == [
        ("login", "passed"),
        ("drawn", "provider_down"),
        ("resume", "device_error"),
        ("resume", "passed"),
    ]
    assert counted_ms(record) == 0
    _assert_agrees(record, shown_ms, kills=1, transitions=4)
    assert server.replay()[0] == 0


async def _until_prompted(learner: Learner) -> None:
    prompts = len(learner.of(p.CheckPrompt))
    await learner.until(lambda: len(learner.of(p.CheckPrompt)) > prompts, 60)


async def _kill_control(server: Server, learner: Learner) -> None:
    server.kill()
    await learner.until(lambda: not learner.online)
    server.start()
    await learner.come_back()


async def _restart(server: Server, learner: Learner) -> None:
    assert server.stop() == 0
    await learner.until(lambda: not learner.online)
    assert learner.close_code == p.CLOSE_RESTART
    server.start()
    await learner.come_back()


def _assert_agrees(
    record: dict[str, Any], shown_ms: float, *, kills: int, transitions: int, heartbeat_ms: int = HEARTBEAT_MS
) -> None:
    """Earned (counted and held) is what the stopwatch saw, less one heartbeat a kill at most; never more."""
    lost_ms = shown_ms - earned_ms(record)
    print(f"shown {shown_ms:.0f} ms, earned {earned_ms(record)} ms, lost {lost_ms:.0f} ms by {kills} kills")
    assert -JITTER_MS <= lost_ms <= kills * heartbeat_ms + transitions * JITTER_MS


def _assert_positions_agree(record: dict[str, Any]) -> None:
    """Nothing twice: the seconds are the lesson's positions."""
    assert sum(lesson["earned_to_ms"] for lesson in record["lessons"]) == earned_ms(record)
