"""What judging costs beside the bare landmarker: ``python -m load_tests.media``, the last line is one JSON object.

Real checks of one try over WebRTC (VP8) to a real media process, an honest actor before the camera, a face in every frame,
identity included. In the same run a process that does nothing but read landmarks of the same film through the same codec.
Both are counted in CPU time, so a busy machine changes neither much. The status is 1 when a check didn't pass.

``--rising 4,6,8`` finds the largest number of checks a minute instead: so many at once, step after step, until one doesn't
pass. The media process has one core to itself then, the cameras (VP8 encoders, a tenth of a core each) have the others.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from statistics import mean
from typing import IO, Any

import cv2

from load_tests.checks.end_to_end import judged, media_process, ready, run_all
from load_tests.checks.film import decoded, encoded
from load_tests.checks.subjects import Subject, world
from load_tests.measure import Work, machine
from verify import models
from verify.landmarks import Landmarker

TO_REACH = {"share_of_the_loop": 0.8, "cpu_s_a_check": 1.2}
WARM = 20  # frames
ROUNDS = 3  # checks by each place, a step


def main() -> int:
    """Read the command line; measure; print."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.media", description=__doc__.split("\n")[0])
    parser.add_argument("--checks", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--frames", type=int, default=600, help="of the bare loop")
    parser.add_argument("--rising", type=_numbers, help="find the most checks a minute: 4,6,8 at once")
    chosen = parser.parse_args()
    if chosen.rising:
        return _rising(chosen.rising)
    told: dict[str, Any] = {"bench": "media", **vars(chosen), "to_reach": TO_REACH, "machine": machine()}
    subject = world().actor()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        before = apart.submit(bare_loop, chosen.frames).result()
        told |= checked(subject, chosen.checks, chosen.at_once)
        after = apart.submit(bare_loop, chosen.frames).result()
    told["loop_frames_a_cpu_s"] = [round(before, 1), round(after, 1)]
    told["share_of_the_loop"] = round(told["frames_a_cpu_s"] / mean((before, after)), 3)
    print(json.dumps(told))
    return 0 if told["passed"] == chosen.checks else 1


def _numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


def _rising(steps: list[int]) -> int:
    told: dict[str, Any] = {"bench": "media", "rising": steps, "machine": machine(), "steps": []}
    told["checks_a_minute"] = 0.0
    subject = world().actor()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[1:] or cores)
    for at_once in steps:
        found = checked(subject, ROUNDS * at_once, at_once, core=cores[0])
        told["steps"].append(found)
        sys.stderr.write(f"  {found}\n")
        if found["passed"] < found["checks"]:
            break
        told["checks_a_minute"] = max(told["checks_a_minute"], found["checks_a_minute"])
    print(json.dumps(told))
    return 0 if told["checks_a_minute"] else 1


def checked(subject: Subject, checks: int, at_once: int, core: int | None = None) -> dict[str, Any]:
    """Run the checks; what the media process used for them, and of what came to no verdict and costs a learner nothing."""
    with tempfile.TemporaryFile() as log:
        with media_process(at_once + 2, log) as media:
            if core is not None:
                os.sched_setaffinity(media.process.pid, {core})  # before it has threads
            asyncio.run(ready(media))
            work, began = Work([media.process.pid]), time.perf_counter()
            cameras = Work([os.getpid()])
            trials = judged(asyncio.run(run_all(media, subject, checks, at_once)))
            cpu_s, cameras_s, wall_s = work.s, cameras.s, time.perf_counter() - began
        frames = frames_judged(log)
    took_s = mean(trial.took_s for trial in trials) if trials else 0.0
    return {
        "at_once": at_once,
        "checks": checks,
        "checks_a_minute": round(60 * checks / wall_s, 1),
        "frames_a_s_each": round(frames / checks / took_s, 2) if took_s else 0.0,
        "media_cores": round(cpu_s / wall_s, 2),
        "cameras_cores": round(cameras_s / wall_s, 2),
        "passed": sum(trial.passed for trial in trials),
        "without_verdict": checks - len(trials),
        "frames": frames,
        "frames_a_cpu_s": round(frames / cpu_s, 1),
        "cpu_s_a_check": round(cpu_s / checks, 2),
        "seconds_a_check": round(took_s, 1),
        "checks_at_once_a_core": round(took_s * checks / cpu_s, 1),
    }


def frames_judged(log: IO[bytes]) -> int:
    """What the media process says of each check at its end."""
    log.seek(0)
    lines = [json.loads(line) for line in log if line.startswith(b"{")]
    return sum(line["judged"] for line in lines if line.get("event") == "A check ended.")


def bare_loop(frames: int) -> float:
    """Frames a CPU second of the landmarker alone, on the film as it comes out of VP8."""
    cv2.setNumThreads(1)
    pictures = list(decoded(encoded(world().actor().film)))
    landmarker = Landmarker(models.LANDMARKS.locate())
    for picture in pictures[:WARM]:
        landmarker.read(picture)
    began = time.process_time()
    for number in range(frames):
        landmarker.read(pictures[number % len(pictures)])
    used = time.process_time() - began
    landmarker.close()
    return frames / used


if __name__ == "__main__":
    sys.exit(main())
