"""docker-compose.yml, the Caddyfile and the Dockerfile, as far as they can be judged without a container engine."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from realtime.fleet import keyfiles

ROOT = Path(__file__).resolve().parents[1]


def test_compose_takes_the_file(tmp_path: Path) -> None:
    if shutil.which("docker-compose") is None:
        pytest.skip("no docker-compose (Debian: docker-compose)")
    environment = os.environ | {"SITE": "classroom.test", "TURN_ADDRESS": "203.0.113.5"}
    done = subprocess.run(
        ["docker-compose", "-f", str(ROOT / "docker-compose.yml"), "config", "--services"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {
        "proxy", "install", "control-1", "control-2", "media-1", "media-2", "postgres", "redis", "turn",
    }  # fmt: skip


def test_every_secret_that_is_mounted_is_made_once_and_never_changed(tmp_path: Path) -> None:
    made = set(keyfiles.make(tmp_path / "secrets"))
    text = (ROOT / "docker-compose.yml").read_text()
    named = {line.split(":")[0].strip() for line in text.splitlines() if "{file: ./secrets/" in line}
    assert named == made
    before = {one.name: one.read_text() for one in (tmp_path / "secrets").iterdir()}
    assert keyfiles.make(tmp_path / "secrets") == []
    assert {one.name: one.read_text() for one in (tmp_path / "secrets").iterdir()} == before
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_the_settings_take_what_was_made(tmp_path: Path) -> None:
    keyfiles.make(tmp_path / "secrets")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANXUE_")}
    script = (
        "import settings; print(settings.DATABASE.partition(':')[0], bool(settings.REDIS_URL), len(settings.FACE_KEKS))"
    )
    done = subprocess.run(
        [str(ROOT / ".venv" / "bin" / "python"), "-c", script], cwd=ROOT, capture_output=True, text=True, check=False,
        env=kept | {"ANXUE_SECRETS": str(tmp_path / "secrets"), "ANXUE_DATA": str(tmp_path)},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("postgres True 1\n", "")


def test_the_image_copies_what_there_is() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    assert copied
    assert [one for one in copied if not (ROOT / one).exists()] == []
    assert any(line == "USER classroom" for line in lines)
