"""What one honest learner feels while others connect anew: ``python -m tests.live.storm`` (SQLite, or ANXUE_DATABASE)."""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import msgspec

from realtime import protocol as p
from tests.live.learner import Learner
from tests.live.names import CLASS
from tests.live.server import Plan, Server

BEAT_S = 0.25  # a socket may say five messages a second
CROWD = 12  # learners, each with one socket at a time
ARRIVE_S = 15.0
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Felt:
    """Round trips of the honest learner's heartbeats in ms, and what became of those who came."""

    alone_ms: list[float]
    storm_ms: list[float]
    seated: int  # got their first View
    sent_away: int  # were told to come again
    seconds: float


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def felt(server: Server, *, rate_per_s: float, seconds: float) -> Felt:
    """``rate_per_s`` sockets come, each says hello, gets its View and is lost again."""
    crowd = [Learner(server, f"learner-{n}") for n in range(1, CROWD + 1)]
    try:
        for one in crowd:
            await one.__aenter__()
            await one.sign_in()
        async with Learner(server, "learner-0") as honest:
            await honest.sign_in()
            await honest.enter()
            await honest.begin()
            await honest.open()
            await honest.play()
            alone = await _round_trips(honest, seconds)
            counts = [0, 0]
            storm = asyncio.create_task(_storm(server, crowd, rate_per_s, seconds, counts), name="storm")
            during = await _round_trips(honest, seconds)
            await storm
            return Felt(alone, during, counts[0], counts[1], seconds)
    finally:
        for one in crowd:
            await one.__aexit__()


async def _round_trips(honest: Learner, seconds: float) -> list[float]:
    loop = asyncio.get_running_loop()
    until, found = loop.time() + seconds, []
    while loop.time() < until:
        beaten, began = len(honest.of(p.Beaten)), loop.time()
        honest.beat()
        await honest.until(lambda beaten=beaten: len(honest.of(p.Beaten)) > beaten)
        found.append((loop.time() - began) * 1000)
        await asyncio.sleep(max(0.0, BEAT_S - (loop.time() - began)))
    return found


async def _storm(server: Server, crowd: list[Learner], rate_per_s: float, seconds: float, counts: list[int]) -> None:
    loop = asyncio.get_running_loop()
    until, arrivals = loop.time() + seconds, set()
    number = 0
    while loop.time() < until:
        one = crowd[number % len(crowd)]
        number += 1
        task = asyncio.create_task(_arrive(server, one, counts), name="arrival")
        arrivals.add(task)
        task.add_done_callback(arrivals.discard)
        await asyncio.sleep(1 / rate_per_s)
    if arrivals:
        await asyncio.wait(arrivals)


async def _arrive(server: Server, one: Learner, counts: list[int]) -> None:
    url = server.url.replace("http", "ws") + "/ws/classroom"
    try:
        async with asyncio.timeout(ARRIVE_S), one._http.ws_connect(url, origin=server.url, heartbeat=None) as socket:
            await socket.send_str(_encode(p.Hello(version=p.VERSION, class_id=CLASS)).decode())
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT and '"type":"view"' in frame.data:
                    counts[0] += 1
                    return
            counts[1] += 1
    except (aiohttp.ClientError, ConnectionError, TimeoutError):
        counts[1] += 1


def told(found: Felt, rate_per_s: float) -> str:
    """One line."""
    alone, storm = found.alone_ms, found.storm_ms
    return (
        f"{rate_per_s:.0f} arrivals/s: heartbeat p50/p99 alone {percentile(alone, 0.5):.0f}/{percentile(alone, 0.99):.0f} ms, "
        f"in the storm {percentile(storm, 0.5):.0f}/{percentile(storm, 0.99):.0f} ms; "
        f"seated {found.seated / found.seconds:.0f}/s, sent away {found.sent_away / found.seconds:.0f}/s"
    )


def plan() -> Plan:
    """Nobody is checked while it is measured."""
    rules = {"ready_ms": 200}
    return Plan(rules=rules, lessons=((900_000, 60_000),), learners=CROWD + 1)


def main(rates: list[float], seconds: float = 10.0) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), plan())
        try:
            server.seed()
            server.start()
            for rate in rates:
                sys.stdout.write(told(asyncio.run(felt(server, rate_per_s=rate, seconds=seconds)), rate) + "\n")
        finally:
            server.close()


if __name__ == "__main__":
    main([float(one) for one in sys.argv[1:]] or [100.0])
