"""The verdict is green for a platform that does well, and red for each thing that it must not let pass."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from load_tests.servers import ROOT
from load_tests.verdict.judge import faults, summary
from load_tests.verdict.report import html


def row(name: str, **changed: float) -> dict[str, Any]:
    plain = {"count": 10, "failures": 0, "mean": 20.0, "p50": 20, "p95": 40, "p99": 60, "max": 80}
    return {"name": name} | plain | changed


def result(**changed: Any) -> dict[str, Any]:
    found = {
        "ledger": [[60_000, 58_000, 5_000]],
        "checks": [["login", "passed"]],
        "taken_over": 0,
        "broken": 0,
        "sent_away": 0,
        "walls": [[1, 20, 0]],
        "regulators": [[60, 1]],
    }
    plain = {"rows": [row("a"), row("Aggregated")], "expected": ["a"], "errors": [], "history": []}
    plain["watchers"] = {"walls": 1, "regulators": 1}
    return plain | {"found": found | changed.pop("found", {})} | changed


def test_a_run_in_which_all_is_well_is_green() -> None:
    assert faults(result(), 1) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rows": [row("a", mean=3_001), row("Aggregated")]}, "a: mean response 3001 ms, over 3000 ms."),
        ({"rows": [row("a"), row("Aggregated", p99=1_001)]}, "p99 of all responses 1001 ms, over 1000 ms."),
        ({"rows": [row("a", failures=1), row("Aggregated", failures=1)]}, "a: 1 of 10 failed."),
        ({"expected": ["a", "b"]}, "b was never called."),
        ({"found": {"checks": []}}, "No check was answered."),
        (
            {"found": {"checks": [["login", "passed"], ["drawn", "missed"]]}},
            "1 checks of honest learners ended otherwise than passed: 1 drawn missed.",
        ),
        ({"found": {"ledger": []}}, "1 of 1 learners did not come to the end of their study."),
        (
            {"found": {"ledger": [[60_000, 54_000, 5_000]]}},
            "1 ledgers disagree; the furthest saw and earned 60.0 s and 54.0 s.",
        ),
        (
            {"found": {"ledger": [[54_000, 60_000, 5_000]]}},
            "1 ledgers disagree; the furthest saw and earned 54.0 s and 60.0 s.",
        ),
        ({"rows": []}, "Nothing was asked."),
        ({"found": {"walls": []}}, "1 of 1 walls did not come to the end."),
        ({"found": {"walls": [[1, 0, 0]]}}, "1 walls heard no delta."),
        ({"found": {"walls": [[1, 20, 2]]}}, "Walls missed 2 versions of the class."),
        ({"found": {"regulators": []}}, "1 of 1 regulators did not come to the end."),
        ({"found": {"regulators": [[0, 0]]}}, "1 regulators heard of nobody online."),
        ({"found": {"regulators": [[60, 0]]}}, "1 regulators heard of nobody online."),
    ],
)
def test_what_must_not_be_makes_it_red(changed: dict[str, Any], said: str) -> None:
    assert faults(result(**changed), 1) == [said]


def test_the_report_needs_nothing_from_a_network() -> None:
    history = [{"user_count": 3, "current_rps": 2.0, "response_time_percentile_0.5": 12}]
    run = result(history=history, server={"Server CPU %": [(2.0, 10.0)]})
    text = html({"learners": 1}, summary(run), run, ["a <b> failed."])
    assert "不合格" in text
    assert "a &lt;b&gt; failed." in text
    assert "<svg" in text
    links = [word for word in ("src=", "href=", "@import", "url(", "<script") if word in text]
    assert links == []


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_fifty_learners_study_for_a_minute_and_the_verdict_is_green(tmp_path: Path) -> None:
    """Row 35: mean response at most 3 s; the ledgers of all fifty agree and the journal is sound."""
    report = tmp_path / "report.html"
    command = [
        sys.executable,
        "-m",
        "load_tests.verdict",
        "--learners",
        "50",
        "--minutes",
        "1",
        "--report",
        str(report),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=390, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-3_000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["ok"]
    assert told["checks"]["login"] >= 50
    assert told["takeovers"] >= 1
    assert told["lines_broken"] >= 20
    assert told["wall_deltas"] >= 4 * 20
    assert told["sums_heard"] >= 2 * 20
    assert report.read_text().startswith("<!doctype html>")
