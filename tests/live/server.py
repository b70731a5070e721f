"""A real server in processes of its own: started, killed, started again, and asked for its log and its journal."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from load_tests.servers import answers, free_port

ROOT = Path(__file__).resolve().parents[2]
START_S = 40.0
STUB_PORTRAIT = [1.0] + [0.0] * 127

# A lesson of seconds instead of one of 45 minutes; what isn't named here has its default.
BRISK = {
    "heartbeat_ms": 500,
    "report_gap_ms": 2_500,
    "drawn_from_ms": 1_000,
    "drawn_to_ms": 2_000,
    "ready_ms": 200,
    "camera_ms": 1_500,
    "window_ms": 2_000,
    "margin_ms": 500,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a server is started with."""

    rules: Mapping[str, int] = field(default_factory=lambda: dict(BRISK))
    lessons: tuple[tuple[int, int], ...] = ((20_000, 1_000),)  # length and segment, ms
    learners: int = 1
    crowd: int = 0  # simulated ones beside them, with the stand-in's portrait
    portrait: list[float] | None = field(default_factory=lambda: list(STUB_PORTRAIT))
    real_media: bool = False  # else a stand-in that takes an offer's word for the verdict
    real_behind: bool = False  # behind the stand-in a real media process judges whoever isn't simulated
    environment: Mapping[str, str] = field(default_factory=dict)  # what else is set


class Server:
    """One control process, with its media process or a stand-in for it."""

    def __init__(self, folder: Path, plan: Plan, beside: "Server | None" = None) -> None:
        """``beside``: another one of the same platform, which has the data, the database and the media process."""
        self.folder = folder
        self.plan = plan
        self.port = free_port()
        self.media_port = free_port() if beside is None else beside.media_port
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / ("server.log" if beside is None else f"server-{self.port}.log")
        self._beside = beside
        self._launcher: subprocess.Popen[bytes] | None = None
        self._stub: subprocess.Popen[bytes] | None = None
        self._behind: subprocess.Popen[bytes] | None = None
        self.crowd_keys = [
            secrets.token_urlsafe(32) for _ in range(plan.crowd)
        ]  # of web sessions that are open already
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANXUE_")}
        self.environment = kept | {
            "ANXUE_DATA": str(folder),
            "ANXUE_DEMO": "1",
            "ANXUE_PORT": str(self.port),
            "ANXUE_MEDIA_URL": f"http://127.0.0.1:{self.media_port}",
            "ANXUE_MEDIA_SECRET": secrets.token_urlsafe(32),
            **{f"ANXUE_RULES_{name.upper()}": str(value) for name, value in plan.rules.items()},
            **plan.environment,
        }
        if plan.real_behind:
            self.environment["ANXUE_MEDIA_BEHIND"] = f"http://127.0.0.1:{free_port()}"
        if beside is not None:
            self.environment = beside.environment | {"ANXUE_PORT": str(self.port)}

    def seed(self) -> None:
        """Make the database and what the plan names."""
        plan = self.plan
        about = {
            "lessons": plan.lessons, "learners": plan.learners, "crowd": self.crowd_keys, "portrait": plan.portrait
        }  # fmt: skip
        self._run("tests.live.seed", stdin=json.dumps(about), check=True)

    @property
    def running(self) -> bool:
        """Whether the control process lives."""
        return self._launcher is not None and self._launcher.poll() is None

    def start(self) -> None:
        """Start what isn't running, and wait until it answers."""
        if not self.plan.real_media and self._stub is None and self._beside is None:
            self._stub = self._spawn("load_tests.stand_in")
            if self.plan.real_behind:
                behind = self.environment["ANXUE_MEDIA_BEHIND"]
                self._behind = self._spawn("verify", ANXUE_MEDIA_URL=behind, ANXUE_MEDIA_SLOTS="2")
                until(lambda: answers(f"{behind}/healthz"), f"the media process did not start: {self.log}")
        arguments = () if self.plan.real_media and self._beside is None else ("--no-media",)
        self._launcher = self._spawn("realtime.launcher", *arguments)
        until(self._answers, f"the server did not start: {self.log}")
        until(self._media_answers, f"the media process did not start: {self.log}")

    def kill(self) -> None:
        """Kill -9 the control process."""
        assert self._launcher is not None
        self._launcher.send_signal(signal.SIGKILL)
        self._launcher.wait()

    def stop(self, within_s: float = 5) -> int:
        """End the control process in order; its exit status."""
        self.ask_to_stop()
        return self.wait(within_s)

    def wait(self, within_s: float) -> int:
        """Its exit status."""
        assert self._launcher is not None
        return self._launcher.wait(within_s)

    def ask_to_stop(self) -> None:
        """SIGTERM, and not wait for it."""
        self.signal(signal.SIGTERM)

    def signal(self, number: int) -> None:
        """SIGSTOP and SIGCONT: a process that hangs, and goes on as if nothing had been."""
        assert self._launcher is not None
        self._launcher.send_signal(number)

    def kill_media(self) -> None:
        """Kill -9 the media process."""
        process = psutil.Process(self.media_pid)
        process.kill()
        with suppress(psutil.NoSuchProcess):
            process.wait(5)

    def replace_stand_in(self) -> None:
        """Kill -9 the stand-in for the media process, and start another one."""
        assert self._stub is not None
        self._stub.kill()
        self._stub.wait()
        self._stub = self._spawn("load_tests.stand_in")
        until(self._media_answers, f"the stand-in did not start: {self.log}")

    @property
    def media_pid(self) -> int:
        """The launcher's child."""
        assert self._launcher is not None
        children = psutil.Process(self._launcher.pid).children()
        [child] = [one for one in children if "verify" in one.cmdline()]
        return child.pid

    def close(self) -> None:
        """End everything."""
        for process in (self._launcher, self._stub, self._behind):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def replay(self) -> tuple[int, str]:
        """Verify the journal as an operator would."""
        done = self._run("classroom.attendance.replay")
        return done.returncode, done.stdout

    def lines(self) -> str:
        """All that was logged, by whatever process."""
        return self.log.read_text()

    def run_launcher(self, *arguments: str) -> tuple[int, str]:
        """One that ends by itself: its status, and what it told the operator."""
        done = self._run("realtime.launcher", *arguments)
        return done.returncode, done.stderr

    def _run(
        self, module: str, *arguments: str, stdin: str | None = None, check: bool = False
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=ROOT, env=self.environment, input=stdin, text=True,
            capture_output=True, timeout=3 * START_S, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr
        return done

    def _spawn(self, module: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT, env=self.environment | environment, stdout=log, stderr=log,
            )  # fmt: skip

    def _answers(self) -> bool:
        assert self._launcher is not None
        status = self._launcher.poll()
        assert status is None, f"the server ended with {status}: {self.lines()}"
        return answers(f"{self.url}/healthz")

    def _media_answers(self) -> bool:
        return answers(f"http://127.0.0.1:{self.media_port}/healthz")


def until(condition: Callable[[], bool], otherwise: str) -> None:
    """Wait for it, or fail with the sentence."""
    for _ in range(int(START_S / 0.05)):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(otherwise)
