"""The stage of the browser story."""

from pathlib import Path

import pytest

from tests.actor.frames import Actor, actor
from tests.story.server import make_demo

PASSWORDS = {"learner": "Learn-2026-demo", "learner2": "Learn-2026-demo2", "staff": "Staff-2026-demo"}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, built_page: None, chromium: Path) -> Path:
    """The demo's data, made once; every server gets a copy."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    make_demo(folder)
    return folder


@pytest.fixture(scope="session")
def astronaut() -> Actor:
    """The actor with the public-domain face."""
    return actor()
