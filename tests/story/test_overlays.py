"""What lies over the page while a check is open and when it has ended: two widths, Chinese and light, English and dark."""

from pathlib import Path

import pytest

from tests.actor.frames import Actor
from tests.story.browser import person
from tests.story.server import serving
from tests.story.test_pages import AXE
from tests.story.test_story import sign_in, verdict
from tests.story.test_watching import judged, speak

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_check_can_be_read_by_everybody(
    chromium: Path, demo: Path, shots: Path, astronaut: Actor, tmp_path: Path
) -> None:
    """Ux rule 6; of somebody who doesn't move, so that it stays open for long enough."""
    if not AXE.is_file():
        pytest.skip("axe-core is missing: python3 run.py test installs it with the page")
    with serving(demo, tmp_path / "data") as address, person(chromium, address, shots, astronaut) as learner:
        sign_in(learner, "learner")
        learner.visit("/consent")
        learner.click("consent-agree")
        learner.click("consent-submit")
        learner.wait("consent taken", lambda: learner.fetch("/api/me")["body"]["consent"])
        learner.act("still")
        learner.visit("/device-check")
        learner.click("device-check-start")
        learner.wait("the light", lambda: learner.attribute("probe-light", "data-state") == "good")
        learner.click("practice-start")
        learner.wait("a prompt", lambda: learner.find("check-prompt"), 30)
        found = judged(learner, "check")
        assert verdict(learner)[0] == "failed"
        found |= judged(learner, "check-failed")
        speak(learner, "en")
        assert not [one for one in learner.see("probe-camera").text if one >= "一"], "half of it in another language"
    assert found == {}
