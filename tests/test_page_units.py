"""The page's own unit tests, by the Node that the page is built with."""

import subprocess

import pytest

import run


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_units_of_the_page(built_page: None) -> None:
    command, env = run.npm("run", "test")
    done = subprocess.run(command, cwd=run.UI, env=env, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-1_000:]
