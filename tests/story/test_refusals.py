"""Who isn't the learner, or isn't there, doesn't get in; each is told why (rows 10, 30)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.actor.frames import Actor, actor
from tests.story.browser import Person, person
from tests.story.server import serving
from tests.story.test_story import enrol, record_of, sign_in, verdict

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

RULES = {"action_ms": 4_000, "camera_ms": 8_000, "window_ms": 40_000}


@pytest.fixture(scope="module")
def server(
    chromium: Path, demo: Path, shots: Path, astronaut: Actor, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A server whose learner is enrolled with the astronaut's face."""
    folder = tmp_path_factory.mktemp("refusals") / "data"
    with serving(demo, folder, **RULES) as address:
        with person(chromium, address, shots, astronaut) as learner:
            enrol(learner, shots, chromium, astronaut)
        yield address


def try_to_begin(one: Person, mode: str) -> tuple[tuple[str | None, str | None], str, Any]:
    """Ask for a session as this actor; the answer is the verdict, the page's words, the last session's record."""
    one.act(mode)
    sign_in(one, "learner")
    one.visit("/class/demo-class")
    one.click("session-begin")
    one.see("check-overlay")
    ended = verdict(one)
    words = one.see("signed-out").text
    one.shoot(f"refused-{mode}-{ended[1]}")
    return ended, words, record_of(one)["sessions"][-1]


def nothing_earned(session: Any) -> bool:
    """Neither counted nor held."""
    return session["counted_ms"] == session["held_ms"] == 0


def test_another_face_is_no_match(server: str, chromium: Path, shots: Path, footage: Path) -> None:
    """Somebody else who does every action right."""
    other = actor(footage / "portraits" / "person_b_1.jpg")
    with person(chromium, server, shots, other) as stranger:
        ended, words, session = try_to_begin(stranger, "honest")
    assert ended == ("failed", "NO_MATCH")
    assert session["ended_reason"] == "CHECK_FAILED"
    assert "核验未通过" in words
    assert nothing_earned(session)


def test_a_still_picture_does_no_action(server: str, chromium: Path, shots: Path, astronaut: Actor) -> None:
    """A photo of the right person in front of the camera."""
    with person(chromium, server, shots, astronaut) as photo:
        ended, words, session = try_to_begin(photo, "still")
    assert ended == ("failed", "TOO_LATE")
    assert session["ended_reason"] == "CHECK_FAILED"
    assert "核验未通过" in words
    assert nothing_earned(session)


def test_the_wrong_action_fails_every_try(server: str, chromium: Path, shots: Path, astronaut: Actor) -> None:
    """A recording in which something else is done."""
    with person(chromium, server, shots, astronaut) as recording:
        ended, words, session = try_to_begin(recording, "wrong")
    assert ended == ("failed", "WRONG_ACTION")
    assert session["ended_reason"] == "CHECK_FAILED"
    assert "核验未通过" in words
    assert nothing_earned(session)


def test_without_a_camera_the_check_is_missed(server: str, chromium: Path, shots: Path, astronaut: Actor) -> None:
    """Rule 8: a camera error doesn't move the deadline; the page says how to get a camera."""
    with person(chromium, server, shots, astronaut) as blind:
        ended, words, session = try_to_begin(blind, "none")
    assert ended[0] == "missed"
    assert session["ended_reason"] == "CHECK_MISSED"
    assert "未在规定时间内完成核验" in words
    assert nothing_earned(session)
