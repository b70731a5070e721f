"""The bench of the checks runs, and can tell an honest person from a picture."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from load_tests.checks.judging import Trial, figures, wilson

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_few_scripts_of_the_honest_and_of_a_still_picture(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "load_tests.checks", "--scripts", "5", "--end-to-end", "0"]
    ran = subprocess.run(
        [*command, "--only", "actor", "--only", "still"],
        cwd=ROOT,
        env=os.environ | {"ANXUE_BENCH_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=280,
    )

    assert ran.returncode == 0, ran.stderr[-2_000:]
    told = json.loads(ran.stdout.splitlines()[-1])["subjects"]
    honest, still = told["actor"]["scripts"], told["still"]["scripts"]
    assert (honest["checks"], honest["passed"], honest["first_try"]) == (5, 5, 5)
    assert 8 < honest["median_s_to_pass"] < 25
    assert (still["checks"], still["passed"], still["tries"]) == (5, 0, 15)


def test_the_interval_is_wilsons() -> None:
    assert wilson(0, 200) == pytest.approx((0, 0.01884), abs=1e-5)
    assert wilson(200, 200) == pytest.approx((0.98116, 1), abs=1e-5)
    assert wilson(10, 20) == pytest.approx((0.29930, 0.70070), abs=1e-5)


def test_the_figures_count_checks_and_tries() -> None:
    told = figures(
        [Trial(True, 1, [], 12.0), Trial(True, 3, ["TOO_LATE"] * 2, 40.0), Trial(False, 3, ["NO_MATCH"] * 3, 50.0)]
    )

    assert (told["checks"], told["passed"], told["first_try"], told["tries"]) == (3, 2, 1, 7)
    assert told["median_s_to_pass"] == 26.0
    assert told["reasons"] == {"NO_MATCH": 3, "TOO_LATE": 2}
