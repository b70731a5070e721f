"""A learner who gives no face data and a proctor, in two real browsers: they see each other, and the course goes on."""

from pathlib import Path

import pytest

from tests.story.browser import Person, person
from tests.story.server import replay, serving
from tests.story.test_story import record_of, sign_in
from tests.story.test_watching import judged

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

CAMERA_AND_MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
FRAMES = "return document.querySelector(`[data-testid=${arguments[0]}]`).getVideoPlaybackQuality().totalVideoFrames"


def moves(one: Person, video: str) -> None:
    """Pictures really come, one after the other."""
    before = one.wait(f"a first picture of {video}", lambda: one.script(FRAMES, video), 30)
    one.wait(f"more pictures of {video}", lambda: one.script(FRAMES, video) > before + 10, 30)


def test_a_learner_without_face_data_is_checked_by_a_person_and_studies(
    chromium: Path, demo: Path, shots: Path, tmp_path: Path
) -> None:
    """人脸识别技术应用安全管理办法 10: another way, offered equally, and the hours count the same."""
    data = tmp_path / "data"
    with (
        serving(demo, data) as address,
        person(chromium, address, shots, None, arguments=CAMERA_AND_MICROPHONE) as learner,
        person(chromium, address, shots, None, arguments=CAMERA_AND_MICROPHONE) as staff,
    ):
        sign_in(learner, "learner")
        learner.click("class-open")
        learner.click("consent-person")
        learner.wait("chosen", lambda: learner.fetch("/api/me")["body"]["checked_by"] == "person")
        learner.click("class-open")
        learner.click("session-begin")
        learner.see("awaiting")
        learner.wait("a place in the queue", lambda: learner.attribute("person-place", "data-place") == "1")
        learner.shoot("person-waiting")

        sign_in(staff, "staff")
        staff.visit("/wall")
        staff.wait("somebody waits", lambda: staff.attribute("list-persons", "data-n") == "1")
        staff.click("list-persons")
        staff.click("person-take")
        staff.see("person-call")
        learner.see("call-overlay")
        moves(staff, "person-theirs")
        moves(learner, "call-theirs")
        assert staff.see("person-id").text
        assert judged(staff, "call") | judged(learner, "called") == {}

        staff.click("person-pass")
        learner.wait("in the session", lambda: learner.phase()[0] in ("browsing", "studying"))
        assert learner.fetch("/api/me")["body"]["consent"] is None
        staff.wait("nobody waits", lambda: staff.attribute("list-persons", "data-n") == "0")
        learner.click("continue-learning")
        learner.wait("studying", lambda: learner.phase()[0] == "studying")
        learner.wait("earned", lambda: learner.milliseconds("time-held") >= 5_000, 30)
        [check] = record_of(learner)["checks"]
        assert (check["kind"], check["outcome"]) == ("person", "by_person")
        learner.visit("/class/demo-class/record")
        learner.wait("人工核验 on the record", lambda: "人工核验" in learner.text())
        learner.shoot("person-record")
    done = replay(data)
    assert done.returncode == 0, done.stdout + done.stderr
