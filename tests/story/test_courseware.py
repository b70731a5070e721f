"""An institution's own video: brought over a bad line, looked at, published, and studied in three qualities (rows 8, 17)."""

import struct
import time
from pathlib import Path
from typing import Any

import pytest

from tests.actor.frames import Actor
from tests.courses.film.films import Film
from tests.story.browser import DESKTOP, PHONE, Person, person
from tests.story.server import replay, serving
from tests.story.test_pages import serious
from tests.story.test_story import enrol, played_ms, record_of, sign_in, stir

CLOCK = time.monotonic  # noqa: TID251  # the test's own stopwatch
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

RULES = {"drawn_from_ms": 300_000, "drawn_to_ms": 600_000}  # no check while qualities are switched
TITLE = "有限空间作业"
PADDING_BYTES = 8 << 20  # some parts, so that the line can be lost between them
LINES = {"smooth": 360, "standard": 480, "high": 720}
CHANGES_MS = 2_000  # what three changes and a pause may differ in, between two clocks
SLOW = 500_000  # bytes a second


def film(folder: Path) -> Path:
    """Fifty seconds whose first seconds are black, with a box at its end that says nothing."""
    black = Film(seconds=50, size=(1280, 720), rate=10, picture=lambda at, w, h: Film().picture(at, w, h) * (at >= 3))
    path = black.make(folder / "课件.mp4")
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", 8 + PADDING_BYTES, b"free") + bytes(PADDING_BYTES))
    return path


def line(one: Person, *, offline: bool = False, bytes_a_second: int = -1) -> None:
    """The line to the server."""
    one.driver.execute_cdp_cmd("Network.enable", {})
    conditions = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_a_second}
    one.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)


def state(one: Person) -> str | None:
    return one.attribute("courseware", "data-state")


def sent(one: Person) -> float:
    bar = one.find("courseware-sent")
    return 0.0 if bar is None else float(bar.get_attribute("value") or 0)


def judged(one: Person, name: str) -> dict[str, list[str]]:
    """Serious findings of axe, and what is wider than the screen, of the page as it stands at both widths."""
    found: dict[str, list[str]] = {}
    for width, height in (DESKTOP, PHONE):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        one.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        one.script("document.querySelector('[data-testid=courseware]')?.scrollIntoView()")
        one.shoot(f"courseware-{name}-{width}")
        wide = one.script("return document.documentElement.scrollWidth > innerWidth + 1")
        if findings := serious(one) + (["wider than the screen"] if wide else []):
            found[f"{name} {width}"] = findings
    one.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": DESKTOP[0], "height": DESKTOP[1], "deviceScaleFactor": 1, "mobile": False},
    )
    return found


def test_an_institutions_own_video_becomes_a_lesson(
    chromium: Path, demo: Path, shots: Path, astronaut: Actor, tmp_path: Path
) -> None:
    data, path = tmp_path / "data", film(tmp_path)
    with serving(demo, data, **RULES) as address, person(chromium, address, shots, astronaut) as learner:
        enrol(learner, shots, chromium, astronaut)
        learner.visit("/class/demo-class")
        learner.click("session-begin")
        learner.wait("in the session", lambda: learner.phase()[0] == "browsing", 60)
        with person(chromium, address, shots, None) as staff:
            sign_in(staff, "staff")
            _bring(staff, path)
            assert TITLE not in learner.text()  # nobody sees it before a person has (row 8)
            _publish(staff, path)
        learner.wait("the new lesson, without a reload", lambda: TITLE in learner.text())
        _study_in_three_qualities(learner)
        learner.click("sign-out")
        learner.see("signed-out")
        record = record_of(learner)
        verified = replay(data)
    assert (verified.returncode, verified.stdout.split(",")[1].strip()) == (0, "0 findings"), verified.stdout
    assert record["sessions"][-1]["not_counted_ms"].get("NOT_DELIVERED", 0) == 0


def _bring(staff: Person, path: Path) -> None:
    """Over a line that is slow, is lost, and a page that is loaded anew half-way."""
    staff.visit("/staff")
    staff.click("courseware-open")
    staff.see("courseware-empty")
    assert judged(staff, "empty") == {}
    staff.write("courseware-title", TITLE)
    staff.see("courseware-file").send_keys(str(path))
    line(staff, bytes_a_second=SLOW)
    staff.click("courseware-start")
    staff.wait("a part of it is there", lambda: sent(staff) > 0.1, 60)
    line(staff, offline=True)
    staff.see("courseware-lost", 30)
    before = sent(staff)
    staff.shoot("courseware-lost-line")
    line(staff, bytes_a_second=SLOW)
    staff.wait("it goes on by itself", lambda: sent(staff) > before, 60)
    assert sent(staff) < 1
    staff.driver.refresh()
    staff.see("courseware-resume")
    kept = sent(staff)
    assert 0 < before <= kept < 1
    assert judged(staff, "resume") == {}
    line(staff)
    staff.see("courseware-resume").send_keys(str(path))
    staff.wait("all of it is there", lambda: state(staff) in ("queued", "running", "review"), 60)
    staff.wait("progress is shown", lambda: state(staff) == "review" or staff.find("courseware-progress"), 30)
    staff.shoot("courseware-running")
    staff.wait("it is made", lambda: state(staff) == "review", 420)


