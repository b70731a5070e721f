"""What every learner of the fault tests does before a fault, and after it to show that nobody is locked out."""

import asyncio

from realtime import protocol as p
from tests.live.learner import Learner
from tests.live.own_ledger import assert_agrees, confirmed
from tests.live.record import assert_sound, outcomes
from tests.live.server import BRISK, Server

# Checks wait long enough to be open over a fault.
FAULT_RULES = BRISK | {"drawn_from_ms": 3_000, "drawn_to_ms": 4_000, "camera_ms": 15_000, "window_ms": 60_000}
OURS = {"passed", "device_error", "provider_down"}  # outcomes that are no strike


async def study(learner: Learner, ms: float = 1_200) -> None:
    """Sign in, pass the login check, watch."""
    await learner.sign_in()
    await learner.enter()
    await learner.begin()
    await learner.open()
    await learner.play()
    await learner.watch(ms)


async def hears_more(learner: Learner, seconds: float = 30) -> None:
    """Wait until more is confirmed."""
    before = confirmed(learner)["lesson-1"]
    await learner.until(lambda: confirmed(learner)["lesson-1"] > before, seconds)


def nothing_confirmed_since(learner: Learner, heard: int) -> bool:
    """Whether nothing that stands for a commit was said since that many messages."""
    return not any(isinstance(one, p.Beaten | p.View | p.CheckEnded) for one in learner.messages[heard:])


async def pass_a_check(learner: Learner) -> None:
    """Study on until a drawn check is passed."""
    done = len(learner.of(p.CheckEnded))
    if learner.view and learner.view.phase not in ("studying", "challenged"):  # goes on by itself after a check
        await learner.play()
    await learner.until(
        lambda: any((one.kind, one.outcome) == ("drawn", "passed") for one in learner.of(p.CheckEnded)[done:]), 40
    )
    await learner.until_phase("studying")


async def finish(learner: Learner, server: Server, fault: str, *, faults: int = 1) -> None:
    """On to a confirming check, out, and in again; the two ledgers agree, the journal is sound."""
    await pass_a_check(learner)
    await learner.watch(600)
    await learner.sign_out()
    record = await learner.record()
    await learner.begin()
    assert_sound(record)
    assert {outcome for _, outcome in outcomes(record)} <= OURS
    assert learner.view
    assert learner.view.failures_left == 6
    assert_agrees(learner, record, fault=fault, faults=faults, transitions=6)
    status, said = await asyncio.to_thread(server.replay)
    assert status == 0, said
