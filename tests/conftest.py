"""What every test may rely on: no leaked task, no network but this machine's, visible skips for what is missing."""

import asyncio
import inspect
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from itertools import zip_longest
from pathlib import Path

import pytest
import pytest_asyncio

ROOT = Path(__file__).resolve().parents[1]

# Settings are read at import, from the environment; tests get data of their own and secrets made at random.
_data = tempfile.TemporaryDirectory(prefix="classroom-tests-", ignore_cleanup_errors=True)
os.environ |= {"DJANGO_SETTINGS_MODULE": "settings", "ANXUE_DATA": _data.name, "ANXUE_DEMO": "1"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Watch the tasks of every test that runs on a loop; begin with the longest, so that no worker is left with them."""
    items[:] = _in_order(items)
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
            item.fixturenames.insert(0, "no_leaked_tasks")


def _in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """File by file: those with a browser, which need a core, in turn with those that wait for a clock; then the quick ones.

    How long a test may take is told by its own timeout.
    """

    def marked(name: str, tests: list[pytest.Item]) -> list[pytest.Mark]:
        return [mark for test in tests if (mark := test.get_closest_marker(name)) is not None]

    def patience_s(tests: list[pytest.Item]) -> float:
        return sum(mark.args[0] for mark in marked("timeout", tests))

    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    longest_first = sorted(files.values(), key=patience_s, reverse=True)
    browsers = [tests for tests in longest_first if marked("browser", tests)]
    clocks = [tests for tests in longest_first if marked("slow", tests) and not marked("browser", tests)]
    begun = [tests for pair in zip_longest(browsers, clocks, fillvalue=[]) for tests in pair]
    quick = [tests for tests in files.values() if not marked("browser", tests) and not marked("slow", tests)]
    return [test for tests in (*begun, *quick) for test in tests]


@pytest_asyncio.fixture
async def no_leaked_tasks() -> AsyncIterator[None]:
    """Every task has an owner; one that outlives its test has none."""
    before = asyncio.all_tasks()
    yield
    for _ in range(20):  # those that were just cancelled get their turns of the loop
        leaked = asyncio.all_tasks() - before - {asyncio.current_task()}
        if not leaked:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"leaked tasks: {sorted(task.get_name() for task in leaked)}")


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A PostgreSQL database that tests may fill and empty."""
    url = os.environ.get("ANXUE_TEST_POSTGRES", "")
    if not url:
        pytest.skip("no PostgreSQL: set ANXUE_TEST_POSTGRES to postgres://…")
    return url


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis that tests may fill and empty."""
    url = os.environ.get("ANXUE_TEST_REDIS", "")
    if not url:
        pytest.skip("no Redis: set ANXUE_TEST_REDIS to redis://…")
    return url


@pytest.fixture(scope="session")
def footage() -> Path:
    """Real faces, which are not part of this repository."""
    folder = Path(os.environ.get("ANXUE_FOOTAGE", ROOT.parent / "shared" / "footage"))
    if not folder.is_dir():
        pytest.skip(f"no footage: {folder} is missing; set ANXUE_FOOTAGE to its folder")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The system's Chromium, with its driver beside it."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None or shutil.which("chromedriver") is None:
        pytest.skip("no Chromium: install chromium and chromium-driver")
    return Path(browser)


@pytest.fixture(scope="session")
def built_page() -> None:
    """The production build of the page."""
    if not (ROOT / "web" / "ui" / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: python3 run.py test builds it")


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go; ANXUE_TEST_SHOTS keeps them."""
    kept = os.environ.get("ANXUE_TEST_SHOTS")
    return Path(kept) if kept else tmp_path_factory.mktemp("shots")
