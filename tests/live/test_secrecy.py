"""What nobody may learn: every answer and every message of a whole story is walked, and the log of it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from realtime import protocol as p
from tests.live.story import Heard, Story
from verify.protocol import Action

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

NEAR_MS = 400
EARLY_MS = 1_000  # from then on the push is news that travels
ACTIONS = tuple(action.value for action in Action)


def test_nothing_tells_when_the_next_check_comes(story: Story) -> None:
    """Design: nothing that the learner can fetch tells the next challenge's instant."""
    draws = _draws(story.journal)
    walked = 0
    for taken_at, after_ms, pushed_at in draws:
        told = [one for one in story.heard if taken_at <= one.at_ms < pushed_at - EARLY_MS]
        walked += len(told)
        for one in told:
            assert not _tells(one, after_ms, pushed_at), one.text[:2_000]
    assert walked > 20


def test_the_walk_would_find_an_instant_that_is_told() -> None:
    hidden = Heard(1_000_000, '{"a":[{"b":{"next":1005100}}]}')
    duration = Heard(1_000_000, 'callback({"left":"4321 ms"})')

    assert _tells(hidden, 4_321, 1_005_000)
    assert _tells(duration, 4_321, 1_005_000)
    assert not _tells(Heard(1_000_000, '{"as_of_ms":1000000,"total_ms":1005}'), 4_321, 1_005_000)


def test_every_address_of_the_api_was_walked(story: Story) -> None:
    assert {"/api/me", "/api/notice", "/api/classes/live-class", "/api/classes/live-class/record"} <= story.asked
    assert {"/api/staff/portraits", "/api/staff/learners", "/healthz"} <= story.asked
    assert {type(message) for message in story.messages} >= {
        p.Welcome, p.View, p.Beaten, p.LessonOpened, p.CheckPushed, p.CheckAnswer, p.CheckPrompt, p.CheckStepSeen,
        p.CheckEnded, p.Refused,
    }  # fmt: skip


def test_a_step_of_the_script_is_told_by_its_own_prompt_only(story: Story) -> None:
    """Challenges: prompts come one by one."""
    prompts = [one for one in story.messages if isinstance(one, p.CheckPrompt)]
    assert len(prompts) >= 3 * 4  # enrolment, login, drawn, closing
    heard = [one.text for one in story.heard if '"openapi"' not in one.text]  # names the actions, as the help page does
    telling = [text for text in heard if any(action in text for action in ACTIONS)]
    assert [json.loads(text)["type"] for text in telling] == ["check_prompt"] * len(prompts)
    assert all(sum(text.count(action) for action in ACTIONS) == 1 for text in telling)


def test_no_score_threshold_or_picture_reaches_the_learner(story: Story) -> None:
    """Challenges: scores and thresholds never leave the server. All numbers that the learner gets are whole."""
    for one in story.heard:
        assert not re.search(r"score|threshold|embedding|/9j/|data:image", one.text, re.IGNORECASE), one.text[:500]
        if one.text.startswith(("{", "[")) and '"openapi"' not in one.text:
            numbers = list(_numbers(json.loads(one.text)))
            assert not any(isinstance(number, float) for number in numbers), one.text[:500]
            assert all(len(found) < 30 for found in _lists(json.loads(one.text)))


def test_the_log_holds_nothing_personal_and_nothing_secret(story: Story) -> None:
    """Personal data: no face, name, number or frame in a message; and no moment, script or score either."""
    log = story.log
    assert "The classroom is open." in log
    for secret in (*story.secrets, "张小安", "王老师", "learner-0", *ACTIONS):
        assert secret not in log
    assert not re.search(r"/9j/|\\xff\\xd8|\\u00ff|JFIF|a=candidate|m=video|/media/|anxue_session|csrftoken", log)
    assert not re.search(r"after_ms|draw_at|score|threshold|embedding", log, re.IGNORECASE)
    assert not re.search(r"(-?0\.\d+,\s*){5}", log)
    for _, after_ms, _ in _draws(story.journal):
        assert not re.search(rf"\b{after_ms}\b", log)
    assert not re.search(r'"level": "error"|Traceback', log), log


def test_no_address_holds_a_secret(story: Story) -> None:
    """Addresses stand in the logs of proxies and in a browser's history; the socket has one and the same for everybody."""
    assert len(story.secrets) >= 4
    for path in story.asked:
        assert not any(secret in path for secret in story.secrets), path
        assert "?" not in path


def _draws(journal: list[dict[str, Any]]) -> list[tuple[int, int, int]]:
    """Each drawn moment that became a check: taken at, after so much study, pushed at."""
    found: list[tuple[int, int, int]] = []
    draw: dict[str, Any] | None = None
    requested = [event for event in journal if event["kind"] in ("DrawTaken", "CheckPushed", "SessionOffered")]
    for event in requested:
        if event["kind"] == "DrawTaken":
            draw = event
        elif event["kind"] == "CheckPushed" and draw is not None:
            found.append((draw["at"], draw["after_ms"], event["at"]))
            draw = None
    return found


def _tells(one: Heard, after_ms: int, pushed_at: int) -> bool:
    numbers = [int(text) for text in re.findall(r"\d{3,}", one.text)]
    return any(number == after_ms or abs(number - pushed_at) <= NEAR_MS for number in numbers)


def _numbers(value: Any) -> Iterator[float]:
    match value:
        case dict():
            for one in value.values():
                yield from _numbers(one)
        case list():
            for one in value:
                yield from _numbers(one)
        case bool() | str() | None:
            return
        case _:
            yield value


def _lists(value: Any) -> Iterator[list[Any]]:
    match value:
        case dict():
            for one in value.values():
                yield from _lists(one)
        case list():
            yield [one for one in value if isinstance(one, int | float)]
            for one in value:
                yield from _lists(one)
        case _:
            return
