"""Parsing is total, and its limits hold to the message."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.intake import MAX_POSITION_MS, Close, Intake
from realtime.protocol import (
    CLOSE_MALFORMED,
    CLOSE_TOO_FAST,
    CLOSE_TOO_LARGE,
    MAX_JPEG_BYTES,
    MAX_MESSAGE_BYTES,
    Beat,
    CheckFrame,
    CheckOffer,
    Refused,
    Shown,
)

SHOWN = '{"type":"shown"}'
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.text() | st.binary() | st.none() | json_values.map(json.dumps))
def test_any_frame_becomes_a_message_a_refusal_or_a_close(frame: str | bytes | None) -> None:
    taken = Intake().take(frame, 1000)
    assert isinstance(taken, Refused | Close) or type(taken).__module__ == "realtime.protocol"


@given(st.sampled_from(["beat", "hello", "check_offer", "rehearse"]), st.dictionaries(st.text(), json_values))
def test_any_fields_of_a_known_type_become_a_message_or_a_close(kind: str, fields: dict[str, object]) -> None:
    taken = Intake().take(json.dumps(fields | {"type": kind}), 1000)
    assert taken == Close(CLOSE_MALFORMED) or type(taken).__module__ == "realtime.protocol"


@pytest.mark.parametrize("position_ms", [0, 1, MAX_POSITION_MS])
def test_a_position_inside_a_lesson_is_taken(position_ms: int) -> None:
    frame = json.dumps({"type": "beat", "position_ms": position_ms, "playing": True, "interacted": False})
    assert Intake().take(frame, 1) == Beat(position_ms=position_ms, playing=True, interacted=False)


@pytest.mark.parametrize("position_ms", [-1, MAX_POSITION_MS + 1, 1.5, "1", None, True, 2**63, 2**70])
def test_any_other_position_is_malformed(position_ms: object) -> None:
    frame = json.dumps({"type": "beat", "position_ms": position_ms, "playing": True, "interacted": False})
    assert Intake().take(frame, 1) == Close(CLOSE_MALFORMED)


def test_twenty_at_once_are_taken_and_the_next_is_too_fast() -> None:
    intake = Intake()
    assert [intake.take(SHOWN, 1000) for _ in range(20)] == [Shown()] * 20
    assert intake.take(SHOWN, 1000) == Close(CLOSE_TOO_FAST)


def test_five_a_second_go_on_for_ever_and_six_do_not() -> None:
    five, six = Intake(), Intake()
    assert all(five.take(SHOWN, 1000 + turn * 200) == Shown() for turn in range(1000))
    results = [six.take(SHOWN, 1000 + turn * 166) for turn in range(1000)]
    assert results[-1] == Close(CLOSE_TOO_FAST)


def test_silence_earns_no_more_than_one_burst() -> None:
    intake = Intake()
    intake.take(SHOWN, 1000)
    results = [intake.take(SHOWN, 10_000_000) for _ in range(21)]
    assert results == [Shown()] * 20 + [Close(CLOSE_TOO_FAST)]


def test_a_clock_that_goes_back_gives_nothing_and_breaks_nothing() -> None:
    intake = Intake()
    assert intake.take(SHOWN, 10_000) == Shown()
    assert intake.take(SHOWN, 1_000) == Shown()


def test_the_limit_counts_bytes_as_they_came_not_characters() -> None:
    def offer(sdp: str) -> str:
        return json.dumps({"type": "check_offer", "check_id": "c", "sdp": sdp}, ensure_ascii=False)

    room = MAX_MESSAGE_BYTES - len(offer(""))
    assert Intake().take(offer("x" * room), 1) == CheckOffer(check_id="c", sdp="x" * room)
    assert Intake().take(offer("x" * (room + 1)), 1) == Close(CLOSE_TOO_LARGE)
    assert Intake().take(offer("安" * (room // 3 + 1)), 1) == Close(CLOSE_TOO_LARGE)


def test_unknown_types_are_forgiven_five_times_a_minute() -> None:
    intake = Intake()
    frames = [intake.take('{"type":"new"}', 1000 + turn * 1000) for turn in range(6)]
    assert frames[:5] == [Refused(seq=0, code="UNKNOWN_TYPE", message_type="new")] * 5
    assert frames[5] == Close(CLOSE_MALFORMED)
    slow = Intake()
    assert all(isinstance(slow.take('{"type":"new"}', turn * 12_001), Refused) for turn in range(1, 40))


def test_an_unknown_types_name_comes_back_shortened() -> None:
    refused = Intake().take(json.dumps({"type": "x" * 1000}), 1)
    assert refused == Refused(seq=0, code="UNKNOWN_TYPE", message_type="x" * 40)


def picture(size: int = 20_000) -> str:
    jpeg = base64.b64encode(b"\xff" * size).decode()
    return json.dumps({"type": "check_frame", "check_id": "c", "jpeg": jpeg}, separators=(",", ":"))


def test_ten_pictures_a_second_starve_no_other_message() -> None:
    intake, one = Intake(), picture(100)
    for turn in range(500):
        assert isinstance(intake.take(one, 1000 + turn * 100), CheckFrame)
        if turn % 2:
            assert intake.take(SHOWN, 1000 + turn * 100) == Shown()


def test_pictures_that_a_stalled_network_brings_at_once_are_dropped_and_a_flood_is_closed() -> None:
    intake, one = Intake(), picture(100)
    taken = [intake.take(one, 1000) for _ in range(60)]
    assert taken[:24] == [CheckFrame("c", b"\xff" * 100)] * 24
    assert taken[24:] == [None] * 36
    assert intake.take(SHOWN, 1000) == Shown()
    flood = [intake.take(one, 1000) for _ in range(100)]
    assert flood[-1] == Close(CLOSE_TOO_FAST)


def test_a_picture_has_its_own_bound_and_nothing_else_runs_at_its_pace() -> None:
    assert Intake().take(picture(MAX_JPEG_BYTES), 1) == CheckFrame("c", b"\xff" * MAX_JPEG_BYTES)
    assert Intake().take(picture(MAX_JPEG_BYTES + 1), 1) == Close(CLOSE_MALFORMED)
    assert Intake().take(picture(MAX_MESSAGE_BYTES), 1) == Close(CLOSE_TOO_LARGE)
    assert Intake().take('{"type":"check_frame","type":"shown"}', 1) == Close(CLOSE_MALFORMED)
    assert Intake().take('{"type":"check_frame","check_id":"c","jpeg":"no base64!"}', 1) == Close(CLOSE_MALFORMED)
    spaced = [json.dumps(json.loads(picture(10)))] * 21  # not told apart: at the pace of everything else
    intake = Intake()
    assert [type(intake.take(one, 1000)) for one in spaced] == [CheckFrame] * 20 + [Close]
