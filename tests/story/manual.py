"""Makes the pictures of the learner's manual from a running demo: ``python -m tests.story.manual``.

They are kept with the page (`web/ui/public/manual/LANGUAGE/SECTION.webp`): whoever changes what a section shows runs this
again. No face is in them: in the camera's place a silhouette is painted before anything is captured.
"""

import base64
import shutil
import sys
import tempfile
from pathlib import Path

from tests.actor.frames import actor
from tests.story.browser import Person, person
from tests.story.server import ROOT, make_demo, serving
from tests.story.test_story import enrol, verdict

PICTURES = ROOT / "web" / "ui" / "public" / "manual"
LANGUAGES = ("zh-CN", "en")
SIZE = (960, 720)
QUALITY = 70  # of WebP
# Of every page before its own scripts; a sheet made by a script is no inline style, so the page's policy takes it.
SILHOUETTE = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(`video:not([data-testid=video]) {
    object-position: -9999px -9999px;
    background: radial-gradient(circle at 50% 42%, #64748b 17%, transparent 17.5%),
                radial-gradient(ellipse at 50% 108%, #64748b 42%, transparent 42.5%), #cbd5e1;
}`);
document.adoptedStyleSheets = [sheet];
"""


def _capture(one: Person, name: str) -> None:
    one.script("document.querySelector('[data-testid=check-verdict] .close')?.click()")
    one.wait("no verdict in the way", lambda: one.find("check-verdict") is None)
    shot = one.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    (PICTURES / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))


def _cover(one: Person) -> None:
    one.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SILHOUETTE})


def _speak(one: Person, language: str) -> None:
    one.script("localStorage.setItem('language', arguments[0])", language)


def _page(one: Person, path: str, wanted: str, section: str) -> None:
    """A page that stands by itself, in both languages."""
    for language in LANGUAGES:
        _speak(one, language)
        one.visit(path)
        one.see(wanted)
        _capture(one, f"{language}/{section}")


def _moment(one: Person, section: str) -> None:
    """A moment of a lesson: it passes, so the languages are switched where it is."""
    for language in LANGUAGES:
        one.click("view-menu")
        one.click(f"language-{language}")
        one.wait("the words", lambda language=language: one.script("return document.documentElement.lang") == language)
        one.wait("the menu is gone", lambda language=language: one.find(f"language-{language}") is None)
        _capture(one, f"{language}/{section}")


def main() -> int:
    """Walk through the demo once; the answer is the exit status."""
    chromium = next((Path(found) for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
    if chromium is None or not (ROOT / "web" / "ui" / "dist").is_dir():
        sys.stderr.write("a browser and the built page are needed: python3 run.py test has both\n")
        return 2
    for language in LANGUAGES:
        (PICTURES / language).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        make_demo(Path(folder) / "demo")
        with serving(Path(folder) / "demo", Path(folder) / "data") as address:
            _walk(chromium, address, Path(folder) / "shots")
    return 0


def _walk(chromium: Path, address: str, shots: Path) -> None:
    astronaut = actor()
    with person(chromium, address, shots, astronaut, size=SIZE) as visitor:
        visitor.visit("/login")
        _page(visitor, "/login", "login-submit", "login")
    with person(chromium, address, shots, astronaut, size=SIZE) as learner:
        _cover(learner)
        enrol(learner, shots, chromium, astronaut)
        _page(learner, "/consent", "consent-person-box", "consent")
        for language in LANGUAGES:
            _try_the_device(learner, language)
        _page(learner, "/enrol", "enrol-active", "enrol")
        learner.visit("/class/demo-class")
        learner.click("session-begin")
        assert verdict(learner) == ("passed", "")
        learner.click("lesson-1")
        learner.click("play")
        learner.wait("held time", lambda: learner.milliseconds("time-held") > 0, 20)
        _moment(learner, "lesson")
        learner.click("sign-out")
        learner.see("signed-out")
        _moment(learner, "paused")
        _page(learner, "/class/demo-class/record", "record-session", "record")
        _appeal(learner)


def _try_the_device(learner: Person, language: str) -> None:
    """The device check, a check for practice, and the way to ask for a person."""
    _speak(learner, language)
    learner.visit("/device-check")
    learner.click("device-check-start")
    learner.wait("the light", lambda: learner.attribute("probe-light", "data-state") == "good")
    _capture(learner, f"{language}/device")
    learner.click("practice-start")
    learner.see("check-overlay")
    learner.wait("a prompt", lambda: learner.find("check-prompt"), 20)
    _capture(learner, f"{language}/check")
    assert verdict(learner) == ("passed", "")
    learner.visit("/device-check")
    learner.click("person-ask")
    learner.script("document.querySelector('[data-testid=person-submit]').scrollIntoView({block: 'end'})")
    _capture(learner, f"{language}/person")


def _appeal(learner: Person) -> None:
    """A check that failed, and what can be said against it where it stands in the record."""
    learner.visit("/class/demo-class")
    learner.act("wrong")
    learner.click("session-begin")
    assert verdict(learner)[0] == "failed"
    for language in LANGUAGES:
        _speak(learner, language)
        learner.visit("/class/demo-class/record")
        learner.click("appeal-open")
        learner.see("appeal-submit")
        learner.script("document.querySelector('[data-testid=appeal-submit]').scrollIntoView({block: 'end'})")
        _capture(learner, f"{language}/appeal")


if __name__ == "__main__":
    sys.exit(main())
