"""What a run must hold to be green (pure)."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

MEAN_MS = 3_000  # row 35: 平均响应时间不超过 3 秒
P99_MS = 1_000
TOTAL = "Aggregated"
SHOWN = 5  # ledgers that disagree


def faults(result: dict[str, Any], learners: int) -> list[str]:
    """Why the run is red, in words; none means green."""
    rows: list[dict[str, Any]] = result["rows"]
    found: dict[str, Any] = result["found"]
    total = next((row for row in rows if row["name"] == TOTAL), None)
    if total is None or not total["count"]:
        return ["Nothing was asked."]
    wrong = [
        f"{row['name']}: mean response {row['mean']:.0f} ms, over {MEAN_MS} ms."
        for row in rows
        if row["mean"] > MEAN_MS
    ]
    if total["p99"] > P99_MS:
        wrong.append(f"p99 of all responses {total['p99']:.0f} ms, over {P99_MS} ms.")
    single = [row for row in rows if row is not total]
    wrong += [f"{row['name']}: {row['failures']} of {row['count']} failed." for row in single if row["failures"]]
    asked = {row["name"] for row in rows if row["count"]}
    wrong += [f"{name} was never called." for name in result["expected"] if name not in asked]
    if not any(outcome == "passed" for _, outcome in found["checks"]):
        wrong.append("No check was answered.")
    lost = Counter(f"{kind} {outcome}" for kind, outcome in found["checks"] if outcome != "passed")
    if lost:
        which = ", ".join(f"{count} {what}" for what, count in sorted(lost.items()))
        wrong.append(f"{lost.total()} checks of honest learners ended otherwise than passed: {which}.")
    if len(found["ledger"]) < learners:
        wrong.append(
            f"{learners - len(found['ledger'])} of {learners} learners did not come to the end of their study."
        )
    return wrong + watcher_faults(found, result["watchers"]) + ledger_faults(found["ledger"])


def watcher_faults(found: dict[str, Any], wanted: dict[str, int]) -> list[str]:
    """Walls and regulators that came to the end without having seen anything, or missed something (row 20)."""
    wrong = [
        f"{count - len(found[kind])} of {count} {kind} did not come to the end."
        for kind, count in wanted.items()
        if len(found[kind]) < count
    ]
    deaf = sum(1 for _, deltas, _ in found["walls"] if not deltas)
    missed = sum(missed for _, _, missed in found["walls"])
    wrong += [f"{deaf} walls heard no delta."] if deaf else []
    wrong += [f"Walls missed {missed} versions of the class."] if missed else []
    unheard = sum(1 for heard, most in found["regulators"] if not heard or not most)
    return wrong + ([f"{unheard} regulators heard of nobody online."] if unheard else [])


def ledger_faults(ledger: Sequence[Sequence[float]]) -> list[str]:
    """Learners whose earned time isn't what their own stopwatch says, within what may lie between."""
    off = [(shown, earned) for shown, earned, may in ledger if abs(shown - earned) > may]
    if not off:
        return []
    off.sort(key=lambda one: -abs(one[0] - one[1]))
    which = "; ".join(f"{shown / 1000:.1f} s and {earned / 1000:.1f} s" for shown, earned in off[:SHOWN])
    return [f"{len(off)} ledgers disagree; the furthest saw and earned {which}."]


def summary(result: dict[str, Any]) -> dict[str, Any]:
    """The figures of the one line."""
    total = next(row for row in result["rows"] if row["name"] == TOTAL)
    found = result["found"]
    off = [abs(shown - earned) for shown, earned, _ in found["ledger"]]
    kinds = [kind for kind, _ in found["checks"]]
    return {
        "requests": total["count"],
        "failures": total["failures"],
        "mean_ms": round(total["mean"], 1),
        "p95_ms": total["p95"],
        "p99_ms": total["p99"],
        "checks": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "takeovers": found["taken_over"],
        "lines_broken": found["broken"],
        "sent_away": found["sent_away"],
        "wall_deltas": sum(deltas for _, deltas, _ in found["walls"]),
        "sums_heard": sum(heard for heard, _ in found["regulators"]),
        "shown_s": round(sum(one[0] for one in found["ledger"]) / 1000),
        "earned_s": round(sum(one[1] for one in found["ledger"]) / 1000),
        "furthest_off_ms": round(max(off, default=0)),
    }
