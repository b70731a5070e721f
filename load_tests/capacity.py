"""How many can study: ``python -m load_tests.capacity --postgres postgres://… --redis redis://…``.

One class grows step by step, a heartbeat every 5 s each, until the p99 round trip is over 100 ms; the largest step that
kept it is the capacity of this machine, load, database and Redis included. Each server, with one and two control
processes; a chart of the growth. The last line is one JSON object; the status is 1 when what was earned isn't what was
shown within a heartbeat each, or ``replay`` finds anything.
"""

import argparse
import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

import psutil
import uvloop

from load_tests.charts import Line, chart
from load_tests.cohort import UNDISTURBED, Cohort, seed
from load_tests.measure import Work, in_ms, machine, postgres_pids, raise_descriptors, rss_bytes
from load_tests.plan import Plan
from load_tests.servers import Servers

HEARTBEAT_S = 5.0
SETTLE_S = 10.0
LESSON_MS = 3_600_000
STEPS = "500,1000,2000,3000,4000,5000,7500,10000"
LIMIT_MS = 100.0  # p99 of a heartbeat's round trip
ANSWERED = 0.95  # of the heartbeats that are due; fewer and the step isn't carried


def main() -> int:
    """Read the command line; grow; print."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.capacity", description=__doc__.split("\n")[0])
    parser.add_argument("--steps", default=STEPS, help="learners, in rising order")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--postgres", default=os.environ.get("ANXUE_LOAD_POSTGRES"), help="may create databases")
    parser.add_argument("--redis", default=os.environ.get("ANXUE_LOAD_REDIS"))
    parser.add_argument("--server", choices=("daphne", "uvicorn"), action="append", help="else both")
    parser.add_argument("--processes", type=int, action="append", help="else 1, and 2 where both services are given")
    parser.add_argument("--chart", type=Path, help="where to write the growth as SVG")
    chosen = parser.parse_args()
    steps = [int(one) for one in chosen.steps.split(",")]
    told: dict[str, Any] = {"bench": "capacity", "limit_ms": LIMIT_MS, "descriptors": raise_descriptors()} | machine()
    told["database"] = "PostgreSQL" if chosen.postgres else "SQLite"
    gc.set_threshold(50_000, 20, 100)  # a collection in the client would look like the server's
    told["runs"] = []
    for processes in chosen.processes or ([1, 2] if chosen.postgres and chosen.redis else [1]):
        for server in chosen.server or ("daphne", "uvicorn"):
            ends = {"postgres": chosen.postgres, "redis": chosen.redis, "processes": processes}
            with Servers(server=server, rules=UNDISTURBED, **ends) as servers:
                plan = seed(servers, steps[-1], [(LESSON_MS, LESSON_MS)])
                servers.start()
                found = uvloop.run(_grow(servers, plan, steps, chosen.seconds))
                clean, said = servers.replay()
            found |= {"server": server, "processes": processes, "replay": said, "sound": found["sound"] and clean}
            print(json.dumps(found), flush=True)
            told["runs"].append(found)
    if chosen.chart is not None:
        chosen.chart.write_text(growth(told["runs"]))
    told["ok"] = all(one["sound"] for one in told["runs"])
    print(json.dumps(told))
    return 0 if told["ok"] else 1


async def _grow(servers: Servers, plan: Plan, steps: list[int], seconds: float) -> dict[str, Any]:
    cohort = Cohort(servers, plan)
    empty = rss_bytes(servers.pids)
    grown: list[dict[str, Any]] = []
    for learners in steps:
        try:
            await cohort.gather(learners)
        except TimeoutError:
            grown.append({"learners": learners, "carried": False, "why": "not all of them came to study"})
            break
        await cohort.settle(SETTLE_S)
        step = await _step(servers, cohort, learners, seconds)
        step["kib_a_learner"] = round((rss_bytes(servers.pids) - empty) / 1024 / learners, 1)
        grown.append(step)
        sys.stderr.write(f"  {step}\n")
        if not step["carried"]:
            break
    ledgers = await cohort.end()
    # A class that is over the limit loses lines; a line that broke may cost a heartbeat more (docs/faults.md).
    off_ms = [shown - earned for shown, earned in ledgers]
    worst = max((abs(one) for one in off_ms), default=0.0)
    return {
        "capacity": max((one["learners"] for one in grown if one["carried"]), default=0),
        "grown": grown,
        "furthest_off_ms": round(worst),
        "sound": worst <= 2 * HEARTBEAT_S * 1000,
    }


async def _step(servers: Servers, cohort: Cohort, learners: int, seconds: float) -> dict[str, Any]:
    server, database, client = Work(servers.pids), Work(postgres_pids(servers.database)), Work([os.getpid()])
    psutil.cpu_percent()
    beats = (await cohort.window(seconds)).get("ws beat", [])
    busy = psutil.cpu_percent() / 100
    ms, due = in_ms(beats), learners * seconds / HEARTBEAT_S
    return {
        "learners": learners,
        "carried": ms["p99"] <= LIMIT_MS and len(beats) >= ANSWERED * due,
        "answered": round(len(beats) / due, 3),
        "ms": ms,
        "server_cores": round(server.s / seconds, 3),
        "database_cores": round(database.s / seconds, 3),
        "client_cores": round(client.s / seconds, 3),
        "machine_busy": round(busy, 3),  # of all cores
    }


def growth(runs: list[dict[str, Any]]) -> str:
    """p99 over the number of learners, a line a run."""
    lines: list[Line] = [
        (
            f"{run['server']} × {run['processes']}",
            [(float(one["learners"]), float(one["ms"]["p99"])) for one in run["grown"] if "ms" in one],
        )
        for run in runs
    ]
    return chart("p99 round trip of a heartbeat", lines, x="learners who study", y="ms")


if __name__ == "__main__":
    sys.exit(main())
