"""A bad network and a bad camera, in a real browser: the page finds a way, says what happened, and costs nothing more."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from tests.actor.frames import Actor
from tests.actor.wire import Wire
from tests.story.browser import Person, person
from tests.story.server import serving
from tests.story.test_story import enrol, played_ms, record_of, sign_in, stir, verdict

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

RULES = {"heartbeat_ms": 1_000, "report_gap_ms": 4_000, "drawn_from_ms": 150_000, "drawn_to_ms": 300_000}
NO_UDP = "--webrtc-ip-handling-policy=disable_non_proxied_udp"  # Chromium's own: no candidate is left
A_FAULT_MS = RULES["heartbeat_ms"] + 500  # at most one heartbeat, and the messages' way on a busy machine
PLAYS_ON_MS = 1_500  # the page, before it takes a broken line for broken
LESSON = "lesson-1"


@pytest.fixture(scope="module")
def line(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """The way to a server with the demo's data."""
    folder = tmp_path_factory.mktemp("network") / "data"
    with serving(demo, folder, **RULES) as address, Wire(int(address.rsplit(":", 1)[1])) as wire:
        yield wire


def test_where_udp_is_blocked_a_learner_enrols_and_studies_all_the_same(
    chromium: Path, line: Wire, shots: Path, astronaut: Actor
) -> None:
    """JPEG frames over the socket (2.3: a network that lets no video through must not keep anybody out)."""
    with person(chromium, line.url, shots, astronaut, arguments=[NO_UDP]) as learner:
        enrol(learner, shots, chromium, astronaut)  # a whole check with every action, judged from pictures
        learner.visit("/class/demo-class")
        _waits_to_be_let_in(learner, line)
        _unplugged_in_the_login_check(learner)
        learner.click(LESSON)
        _studies(learner, 2_000)
        _asleep(learner)
        before_ms = played_ms(learner) - _earned(learner)
        _line_away(learner, line)
        stir(learner)
        lost_ms = played_ms(learner) - _earned(learner) - before_ms
        print(f"lost {lost_ms:.0f} ms of what was shown by a cut of twelve seconds")
        assert -1_000 <= lost_ms <= A_FAULT_MS + PLAYS_ON_MS + 1_000


def _earned(learner: Person) -> int:
    session = record_of(learner)["sessions"][-1]
    return int(session["counted_ms"] + session["held_ms"])


def _waits_to_be_let_in(learner: Person, line: Wire) -> None:
    """The server doesn't answer for a while, as when a whole class comes at once: the page says so, and claims nothing."""
    learner.see("session-begin", 30)
    learner.driver.find_element(By.CSS_SELECTOR, "a.brand").click()
    learner.see("class-open", 30)
    line.stall()
    try:
        learner.click("class-open")
        assert "计时还没有开始" in learner.see("queueing", 20).text
        assert {learner.see(one).text for one in ("time-counted", "time-held", "time-today", "time-total")} == {"–"}
        learner.shoot("network-queueing")
    finally:
        line.mend()
    learner.see("session-begin", 30)
    assert learner.find("queueing") is None
    assert learner.see("time-today").text != "–"


def _unplugged_in_the_login_check(learner: Person) -> None:
    learner.click("session-begin")
    learner.see("check-by-pictures", 30)
    learner.see("check-prompt", 30)
    learner.script("window.__actorUnplugs()")
    refused = learner.see("camera-error")
    assert refused.get_attribute("data-code") == "NOT_FOUND"
    assert "没有可用的摄像头" in refused.text
    learner.shoot("network-unplugged")
    learner.click("camera-retry")  # plugged in again
    assert verdict(learner) == ("passed", "")
    learner.wait("in the session", lambda: learner.phase()[0] == "browsing")


def _asleep(learner: Person) -> None:
    """The browser sleeps for longer than the report gap, and wakes up."""
    learner.driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "frozen"})
    time.sleep(6)
    learner.driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "active"})
    with learner.another_tab_in_front():  # a page that was frozen stays hidden until it comes to the front again
        pass
    learner.wait("visible", lambda: learner.script("return document.visibilityState") == "visible")
    position_ms = float(learner.script("return document.querySelector('[data-testid=video]').currentTime")) * 1000
    lost_ms = position_ms - _earned(learner)
    print(f"lost {lost_ms:.0f} ms of what was shown by a sleep of six seconds")
    assert -500 <= lost_ms <= A_FAULT_MS
    _goes_on(learner)


def _line_away(learner: Person, line: Wire) -> None:
    """Cut for longer than the page keeps quiet about it."""
    with line.away():
        learner.see("reconnecting", 20)
        assert learner.script("return document.querySelector('[data-testid=video]').paused")
        learner.shoot("network-reconnecting")
    learner.wait("the line is back", lambda: learner.find("reconnecting") is None, 20)
    _goes_on(learner)


def _goes_on(learner: Person) -> None:
    _studies(learner, learner.milliseconds("time-held") + 1_500)


def _studies(learner: Person, held_ms: int) -> None:
    """Press what the page offers until so much is held."""

    def held() -> bool:
        for button in ("continue-learning", "play"):
            if learner.find(button) is not None and learner.script(
                "return document.querySelector('[data-testid=video]').paused"
            ):
                learner.click(button)
        return learner.milliseconds("time-held") > held_ms

    learner.wait("time counts", held, 40)


def test_a_permission_that_is_withdrawn_and_given_back(chromium: Path, line: Wire, shots: Path) -> None:
    """Chromium's own fake camera, and its own permissions."""

    def allow(state: str) -> None:
        for name in ("camera", "videoCapture"):
            try:
                about: dict[str, Any] = {"permission": {"name": name}, "setting": state, "origin": line.url}
                one.driver.execute_cdp_cmd("Browser.setPermission", about)
                return
            except Exception:
                continue
        raise AssertionError("no such permission")

    with person(chromium, line.url, shots, None, arguments=["--use-fake-device-for-media-stream"]) as one:
        sign_in(one, "learner2")
        one.visit("/")
        one.click("class-open")
        one.click("consent-agree")
        one.click("consent-submit")
        one.wait("consent taken", lambda: one.fetch("/api/me")["body"]["consent"])
        one.visit("/device-check")
        allow("granted")
        one.click("device-check-start")
        one.click("practice-start")
        one.wait("no face", lambda: one.attribute("check-hint", "data-reason") == "NO_FACE", 30)
        allow("denied")
        refused = one.see("camera-error", 30)
        one.shoot("network-withdrawn")
        one.click("camera-retry")
        one.wait("refused", lambda: one.attribute("camera-error", "data-code") == "NOT_ALLOWED")
        assert "许可" in one.see("camera-error").text
        allow("granted")
        one.click("camera-retry")
        one.wait("the camera is back", lambda: one.find("camera-error") is None, 15)
        assert refused is not None
