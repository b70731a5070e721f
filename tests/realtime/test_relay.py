"""What of a check reaches the page, and what never does."""

import asyncio
from typing import cast, get_args

import msgspec
import pytest

from realtime.connection import Connection
from realtime.media import MediaCheck, MediaDown
from realtime.protocol import CheckAnswer, CheckHint, CheckPrompt, CheckStepSeen, CheckTryFailed
from realtime.relay import relay, to_page
from realtime.scripts import draw_scripts
from tests.realtime.fakes import FakeCheck
from verify.protocol import (
    Action,
    Answer,
    Busy,
    Failed,
    FirstFrame,
    FromMedia,
    Granted,
    Hint,
    Open,
    Passed,
    Prompt,
    Reason,
    Refused,
    StepSeen,
    TryFailed,
)

PASSED = Passed(evidence_jpeg=b"face", embedding=[0.125], score=0.987, threshold=0.45, model="m")
EVERY: list[FromMedia] = [
    Granted(),
    Busy(retry_after_ms=1),
    Answer(sdp="a"),
    FirstFrame(),
    Prompt(try_no=2, index=1, total=3, action=Action.NOD, within_ms=8000),
    StepSeen(try_no=2, index=1),
    Hint(reason=None),
    TryFailed(reason=Reason.NO_MATCH, tries_left=1),
    PASSED,
    Failed(reason=Reason.NO_MATCH, missed=False, evidence_jpeg=b"face", score=0.321, threshold=0.45, model="m"),
    Refused(code="X"),
]


def test_the_page_is_told_the_prompt_of_now_and_no_number_it_could_be_tuned_by() -> None:
    assert {type(message) for message in EVERY} == set(get_args(FromMedia))
    shown = [page for message in EVERY if (page := to_page("c", message)) is not None]
    assert shown == [
        CheckAnswer(seq=0, check_id="c", sdp="a"),
        CheckPrompt(seq=0, check_id="c", try_no=2, index=1, total=3, action="nod", within_ms=8000),
        CheckStepSeen(seq=0, check_id="c", index=1),
        CheckHint(seq=0, check_id="c", reason=None),
        CheckTryFailed(seq=0, check_id="c", reason="NO_MATCH", tries_left=1),
    ]
    told = msgspec.json.encode(shown).decode()
    assert not any(secret in told for secret in ("0.987", "0.321", "0.45", "0.125", "face"))


def test_the_page_hears_what_it_did_wrong_by_code_and_nothing_of_what_is_between_the_planes() -> None:
    codes = ("BAD_FRAME", "TOO_MANY_CHANGES", "BAD_OFFER", "FRAME_TOO_LARGE", "ALREADY_OPEN", "MALFORMED")
    told = [to_page("c", Refused(code)) for code in codes]
    assert [None if one is None else (one.code, one.message_type) for one in told] == [  # type: ignore[union-attr]
        ("BAD_FRAME", "check_frame"),
        ("TOO_MANY_CHANGES", "check_frame"),
        ("BAD_OFFER", "check_offer"),
        ("FRAME_TOO_LARGE", "check_offer"),
        None,
        None,
    ]


async def test_messages_follow_the_page_to_its_new_socket_and_every_event_is_heard() -> None:
    request = Open(check_id="c", purpose="check", scripts=draw_scripts(1), portrait=None)
    check = FakeCheck(request)
    old = Connection(learner_id="l", device="d", session="s")
    new = Connection(learner_id="l", device="d", session="s")
    heard: list[FromMedia] = []
    holder: list[Connection | None] = [old]

    def on_event(message: FromMedia) -> None:
        heard.append(message)
        holder[0] = None if isinstance(message, Hint) else new

    for message in (Answer(sdp="a"), Hint(reason=None), StepSeen(try_no=1, index=0), Prompt(1, 1, 3, Action.NOD, 1)):
        check.says.put_nowait(message)
    check.says.put_nowait(PASSED)
    await relay(cast(MediaCheck, check), lambda: holder[0], on_event)
    assert heard[-1] == PASSED
    assert len(heard) == 5
    assert [len(connection._outbox) for connection in (old, new)] == [1, 2]


async def test_a_broken_check_is_told_to_the_caller() -> None:
    check = FakeCheck(Open(check_id="c", purpose="check", scripts=[], portrait=None))
    check.says.put_nowait(MediaDown("gone"))
    with pytest.raises(MediaDown):
        async with asyncio.timeout(1):
            await relay(cast(MediaCheck, check), lambda: None, lambda message: None)
