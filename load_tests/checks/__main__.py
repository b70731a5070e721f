"""Run the bench: ``python -m load_tests.checks [--scripts 200] [--end-to-end 20] [--only NAME]``."""

import argparse
import asyncio
import json
import multiprocessing
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from load_tests.checks.end_to_end import judged, media_process, run_all
from load_tests.checks.judging import figures, judge
from load_tests.checks.subjects import Entry, Subject, prepare, world

SLOTS = 8
FEW = 2  # subjects for which processes of their own are not worth their start


def say(text: str) -> None:
    """Tell how far it is; the results alone go to stdout."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def under_scripts(entry: Entry, subject: Subject, scripts: int) -> dict[str, Any]:
    """Judge a subject's series under random scripts."""
    rng = np.random.default_rng(len(entry.name) * 1_009)
    trials = []
    for _ in range(scripts * entry.times):
        asked = subject.draw(rng)
        player, portrait = subject.cast(rng)
        trials.append(judge(subject.readings, player, asked, portrait))
    return figures(trials)


def end_to_end(subject: Subject, checks: int, at_once: int) -> dict[str, Any]:
    """Run checks against a real media process."""
    with media_process(SLOTS) as media:
        trials = asyncio.run(run_all(media, subject, checks, at_once))
    done = judged(trials)
    return figures(done) | {"without_verdict": len(trials) - len(done)}


def percent(share: list[float]) -> str:
    """Return a share with its interval."""
    return f"{100 * share[0]:.1f} % ({100 * share[1]:.1f} to {100 * share[2]:.1f})"


def line(name: str, result: dict[str, Any]) -> str:
    """Return one row of the table."""
    pure, live = result["scripts"], result.get("end_to_end")
    real = f"{live['passed']} of {live['checks']}" if live else ""
    time_s = f"{pure['median_s_to_pass']} s" if pure["passed"] else ""
    why = ", ".join(reason for reason, _ in list(pure["reasons"].items())[:2])
    shares = f"{percent(pure['passed_a_try'])} | {pure['passed']} of {pure['checks']}: {percent(pure['passed_share'])}"
    return f"| {result['says']} (`{name}`) | {shares} | {real} | {time_s} | {why} |"


def main() -> int:
    """Read the command line; print a table, then one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.checks", description=__doc__)
    parser.add_argument(
        "--scripts", type=int, default=200, help="random checks of three tries a subject, on its series"
    )
    parser.add_argument("--end-to-end", type=int, default=20, help="checks of one try a subject that are run for real")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="this subject only; may be repeated"
    )
    parser.add_argument("--at-once", type=int, default=4, help="checks end to end at a time")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the media process ends with the bench

    here = world()
    entries = here.entries()
    if unknown := set(options.only) - {entry.name for entry in entries}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(entry.name for entry in entries)}")
    chosen = [entry for entry in entries if not options.only or entry.name in options.only]
    skipped = [entry.name for entry in chosen if entry.footage and here.footage is None]
    if skipped:
        say(f"skipped, for want of footage (set ANXUE_FOOTAGE to its folder): {', '.join(skipped)}")
    chosen = [entry for entry in chosen if entry.name not in skipped]

    if len(chosen) > FEW:
        say("filming and measuring: the learner and the other faces first")
        here.share()
        with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
            for name in pool.map(prepare, [entry.name for entry in chosen]):
                say(f"measured {name}")

    results: dict[str, Any] = {}
    for entry in chosen:
        subject = entry.make()
        result = results[entry.name] = {"kind": entry.kind, "says": entry.says}
        result["scripts"] = under_scripts(entry, subject, options.scripts)
        passed = result["scripts"]["passed_share"]
        say(f"{entry.name}: {options.scripts * entry.times} checks judged, passed {percent(passed)}")
        if entry.live and options.end_to_end:
            result["end_to_end"] = end_to_end(subject, options.end_to_end, options.at_once)
            say(f"{entry.name}: end to end {json.dumps(result['end_to_end'])}")

    print(
        "| before the camera | passed a try | passed a check of three tries | end to end, one try | median | mostly |"
    )
    print("|---|---|---|---|---|---|")
    for name, result in results.items():
        print(line(name, result))
    print(json.dumps({"bench": "checks", "skipped": skipped, "subjects": results}, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
