"""How much an open segment has earned (rules 2, 3 and 10 of "Credit, exactly")."""

from dataclasses import dataclass

from classroom.attendance.state import Lesson, Segment, State


@dataclass(frozen=True, slots=True)
class Earning:
    """The places of a segment's time; ``repeated + gain + sum(rest)`` is its length."""

    repeated_ms: int
    gain_ms: int
    rest: tuple[tuple[str, int], ...]  # reason, ms


def allowance(state: State) -> tuple[int, str]:
    """How much more may be earned now, and the reason that binds: the held limit or the day's cap."""
    room = state.rules.held_most_ms - state.held_ms
    left = state.rules.daily_cap_ms - state.used_today_ms
    return (max(0, left), "DAILY_LIMIT") if left <= room else (max(0, room), "AWAITING_CHECK")


def earn(segment: Segment, lesson: Lesson, most_ms: int, limit: str) -> Earning:
    """Judge the whole segment as of its last report: min(server time, playback, delivered, video left, allowance).

    The minimum is taken over the segment and not per report, else jitter would eat seconds.
    """
    elapsed = segment.last_at - segment.opened_at
    by_clock = segment.from_ms + elapsed
    by_playback = min(by_clock, max(segment.position_ms, segment.from_ms), lesson.length_ms)
    reach = max(segment.from_ms, min(by_playback, segment.delivered_to_ms))
    repeated = max(0, min(reach, lesson.earned_to_ms) - segment.from_ms)
    gain = min(max(0, reach - lesson.earned_to_ms), most_ms)
    over = max(0, reach - lesson.earned_to_ms) - gain
    not_delivered = by_playback - reach
    stalled = elapsed - repeated - gain - over - not_delivered
    rest = ((limit, over), ("NOT_DELIVERED", not_delivered), ("STALLED", stalled))
    return Earning(repeated, gain, tuple((reason, ms) for reason, ms in rest if ms > 0))
