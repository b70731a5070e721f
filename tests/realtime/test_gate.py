"""So many at a time, the others in turn, and nobody for ever."""

import asyncio

import pytest

from realtime.gate import Crowded, Gate


async def _through(gate: Gate, seen: list[int], number: int, leave: asyncio.Event) -> None:
    async with gate:
        seen.append(number)
        await leave.wait()


async def _begun(gate: Gate, count: int, leave: asyncio.Event) -> tuple[list[int], list["asyncio.Task[None]"]]:
    seen: list[int] = []
    tasks = [asyncio.create_task(_through(gate, seen, number, leave)) for number in range(count)]
    for _ in range(3):
        await asyncio.sleep(0)
    return seen, tasks


async def test_the_others_wait_in_turn() -> None:
    leave = asyncio.Event()
    seen, tasks = await _begun(Gate(2, 60.0, 10), 5, leave)
    assert seen == [0, 1]
    leave.set()
    await asyncio.gather(*tasks)
    assert seen == [0, 1, 2, 3, 4]


async def test_whoever_waited_long_enough_is_sent_away_and_takes_no_place() -> None:
    leave = asyncio.Event()
    gate = Gate(1, 0.01, 10)
    seen, tasks = await _begun(gate, 2, leave)
    with pytest.raises(Crowded):
        await tasks[1]
    leave.set()
    await tasks[0]
    await _through(gate, seen, 2, leave)
    assert seen == [0, 2]


async def test_a_full_queue_sends_away_at_once() -> None:
    leave = asyncio.Event()
    seen, tasks = await _begun(Gate(1, 60.0, 2), 4, leave)
    with pytest.raises(Crowded):
        await tasks[3]
    leave.set()
    await asyncio.gather(*tasks[:3])
    assert seen == [0, 1, 2]


async def test_a_server_that_goes_away_keeps_nobody_waiting() -> None:
    leave = asyncio.Event()
    gate = Gate(1, 60.0, 10)
    seen, tasks = await _begun(gate, 3, leave)
    gate.close()
    for waiting in tasks[1:]:
        with pytest.raises(Crowded):
            await waiting
    with pytest.raises(Crowded):
        await _through(gate, seen, 9, leave)
    leave.set()
    await tasks[0]
    assert seen == [0]
