"""Each command and health check of docker-compose.yml run as a process of this machine: what an engine would start."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from load_tests.servers import free_port
from realtime.fleet import keyfiles

ROOT = Path(__file__).resolve().parents[1]
CLOCK = time.monotonic  # noqa: TID251  # a test's own patience
PATIENCE_S = 60
NAMES = {"SITE": "classroom.test", "TURN_ADDRESS": "127.0.0.1"}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]


def needs(*programs: str) -> None:
    for one in programs:
        if shutil.which(one) is None:
            pytest.skip(f"no {one}")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The file as docker-compose resolves it."""
    needs("docker-compose")
    command = ["docker-compose", "-f", str(ROOT / "docker-compose.yml"), "config"]
    done = subprocess.run(command, env=os.environ | NAMES, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return found


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """What is mounted at /run/secrets."""
    keyfiles.make(tmp_path / "secrets")
    return tmp_path / "secrets"


def here(words: list[str], **changed: str) -> list[str]:
    """The words with what differs outside a container, and $$ as the engine passes it on."""
    told = []
    for word in words:
        for old, new in {"$$": "$", **changed}.items():
            word = word.replace(old, new)
        told.append(word)
    return [sys.executable, *told[1:]] if told[0] == "python" else told


def health(check: dict[str, Any], **changed: str) -> list[str]:
    """A health check's command."""
    kind, *words = check["test"]
    return here(["sh", "-c", *words] if kind == "CMD-SHELL" else words, **changed)


@contextmanager
def running(words: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def well(process: subprocess.Popen[bytes], log: Path, command: list[str], environment: dict[str, str]) -> None:
    """Until the health check succeeds, as the engine would ask."""

    def asked() -> bool:
        try:
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=5, check=False)
        except subprocess.TimeoutExpired:  # what is asked over UDP before it listens waits for ever
            return False
        return done.returncode == 0

    until(asked, process, log)


def until(true: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    ends = CLOCK() + PATIENCE_S
    while not true():
        assert process.poll() is None, log.read_text()[-2000:]
        assert CLOCK() < ends, log.read_text()[-2000:]
        time.sleep(0.3)


def environment(folder: Path, **own: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANXUE_")}
    return kept | {"ANXUE_DATA": str(folder / "data"), "ANXUE_SECRETS": str(folder / "secrets")} | own


def dockerfiles(word: str) -> list[str]:
    """The list after an instruction of the image: CMD, or the CMD of its HEALTHCHECK (the first of both)."""
    lines = [line.strip() for line in (ROOT / "Dockerfile").read_text().splitlines() if line.strip().startswith("CMD ")]
    found: list[str] = json.loads(lines[0 if word == "HEALTHCHECK" else -1].removeprefix("CMD "))
    return found


def test_redis_starts_with_its_password_and_is_well(services: dict[str, Any], secrets: Path, tmp_path: Path) -> None:
    needs("redis-server", "redis-cli")
    one, port = services["redis"], str(free_port())
    changed = {"/run/secrets": str(secrets), "redis-server ": f"redis-server --port {port} "}
    ask = health(one["healthcheck"], **{"/run/secrets": str(secrets), "redis-cli ": f"redis-cli -p {port} "})
    log = tmp_path / "redis.log"
    with running(here(one["command"], **changed), environment(tmp_path), log) as process:
        well(process, log, ask, environment(tmp_path))
        (secrets / "redis_password").write_text("another")
        wrong = subprocess.run(ask, env=environment(tmp_path), capture_output=True, timeout=20, check=False)
        assert wrong.returncode != 0  # the check asks with the password, and nobody without it is let in


def test_turn_takes_its_arguments_and_listens(services: dict[str, Any], secrets: Path, tmp_path: Path) -> None:
    needs("turnserver", "turnutils_stunclient")
    one, port = services["turn"], str(free_port())
    changed = {"/run/secrets": str(secrets), "turnserver ": f"turnserver --listening-port={port} "}
    log = tmp_path / "turn.log"
    words = here([*one["entrypoint"], *one["command"]], **changed)
    with running(words, environment(tmp_path), log) as process:
        well(process, log, ["turnutils_stunclient", "-p", port, "127.0.0.1"], environment(tmp_path))
    said = log.read_text()
    assert "Unknown" not in said
    assert "unrecognized" not in said


def test_a_media_process_starts_and_is_well(services: dict[str, Any], secrets: Path, tmp_path: Path) -> None:
    one = services["media-1"]
    own = environment(tmp_path, ANXUE_MEDIA_URL=f"http://127.0.0.1:{free_port()}")
    log = tmp_path / "media.log"
    with running(here(one["command"]), own, log) as process:
        well(process, log, health(one["healthcheck"]), own)


def test_the_schema_is_made_and_a_control_process_is_well(
    services: dict[str, Any], secrets: Path, tmp_path: Path
) -> None:
    port = str(free_port())
    own = environment(
        tmp_path,
        ANXUE_DATABASE=f"sqlite://{tmp_path}/classroom.sqlite3",
        ANXUE_REDIS_URL="",
        ANXUE_PORT=port,
        ANXUE_MEDIA_URL=f"http://127.0.0.1:{free_port()}",
        ANXUE_ALLOWED_HOSTS="classroom.test,127.0.0.1",
        ANXUE_HTTPS="1",
    )
    for name in ("ANXUE_DATABASE", "ANXUE_REDIS_URL"):  # of containers' names: here the variables say where
        (secrets / name).unlink()
    for _ in range(2):  # every start runs it again
        done = subprocess.run(here(services["install"]["command"]), cwd=ROOT, env=own, capture_output=True, timeout=90)
        assert done.returncode == 0, done.stderr
    log = tmp_path / "control.log"
    ask = here(dockerfiles("HEALTHCHECK"), **{":8900": f":{port}"})
    with running(here(dockerfiles("CMD")), own, log) as process:
        well(process, log, ask, own)


def test_postgres_is_asked_as_its_health_check_does(services: dict[str, Any], postgres_url: str) -> None:
    needs("pg_isready")
    place = postgres_url.rpartition("@")[2].partition("/")[0].partition(":")
    own = dict(os.environ) | {"PGHOST": place[0], "PGPORT": place[2] or "5432"}
    ask = health(services["postgres"]["healthcheck"])
    assert subprocess.run(ask, env=own, capture_output=True, timeout=20, check=False).returncode == 0
    nobody = own | {"PGPORT": str(free_port())}
    assert subprocess.run(ask, env=nobody, capture_output=True, timeout=20, check=False).returncode != 0
