"""Userscripts in a real Chromium, as regulation.md 2.2 found them: the page is theirs, the seconds are not."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.actor.frames import Actor
from tests.story.browser import Person, person
from tests.story.server import replay, serving
from tests.story.test_story import enrol, record_of, verdict

CLOCK = time.monotonic  # noqa: TID251  # the test's own stopwatch
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

RULES = {"drawn_from_ms": 12_000, "drawn_to_ms": 16_000, "action_ms": 4_000, "camera_ms": 10_000, "window_ms": 30_000}
LESSON = "lesson-1"
LENGTH_MS = 180_000

# The clock of the browser runs fifteen times too fast, so does the video, muted; it says that it is a second long.
FAST = """
(() => {
  const now = Date.now.bind(Date), tick = performance.now.bind(performance);
  const start = now(), first = tick();
  Date.now = () => start + 15 * (now() - start) + 86_400_000;
  performance.now = () => first + 15 * (tick() - first);
  const rate = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'playbackRate');
  Object.defineProperty(HTMLMediaElement.prototype, 'playbackRate', {get: () => 1, set: () => undefined});
  Object.defineProperty(HTMLMediaElement.prototype, 'duration', {get: () => 1});
  setInterval(() => {
    for (const video of document.querySelectorAll('video[data-testid=video]')) {
      video.muted = true;
      rate.set.call(video, 15);
      window.__rate = rate.get.call(video);
    }
  }, 50);
})();
"""

# The video claims to be over, from its first second on.
ENDED = """
Object.defineProperty(HTMLMediaElement.prototype, 'currentTime', {get: () => 180, set: () => undefined});
Object.defineProperty(HTMLMediaElement.prototype, 'ended', {get: () => true});
for (const type of ['timeupdate', 'seeked', 'pause', 'ended'])
  document.querySelector('[data-testid=video]').dispatchEvent(new Event(type));
"""

# The page never hears that it is hidden, or that its window lost the focus.
NEVER_HIDDEN = """
(() => {
  Object.defineProperty(Document.prototype, 'visibilityState', {get: () => 'visible'});
  Object.defineProperty(Document.prototype, 'hidden', {get: () => false});
  Document.prototype.hasFocus = () => true;
  for (const type of ['visibilitychange', 'pagehide', 'blur', 'freeze'])
    window.addEventListener(type, (event) => event.stopImmediatePropagation(), true);
})();
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's folder."""
    return tmp_path_factory.mktemp("userscripts") / "data"


@pytest.fixture(scope="module")
def learner(chromium: Path, demo: Path, shots: Path, astronaut: Actor, data: Path) -> Iterator[Person]:
    """One enrolled learner at one browser, for all scripts."""
    with serving(demo, data, **RULES) as address:
        with person(chromium, address, shots, astronaut) as one:
            enrol(one, shots, chromium, astronaut)
            yield one
        verified = replay(data)
        assert verified.returncode == 0, verified.stdout


def studies_with(learner: Person, userscript: str) -> float:
    """Load the page with the script in it, pass the login check as the real person, and play; when that was."""
    script = learner.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": userscript})
    try:
        learner.act("honest")
        learner.visit("/class/demo-class")
        learner.click("session-begin")
        learner.see("check-overlay")
        assert verdict(learner)[0] == "passed"
        learner.wait("in the session", lambda: learner.phase()[0] == "browsing")
    finally:
        learner.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    learner.click(LESSON)
    started = CLOCK()
    learner.click("play")
    learner.wait("studying", lambda: learner.phase()[0] == "studying")
    return started


def earned_ms(record: Any) -> int:
    """Counted and held, of all sessions."""
    return sum(one["counted_ms"] + one["held_ms"] for one in record["sessions"])


def test_fifteen_times_the_speed_by_a_moved_clock_earns_no_more_than_the_time(learner: Person) -> None:
    """playbackRate 15 and muted, Date.now and performance.now moved, an inflated duration, then "ended" without playing."""
    started = studies_with(learner, FAST)
    learner.wait("the script is at work", lambda: learner.script("return window.__rate") == 15)
    time.sleep(2)
    learner.script(ENDED)
    time.sleep(2)
    record = record_of(learner)
    passed_ms = (CLOCK() - started) * 1000
    assert learner.script("return Date.now()") > CLOCK() * 1000  # its clock is a day ahead
    lesson = record["lessons"][1]
    assert lesson["length_ms"] == pytest.approx(LENGTH_MS, abs=1_000)
    assert not lesson["finished"]
    assert lesson["earned_to_ms"] <= passed_ms < LENGTH_MS
    assert earned_ms(record) <= passed_ms
    assert sum(one["counted_ms"] for one in record["sessions"]) == 0  # no drawn check was passed


def test_a_page_that_never_says_hidden_has_nothing_counted_unless_its_check_is_passed(learner: Person) -> None:
    """Another tab is really in front and the page isn't told: the server can't see that. It proves the rest: what was
    watched so is held only, a drawn check comes all the same, and as nobody answers it, all of it is dropped."""
    learner.visit("/class/demo-class")
    learner.wait("known to the server", lambda: learner.phase()[0] is not None)
    if learner.find("session-begin") is None:  # the session of the test before waits for this tab
        learner.click("sign-out")
    studies_with(learner, NEVER_HIDDEN)
    learner.act("still")
    with learner.another_tab_in_front():
        time.sleep(8)
    record = record_of(learner)
    session = record["sessions"][-1]
    assert "PAGE_HIDDEN" not in session["not_counted_ms"]  # the script works: nothing was said
    signed_out = learner.see("signed-out", 80)
    assert signed_out.get_attribute("data-reason") in ("CHECK_MISSED", "CHECK_FAILED")
    record = record_of(learner)
    session = record["sessions"][-1]
    assert [one["outcome"] for one in record["checks"] if one["kind"] == "drawn"][-1] in ("missed", "failed")
    assert session["counted_ms"] == session["held_ms"] == 0
    dropped = {**session["not_counted_ms"]}
    assert dropped.get("VERIFICATION_MISSED", 0) + dropped.get("VERIFICATION_FAILED", 0) > 0
