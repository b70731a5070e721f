"""A line that breaks, for a moment or for long, or again and again: nothing counted is lost, a heartbeat at most is."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from realtime import protocol as p
from tests.actor.wire import Wire
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.record import CONFIRMING, assert_sound, counted_ms, earned_ms, outcomes, reasons
from tests.live.server import BRISK, Plan, Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

# A tenth of the time: the heartbeat of 500 ms stands for 5 s, a cut of 6 s for one of a minute. The idle limit of 8 s stands
# for 15 min, and a cut of 11 s, which passes it, for one of 20 min. No check is drawn before the tunnel is behind.
RULES = BRISK | {"drawn_from_ms": 8_000, "drawn_to_ms": 60_000, "idle_ms": 8_000, "idle_warning_ms": 1_000}
LESSONS = ((12_000, 1_000),)  # a moment drawn beyond its end is drawn again inside it
HEARTBEAT_MS = BRISK["heartbeat_ms"]
JITTER_MS = 200  # messages on their way and a busy machine, for each transition
FLAPS = 15


def behind(wire: Wire) -> Server:
    """All that a learner needs of a server."""
    return cast(Server, SimpleNamespace(url=wire.url))


async def _out(learner: Learner, wire: Wire, seconds: float) -> None:
    """The line is away for so long, and the page comes back by itself."""
    wire.cut()
    await learner.until(lambda: not learner.online)
    await asyncio.sleep(seconds)
    wire.mend()
    await learner.come_back()


async def _on(learner: Learner, ms: float = 1_100) -> None:
    """Press play where the page waits for it, and study on."""
    if learner.view is not None and learner.view.phase == "paused":
        await learner.play()
    await learner.watch(ms)


async def test_a_cut_line_costs_a_heartbeat_at_most_and_a_long_one_the_session_but_nothing_counted(
    open_server: Open,
) -> None:
    """Issue's faults: cut for 5 s, for 60 s, a tunnel in which nothing moves, cut for 20 min."""
    server = open_server(Plan(rules=RULES, lessons=LESSONS))
    with Wire(server.port) as wire:
        async with Learner(behind(wire)) as learner:
            await learner.sign_in()
            await learner.enter()
            await learner.begin()
            await learner.open()
            session = learner.view and learner.view.session_id
            await learner.play()
            await learner.watch(1_100)
            for seconds in (0.5, 6.0):
                await _out(learner, wire, seconds)
                assert learner.view and (learner.view.phase, learner.view.reason) == ("paused", "DISCONNECTED")
                assert learner.view.session_id == session
                await _on(learner)

            learner.video.stop()  # as the page does when it hears nothing any more
            learner.beat()
            await asyncio.sleep(0.3)
            wire.stall()
            await asyncio.sleep(4)  # longer than the report gap
            wire.mend()
            await learner.until(lambda: learner.view is not None and learner.view.phase in ("paused", "studying"))
            learner.video.start(None)
            learner.send(p.Play(position_ms=learner.video.position_ms))

            await learner.until(lambda: any(one.kind in CONFIRMING for one in learner.of(p.CheckEnded)), 40)
            await asyncio.sleep(0.6)
            lost_ms = learner.video.total_ms - _earned(await learner.record())
            print(f"shown {learner.video.total_ms:.0f} ms, lost {lost_ms:.0f} ms by three faults")
            assert -JITTER_MS <= lost_ms <= 3 * HEARTBEAT_MS + 8 * JITTER_MS

            counted_before = counted_ms(await learner.record())
            # In the tunnel nothing is earned.
            assert counted_before >= RULES["drawn_from_ms"] - RULES["report_gap_ms"] - HEARTBEAT_MS
            await _out(learner, wire, 11.0)
            assert learner.view and (learner.view.phase, learner.view.reason) == ("signed_out", "IDLE")
            # What was held waits for the next check; one may have come before the line was cut.
            assert counted_ms(await learner.record()) >= counted_before
            await learner.begin()
            await learner.open()
            await learner.sign_out()
            record = await learner.record()

    assert_sound(record)
    assert counted_ms(record) >= counted_before
    assert {outcome for _, outcome in outcomes(record)} == {"passed"}
    assert "DISCONNECTED" in reasons(record)
    assert server.replay()[0] == 0


async def test_a_line_that_flaps_neither_loses_nor_repeats_a_second(open_server: Open) -> None:
    """Cut again and again while studying and while challenged; every time the same session goes on."""
    server = open_server(Plan(rules=RULES | {"idle_ms": 60_000, "camera_ms": 10_000}, lessons=LESSONS))
    with Wire(server.port) as wire:
        async with Learner(behind(wire)) as learner:
            await learner.sign_in()
            await learner.enter()
            await learner.begin()
            await learner.open()
            session = learner.view and learner.view.session_id
            await learner.play()
            for _ in range(FLAPS):
                await asyncio.sleep(0.7)
                await _out(learner, wire, 0.05)
                if learner.view and learner.view.phase == "paused" and learner.view.reason == "DISCONNECTED":
                    await learner.play()
            assert learner.view and learner.view.session_id == session
            await learner.until(lambda: any(one.kind in CONFIRMING for one in learner.of(p.CheckEnded)), 40)
            await asyncio.sleep(0.6)
            assert learner.view.failures_left == 6
            shown_ms = learner.video.total_ms
            await learner.sign_out()
            record = await learner.record()

    assert_sound(record)
    assert len(record["sessions"]) == 1
    assert {outcome for _, outcome in outcomes(record)} <= {"passed", "device_error"}
    lost_ms = shown_ms - _earned(record)
    print(f"shown {shown_ms:.0f} ms, lost {lost_ms:.0f} ms by {FLAPS} cuts")
    assert -JITTER_MS <= lost_ms <= FLAPS * (HEARTBEAT_MS + JITTER_MS)
    assert sum(lesson["earned_to_ms"] for lesson in record["lessons"]) == earned_ms(record)  # nothing twice
    assert server.replay()[0] == 0


def _earned(record: dict[str, Any]) -> int:
    return earned_ms(record)
