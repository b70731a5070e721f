"""Twenty walls on a class of a thousand who study: ``python -m load_tests.wall``.

The same class is measured without a wall, then with them: the difference is what walls cost the server. Beside it the
naive way in the same run: the whole list, made out and sent twice a second. The last line is one JSON object; the status
is 1 when a wall missed a version, or knew another class than a wall that looks anew.
"""

import argparse
import asyncio
import gc
import json
import os
import sys
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import msgspec
import uvloop

from load_tests.cohort import UNDISTURBED, Cohort, seed
from load_tests.measure import Work, machine, raise_descriptors
from load_tests.plan import Plan
from load_tests.servers import Servers
from load_tests.wall_browser import look
from realtime.wall import protocol as p

SETTLE_S = 10.0
NAIVE_PER_S = 2
PATIENCE_S = 60.0
LESSON_MS = 3_600_000
TO_REACH = {"core_share": 0.05, "kb_a_second_a_wall": 20.0}
MOVED = ("as_of_ms", "position_ms", "held_ms", "not_counted_ms")
_decoder = msgspec.json.Decoder(p.ToWall)


def main() -> int:
    """Read the command line; measure; print."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.wall", description=__doc__.split("\n")[0])
    parser.add_argument("--learners", type=int, default=1_000)
    parser.add_argument("--walls", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each measurement")
    parser.add_argument("--postgres", default=os.environ.get("ANXUE_LOAD_POSTGRES"), help="else SQLite")
    parser.add_argument(
        "--browser", action="store_true", help="look at the real page in Chromium, too (the page must be built)"
    )
    parser.add_argument("--server", choices=("daphne", "uvicorn"), default="daphne")
    chosen = parser.parse_args()
    raise_descriptors()
    gc.set_threshold(50_000, 20, 100)
    told: dict[str, Any] = {"bench": "wall", **vars(chosen), "to_reach": TO_REACH, "machine": machine()}
    told["postgres"] = chosen.postgres is not None
    with Servers(postgres=chosen.postgres, server=chosen.server, rules=UNDISTURBED) as servers:
        plan = seed(servers, chosen.learners, [(LESSON_MS, LESSON_MS)])
        servers.start()
        told |= uvloop.run(_measure(servers, plan, chosen.walls, chosen.seconds, browser=chosen.browser))
    print(json.dumps(told))
    return 0 if told["sound"] else 1


class Wall:
    """What a page does, without drawing it: fold what comes, count its bytes."""

    def __init__(self) -> None:
        self.rows: dict[int, p.Row] = {}
        self.version: p.Since | None = None
        self.bytes = 0
        self.messages = 0
        self.gaps = 0
        self.close_code: int | None = None

    async def read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Until the socket ends."""
        async for frame in socket:
            self.bytes += len(frame.data)
            self.messages += 1
            match _decoder.decode(frame.data):
                case p.WallClass() as one:
                    self.rows = {row.n: row for row in one.rows}
                    self.version = p.Since(one.board, one.version)
                case p.WallDelta() as delta:
                    self.gaps += self.version != p.Since(delta.board, delta.version - 1)
                    self.version = p.Since(delta.board, delta.version)
                    self.rows |= {row.n: row for row in delta.rows}
                    for n, *moved in delta.ticks:
                        self.rows[n] = msgspec.structs.replace(self.rows[n], **dict(zip(MOVED, moved, strict=True)))
                case _:
                    pass
        self.close_code = socket.close_code


