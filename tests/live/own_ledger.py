"""The learner's own ledger: what was shown by the stopwatch, and what the server had said is safe."""

from typing import Any

from realtime import protocol as p
from tests.live.learner import Learner
from tests.live.record import earned_ms, reasons

JITTER_MS = 150  # messages on their way and a busy machine, for each start and stop of the video


def confirmed(learner: Learner) -> dict[str, tuple[int, int]]:
    """By lesson: counted to, earned to, as this page was last told."""
    return _told(learner.messages)[-1]


def assert_never_fell(learner: Learner) -> None:
    """Nothing that this page was once told is taken back; for learners who fail and miss no check."""
    best: dict[str, tuple[int, int]] = {}
    for told in _told(learner.messages):
        for lesson, (counted, earned) in told.items():
            before = best.get(lesson, (0, 0))
            assert counted >= before[0], f"{learner.account}: counted fell from {before[0]} to {counted} in {lesson}"
            assert earned >= before[1], f"{learner.account}: earned fell from {before[1]} to {earned} in {lesson}"
            best[lesson] = (counted, earned)


def _told(messages: list[Any]) -> list[dict[str, tuple[int, int]]]:
    found: list[dict[str, tuple[int, int]]] = [{}]
    lesson = None
    for message in messages:
        if isinstance(message, p.View):
            lesson = message.lesson_id
            found.append({one.lesson_id: (one.counted_to_ms, one.earned_to_ms) for one in message.lessons})
        elif isinstance(message, p.Beaten) and lesson is not None:
            found.append(found[-1] | {lesson: (found[-1][lesson][0], message.earned_to_ms)})
    return found


def assert_agrees(
    learner: Learner,
    record: dict[str, Any],
    *,
    fault: str,
    faults: int = 1,
    transitions: int = 4,
    heartbeat_ms: int = 500,
    by_rule_ms: int = 0,
) -> float:
    """Earned is what the stopwatch saw, less one heartbeat a fault at most and never more; the answer is what was lost.

    ``transitions``: how often the video started or stopped; ``by_rule_ms``: shown, and not earned without any fault.
    """
    shown_ms = learner.video.total_ms
    lost_ms = shown_ms - earned_ms(record) - by_rule_ms
    why = reasons(record)
    print(f"{fault}: {learner.account} saw {shown_ms:.0f} ms, earned {earned_ms(record)} ms, lost {lost_ms:.0f} ms: {why}")
    assert lost_ms >= -JITTER_MS, f"{fault}: more earned than shown"
    assert lost_ms <= faults * heartbeat_ms + transitions * JITTER_MS, f"{fault}: lost {lost_ms:.0f} ms: {why}"
    assert sum(one["earned_to_ms"] for one in record["lessons"]) == earned_ms(record), "a position was earned twice"
    assert_never_fell(learner)
    return lost_ms
