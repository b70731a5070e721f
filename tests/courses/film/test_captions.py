"""Captions are WebVTT, checked, and written anew with nothing in them that a page would run or draw."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.courses.film.captions import CaptionsRefused, clean_captions

GOOD = """\ufeffWEBVTT - 第一课

STYLE
::cue { color: red }

NOTE made by hand

1
00:01.000 --> 00:03.500 align:start
<v 王老师>大家好，</v>
<b>请先验电</b>。

00:00:04.000 --> 00:00:06.000
第二句<script>alert(1)</script>
"""


def test_what_comes_out_is_times_and_words() -> None:
    assert clean_captions(GOOD.encode()) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:03.500\n大家好，\n请先验电。\n\n00:00:04.000 --> 00:00:06.000\n第二句alert(1)\n"
    )


def test_what_comes_out_goes_in_again() -> None:
    once = clean_captions(GOOD.encode())
    assert clean_captions(once.encode(), 6_000) == once


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("WEBVTTX\n\n00:01.000 --> 00:02.000\nx", 1),
        ("1\n00:00:01,000 --> 00:00:02,000\nSubRip", 1),
        ("WEBVTT\n\n", 3),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nback", 3),
        ("WEBVTT\n\n00:61.000 --> 00:62.000\nno such second", 3),
        ("WEBVTT\n\n00:05.000 --> 00:06.000\na\n\n00:01.000 --> 00:02.000\nb", 6),
        ("WEBVTT\n\n00:11.000 --> 00:12.000\nafter the film", 3),
    ],
)
def test_what_is_no_webvtt_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(CaptionsRefused) as caught:
        clean_captions(text.encode(), 10_000)
    assert caught.value.line == line


def test_what_is_too_large_or_no_text_is_refused() -> None:
    for content in (b"WEBVTT\n\n" + b"x" * (1 << 20), b"WEBVTT\n\n\xff\xfe"):
        with pytest.raises(CaptionsRefused):
            clean_captions(content)


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda one: b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + one.encode("utf-8", "ignore"))
)
def test_nothing_that_comes_in_breaks_it(content: bytes) -> None:
    try:
        text = clean_captions(content)
    except CaptionsRefused:
        return
    assert text.startswith("WEBVTT\n\n")
    assert "<" not in text.replace("-->", "")
