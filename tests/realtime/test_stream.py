"""What a tab's stream keeps, for how long, and what of it may be said late."""

import pytest

from realtime import protocol as p
from realtime.stream import AWAY_MS, KEPT_BYTES, KEPT_MESSAGES, KEPT_MS, KEPT_TABS, Away, Stream, still_true

CHECK = p.CheckView("open", "drawn", None, 0, 3, 3, False)


def refused(code: str) -> p.Refused:
    return p.Refused(seq=0, code=code)


def codes(missed: list[p.ToPage] | None) -> list[str] | None:
    return None if missed is None else [message.code for message in missed if isinstance(message, p.Refused)]


def test_what_came_after_the_last_number_is_missed_and_the_numbers_go_on_from_there() -> None:
    stream = Stream()
    for code in "abcd":
        stream.send(refused(code))
    assert codes(stream.missed(2)) == ["c", "d"]
    assert stream.seq == 2


def test_a_view_isnt_kept_but_keeps_its_number() -> None:
    stream = Stream()
    stream.send(refused("a"))
    stream.send(p.Beaten(0, 0, 0, p.Times(0, 0, 0, {}), 0, 0, None))
    stream.send(refused("b"))
    assert stream.seq == 3
    assert codes(stream.missed(1)) == ["b"]


@pytest.mark.parametrize("last_seq", [-1, 5, 2**63])
def test_a_number_that_was_never_given_gets_a_whole_view(last_seq: int) -> None:
    stream = Stream()
    for code in "abcd":
        stream.send(refused(code))
    assert stream.missed(last_seq) is None


def test_the_memory_is_bounded_by_number_and_by_bytes_and_says_so() -> None:
    many, large = Stream(), Stream()
    for _ in range(KEPT_MESSAGES + 2):
        many.send(refused("a"))
    for _ in range(6):
        large.send(p.CheckAnswer(0, "open", "x" * (KEPT_BYTES // 4)))
    assert many.missed(1) is None
    assert len(many.missed(2) or ()) == KEPT_MESSAGES
    assert large.missed(2) is None
    assert len(large.missed(3) or ()) == 3


def test_what_no_tab_can_have_missed_any_more_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each page would hold every prompt of its checks, up to the bound."""
    stream, at = Stream(), 1_000_000
    monkeypatch.setattr("classroom.clock.now_ms", lambda: at)
    for passed_ms in (0, KEPT_MS, 1):
        at += passed_ms
        stream.send(p.CheckStepSeen(0, "open", 0))
    assert stream.missed(0) is None
    assert len(stream.missed(1) or ()) == 2


def test_a_tab_is_waited_for_a_minute_and_told_apart_from_its_copy() -> None:
    away, stream, other = Away(), Stream(), Stream()
    away.park("tab", stream, 0)
    away.park("tab", other, 0)
    assert away.take("another", stream.id, 1) is None
    assert away.take("tab", stream.id, AWAY_MS - 1) is stream
    assert away.take("tab", stream.id, AWAY_MS - 1) is None
    assert away.take("tab", other.id, AWAY_MS) is None


def test_what_is_said_to_a_tab_that_left_is_news_until_it_is_given_up() -> None:
    away, stream = Away(), Stream()
    stream.send(refused("a"))
    away.park("tab", stream, 0)
    assert not away.has_news(1)
    stream.send(refused("b"))
    assert away.has_news(AWAY_MS - 1)
    assert not away.has_news(AWAY_MS)


def test_the_oldest_tabs_are_given_up_first() -> None:
    away, streams = Away(), [Stream() for _ in range(KEPT_TABS + 1)]
    for stream in streams:
        away.park("tab", stream, 0)
    assert [away.take("tab", stream.id, 1) is not None for stream in streams] == [False] + [True] * KEPT_TABS


@pytest.mark.parametrize(
    ("message", "true"),
    [
        (p.CheckPushed(0, CHECK), True),
        (p.CheckPrompt(0, "open", 1, 0, 3, "nod", 1), True),
        (p.CheckPrompt(0, "over", 1, 0, 3, "nod", 1), False),
        (p.CheckAnswer(0, "over", "sdp"), False),
        (p.CheckHint(0, "over", None), False),
        (p.CheckStepSeen(0, "over", 0), False),
        (p.CheckTryFailed(0, "over", "TOO_LATE", 1), False),
        (p.CheckEnded(0, "over", "drawn", "missed", None, 5), True),
        (p.IdleWarning(0, 1_001), True),
        (p.IdleWarning(0, 1_000), False),
        (p.ReportNow(0), False),
        (p.Seek(0, 1, "AHEAD"), True),
        (p.LessonOpened(0, "l", "u", 0, 1), True),
        (refused("BUSY"), True),
    ],
)
def test_only_what_still_holds_is_said_late(message: p.ToPage, true: bool) -> None:
    assert still_true(message, "open", 1_000) is true
