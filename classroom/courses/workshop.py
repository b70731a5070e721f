"""Works on courseware, one file at a time on this machine, in a process of its own that gives way to everybody.

Whoever holds the row's lease works on it; who finds that it isn't theirs any more throws away what they made.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import structlog

import settings
from classroom import notices
from classroom.clock import now_ms
from classroom.courses import store, uploads
from classroom.courses.courseware import folder_of, forget_left_uploads
from classroom.courses.film.report import read_report_of, write_report
from classroom.courses.rules import ATTEMPTS_AT_MOST, CoursewareState
from classroom.database import is_away

LEASE_MS = 20_000
RENEW_S = 4.0  # how often the lease and the progress are written
LOOK_S = 5.0  # how often it is asked whether there is work
STALLED_S = 600.0  # without a word from the process: it hangs, however little of the processor it gets
GOING_S = 5.0  # from its last word to its end
LINE_BYTES = 4_096
_PR_SET_PDEATHSIG = 1
_COMMAND = (sys.executable, "-m", "classroom.courses.film")

_log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Somebody else works on it, or it was discarded."""


@dataclass(slots=True)
class Progress:
    """What the process said last."""

    stage: str = ""
    share: float = 0.0
    done: bool = False
    refused: str | None = None
    failed: str | None = None


