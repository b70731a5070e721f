"""What judging costs beside the bare landmarker: ``python -m load_tests.media``, the last line is one JSON object.

Real checks of one try over WebRTC (VP8) to a real media process, an honest actor before the camera, a face in every frame,
identity included. In the same run a process that does nothing but read landmarks of the same film through the same codec.
Both are counted in CPU time, so a busy machine changes neither much. The status is 1 when a check didn't pass.
"""

import argparse
import asyncio
import json
import multiprocessing
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


def main() -> int:
    """Read the command line; measure; print."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.media", description=__doc__.split("\n")[0])
    parser.add_argument("--checks", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--frames", type=int, default=600, help="of the bare loop")
    chosen = parser.parse_args()
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


def checked(subject: Subject, checks: int, at_once: int) -> dict[str, Any]:
    """Run the checks; what the media process used for them."""
    with tempfile.TemporaryFile() as log:
        with media_process(at_once + 2, log) as media:
            asyncio.run(ready(media))
            work = Work([media.process.pid])
            trials = judged(asyncio.run(run_all(media, subject, checks, at_once)))
            cpu_s = work.s
        frames = frames_judged(log)
    took_s = mean(trial.took_s for trial in trials) if trials else 0.0
    return {
        "passed": sum(trial.passed for trial in trials),
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
