"""The stage of the browser story."""

import fcntl
import os
from pathlib import Path

import pytest

from tests.actor.frames import Actor, actor
from tests.story.server import make_demo

PASSWORDS = {"learner": "Learn-2026-demo", "learner2": "Learn-2026-demo2", "staff": "Staff-2026-demo"}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, built_page: None, chromium: Path) -> Path:
    """The demo's data, made once for all workers of this run; every server gets a copy."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder, made = shared / "demo", shared / "demo-is-made"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make_demo(folder)
            made.touch()
    return folder


@pytest.fixture(scope="session")
def astronaut() -> Actor:
    """The actor with the public-domain face."""
    return actor()
