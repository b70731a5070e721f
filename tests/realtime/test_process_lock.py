"""One control process an SQLite database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from realtime.process_lock import AlreadyRunning, ProcessLock

HOLDER = """
import sys
from pathlib import Path
from realtime.process_lock import ProcessLock
ProcessLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_refused_with_a_sentence_until_the_first_is_killed(tmp_path: Path) -> None:
    lock = tmp_path / "data" / "control.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunning, match=rf"pid {holder.pid}\).*Stop it first"):
            ProcessLock(lock).acquire()
        holder.kill()
        holder.wait()
        ProcessLock(lock).acquire()
    assert lock.read_text() == str(os.getpid())


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    first, second = ProcessLock(tmp_path / "lock"), ProcessLock(tmp_path / "lock")
    first.acquire()
    first.release()
    second.acquire()
    with pytest.raises(AlreadyRunning):
        first.acquire()
