"""The stage of the browser story."""

import os
from pathlib import Path

import pytest

from tests.actor.frames import Actor, actor
from tests.story.server import ROOT, make_demo

PASSWORDS = {"learner": "Learn-2026-demo", "learner2": "Learn-2026-demo2", "staff": "Staff-2026-demo"}


@pytest.fixture(scope="session")
def built_page() -> None:
    """The production build of the page."""
    if not (ROOT / "web" / "ui" / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: python3 run.py test builds it")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, built_page: None, chromium: Path) -> Path:
    """The demo's data, made once; every server gets a copy."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    make_demo(folder)
    return folder


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go; ANXUE_TEST_SHOTS keeps them."""
    kept = os.environ.get("ANXUE_TEST_SHOTS")
    return Path(kept) if kept else tmp_path_factory.mktemp("shots")


@pytest.fixture(scope="session")
def astronaut() -> Actor:
    """The actor with the public-domain face."""
    return actor()
