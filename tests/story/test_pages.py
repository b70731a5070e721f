"""Every page at desktop and phone width: no serious accessibility finding, nothing wider than the screen."""

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
    "/class/demo-class",
    "/class/demo-class/record",
    "/nowhere",
)

READY = {
    "/class/demo-class": "课程目录",
    "/staff": "张小安",
    "/class/demo-class/record": "学习记录",
    "/nowhere": "没有这个页面",
}


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


def look(one: Person, path: str, name: str) -> dict[str, list[str]]:
    """Open a page, keep its picture, judge it."""
    still = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}  # no colour caught half-way
    one.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", still)
    one.visit(path)
    one.wait("the page", lambda: READY.get(path, "安学课堂") in one.text() and "正在加载" not in one.text())
    one.shoot(f"page-{name}-{path.strip('/').replace('/', '-') or 'home'}")
    findings = serious(one)
    if one.script("return document.documentElement.scrollWidth > innerWidth + 1"):
        findings.append("wider than the screen")
    if one.script("return document.documentElement.lang") != "zh-CN":
        findings.append("lang isn't zh-CN")
    return {path: findings} if findings else {}


@pytest.mark.parametrize(("name", "size"), [("1440", DESKTOP), ("390", PHONE)])
def test_pages_can_be_used_by_everybody(
    chromium: Path, demo: Path, shots: Path, astronaut: Actor, tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    """Ux rule 6; row 37: no plug-in is needed."""
    if not AXE.is_file():
        pytest.skip("axe-core is missing: python3 run.py test installs it with the page")
    findings: dict[str, list[str]] = {}
    with serving(demo, tmp_path / "data") as address:
        with person(chromium, address, shots, astronaut, size=size) as learner:
            findings |= {f"login {path}": found for path, found in look(learner, "/", f"{name}-login").items()}
            sign_in(learner, "learner")
            for path in LEARNER_PAGES:
                findings |= look(learner, path, name)
                if path == "/consent":
                    learner.click("consent-agree")
                    learner.click("consent-submit")
                    learner.wait("consent taken", lambda: learner.fetch("/api/me")["body"]["consent"])
        with person(chromium, address, shots, astronaut, size=size) as staff:
            sign_in(staff, "staff")
            findings |= look(staff, "/staff", name)
    assert findings == {}