class Workshop:
    """Looks for work and does it, until it is closed."""

    def __init__(self, owner: str, command: Sequence[str] = _COMMAND) -> None:
        self._owner = f"{owner[:40]}-{uuid.uuid4().hex[:12]}"
        self._command = tuple(command)
        self._called = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self.progress = Progress()
        self.process: asyncio.subprocess.Process | None = None

    def open(self) -> None:
        """Begin to look for work."""
        self._unsubscribe = notices.subscribe("courseware_queued", self._call)
        self._worker = asyncio.create_task(self._work(), name="courseware workshop")

    async def close(self) -> None:
        """End what is being done; it is begun anew by whoever comes next."""
        self._unsubscribe()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker])

    async def _call(self) -> None:
        self._called.set()

    async def _work(self) -> None:
        while True:
            try:
                with one_at_a_time() as alone:
                    if alone:
                        await forget_left_uploads(now_ms())
                        while await self.do_next():
                            pass
            except Exception as error:
                if not is_away(error):
                    _log.exception("A piece of courseware couldn't be worked on.")
            self._called.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._called.wait()

    async def do_next(self) -> bool:
        """Do the oldest piece of work; False where there is none."""
        now = now_ms()
        for row in await store.courseware_to_do(now):
            if row.attempts >= ATTEMPTS_AT_MOST:
                await self._give_up(row)
            elif await store.take_courseware(row, self._owner, now, now + LEASE_MS):
                await self.do(row.id)
                return True
        return False

    async def take(self, courseware_id: str) -> bool:
        """Take this one, unless somebody works on it or it was tried often enough."""
        row, now = await store.courseware(courseware_id), now_ms()
        if row is None or row.state != CoursewareState.QUEUED:
            return False
        if row.attempts >= ATTEMPTS_AT_MOST:
            await self._give_up(row)
            return False
        return await store.take_courseware(row, self._owner, now, now + LEASE_MS)

    async def do(self, courseware_id: str) -> None:
        """Work on what was taken, and write down how it ended."""
        self.progress = Progress()
        place = uploads.workplace(courseware_id)
        draft = place / f"draft-{uuid.uuid4().hex[:12]}"
        for left in place.glob("draft-*"):  # of somebody who died
            await asyncio.to_thread(shutil.rmtree, left, True)
        try:
            await self._make(courseware_id, draft)
            await self._end(courseware_id, draft)
        except LeaseLost:
            _log.warning("A piece of courseware isn't ours any more.", courseware=courseware_id)
        except asyncio.CancelledError:
            # This process ends in order: that is no attempt of the file's.
            await asyncio.shield(self._put_back(courseware_id))
            raise
        finally:
            await asyncio.to_thread(shutil.rmtree, draft, True)

    async def _make(self, courseware_id: str, draft: Path) -> None:
        self.process = process = await asyncio.create_subprocess_exec(
            *self._command,
            str(uploads.source_of(courseware_id)),
            str(draft),
            cwd=settings.ROOT,
            env=environment_of(os.environ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
            preexec_fn=_die_with_parent(),
        )
        listening = asyncio.create_task(self._listen(process), name="courseware progress")
        try:
            while True:
                done, _ = await asyncio.wait([listening], timeout=RENEW_S)
                await self._renew(courseware_id)
                if done:
                    break
        finally:
            listening.cancel()
            await asyncio.wait([listening])
            await _end(process)
            self.process = None

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Until it ends, or nothing is to be hoped for."""
        assert process.stdout is not None
        while True:
            try:
                async with asyncio.timeout(STALLED_S):
                    line = await process.stdout.readline()
            except TimeoutError:
                self.progress.failed = "STALLED"
                return
            except ValueError:  # a line without end
                return
            if not line:
                return
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        with contextlib.suppress(msgspec.DecodeError, TypeError, ValueError, KeyError):
            said: dict[str, Any] = msgspec.json.decode(line, type=dict[str, Any])
            if "stage" in said:
                self.progress.stage, self.progress.share = str(said["stage"])[:16], min(1.0, float(said["share"]))
            self.progress.done = self.progress.done or said.get("done") is True
            for outcome in ("refused", "failed"):
                if outcome in said:
                    setattr(self.progress, outcome, str(said[outcome])[:32])

    async def _renew(self, courseware_id: str) -> None:
        now, said = now_ms(), self.progress
        columns = {"stage": said.stage, "progress": round(said.share * 1000), "lease_until_ms": now + LEASE_MS}
        if not await store.change_owned_courseware(courseware_id, self._owner, **columns):
            raise LeaseLost

    async def _end(self, courseware_id: str, draft: Path) -> None:
        said = self.progress
        if said.refused is not None:
            await self._write(courseware_id, CoursewareState.REFUSED, refusal=said.refused)
            await asyncio.to_thread(uploads.clear, courseware_id)
        elif said.failed is not None:
            await self._write(courseware_id, CoursewareState.FAILED, refusal=said.failed)
        elif not said.done:
            # It died. Who comes next tries again, until it was tried often enough.
            _log.warning("The process that worked on a piece of courseware died.", courseware=courseware_id)
            await self._write(courseware_id, CoursewareState.QUEUED)
        else:
            report = await asyncio.to_thread(read_report_of, draft)
            await self._renew(courseware_id)  # still ours: what was made takes its place
            await asyncio.to_thread(_swap, draft, folder_of(courseware_id))
            await self._write(
                courseware_id,
                CoursewareState.REVIEW,
                report=write_report(report),
                length_ms=report.length_ms,
                segments=msgspec.json.encode(report.segments).decode(),
                progress=1000,
            )

    async def _write(self, courseware_id: str, state: CoursewareState, **columns: Any) -> None:
        columns |= {"state": state.value, "owner": None, "lease_until_ms": 0, "changed_at_ms": now_ms()}
        if not await store.change_owned_courseware(courseware_id, self._owner, **columns):
            raise LeaseLost

    async def _put_back(self, courseware_id: str) -> None:
        row = await store.courseware(courseware_id)
        if row is not None:
            with contextlib.suppress(LeaseLost):
                await self._write(courseware_id, CoursewareState.QUEUED, attempts=max(0, row.attempts - 1))

    async def _give_up(self, row: store.CoursewareRow) -> None:
        now = now_ms()
        if await store.take_courseware(row, self._owner, now, now + LEASE_MS):
            await self._write(row.id, CoursewareState.FAILED, refusal="INTERRUPTED")


@contextlib.contextmanager
def one_at_a_time() -> Any:
    """True for the one of this machine's processes that may work now; the kernel frees the place when it ends."""
    place = uploads.workplace("")
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def environment_of(inherited: Mapping[str, str]) -> dict[str, str]:
    """What the process may know: it decodes bytes from strangers, so nothing of the platform's."""
    return {name: value for name, value in inherited.items() if not name.startswith("ANXUE_")}


async def _end(process: asyncio.subprocess.Process) -> None:
    """It said its last word, or isn't listened to any more. What it still says is read: else asyncio never sees its end."""
    assert process.stdout is not None
    if process.stdout.at_eof():  # it is going; who kills it then reaps it where asyncio waits for it
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOING_S):
                await process.wait()
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    while await process.stdout.read(LINE_BYTES):
        pass
    await process.wait()


def _swap(draft: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux the kernel ends the child when we are killed -9."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return in_child
