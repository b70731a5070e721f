"""The verdict on the 3-second target: ``python -m load_tests.verdict --learners 500 --minutes 5``.

It starts a platform of its own (PostgreSQL and Redis where they are given, else SQLite), lets locust run the real mix
without its web page, verifies the journal, writes one HTML report and prints one JSON line. The status is 1 when the
mean of any response is over 3 s, the p99 of all over 1 s, anything failed, no check was answered, an endpoint was never
called, a wall or a regulator heard nothing, a ledger disagrees or the journal isn't sound.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from load_tests.cohort import seed
from load_tests.measure import cpu_s, machine, raise_descriptors, rss_bytes
from load_tests.plan import STAFF
from load_tests.servers import ROOT, Servers
from load_tests.verdict.judge import faults, summary
from load_tests.verdict.report import html

LESSON_MS, SEGMENT_MS = 3_600_000, 4_000
WAVE_S = 30.0  # in which everybody signs in
ENDING_S = 150.0


def main() -> int:
    """Read the command line; run; judge."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.verdict", description=__doc__.split("\n")[0])
    parser.add_argument("--learners", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--postgres", default=os.environ.get("ANXUE_LOAD_POSTGRES"), help="may create databases")
    parser.add_argument("--redis", default=os.environ.get("ANXUE_LOAD_REDIS"))
    parser.add_argument("--processes", type=int, default=1, help="control processes; more than one needs both")
    parser.add_argument("--server", choices=("daphne", "uvicorn"), default="daphne")
    parser.add_argument("--report", type=Path, default=Path("load-report.html"))
    parser.add_argument("--locust-processes", type=int, default=1, help="one serves some thousand learners")
    chosen = parser.parse_args()
    raise_descriptors()
    about = {"learners": chosen.learners, "minutes": chosen.minutes, "server": chosen.server}
    about |= {"processes": chosen.processes, "database": "PostgreSQL" if chosen.postgres else "SQLite"} | machine()
    ends = {"postgres": chosen.postgres, "redis": chosen.redis, "processes": chosen.processes}
    with Servers(server=chosen.server, second_factor=True, **ends) as servers, tempfile.TemporaryDirectory() as folder:
        plan = seed(servers, chosen.learners, [(LESSON_MS, SEGMENT_MS)])
        place = Path(folder) / "plan.json"
        place.write_text(json.dumps({name: getattr(plan, name) for name in plan.__struct_fields__}))
        servers.start()
        result = _run(servers, place, chosen)
        clean, replayed = servers.replay()
    why = faults(result, chosen.learners)
    why += [] if clean else [f"The journal isn't sound: {replayed}"]
    loads = [load for _, load in result["server"]["Machine load"]]
    beside = {
        "machine_load": {"mean": round(sum(loads) / len(loads), 2), "max": max(loads)}
    }  # whatever else runs on it
    figures = summary(result) | beside | {"replay": replayed}
    chosen.report.write_text(html(about, figures, result, why))
    for one in (*why, *result["errors"][:20]):
        print(one)
    print(f"Report: {chosen.report}")
    print(json.dumps({"bench": "verdict", "ok": not why} | about | figures))
    return 1 if why else 0


def _run(servers: Servers, plan: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    place = plan.with_name("result.json")
    study_s = chosen.minutes * 60
    environment = os.environ | {
        "LOAD_PLAN": str(plan), "LOAD_RESULT": str(place), "LOAD_STUDY_S": str(study_s),
        "LOAD_WORKERS": str(chosen.locust_processes), "LOAD_HOSTS": json.dumps(servers.urls),
    }  # fmt: skip
    users = chosen.learners + STAFF
    command = [
        sys.executable, "-m", "locust", "-f", "load_tests/locustfile.py", "--headless", "--host", servers.url,
        "--users", str(users), "--spawn-rate", str(max(1.0, users / WAVE_S)), "--only-summary", "--loglevel", "WARNING",
        "--run-time", f"{study_s + ENDING_S:.0f}s", "--stop-timeout", "5",
    ]  # fmt: skip
    if chosen.locust_processes > 1:
        command += ["--processes", str(chosen.locust_processes)]
    names = ("Server CPU %", "Server memory MiB", "Machine load")
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with tempfile.TemporaryFile("w+") as said:
        locust = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
        began = before_at = time.perf_counter()
        before_s = cpu_s(servers.pids)
        while locust.poll() is None:
            time.sleep(2)
            now, used = time.perf_counter(), cpu_s(servers.pids)
            samples["Server CPU %"].append(
                (round(now - began, 1), round((used - before_s) / (now - before_at) * 100, 1))
            )
            samples["Server memory MiB"].append((round(now - began, 1), rss_bytes(servers.pids) >> 20))
            samples["Machine load"].append((round(now - began, 1), round(os.getloadavg()[0], 2)))
            before_at, before_s = now, used
        if not place.exists():
            said.seek(0)
            raise RuntimeError(f"locust ended without a result:\n{said.read()[-4000:]}")
    result: dict[str, Any] = json.loads(place.read_text())
    return result | {"server": samples}


if __name__ == "__main__":
    sys.exit(main())
