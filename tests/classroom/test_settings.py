"""Settings that make no sense are refused by their name; secrets are never shown."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
RING = "k1:" + "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
GOOD = {
    "ANXUE_SECRET_KEY": KEY,
    "ANXUE_JOURNAL_KEY": KEY,
    "ANXUE_MEDIA_SECRET": KEY,
    "ANXUE_INDEX_KEY": KEY,
    "ANXUE_FACE_KEK": RING,
}


def read(tmp_path: Path, program: str = "import settings", **changed: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANXUE_")}
    environment |= GOOD | {"ANXUE_DATA": str(tmp_path)} | changed
    return subprocess.run(
        [sys.executable, "-c", program],
        env={name: value for name, value in environment.items() if value != "(none)"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANXUE_PORT", "eighty"),
        ("ANXUE_PORT", "70000"),
        ("ANXUE_DEMO", "perhaps"),
        ("ANXUE_DATABASE", "mysql://h/classroom"),
        ("ANXUE_REDIS_URL", "localhost:6379"),
        ("ANXUE_REDIS_URL", "redis://localhost:6379"),  # on SQLite
        ("ANXUE_DRAIN_S", "forever"),
        ("ANXUE_MEDIA_URL", "127.0.0.1:8901"),
        ("ANXUE_ICE_SERVERS", "stun:example"),
        ("ANXUE_TURN_URLS", "https://turn.test"),
        ("ANXUE_TURN_LIFETIME_S", "5"),
        ("ANXUE_ICE_SERVERS", '{"urls": "stun:x"}'),
        ("ANXUE_SECRET_KEY", "(none)"),
        ("ANXUE_SECRET_KEY", "too-short"),
        ("ANXUE_MEDIA_SECRET", "a" * 64),
        ("ANXUE_JOURNAL_KEY", "(none)"),
        ("ANXUE_INDEX_KEY", "(none)"),
        ("ANXUE_FACE_KEK", "(none)"),
        ("ANXUE_FACE_KEK", "no-id-here"),
        ("ANXUE_FACE_KEK", "k1:c2hvcnQ="),
        ("ANXUE_FACE_KEK", f"{RING},{RING}"),
        ("ANXUE_FACE_KEK", "k1:" + "A" * 43 + "="),
    ],
)
def test_nonsense_is_refused_by_the_name_of_its_variable(tmp_path: Path, name: str, value: str) -> None:
    done = read(tmp_path, **{name: value})

    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode != 0
    assert last.startswith(f"settings.SettingsError: {name}:")
    if "KEY" in name or "SECRET" in name or "KEK" in name:
        assert value not in done.stderr


@pytest.mark.parametrize("secret", ["(none)", "north"])
def test_turn_needs_the_secret_that_the_turn_server_has_and_the_demo_makes_none_up(tmp_path: Path, secret: str) -> None:
    done = read(tmp_path, ANXUE_TURN_URLS="turn:turn.test", ANXUE_TURN_SECRET=secret, ANXUE_DEMO="1")

    assert done.stderr.strip().splitlines()[-1].startswith("settings.SettingsError: ANXUE_TURN_SECRET:")
    assert not (tmp_path / "secrets").exists()


def test_turn_servers_are_a_list(tmp_path: Path) -> None:
    servers = {"ANXUE_TURN_URLS": "turn:turn.test?transport=udp, turns:turn.test:443", "ANXUE_TURN_SECRET": KEY}
    done = read(tmp_path, "import settings; print(settings.TURN_URLS, settings.TURN_LIFETIME_S)", **servers)

    assert done.stdout == "['turn:turn.test?transport=udp', 'turns:turn.test:443'] 3600\n"


def test_good_settings_are_taken(tmp_path: Path) -> None:
    assert read(tmp_path).returncode == 0
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize(("kept", "taken"), [(KEY, True), ("too-short", False), ("a" * 64, False)])
def test_a_secret_may_come_from_a_file_and_must_be_as_strong_there(tmp_path: Path, kept: str, taken: bool) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "ANXUE_JOURNAL_KEY").write_text(f"{kept}\n")
    done = read(tmp_path, "import settings; assert settings.JOURNAL_KEY", ANXUE_JOURNAL_KEY="(none)")

    assert (done.returncode == 0) is taken, done.stderr
    if not taken:
        assert done.stderr.strip().splitlines()[-1].startswith("settings.SettingsError: ANXUE_JOURNAL_KEY:")
        assert kept not in done.stderr


def test_the_demo_refuses_a_weak_secret_as_well(tmp_path: Path) -> None:
    done = read(tmp_path, ANXUE_DEMO="1", ANXUE_SECRET_KEY="too-short")

    assert done.stderr.strip().splitlines()[-1].startswith("settings.SettingsError: ANXUE_SECRET_KEY:")


def test_the_demo_makes_its_secrets_once_for_their_owner_alone(tmp_path: Path) -> None:
    missing = dict.fromkeys(GOOD, "(none)") | {"ANXUE_DEMO": "1"}
    show = "import settings; print(settings.SECRET_KEY, settings.FACE_KEKS)"

    first, second = read(tmp_path, show, **missing), read(tmp_path, show, **missing)

    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    files = sorted((tmp_path / "secrets").iterdir())
    assert [file.name for file in files] == sorted(GOOD)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert len({file.read_text() for file in files}) == len(files)
