"""The media process is started again when it dies, and dies with us."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from realtime import media_process
from realtime.media_process import MediaProcess, environment_of

SLEEPER = (sys.executable, "-c", "import signal; signal.pause()")
DEAF = (sys.executable, "-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()")
URL = "http://127.0.0.1:8901"


async def well() -> bool:
    return True


async def another_than(process: MediaProcess, old: int | None) -> int:
    async with asyncio.timeout(10):
        while process.pid in (None, old):
            await asyncio.sleep(0.01)
    assert process.pid is not None
    return process.pid


async def test_a_killed_process_is_started_again_and_again() -> None:
    process = MediaProcess(URL, "s" * 32, answers=well, command=SLEEPER)
    await process.start()
    pid = process.pid
    for _ in range(2):
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        pid = await another_than(process, pid)
        assert psutil.pid_exists(pid)
    await process.stop()
    assert not psutil.pid_exists(pid)


class Hanging:
    """Answers the first probe; from then on whatever the test says."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self) -> bool:
        self.asked += 1
        return self.answers.pop(0) if self.answers else True


async def probed(monkeypatch: pytest.MonkeyPatch, hanging: Hanging, until_asked: int) -> tuple[bool, int]:
    """Whether the process was replaced, and how often it had been asked by then."""
    monkeypatch.setattr(media_process, "PROBE_EVERY_S", 0.01)
    process = MediaProcess(URL, "s" * 32, answers=hanging, command=DEAF)
    await process.start()
    first = process.pid
    async with asyncio.timeout(10):
        while process.pid == first and hanging.asked < until_asked:
            await asyncio.sleep(0.001)
    found = process.pid != first, hanging.asked
    await process.stop()
    return found


async def test_one_that_lives_but_answers_nothing_is_killed_at_the_third_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_process, "STOP_TIMEOUT_S", 0.1)
    assert await probed(monkeypatch, Hanging(True, False, False, False), 20) == (True, 4)


async def test_two_misses_and_a_slow_start_are_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_process, "STOP_TIMEOUT_S", 0.1)
    late = [False] * 8
    assert await probed(monkeypatch, Hanging(*late, True, False, False, True, False, False, True), 20) == (False, 20)


async def test_one_that_never_answers_after_its_start_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_process, "STOP_TIMEOUT_S", 0.1)
    monkeypatch.setattr(media_process, "START_S", 0.05)
    replaced, _ = await probed(monkeypatch, Hanging(*[False] * 500), 400)
    assert replaced


async def test_one_that_ignores_the_request_to_end_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_process, "STOP_TIMEOUT_S", 0.1)
    process = MediaProcess(URL, "s" * 32, answers=well, command=DEAF)
    await process.start()
    pid = process.pid
    assert pid is not None
    await process.stop()
    assert not psutil.pid_exists(pid)


def test_the_platforms_keys_stay_out_of_the_process_that_decodes_strangers_bytes() -> None:
    inherited = {"PATH": "/bin", "ANXUE_FACE_KEK": "k", "ANXUE_DATABASE": "d", "ANXUE_MEDIA_SLOTS": "4"}
    assert environment_of(URL, "shared", inherited) == {
        "PATH": "/bin",
        "ANXUE_MEDIA_SLOTS": "4",
        "ANXUE_MEDIA_SECRET": "shared",
        "ANXUE_MEDIA_URL": URL,
    }


PARENT = """
import asyncio, sys
from realtime.media_process import MediaProcess
async def main():
    sleeper = (sys.executable, "-c", "import signal; signal.pause()")
    async def well():
        return True
    process = MediaProcess("http://127.0.0.1:8901", "s" * 32, answers=well, command=sleeper)
    await process.start()
    print(process.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel ends it on Linux only")
def test_it_dies_with_a_killed_launcher(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
    gone, alive = psutil.wait_procs([child], timeout=5)
    assert [one.pid for one in gone] == [child.pid]
    assert alive == []
