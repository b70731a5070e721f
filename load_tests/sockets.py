"""Heartbeats of a whole class beside a raw echo: ``python -m load_tests.sockets --postgres postgres://…``.

2,000 learners study a lesson, a heartbeat every 5 s: parse, step, checkpoint and journal, committed before it is
answered. In the same run as many sockets send as much to an echo that does nothing. The last line is one JSON object;
the status is 1 when what was earned isn't learners x duration within a heartbeat each, or ``replay`` finds anything.
"""

import argparse
import asyncio
import gc
import json
import os
import sys
from typing import Any

import aiohttp
import uvloop

from load_tests.cohort import UNDISTURBED, Cohort, seed
from load_tests.measure import Work, in_ms, loopback, machine, postgres_pids, raise_descriptors, rss_bytes
from load_tests.plan import Plan
from load_tests.servers import ROOT, Servers, free_port

HEARTBEAT_S = 5.0
SETTLE_S = 10.0
BEAT = '{"type":"beat","position_ms":123456,"playing":true,"interacted":true}'
ANSWER_BYTES = 260  # of a Beaten: the echo answers with as much
LESSON_MS = 3_600_000
TO_REACH = {"daphne": 3.0, "uvicorn": 1.5}


def main() -> int:
    """Read the command line; measure; print."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.sockets", description=__doc__.split("\n")[0])
    parser.add_argument("--learners", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each measurement")
    parser.add_argument(
        "--postgres", default=os.environ.get("ANXUE_LOAD_POSTGRES"), help="may create databases; else SQLite"
    )
    parser.add_argument("--server", choices=("daphne", "uvicorn"), action="append", help="else both")
    chosen = parser.parse_args()
    raise_descriptors()
    gc.set_threshold(50_000, 20, 100)  # a collection in the client would look like the server's
    told: dict[str, Any] = {"bench": "sockets", "learners": chosen.learners, "seconds": chosen.seconds}
    told |= machine() | {"database": "postgres" if chosen.postgres else "sqlite"}
    told["echo"] = uvloop.run(_echo(chosen.learners, chosen.seconds))
    print(f"echo: {told['echo']}", flush=True)
    sound = True
    for server in chosen.server or ("daphne", "uvicorn"):
        with Servers(postgres=chosen.postgres, server=server, rules=UNDISTURBED) as servers:
            plan = seed(servers, chosen.learners, [(LESSON_MS, LESSON_MS)])
            servers.start()
            found = uvloop.run(_class(servers, plan, chosen.seconds))
            clean, said = servers.replay()
        found |= {"replay": said, "sound": found["sound"] and clean}
        for part in ("server", "whole"):
            per_1000 = found[f"{part}_cpu_ms_per_1000"]
            found[f"{part}_over_echo"] = round(per_1000 / told["echo"]["cpu_ms_per_1000"], 2)
        found["to_reach"] = TO_REACH[server]
        sound = sound and found["sound"]
        told[server] = found
        print(f"{server}: {found}", flush=True)
    told["ok"] = sound
    print(json.dumps(told))
    return 0 if sound else 1


async def _class(servers: Servers, plan: Plan, seconds: float) -> dict[str, Any]:
    empty = rss_bytes(servers.pids)
    cohort = Cohort(servers, plan)
    await cohort.gather()
    await cohort.settle(SETTLE_S)
    full = rss_bytes(servers.pids)
    server, database = Work(servers.pids), Work(postgres_pids(servers.database))
    beats = (await cohort.window(seconds)).get("ws beat", [])
    server_s, database_s = server.s, database.s
    ledgers = await cohort.end()
    recorded = await cohort.recorded()
    off_ms = [abs(shown - earned) for shown, earned in ledgers]
    learners, k = len(plan.accounts), max(1, len(beats)) / 1000
    told_apart = sum(1 for told, record in recorded if told != record)
    expected = learners * seconds / HEARTBEAT_S
    return {
        "beats": len(beats),
        "beats_expected": round(expected),
        "ms": in_ms(beats),
        "server_cpu_ms_per_1000": round(server_s * 1000 / k, 1),
        "database_cpu_ms_per_1000": round(database_s * 1000 / k, 1),
        "whole_cpu_ms_per_1000": round((server_s + database_s) * 1000 / k, 1),
        "server_core_share": round(server_s / seconds, 3),
        "kib_a_learner": round((full - empty) / 1024 / learners, 1),
        "shown_s": round(sum(shown for shown, _ in ledgers) / 1000),
        "earned_s": round(sum(earned for _, earned in ledgers) / 1000),
        "furthest_off_ms": round(max(off_ms)),
        "wrong": len(cohort.noted.wrong),
        "sound": max(off_ms) <= HEARTBEAT_S * 1000
        and told_apart == 0
        and len(beats) > expected * 0.95
        and not cohort.noted.wrong,
    }


# ---------------------------------------------------------------- the limit


async def _echo(sockets: int, seconds: float) -> dict[str, Any]:
    port = free_port()
    command = (sys.executable, "-m", "load_tests.echo", str(port))
    server = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    trips: list[float] = []
    measuring = asyncio.Event()
    try:
        await _listens(port)
        empty = rss_bytes([server.pid])
        addresses: list[str | None] = [*loopback(4)] or [None]
        tasks = []
        connectors = [aiohttp.TCPConnector(limit=0, local_addr=(one, 0) if one else None) for one in addresses]
        sessions = [aiohttp.ClientSession(connector=one, trust_env=False) for one in connectors]
        for number in range(sockets):
            session = sessions[number % len(sessions)]
            wait_s = HEARTBEAT_S * number / sockets
            tasks.append(asyncio.create_task(_ping_pong(session, port, wait_s, trips, measuring), name="echo"))
            if number % 20 == 0:
                await asyncio.sleep(0.02)
        await asyncio.sleep(2 * HEARTBEAT_S)
        full, work = rss_bytes([server.pid]), Work([server.pid])
        measuring.set()
        await asyncio.sleep(seconds)
        measuring.clear()
        cpu = work.s
        broken = sum(1 for task in tasks if task.done())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for session in sessions:
            await session.close()
    finally:
        server.terminate()
        await server.wait()
    return {
        "messages": len(trips),
        "broken": broken,
        "ms": in_ms(trips),
        "cpu_ms_per_1000": round(cpu * 1000 / max(1, len(trips)) * 1000, 1),
        "kib_a_socket": round((full - empty) / 1024 / sockets, 1),
    }


async def _ping_pong(
    session: aiohttp.ClientSession, port: int, wait_s: float, trips: list[float], measuring: asyncio.Event
) -> None:
    loop = asyncio.get_running_loop()
    text = BEAT + " " * (ANSWER_BYTES - len(BEAT))
    async with session.ws_connect(f"http://127.0.0.1:{port}/", max_msg_size=0) as socket:
        await asyncio.sleep(wait_s)
        while True:
            began = loop.time()
            await socket.send_str(text)
            await socket.receive_str()
            if measuring.is_set():
                trips.append(loop.time() - began)
            await _wait(socket, HEARTBEAT_S)


async def _wait(socket: aiohttp.ClientWebSocketResponse, seconds: float) -> None:
    """A heartbeat's pause, in which pings are answered."""
    try:
        async with asyncio.timeout(seconds):
            await socket.receive()
    except TimeoutError:
        pass


async def _listens(port: int) -> None:
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise TimeoutError("the echo doesn't listen")


if __name__ == "__main__":
    sys.exit(main())
