"""The alarm of a seat: put off by every heartbeat, never late for it."""

import asyncio

import pytest

from realtime.alarm import Alarm


class Clock:
    """The platform's, which may run ahead of the loop's: the machine slept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead_ms = 0
        monkeypatch.setattr("realtime.alarm.now_ms", self)

    def __call__(self) -> int:
        return round(asyncio.get_running_loop().time() * 1000) + self.ahead_ms


async def test_what_is_put_off_rings_once_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    now, rang = Clock(monkeypatch), asyncio.Event()
    times: list[int] = []
    alarm = Alarm(lambda: (times.append(now()), rang.set()))  # type: ignore[func-returns-value]
    began = now()
    for later in (20, 60, 100):
        alarm.set(began + later)
    first = alarm._handle
    alarm.set(began + 120)
    assert alarm._handle is first  # a heartbeat costs no timer

    async with asyncio.timeout(5):
        await rang.wait()
    await asyncio.sleep(0.05)

    assert len(times) == 1
    assert times[0] >= began + 120


async def test_earlier_and_already_due_ring_without_waiting_for_the_old_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    now, rang = Clock(monkeypatch), asyncio.Event()
    alarm = Alarm(rang.set)
    alarm.set(now() + 60_000)
    alarm.set(now() + 10)
    async with asyncio.timeout(5):
        await rang.wait()

    rang.clear()
    alarm.set(now() + 60_000)
    now.ahead_ms = 3_600_000  # suspended for an hour, which the loop's clock knows nothing of
    alarm.set(now() - 1_000)
    async with asyncio.timeout(5):
        await rang.wait()


async def test_cancelled_means_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    now, rang = Clock(monkeypatch), asyncio.Event()
    alarm = Alarm(rang.set)
    alarm.set(now() + 10)
    alarm.set(None)
    await asyncio.sleep(0.05)

    assert not rang.is_set()
