"""Curves of how many were online, from the rows that are kept (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
KEEP_MINUTES = 2 * 24 * 60
KEEP_HOURS = 400 * 24


class Span(StrEnum):
    """How far back a curve goes."""

    HOUR = "hour"  # by minutes
    DAY = "day"  # by five minutes
    MONTH = "month"  # 30 days, by hours


@dataclass(frozen=True, slots=True)
class Kept:
    """One sum over a minute or an hour."""

    key: str
    online_peak: int
    online_mean: float
    studying_peak: int
    studying_mean: float


@dataclass(frozen=True, slots=True)
class Point:
    """A curve's step; without a peak nobody was there to count."""

    at_ms: int
    online_peak: int | None
    online_mean: float | None
    studying_peak: int | None
    studying_mean: float | None


@dataclass(frozen=True, slots=True)
class Steps:
    """Of a span: how many rows go into a point, how many points there are, how long a row is."""

    row_ms: int
    rows: int
    points: int


STEPS = {
    Span.HOUR: Steps(MINUTE_MS, 1, 60),
    Span.DAY: Steps(MINUTE_MS, 5, 288),
    Span.MONTH: Steps(HOUR_MS, 1, 720),
}


def first_row(steps: Steps, now_ms: int) -> int:
    """Where a curve begins that ends with the newest whole point before ``now_ms``."""
    newest = now_ms // steps.row_ms // steps.rows
    return (newest - steps.points) * steps.rows


def curve(steps: Steps, first: int, rows: Mapping[int, Kept], counted: Mapping[int, Kept]) -> Sequence[Point]:
    """One point a step. ``counted`` is the province, which is kept in any case: where it has no row nobody counted."""
    return [
        _point(at * steps.row_ms, [rows.get(one) for one in range(at, at + steps.rows) if one in counted])
        for at in range(first, first + steps.points * steps.rows, steps.rows)
    ]


def _point(at_ms: int, rows: Sequence[Kept | None]) -> Point:
    if not rows:
        return Point(at_ms, None, None, None, None)
    there = [row for row in rows if row is not None]
    return Point(
        at_ms,
        max((row.online_peak for row in there), default=0),
        round(sum(row.online_mean for row in there) / len(rows), 1),
        max((row.studying_peak for row in there), default=0),
        round(sum(row.studying_mean for row in there) / len(rows), 1),
    )
