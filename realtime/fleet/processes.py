"""The platform's processes on this machine: started, watched, restarted one after the other without a paused learner."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from realtime.fleet.balancer import Balancer, is_ready
from realtime.media_process import environment_of

READY_S = 90.0
READY_EVERY_S = 0.1
STEADY_S = 60.0  # whoever lived for so long didn't die of starting
BACKOFF_S = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)  # before it is started again, by how often in a row it ended sooner
ROOT = Path(__file__).resolve().parents[2]

_log = structlog.get_logger(__name__)


class NotReady(RuntimeError):
    """A process was started and doesn't take pages; what it said is in its log."""


class Fleet:
    """So many control and media processes, and the balancer before them."""

    def __init__(self, environment: Mapping[str, str], *, control: list[int], media: list[int], log: Path) -> None:
        """``control`` and ``media`` are their ports."""
        urls = ",".join(f"http://127.0.0.1:{port}" for port in media)
        self._environment = {**environment, "ANXUE_HOST": "127.0.0.1"} | ({"ANXUE_MEDIA_URL": urls} if media else {})
        self._control, self._media, self._log = control, media, log
        self._running: dict[int, asyncio.subprocess.Process] = {}  # by port, as what follows
        self._began: dict[int, float] = {}
        self._ended: dict[int, float] = {}  # when that was noticed
        self._short: dict[int, int] = {}  # short lives in a row
        self.balancer = Balancer(control)
        self.drain_s = float(environment.get("ANXUE_DRAIN_S") or 90)

    async def open(self, host: str, port: int) -> None:
        """Start all, wait until each takes pages, then listen."""
        for one in self._media:
            await self._start_media(one)
        for one in self._control:
            await self._start_control(one)
        for one in self._control:
            await self._until_ready(one)
        await self.balancer.open(host, port)

    async def close(self) -> None:
        """End all: nobody is left to hand learners to, so the first ones aren't waited for."""
        await self.balancer.close()
        for process in self._running.values():
            for _ in range(2):  # asked twice, a control process waits for no open check
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            await _ended(process, 5.0)
        self._running.clear()

    async def roll(self) -> None:
        """Restart each control process once the one before takes pages again. Raises NotReady, and then goes no further."""
        for port in self._control:
            process = self._running[port]
            _log.info("A control process hands its learners over.", port=port, pid=process.pid)
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            await _ended(process, self.drain_s + 10.0)
            await self._start_control(port)
            await self._until_ready(port)
            _log.info("A control process was restarted.", port=port, pid=self._running[port].pid)

    @property
    def pids(self) -> dict[int, int]:
        """By port."""
        return {port: process.pid for port, process in self._running.items()}

    async def died(self) -> int:
        """Wait until a process has ended that nobody asked to, and may be started again; its port."""
        while True:
            now = asyncio.get_running_loop().time()
            for port, process in self._running.items():
                if process.returncode is not None and now >= self._again_at(port, now):
                    return port
            await asyncio.sleep(READY_EVERY_S)

    def _again_at(self, port: int, now: float) -> float:
        ended = self._ended.setdefault(port, now)
        if ended - self._began[port] >= STEADY_S:
            self._short[port] = 0
        return ended + BACKOFF_S[min(self._short.get(port, 0), len(BACKOFF_S) - 1)]

    async def revive(self, port: int) -> None:
        """Start again what died."""
        self._short[port] = self._short.get(port, 0) + 1
        if port in self._media:
            await self._start_media(port)
        else:
            await self._start_control(port)

    async def _start_media(self, port: int) -> None:
        known = environment_of(f"http://127.0.0.1:{port}", media_secret(self._environment), self._environment)
        await self._start(port, known, "verify")

    async def _start_control(self, port: int) -> None:
        await self._start(port, {**self._environment, "ANXUE_PORT": str(port)}, "realtime.launcher", "--no-media")

    async def _start(self, port: int, known: Mapping[str, str], module: str, *arguments: str) -> None:
        self._began[port] = asyncio.get_running_loop().time()
        self._ended.pop(port, None)
        with self._log.open("ab") as output:
            self._running[port] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", module, *arguments, cwd=ROOT, env=known,
                stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    async def _until_ready(self, port: int) -> None:
        try:
            async with asyncio.timeout(READY_S):
                while not await is_ready(port):
                    if (status := self._running[port].returncode) is not None:
                        raise NotReady(f"the process on port {port} ended with {status}; see {self._log}")
                    await asyncio.sleep(READY_EVERY_S)
        except TimeoutError:
            raise NotReady(
                f"the process on port {port} takes no pages after {READY_S:.0f} s; see {self._log}"
            ) from None


async def _ended(process: asyncio.subprocess.Process, within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            await process.wait()
    except TimeoutError:
        _log.error("A process didn't end and is killed.", pid=process.pid)
        process.kill()
        await process.wait()


def media_secret(given: Mapping[str, str]) -> str:
    """The one secret that a media process knows, from where ``settings.py`` takes it; "" where there is none yet."""
    if value := given.get("ANXUE_MEDIA_SECRET", "").strip():
        return value
    folder = given.get("ANXUE_SECRETS") or Path(given.get("ANXUE_DATA") or ROOT / "var") / "secrets"
    file = Path(folder).expanduser() / "ANXUE_MEDIA_SECRET"
    return file.read_text().strip() if file.is_file() else ""


def environment() -> dict[str, str]:
    """What this process was given."""
    return dict(os.environ)