async def _measure(servers: Servers, plan: Plan, walls: int, seconds: float, *, browser: bool) -> dict[str, Any]:
    cohort = Cohort(servers, plan)
    await cohort.gather()
    await cohort.settle(SETTLE_S)
    without = Work(servers.pids)
    await asyncio.sleep(seconds)
    without_s = without.s
    async with AsyncExitStack() as stack:
        sessions = [await _sign_in(stack, servers.url, plan, name) for name in plan.proctors]
        session = sessions[0]
        open_walls, tasks = [], []
        for number in range(walls):
            wall = Wall()
            socket = await _watch(sessions[number % len(sessions)], servers.url, plan)
            tasks.append(asyncio.create_task(wall.read(socket), name="wall"))
            open_walls.append(wall)
        async with asyncio.timeout(PATIENCE_S):
            while not all(wall.rows for wall in open_walls):
                if closed := [wall.close_code for wall in open_walls if wall.close_code is not None]:
                    raise ConnectionError(f"walls were closed: {closed}")
                await asyncio.sleep(0.1)
        await asyncio.sleep(SETTLE_S)
        for wall in open_walls:
            wall.bytes = wall.messages = 0
        beside = Work(servers.pids)
        await asyncio.sleep(seconds)
        beside_s, told_bytes = beside.s, [wall.bytes for wall in open_walls]
        messages = [wall.messages for wall in open_walls]
        looked: dict[str, Any] = {}
        if browser:
            about = servers.url, plan.proctors[-1], plan.password, plan.class_id, len(plan.accounts), seconds
            looked = await asyncio.to_thread(look, *about)
        await cohort.end()
        await asyncio.sleep(2)  # the last deltas
        fresh = Wall()
        tasks.append(asyncio.create_task(fresh.read(await _watch(session, servers.url, plan)), name="wall"))
        async with asyncio.timeout(PATIENCE_S):
            while not fresh.rows:
                await asyncio.sleep(0.1)
        same = all(wall.rows == fresh.rows for wall in open_walls)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    naive = _naive(list(fresh.rows.values()), walls)
    kb = sum(told_bytes) / len(told_bytes) / seconds / 1000
    share = (beside_s - without_s) / seconds
    return {
        "server_core_share_without": round(without_s / seconds, 3),
        "server_core_share_with": round(beside_s / seconds, 3),
        "core_share": round(share, 3),  # of all walls together
        "core_share_a_wall": round(share / walls, 4),
        "kb_a_second_a_wall": round(kb, 2),
        "messages_a_second_a_wall": round(sum(messages) / len(messages) / seconds, 2),
        "naive": naive,
        **looked,
        "bytes_over_naive": round(kb / naive["kb_a_second_a_wall"], 4),
        "gaps": sum(wall.gaps for wall in open_walls),
        "same_as_fresh": same,
        "sound": same and not any(wall.gaps for wall in open_walls),
    }


def _naive(rows: list[p.Row], walls: int) -> dict[str, Any]:
    """The whole list twice a second, made out for each wall; what sending it costs comes on top."""
    encoder = msgspec.json.Encoder()
    whole = p.WallClass("class", "board", 1, 0, rows)
    work = Work([os.getpid()])
    rounds = 50
    for _ in range(rounds):
        size = len(encoder.encode(whole))
    return {
        "kb_a_second_a_wall": round(size * NAIVE_PER_S / 1000, 1),
        "core_share_of_encoding": round(work.s / rounds * NAIVE_PER_S * walls, 3),
    }


async def _sign_in(stack: AsyncExitStack, url: str, plan: Plan, name: str) -> aiohttp.ClientSession:
    """Raises aiohttp.ClientResponseError."""
    jar = aiohttp.CookieJar(unsafe=True)
    session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar, trust_env=False))
    async with session.get(f"{url}/api/me") as answer:
        csrf = (await answer.json())["csrf"]
    body = {"account": name, "password": plan.password}
    async with session.post(f"{url}/api/login", json=body, headers={"X-CSRFToken": csrf}) as answer:
        answer.raise_for_status()
    return session


async def _watch(session: aiohttp.ClientSession, url: str, plan: Plan) -> aiohttp.ClientWebSocketResponse:
    socket = await session.ws_connect(f"{url}/ws/wall", origin=url, max_msg_size=0)
    await socket.send_str(msgspec.json.encode(p.Watch(p.VERSION, [plan.class_id])).decode())
    return socket


if __name__ == "__main__":
    sys.exit(main())
