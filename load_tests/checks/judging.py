"""The pure verdict over the series of a film, under random scripts, with the figures that come of it."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from load_tests.checks.film import Reading
from load_tests.checks.players import Player
from verify import rules, verdict
from verify.evidence import Evidence
from verify.identity import Embedding
from verify.measures import Sample
from verify.protocol import Script

FRAME_MS = 100
CONNECT_MS = 1_200  # from the grant to the first frame: 0.3 to 1.2 s measured with Chromium
LIMIT_MS = 90_000
NO_PICTURE = np.zeros((2, 2, 3), np.uint8)


@dataclass(slots=True)
class Trial:
    """One check."""

    passed: bool
    tries: int
    reasons: list[str]  # of lost tries, then of the end
    took_s: float  # from the grant to the verdict


def judge(readings: Sequence[Reading], player: Player, scripts: list[Script], portrait: Embedding | None) -> Trial:
    """Run one check as ``verify.check`` does, on readings instead of pictures."""
    plan = verdict.Plan(
        granted_at_ms=0,
        scripts=tuple(tuple((step.action, step.gap_ms) for step in script.steps) for script in scripts),
        identity=portrait is not None,
    )
    verdict_of, evidence = rules.Judge(plan), Evidence(portrait, enrolling=False)
    reasons: list[str] = []
    for at_ms in range(CONNECT_MS, LIMIT_MS, FRAME_MS):
        number = player.next()
        if number is None:
            outputs = verdict_of.tick(at_ms)
        else:
            outputs = verdict_of.feed(_sample(readings[number], at_ms, verdict_of, evidence, portrait))
        for output in outputs:
            match output:
                case verdict.Prompted(_, index, _, action):
                    player.prompted(index, action)
                case verdict.StepDone():
                    player.seen()
                case verdict.TryLost(reason, _):
                    evidence.begin_try()
                    reasons.append(str(reason))
                    player.lost()
                case verdict.Verdict(passed, reason, missed, _):
                    if missed:
                        reasons.append(f"{reason} missed")
                    return Trial(passed, verdict_of.try_no, reasons, at_ms / 1000)
                case _:
                    pass
    raise AssertionError("a check that doesn't end")


def _sample(reading: Reading, at_ms: int, judge: rules.Judge, evidence: Evidence, portrait: Embedding | None) -> Sample:
    sample = Sample(at_ms, reading.faces, reading.face)
    if reading.face is None or reading.embedding is None:
        return sample
    if judge.wants_kin(sample):
        return Sample(at_ms, reading.faces, reading.face, kin=evidence.kin(reading.embedding))
    if not judge.wants_match(sample):
        return sample
    return Sample(at_ms, reading.faces, reading.face, evidence.score(NO_PICTURE, reading.face, reading.embedding))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson's)."""
    if of == 0:
        return 0.0, 1.0
    z, p = 1.959964, hits / of
    centre, half = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return max(0.0, (centre - half) / (1 + z * z / of)), min(1.0, (centre + half) / (1 + z * z / of))


def figures(trials: Sequence[Trial]) -> dict[str, Any]:
    """Return counts, shares with their intervals, and times."""
    checks, passes = len(trials), [trial for trial in trials if trial.passed]
    first = sum(1 for trial in passes if trial.tries == 1)
    tries = sum(trial.tries for trial in trials)
    reasons = Counter(reason for trial in trials for reason in trial.reasons)
    return {
        "checks": checks,
        "passed": len(passes),
        "passed_share": share(len(passes), checks),
        "first_try": first,
        "first_try_share": share(first, checks),
        "tries": tries,
        "passed_a_try": share(len(passes), tries),
        "median_s_to_pass": round(median(trial.took_s for trial in passes), 1) if passes else None,
        "reasons": dict(reasons.most_common()),
    }


def share(hits: int, of: int) -> list[float]:
    """Return a share and its 95 % interval."""
    return [round(x, 4) for x in (hits / max(of, 1), *wilson(hits, of))]
