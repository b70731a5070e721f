"""Starts the embedded media process, watches it, starts it again when it dies or hangs."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
SETTLED_S = 60.0  # one that lived so long starts the back-off anew
STOP_TIMEOUT_S = 1.0
PROBE_EVERY_S = 1.0
PROBE_MISSES = 3  # one after the other
START_S = 60.0  # the first answer comes after seconds of imports; later than this it never will
_PR_SET_PDEATHSIG = 1

_log = structlog.get_logger(__name__)


class MediaProcess:
    """One ``python -m verify`` beside this process."""

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        answers: Callable[[], Awaitable[bool]],
        command: Sequence[str] = (sys.executable, "-m", "verify"),
    ) -> None:
        """``answers`` asks the process whether it is well, with a timeout of its own."""
        self._command = tuple(command)
        self._answers = answers
        self._environment = environment_of(url, secret, os.environ)
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Of the running process; None between two."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    async def start(self) -> None:
        """Start it the first time; from then on it is watched."""
        await self._spawn()
        self._watcher = asyncio.create_task(self._watch(), name="media process watcher")

    async def stop(self) -> None:
        """Ask it to end, then make it."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait([self._watcher])
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _spawn(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, env=self._environment, stdin=asyncio.subprocess.DEVNULL, preexec_fn=_die_with_parent()
        )

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            assert self._process is not None
            started = loop.time()
            status = await self._ended(self._process)
            deaths = 0 if loop.time() - started > SETTLED_S else deaths
            pause_s = BACKOFF_S[min(deaths, len(BACKOFF_S) - 1)]
            deaths += 1
            _log.error("The media process ended; it is started again.", status=status, pause_s=pause_s)
            await asyncio.sleep(pause_s)
            try:
                await self._spawn()
            except OSError:
                _log.exception("The media process can't be started.")

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        """Its status, once it has ended by itself, or was killed because it lives and answers nothing."""
        loop = asyncio.get_running_loop()
        answered, misses, patient_until = False, 0, loop.time() + START_S
        while True:
            try:
                async with asyncio.timeout(PROBE_EVERY_S):
                    return await process.wait()
            except TimeoutError:
                pass
            if await self._answers():
                answered, misses = True, 0
            elif answered or loop.time() > patient_until:
                misses += 1
            if misses >= PROBE_MISSES and process.returncode is None:
                _log.error("The media process lives but doesn't answer; it is killed.", misses=misses)
                process.kill()
                return await process.wait()


def environment_of(url: str, secret: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """What the media process may know: it decodes bytes from strangers, so the platform's keys stay out of it."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("ANXUE_")}
    its = ("ANXUE_MEDIA_", "ANXUE_ICE_SERVERS")
    kept |= {name: value for name, value in inherited.items() if name.startswith(its)}
    return kept | {
        "ANXUE_MEDIA_URL": url,
        "ANXUE_MEDIA_SECRET": secret,
    }


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux the kernel ends the child when we are killed -9; elsewhere the next start finds its port taken."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return in_child
