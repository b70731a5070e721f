"""What one heartbeat costs without its socket: ``python -m load_tests.heartbeat --postgres postgres://…``.

The machine's step, the answer and the checkpoint of a learner who studies; then the commit of a few seats that have
nothing but checkpoints. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import sys
import time
import uuid
from typing import Any

from classroom.attendance.events import (
    AttendanceOpened,
    CheckPassed,
    CheckPushed,
    DrawTaken,
    LessonOpened,
    Played,
    Reported,
    SessionOffered,
    TakeDraw,
)
from classroom.attendance.ledger import Ledger
from classroom.attendance.rules import Rules
from classroom.attendance.store import Store
from classroom.database import close_database, connection_in_use, install, open_database
from load_tests.measure import Work, in_ms, machine, postgres_pids
from load_tests.servers import Servers
from realtime.view import beaten_of

NINE = 1_800_000_000_000
HEARTBEAT_MS = 5_000
LESSON_MS = 3_600_000
STRETCH = 120  # heartbeats of one stretch: ten minutes, before which nothing is due


def main() -> int:
    """Read the command line; measure; print."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.heartbeat", description=__doc__.split("\n")[0])
    parser.add_argument("--stretches", type=int, default=60, help=f"of {STRETCH} heartbeats")
    parser.add_argument("--commits", type=int, default=400)
    parser.add_argument("--seats", type=int, default=8, help="a commit")
    parser.add_argument("--postgres", default=os.environ.get("ANXUE_LOAD_POSTGRES"), help="may create databases")
    chosen = parser.parse_args()
    told: dict[str, Any] = {"bench": "heartbeat"} | machine() | {"us": _core(chosen.stretches)}
    with Servers(postgres=chosen.postgres) as servers:
        told["database"] = "postgres" if chosen.postgres else "sqlite"
        told["commit"] = asyncio.run(_commits(servers.database, chosen.commits, chosen.seats))
    print(json.dumps(told))
    return 0


def studying(ledger: Ledger) -> None:
    """A session whose lesson runs from nine on, its first drawn check far away."""
    rules = Rules(drawn_from_ms=700_000)
    for event in (
        AttendanceOpened(NINE, (("L1", LESSON_MS),)),
        SessionOffered(NINE, "session", rules, 0, "device"),
        CheckPushed(NINE, "session", "check"),
        CheckPassed(NINE, "check"),
        LessonOpened(NINE, "L1"),
        Played(NINE, 0, LESSON_MS),
    ):
        for effect in ledger.apply(event):
            if isinstance(effect, TakeDraw):
                ledger.apply(DrawTaken(NINE, effect.to_ms))
    ledger.take()


def beat(ledger: Ledger, number: int) -> None:
    """The ``number``-th heartbeat."""
    at = NINE + number * HEARTBEAT_MS
    ledger.apply(Reported(at, number * HEARTBEAT_MS, LESSON_MS, at))


def _core(stretches: int) -> dict[str, float]:
    step = answer = checkpoint = 0
    for _ in range(stretches):
        ledger = Ledger("a" * 32, 1, [], None)
        studying(ledger)
        for number in range(1, STRETCH + 1):
            began = time.thread_time_ns()
            beat(ledger, number)
            assert ledger.due_at is not None
            stepped = time.thread_time_ns()
            beaten_of(ledger.state, ledger.latest_at)
            answered = time.thread_time_ns()
            save = ledger.take()
            step, answer = step + stepped - began, answer + answered - stepped
            checkpoint += time.thread_time_ns() - answered
            assert not save.rows
    beats = stretches * STRETCH * 1000
    return {name: round(ns / beats, 1) for name, ns in (("step", step), ("answer", answer), ("checkpoint", checkpoint))}


async def _commits(url: str, commits: int, seats: int) -> dict[str, Any]:
    await install(url)
    await open_database(url)
    try:
        store = Store(connection_in_use(), "bench", "key")
        await store.begin(NINE)
        ledgers = []
        for number in range(seats):
            name = uuid.uuid4().hex
            await store.open(name, f"learner {number}", "class", NINE, "{}")
            epoch = (await store.claim(name, NINE)).epoch
            ledgers.append(Ledger(name, epoch, [], None))
            studying(ledgers[-1])
        here, there, seconds = Work([os.getpid()]), Work(postgres_pids(url)), []
        for number in range(1, commits + 1):
            for ledger in ledgers:
                beat(ledger, number % STRETCH + 1)
            saves = [ledger.take() for ledger in ledgers]
            for save in saves:
                save.rows.clear()  # the stretch begins anew: its journal is not what is measured
            began = time.perf_counter()
            lost = await store.save(saves, NINE)
            seconds.append(time.perf_counter() - began)
            assert not lost
        per_seat = commits * seats / 1e6
        return {
            "seats": seats,
            "ms": in_ms(seconds),
            "here_cpu_us_a_heartbeat": round(here.s / per_seat, 1),
            "database_cpu_us_a_heartbeat": round(there.s / per_seat, 1),
        }
    finally:
        await close_database()


if __name__ == "__main__":
    sys.exit(main())
