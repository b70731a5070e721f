"""Twenty-five minutes of study, and what doesn't grow meanwhile: ``python -m load_tests.soak --learners 1000``.

A class studies with its checks; every half minute memory, open descriptors and tasks of the control process are read,
and how long a heartbeat took. The last line is one JSON object with the slope of each over the time after the first
fifth, as a share of its mean an hour; the status is 1 when what was earned isn't what was shown, or ``replay`` finds
anything.
"""

import argparse
import asyncio
import gc
import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import uvloop

from load_tests.charts import chart
from load_tests.cohort import Cohort, seed
from load_tests.measure import Work, machine, percentile, raise_descriptors, rss_bytes
from load_tests.plan import Plan
from load_tests.servers import Servers, free_port

HEARTBEAT_S = 5.0
LESSON_MS = 3_600_000
WARM = 0.2  # of the time; caches and pools fill
GAUGES = ("classroom_tasks",)
WATCHED = ("rss_mib", "descriptors", "tasks", "p50_ms", "p99_ms")


def main() -> int:
    """Read the command line; study; print."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.soak", description=__doc__.split("\n")[0])
    parser.add_argument("--learners", type=int, default=1_000, help="half of what load_tests.capacity found")
    parser.add_argument("--minutes", type=float, default=25.0)
    parser.add_argument("--every", type=float, default=30.0, help="seconds between two looks")
    parser.add_argument("--postgres", default=os.environ.get("ANXUE_LOAD_POSTGRES"), help="may create databases")
    parser.add_argument("--server", choices=("daphne", "uvicorn"), default="daphne")
    parser.add_argument("--charts", type=Path, help="a folder for one SVG each")
    chosen = parser.parse_args()
    raise_descriptors()
    gc.set_threshold(50_000, 20, 100)
    told: dict[str, Any] = {"bench": "soak", "learners": chosen.learners, "minutes": chosen.minutes} | machine()
    told |= {"server": chosen.server, "database": "PostgreSQL" if chosen.postgres else "SQLite"}
    with Servers(postgres=chosen.postgres, server=chosen.server) as servers:
        metrics = free_port()
        servers.environment["ANXUE_METRICS"] = f"127.0.0.1:{metrics}"
        plan = seed(servers, chosen.learners, [(LESSON_MS, LESSON_MS)])
        servers.start()
        found = uvloop.run(_soak(servers, plan, chosen.minutes * 60, chosen.every, metrics))
        clean, said = servers.replay()
    looks = found.pop("looks")
    told |= found | {"replay": said, "ok": found["sound"] and clean}
    warm = [one for one in looks if one["s"] >= WARM * looks[-1]["s"]]
    told["means"] = {name: round(sum(one[name] for one in warm) / len(warm), 2) for name in WATCHED}
    told["slope_an_hour"] = {name: slope([(one["s"] / 3600, one[name]) for one in warm]) for name in WATCHED}
    if chosen.charts is not None:
        chosen.charts.mkdir(parents=True, exist_ok=True)
        for name in WATCHED:
            drawn = chart(name, [(name, [(one["s"] / 60, one[name]) for one in looks])], x="minutes", y=name)
            (chosen.charts / f"soak-{name}.svg").write_text(drawn)
    print(json.dumps(told))
    return 0 if told["ok"] else 1


async def _soak(servers: Servers, plan: Plan, seconds: float, every: float, metrics: int) -> dict[str, Any]:
    cohort = Cohort(servers, plan)
    await cohort.gather()
    looks: list[dict[str, float]] = []
    loop = asyncio.get_running_loop()
    began, work = loop.time(), Work(servers.pids)
    while (at := loop.time() - began) < seconds:
        beats = [one * 1000 for one in (await cohort.window(every)).get("ws beat", [])]
        told = await asyncio.to_thread(_metrics, metrics)
        looks.append(
            {
                "s": round(at + every, 1),
                "rss_mib": round(rss_bytes(servers.pids) / (1 << 20), 2),
                "descriptors": sum(psutil.Process(pid).num_fds() for pid in servers.pids),
                "tasks": told["classroom_tasks"],
                "beats": len(beats),
                "p50_ms": round(percentile(beats, 0.5), 2),
                "p99_ms": round(percentile(beats, 0.99), 2),
            }
        )
        sys.stderr.write(f"  {looks[-1]} {cohort.crowd.told()}\n")
    core = round(work.s / (loop.time() - began), 3)
    checks = [outcome for one in cohort.crowd.learners for _, outcome in one.page.told.checks]
    ledgers = await cohort.end()
    off_ms = [abs(shown - earned) for shown, earned in ledgers]
    return {
        "looks": looks,
        "server_cores": core,
        "checks": len(checks),
        "checks_passed": sum(1 for one in checks if one == "passed"),
        "shown_s": round(sum(shown for shown, _ in ledgers) / 1000),
        "earned_s": round(sum(earned for _, earned in ledgers) / 1000),
        "furthest_off_ms": round(max(off_ms)),
        "wrong": len(cohort.noted.wrong),
        "sound": max(off_ms) <= HEARTBEAT_S * 1000 and not cohort.noted.wrong,
    }


def slope(points: list[tuple[float, float]]) -> float:
    """Least squares: by which share of its mean it grows in an hour; 0 for fewer than two points, or a mean of 0."""
    if len(points) < 2:
        return 0.0
    mean_x, mean_y = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    rise = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return round(rise / spread / mean_y, 4) if spread and mean_y else 0.0


def _metrics(port: int) -> dict[str, float]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    found = dict(line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
    return {name: float(found[name]) for name in GAUGES}


if __name__ == "__main__":
    sys.exit(main())
