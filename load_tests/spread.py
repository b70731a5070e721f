"""How evenly checks come, and how little of their moments can be known: ``python -m load_tests.spread``.

A class begins within one minute and studies on; each drawn moment is drawn by the server's own ``realtime.draws`` under the
rules in force, and a check takes what the honest take (docs/verification.md). Beside it in the same run: one draw instead of
the better of two, and a timer of the same mean. Pure arithmetic on a clock of its own; the last line is one JSON object.
"""

import argparse
import heapq
import itertools
import json
import math
import random  # noqa: TID251  # seeded, for when they arrive; the moments are the server's own draws
from collections.abc import Callable

from classroom.attendance.rules import Rules
from realtime.draws import Draws

CHECK_MS = 15_100  # the median of the honest, from the push (docs/verification.md)
WAVE_MS = 60_000
STEP_MS = 1_000
LEARNERS = (1_000, 10_000)
TO_REACH = {1_000: 1.6, 10_000: 1.3}
RULES = Rules()
Draw = Callable[[int], int]  # now in ms -> studied ms until the next check


def main() -> None:
    """Run it and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.spread", description=__doc__.split("\n")[0])
    parser.add_argument("--learners", type=int, nargs="+", default=list(LEARNERS))
    parser.add_argument("--hours", type=float, default=2.0, help="of study")
    chosen = parser.parse_args()
    told: dict[str, object] = {"bench": "spread", "check_ms": CHECK_MS, "hours": chosen.hours}
    for learners in chosen.learners:
        told[str(learners)] = compare(learners, int(chosen.hours * 3_600_000))
        print(learners, told[str(learners)])
    print(json.dumps(told))


def compare(learners: int, length_ms: int) -> dict[str, object]:
    """The three ways for as many learners; ratios of the peak of concurrent checks over their mean, and bits."""
    shared = Draws()
    chance = random.Random(20261126)
    drawn: list[int] = []

    def better_of_two(now: int) -> int:
        drawn.append(shared.take(RULES.drawn_from_ms, RULES.drawn_to_ms, now))
        return drawn[-1]

    mean = (RULES.drawn_from_ms + RULES.drawn_to_ms) // 2
    return {
        "peak_over_mean": peak_over_mean(learners, length_ms, better_of_two),
        "to_reach": TO_REACH.get(learners),
        "one_draw": peak_over_mean(
            learners, length_ms, lambda _: chance.randint(RULES.drawn_from_ms, RULES.drawn_to_ms)
        ),
        "timer": peak_over_mean(learners, length_ms, lambda _: mean),
        **entropy(drawn),
    }


def peak_over_mean(learners: int, length_ms: int, draw: Draw) -> float:
    """Of concurrent drawn checks, second by second, from the first instant at which the rules allow one."""
    chance = random.Random(learners)
    due = [(start + draw(start), number) for number, start in enumerate(chance.choices(range(WAVE_MS), k=learners))]
    heapq.heapify(due)
    changes = [0] * (length_ms // STEP_MS + 1)
    while due[0][0] < length_ms:
        at, number = heapq.heappop(due)
        over = at + CHECK_MS
        changes[at // STEP_MS] += 1
        if over < length_ms:
            changes[over // STEP_MS] -= 1
        heapq.heappush(due, (over + draw(over), number))
    open_checks = list(itertools.accumulate(changes))[RULES.drawn_from_ms // STEP_MS :]
    return round(max(open_checks) / (sum(open_checks) / len(open_checks)), 2)


def entropy(drawn: list[int]) -> dict[str, float]:
    """Bits that are left in the second of the next check for whoever knows the rules, the last check and every draw's odds.

    At the draw, and on the mean over the studied seconds before it came; beside the most there can be, a uniform draw.
    """
    seconds = range(RULES.drawn_from_ms // 1_000, RULES.drawn_to_ms // 1_000 + 1)
    width = 5  # seconds a bin: fine enough, and each is hit often
    counts = [0] * (len(seconds) // width + 1)
    for one in drawn:
        counts[(one // 1_000 - seconds.start) // width] += 1
    at_draw = _bits(counts, width)
    left = [_bits(counts[from_bin:], width) for from_bin in range(len(counts)) if sum(counts[from_bin:])]
    waited = [seconds.start, *(width for _ in left[1:])]  # nothing is told by the first minute: no check may come in it
    alive = [sum(counts[from_bin:]) for from_bin in range(len(left))]
    weights = [wait * living for wait, living in zip(waited, alive, strict=True)]
    mean = sum(weight * bits for weight, bits in zip(weights, left, strict=True)) / sum(weights)
    sure = sum(weight for weight, bits in zip(weights, left, strict=True) if bits < math.log2(30)) / sum(weights)
    return {
        "bits_at_the_draw": round(at_draw, 2),
        "bits_most": round(math.log2(len(seconds)), 2),
        "bits_mean_while_waiting": round(mean, 2),
        "share_of_study_known_within_30_s": round(sure, 4),
    }


def _bits(counts: list[int], width: int) -> float:
    total = sum(counts)
    return sum(-count / total * math.log2(count / total / width) for count in counts if count)


if __name__ == "__main__":
    main()
