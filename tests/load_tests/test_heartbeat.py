"""The bench of the core runs, and measures what it says: heartbeats that leave no row."""

import json
import sys

import pytest

from load_tests import heartbeat


def test_the_last_line_is_one_json_object(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["heartbeat", "--stretches", "1", "--commits", "3", "--seats", "2"])
    monkeypatch.delenv("ANXUE_LOAD_POSTGRES", raising=False)

    assert heartbeat.main() == 0

    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["database"] == "sqlite"
    assert set(told["us"]) == {"step", "answer", "checkpoint"}
    assert told["commit"]["seats"] == 2
    assert told["commit"]["ms"]["count"] == 3
