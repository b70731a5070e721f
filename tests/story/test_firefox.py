"""The page and the check in a second engine: Firefox."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actor.frames import Actor
from tests.live.names import CLASS, PASSWORD
from tests.live.server import Plan, Server
from tests.story.browser import CAMERA
from tests.story.firefox import Firefox, firefox

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, built_page: None, astronaut: Actor) -> Iterator[Server]:
    """A server that knows the actor's face, and the real media process."""
    from tests.actor.face import landmarks
    from verify import models
    from verify.identity import Recogniser

    neutral = astronaut.pictures()[0]
    embedding = Recogniser(models.EMBEDDING.locate()).embed(neutral, landmarks(neutral)[:, :2])
    assert embedding is not None
    server = Server(
        tmp_path_factory.mktemp("firefox"),
        Plan(rules={"camera_ms": 15_000}, portrait=[float(one) for one in embedding], real_media=True, learners=2),
    )
    try:
        server.seed()
        server.start()
        yield server
    finally:
        server.close()


def begin(browser: Firefox, server: Server, account: str) -> None:
    """Sign in and ask for the login check."""
    browser.visit(server.url)
    browser.write("login-account", account)
    browser.write("login-password", PASSWORD)
    browser.click("login-submit")
    browser.wait("signed in", lambda: browser.script("document.querySelector('[data-testid=account-menu]') !== null"))
    browser.visit(f"{server.url}/class/{CLASS}")
    browser.click("session-begin")
    browser.wait("the check", lambda: browser.attribute("check-overlay", "kind") == "login")


def test_firefox_connects_and_its_own_fake_camera_shows_no_face(server: Server, tmp_path: Path) -> None:
    """As far as its camera goes: a moving pattern, over WebRTC, judged as what it is."""
    with firefox(tmp_path) as browser:
        begin(browser, server, "learner-0")
        browser.wait("no face", lambda: browser.attribute("check-hint", "reason") == "NO_FACE", 40)
        assert browser.script("document.querySelector('[data-testid=check-by-pictures]') === null")  # by WebRTC
        h264 = browser.script("""MediaSource.isTypeSupported('video/mp4; codecs="avc1.4d401e"')""")
        print(f"Firefox {browser.version}; plays H264 by MSE: {h264}")


def test_the_actor_passes_a_check_in_firefox(server: Server, tmp_path: Path, astronaut: Actor) -> None:
    with firefox(tmp_path) as browser:
        frames = json.dumps(astronaut.for_browser())
        browser.before_each_page(f"window.__actorFrames = {frames};\n{CAMERA.read_text()}")
        begin(browser, server, "learner-1")
        browser.wait("the verdict", lambda: browser.attribute("check-verdict", "outcome"), 80)
        assert browser.attribute("check-verdict", "outcome") == "passed"
        browser.wait("in the session", lambda: browser.attribute("state-chip", "phase") == "browsing")
