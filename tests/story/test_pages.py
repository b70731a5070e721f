"""Every page, wide and narrow, Chinese and light, English and dark: no serious accessibility finding, nothing too wide."""

from pathlib import Path
from typing import Any

import pytest

from tests.actor.frames import Actor
from tests.story.browser import DESKTOP, PHONE, Person, person
from tests.story.server import ROOT, serving
from tests.story.test_story import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

AXE = ROOT / "web" / "ui" / "node_modules" / "axe-core" / "axe.min.js"
LEARNER_PAGES = (
    "/",
    "/consent",
    "/device-check",
    "/enrol",
    "/browser",
    "/manual",
    "/class/demo-class",
    "/class/demo-class/record",
    "/nowhere",
)

READY = {
    "zh-CN": {
        "/class/demo-class": "课程目录",
        "/staff": "张小安",
        "/class/demo-class/record": "学习记录",
        "/browser": "Cookie",
        "/manual": "随机核验",
        "/nowhere": "没有这个页面",
        "other": "安学课堂",
    },
    "en": {
        "/class/demo-class": "Lessons",
        "/staff": "张小安",
        "/class/demo-class/record": "Study record",
        "/browser": "Cookies",
        "/manual": "Random checks",
        "/nowhere": "There is no such page",
        "other": "Anxue Classroom",
    },
}
LOADING = ("正在加载", "Loading…")


def serious(one: Person) -> list[str]:
    """The serious and critical findings of axe on the page as it stands."""
    one.script(AXE.read_text())
    found: Any = one.driver.execute_async_script("axe.run().then(arguments[0], error => arguments[0](String(error)))")
    assert isinstance(found, dict), found
    return [
        f"{finding['id']}: {finding['nodes'][0]['html'][:200]}"
        for finding in found["violations"]
        if finding["impact"] in ("serious", "critical")
    ]


def look(one: Person, path: str, name: str, language: str) -> dict[str, list[str]]:
    """Open a page, keep its picture, judge it."""
    still = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}  # no colour caught half-way
    one.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", still)
    one.visit(path)
    wanted = READY[language].get(path, READY[language]["other"])
    one.wait("the page", lambda: wanted in one.text() and not any(word in one.text() for word in LOADING))
    one.shoot(f"page-{name}-{path.strip('/').replace('/', '-') or 'home'}")
    findings = serious(one)
    if one.script("return document.documentElement.scrollWidth > innerWidth + 1"):
        findings.append("wider than the screen")
    if one.script("return document.documentElement.lang") != language:
        findings.append(f"lang isn't {language}")
    return {path: findings} if findings else {}


def prefer(one: Person, language: str, theme: str) -> None:
    """Choose by the page's own menu, as a person does; it's kept over all that follows."""
    one.visit("/login")
    for choice in (f"language-{language}", f"theme-{theme}"):
        one.click("view-menu")
        one.click(choice)
        one.wait("the menu is gone", lambda choice=choice: one.find(choice) is None)


@pytest.mark.parametrize(
    ("name", "size", "language", "theme"),
    [
        ("1440", DESKTOP, "zh-CN", "light"),
        ("390", PHONE, "zh-CN", "light"),
        ("1440-en-dark", DESKTOP, "en", "dark"),
        ("390-en-dark", PHONE, "en", "dark"),
    ],
)
def test_pages_can_be_used_by_everybody(
    chromium: Path, demo: Path, shots: Path, astronaut: Actor, tmp_path: Path,
    name: str, size: tuple[int, int], language: str, theme: str,
) -> None:  # fmt: skip
    """Ux rule 6; row 37: no plug-in is needed."""
    if not AXE.is_file():
        pytest.skip("axe-core is missing: python3 run.py test installs it with the page")
    findings: dict[str, list[str]] = {}
    with serving(demo, tmp_path / "data") as address:
        with person(chromium, address, shots, astronaut, size=size) as learner:
            prefer(learner, language, theme)
            found = look(learner, "/", f"{name}-login", language)
            findings |= {f"login {path}": what for path, what in found.items()}
            sign_in(learner, "learner")
            for path in LEARNER_PAGES:
                findings |= look(learner, path, name, language)
                if path == "/consent":
                    learner.click("consent-agree")
                    learner.click("consent-submit")
                    learner.wait("consent taken", lambda: learner.fetch("/api/me")["body"]["consent"])
            assert learner.script("return getComputedStyle(document.documentElement).colorScheme") == theme
            learner.visit("/browser")
            assert learner.see("browser-worst").get_attribute("data-worst") == "good", learner.text()
        with person(chromium, address, shots, astronaut, size=size) as staff:
            prefer(staff, language, theme)
            sign_in(staff, "staff")
            for path in ("/staff", "/courseware", "/wall"):
                findings |= look(staff, path, name, language)
    assert findings == {}


def test_the_page_says_by_itself_what_the_browser_lacks(
    chromium: Path, demo: Path, shots: Path, astronaut: Actor, tmp_path: Path
) -> None:
    """Row 37: whoever lacks something is told before they sign in, and what to do about it."""
    blind = "Object.defineProperty(Navigator.prototype, 'mediaDevices', {get: () => undefined}); delete window.RTCPeerConnection;"
    with serving(demo, tmp_path / "data") as address, person(chromium, address, shots, None) as one:
        one.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": blind})
        one.visit("/login")
        assert one.see("browser-warning").get_attribute("data-missing") == "camera"
        one.click("to-browser")
        assert one.see("browser-worst").get_attribute("data-worst") == "bad"
        needs = "[...document.querySelectorAll('[data-need]')].map(one => [one.dataset.need, one.dataset.finding])"
        found = one.script(f"return Object.fromEntries({needs})")
        assert (found["camera"], found["device"], found["webrtc"], found["video"]) == ("bad", "bad", "weak", "good")
        assert "人工核验" in one.text()  # there is a way without a camera's face check
        one.shoot("page-browser-bad")
