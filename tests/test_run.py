"""The one command a newcomer types: what it says when something is missing, and that nothing is left half-made."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import run

ROOT = Path(run.__file__).parent


def test_missing_system_libraries_are_named_with_the_line_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(
        run, "LIBRARIES", {"libno-such.so.9": "libno-such9", "libc.so.6": "libc6", "libnor.so.1": "libnor1"}
    )
    with pytest.raises(run.SetupError) as missing:
        run.probe_libraries()
    assert "libno-such.so.9, libnor.so.1" in str(missing.value)
    assert "\n  sudo apt-get install -y libno-such9 libnor1\n" in str(missing.value)


def test_a_failed_step_shows_its_first_and_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANXUE_DATA", str(tmp_path))
    script = "for line in range(100): print('line', line)\nraise SystemExit(3)"
    with pytest.raises(run.SetupError) as failed:
        run.run("packages", [sys.executable, "-c", script], cwd=tmp_path)
    said = str(failed.value)
    assert said.startswith("packages failed:\n  | line 0\n")
    assert "  | line 99\n" in said
    assert "line 50" not in said


def test_what_was_there_stays_until_the_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that fails leaves the old page in place, unstamped for its new sources, and the next run builds again."""
    ui = tmp_path / "web" / "ui"
    (ui / "dist").mkdir(parents=True)
    (ui / "src").mkdir()
    for name in ("package.json", "package-lock.json", "src/main.ts"):
        (ui / name).write_text("{}")
    (ui / "dist" / "index.html").write_text("old")
    (ui / "node_modules").mkdir()
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "UI", ui)
    packages = run.digest([ui / "package.json", ui / "package-lock.json"])
    (ui / "node_modules" / ".complete").write_text(packages)
    monkeypatch.setattr(run, "npm", lambda *arguments: (list(arguments), {}))
    built: list[str] = []

    def fails(step: str, command: list[str], **_: object) -> None:
        (ui / "dist.new").mkdir()
        (ui / "dist.new" / "half").write_text("half")
        raise run.SetupError("no room on the disk")

    def works(step: str, command: list[str], **_: object) -> None:
        built.append(step)
        (ui / "dist.new").mkdir()
        (ui / "dist.new" / "index.html").write_text("new")

    monkeypatch.setattr(run, "run", fails)
    with pytest.raises(run.SetupError):
        run.make_page()
    assert [file.name for file in (ui / "dist").iterdir()] == ["index.html"]
    monkeypatch.setattr(run, "run", works)
    run.make_page()
    run.make_page()
    assert (ui / "dist" / "index.html").read_text() == "new"
    assert built == ["page"]
    assert not (ui / "dist.new").exists()
    assert not (ui / "dist.old").exists()
    (ui / "src" / "main.ts").write_text("changed")
    run.make_page()
    assert built == ["page", "page"]


@pytest.mark.parametrize("arguments", [[], ["dance"], ["demo", "--dance"], ["check", "tests"]])
def test_a_wrong_word_is_answered_with_the_words_there_are(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *arguments], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert "demo | test | check | cluster | secrets" in done.stderr


def test_the_locks_hold_a_hash_for_every_package_and_no_address() -> None:
    for name in ("requirements.lock", "models.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text, name
        packages = re.findall(r"^[a-z0-9][^\n]*==(?:[^\n]*\\\n\s+)*--hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
        assert len(packages) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)), name
    packages = json.loads((ROOT / "web" / "ui" / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert name == "" or package.get("integrity", "").startswith("sha512-"), name
