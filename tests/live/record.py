"""Judges a record as its reader would, without the code that wrote it."""

from itertools import pairwise
from typing import Any

CONFIRMING = {"drawn", "closing", "asked"}
LOST = {"failed", "missed"}


def counted_ms(record: dict[str, Any]) -> int:
    """All counted time."""
    return sum(session["counted_ms"] for session in record["sessions"])


def earned_ms(record: dict[str, Any]) -> int:
    """Counted and held."""
    return counted_ms(record) + sum(session["held_ms"] for session in record["sessions"])


def outcomes(record: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Kind and outcome of each check, in the order of their pushes."""
    checks = sorted(record["checks"], key=lambda check: check["pushed_at_ms"])
    return [(check["kind"], check["outcome"]) for check in checks]


def reasons(record: dict[str, Any]) -> dict[str, int]:
    """Why time isn't counted, over all sessions."""
    found: dict[str, int] = {}
    for session in record["sessions"]:
        for reason, ms in session["not_counted_ms"].items():
            found[reason] = found.get(reason, 0) + ms
    return found


def assert_sound(record: dict[str, Any]) -> None:
    """Every second has one place, and every counted one was confirmed with no lost check in between."""
    for session in record["sessions"]:
        intervals = session["intervals"]
        for before, after in pairwise(intervals):
            assert before["to_ms"] == after["from_ms"], (before, after)
        total = session["counted_ms"] + session["held_ms"] + sum(session["not_counted_ms"].values())
        assert total == session["total_ms"]
        if session["ended_at_ms"] is not None:
            assert total == session["ended_at_ms"] - session["started_at_ms"]
        for interval in intervals:
            assert (interval["reason"] is None) == (interval["state"] != "not_counted"), interval
            if interval["state"] == "counted":
                _assert_confirmed(record["checks"], interval)


def _assert_confirmed(checks: list[dict[str, Any]], interval: dict[str, Any]) -> None:
    ended = [
        check for check in checks if check["ended_at_ms"] is not None and check["ended_at_ms"] >= interval["to_ms"]
    ]
    confirming = [one for one in ended if one["outcome"] == "passed" and one["kind"] in CONFIRMING]
    assert confirming, f"counted, and no check confirmed it: {interval}"
    first = min(one["ended_at_ms"] for one in confirming)
    lost = [one for one in ended if one["outcome"] in LOST and one["ended_at_ms"] <= first]
    assert not lost, f"counted across a lost check: {interval} {lost}"