def _publish(staff: Person, path: Path) -> None:
    """The report, with the picture of its fault; only who accepts it may publish."""
    assert "黑屏" in staff.see("courseware-report").text
    loaded = "return document.querySelector('[data-testid=courseware-picture]')?.naturalWidth > 0"
    staff.wait("the fault's picture", lambda: staff.script(loaded))
    assert judged(staff, "report") == {}
    assert not staff.see("courseware-publish").is_enabled()
    staff.click("courseware-look")
    staff.wait("it can be looked at", lambda: staff.script("return document.querySelector('video')?.readyState >= 2"))
    staff.shoot("courseware-preview")
    staff.driver.find_element("css selector", ".el-dialog__headerbtn").click()
    staff.wait("closed", lambda: staff.find("courseware-video") is None)
    captions = path.with_name("字幕.vtt")
    captions.write_text("WEBVTT\n\n00:00.000 --> 00:50.000\n作业前先通风、再检测")
    staff.see("courseware-captions").send_keys(str(captions))
    staff.wait("the captions are there", lambda: "已有字幕" in staff.text())
    staff.click("courseware-accept-BLACK")
    staff.click("courseware-publish")
    staff.see("courseware-published")
    assert state(staff) == "published"
    assert judged(staff, "published") == {}


def _study_in_three_qualities(learner: Person) -> None:
    """Row 17: whichever is chosen, the position stays, and what is earned is what was played."""
    lessons = learner.driver.find_elements("css selector", "[data-testid^='lesson-']")
    learner.click(lessons[-1].get_attribute("data-testid") or "")
    learner.wait(
        "it lies open", lambda: TITLE in str(learner.script("return document.querySelector('video').ariaLabel"))
    )
    learner.click("play")
    learner.wait("studying", lambda: learner.phase()[0] == "studying")
    at = _position(learner)
    for name, lines in LINES.items():
        stir(learner)
        begun = CLOCK()
        _choose(learner, name)
        learner.wait(f"{name} is shown", lambda lines=lines: learner.script(_SHOWN) == lines, 20)
        learner.wait("it plays on", lambda at=at: _position(learner) > at + 1, 20)
        now = _position(learner)
        assert at <= now <= at + (CLOCK() - begun) + 2
        at = now
        learner.shoot(f"courseware-{name}")
    assert learner.phase()[0] == "studying"
    learner.wait("captions", lambda: learner.script(_CAPTIONS) == ["showing", 1])
    learner.click("captions")
    learner.wait("no captions", lambda: learner.script(_CAPTIONS) == ["hidden", 1])
    _look_at_the_watermark(learner)
    _point_at_the_bar(learner)
    assert serious(learner) == []
    learner.click("play")
    learner.wait("paused", lambda: learner.phase() == ("paused", "PAUSED_BY_LEARNER"))
    earned = learner.milliseconds("time-counted") + learner.milliseconds("time-held")
    assert abs(earned - played_ms(learner)) <= CHANGES_MS


def _point_at_the_bar(learner: Person) -> None:
    """What is there is shown before anybody goes there; and pointing is no seeking."""
    before = _position(learner)
    learner.script(_POINT, 0.5)
    shown = learner.see("bar-preview")
    assert 20_000 <= int(shown.get_attribute("data-from-ms") or -1) <= 25_000
    learner.wait("its picture", lambda: learner.script(_SHEET) == [200])
    learner.shoot("courseware-preview")
    assert before <= _position(learner) <= before + 10
    learner.script(_POINT, None)
    learner.wait("gone", lambda: learner.find("bar-preview") is None)


def _look_at_the_watermark(learner: Person) -> None:
    mark = learner.see("watermark")
    assert "*" in mark.text
    assert mark.get_attribute("aria-hidden") == "true"
    moves = "return getComputedStyle(document.querySelector('[data-testid=watermark]')).animationName"
    assert "wander" in str(learner.script(moves))
    for value, moving in (("reduce", False), ("", True)):
        media = {"features": [{"name": "prefers-reduced-motion", "value": value}]}
        learner.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        assert (learner.script(moves) != "none") is moving
    learner.click("fullscreen")
    learner.wait("full screen", lambda: learner.script("return document.fullscreenElement !== null"))
    assert "*" in learner.see("watermark").text
    learner.shoot("courseware-full-screen")
    learner.click("fullscreen")
    learner.wait("the page", lambda: learner.script("return document.fullscreenElement === null"))


_CAPTIONS = "const one = document.querySelector('video').textTracks[0]; return [one?.mode, one?.cues?.length]"
_POINT = """
const bar = document.querySelector('[data-testid=lesson-bar]'), box = bar.getBoundingClientRect(), at = arguments[0];
const kind = at === null ? 'pointerleave' : 'pointermove';
bar.dispatchEvent(new PointerEvent(kind, {bubbles: true, clientX: box.left + box.width * at, clientY: box.top + 5}));
"""
_SHEET = """
return performance.getEntriesByType('resource').filter(one => one.name.endsWith('/thumbs.jpg')).map(one => one.responseStatus);
"""
_SHOWN = "return document.querySelector('[data-testid=video]').videoHeight"


def _position(learner: Person) -> float:
    return float(learner.script("return document.querySelector('[data-testid=video]').currentTime"))


def _choose(learner: Person, name: str) -> None:
    words = {"smooth": "流畅", "standard": "标清", "high": "高清"}[name]
    options: Any = learner.see("quality").find_elements("tag name", "option")
    [one] = [option for option in options if option.text == words]
    one.click()
