"""Staff at the wall and a learner in the lesson, each in a real browser: acts are seen at once, an appeal is decided by two."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.actor.frames import Actor
from tests.story.browser import Person, person
from tests.story.conftest import PASSWORDS
from tests.story.server import ROOT, serving
from tests.story.test_story import LESSON, enrol, record_of, sign_in, verdict

CLOCK = time.monotonic  # noqa: TID251  # the test's own stopwatch
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

RULES = {"drawn_from_ms": 120_000, "drawn_to_ms": 170_000, "tries": 1}
AT_ONCE_S = 5.0  # of a machine that runs three browsers and a server
HEAD = """
import asyncio, settings
from classroom.database import close_database, open_database
from classroom.people import passwords
from classroom.people import service as people
from classroom.people.rules import Role
async def main():
    await open_database(settings.DATABASE)
    await people.register("demo-institution", Role.STAFF, "head", "赵主任", await passwords.hash_password("Staff-2026-head"))
    await close_database()
asyncio.run(main())
"""


def test_what_staff_do_is_seen_at_once_and_an_appeal_gives_back_what_a_check_took(
    chromium: Path, demo: Path, shots: Path, astronaut: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows 20, 29, 30; rule 11."""
    monkeypatch.setitem(PASSWORDS, "head", "Staff-2026-head")
    with_head = tmp_path / "demo"
    shutil.copytree(demo, with_head)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANXUE_")}
    environment |= {"ANXUE_DATA": str(with_head), "ANXUE_DEMO": "1"}
    subprocess.run([sys.executable, "-c", HEAD], cwd=ROOT, env=environment, check=True, timeout=60)
    with (
        serving(with_head, tmp_path / "data", **RULES) as address,
        person(chromium, address, shots, astronaut) as learner,
    ):
        enrol(learner, shots, chromium, astronaut)
        _study(learner)
        with person(chromium, address, shots, astronaut) as staff, person(chromium, address, shots, astronaut) as head:
            for one, account in ((staff, "staff"), (head, "head")):
                sign_in(one, account)
                one.visit("/wall")
            _pause_and_resume(staff, learner)
            _say_something(staff, learner)
            _lose_a_check(staff, learner)
            _handle_the_alert(staff, head)
            _appeal(learner, staff, head)


def _study(learner: Person) -> None:
    learner.visit("/class/demo-class")
    learner.click("session-begin")
    assert verdict(learner) == ("passed", "")
    learner.click(LESSON)
    learner.click("play")
    learner.wait("studying", lambda: learner.phase()[0] == "studying")
    learner.wait("held time", lambda: learner.milliseconds("time-held") > 5_000, 30)


def _row(one: Person) -> Any:
    """The learner's row; there are two learners in the class."""
    return one.wait("the learner's row", lambda: _find(one, '[data-testid="wall-row"][data-connected="true"]'))


def _find(one: Person, selector: str) -> Any:
    found = one.driver.find_elements("css selector", selector)
    return found[0] if found else None


def _press(one: Person, *keys: str) -> None:
    """Whatever has the focus gets them."""
    one.driver.switch_to.active_element.send_keys(*keys)


def _pause_and_resume(staff: Person, learner: Person) -> None:
    """By the keyboard: Enter opens the panel, 3 is a pause; it is undone by one press."""
    staff.script("arguments[0].focus()", _row(staff))
    _press(staff, Keys.ENTER)
    staff.see("panel")
    staff.wait("what happened", lambda: staff.find("panel-event"))
    _press(staff, "3")
    assert staff.see("act-form").get_attribute("data-act") == "pause"
    staff.click("act-reason-CAMERA")
    staff.see("act-words").send_keys("请把灯打开")
    staff.shoot("wall-panel-pause")
    staff.click("act-submit")
    pressed = CLOCK()
    learner.wait("paused by staff", lambda: learner.phase() == ("paused", "PAUSED_BY_STAFF"), AT_ONCE_S)
    assert CLOCK() - pressed < AT_ONCE_S
    learner.wait("why", lambda: learner.attribute("paused-by-staff", "data-why") == "CAMERA")
    assert "请把灯打开" in learner.see("paused-by-staff").text
    assert learner.find("continue-learning") is None
    learner.shoot("learner-paused-by-staff")
    staff.wait("told", lambda: staff.find("act-told"))
    staff.wait("paused on the wall", lambda: staff.attribute("panel-state", "data-reason") == "PAUSED_BY_STAFF")
    staff.click("act-undo")
    learner.click("continue-learning", AT_ONCE_S)
    learner.wait("studying again", lambda: learner.phase()[0] == "studying")
    assert learner.find("paused-by-staff") is None


def _say_something(staff: Person, learner: Person) -> None:
    """A message stands until it is acknowledged, and staff see that it was."""
    learner.click("staff-note-seen")  # pause and resume
    learner.wait("no notes", lambda: learner.find("staff-note") is None)
    staff.click("act-message")
    assert not staff.see("act-submit").is_enabled()  # a message without words says nothing
    staff.see("act-words").send_keys("加微信 wang_laoshi")
    staff.click("act-submit")
    refused = staff.see("act-refused")
    assert "CONTACT_DATA" in refused.text
    staff.see("act-words").send_keys(Keys.CONTROL, "a")
    staff.see("act-words").send_keys("请一个人学习")
    staff.click("act-submit")
    note = learner.see("staff-note", AT_ONCE_S)
    assert "请一个人学习" in note.text
    assert learner.phase()[0] == "studying"  # a message stops nobody
    learner.shoot("learner-message")
    learner.click("staff-note-seen")
    learner.wait("acknowledged", lambda: learner.find("staff-note") is None)
    assert learner.fetch("/api/notes")["body"] == []


def _lose_a_check(staff: Person, learner: Person) -> None:
    """Asked for by key 2, and failed: what was held is lost."""
    learner.act("wrong")
    staff.click("act-ask_check")
    staff.click("act-reason-SOMEONE_ELSE")
    staff.click("act-submit")
    learner.see("check-overlay", AT_ONCE_S)
    assert learner.see("signed-out", 60).get_attribute("data-reason") == "CHECK_FAILED"
    assert int(learner.attribute("signed-out", "data-lost-ms") or 0) > 5_000
    staff.wait("the check is in the panel", lambda: staff.find("picture-failed") or staff.find("panel-event"))
    staff.shoot("wall-panel-failed")


def _handle_the_alert(staff: Person, head: Person) -> None:
    """It came by itself; one claims it, the other sees by whom."""
    for one in (staff, head):
        if one.find("panel-close") is not None:
            one.click("panel-close")
        one.wait("an alert", lambda one=one: int(one.attribute("list-alerts", "data-n") or 0) > 0)
        one.click("list-alerts")
        one.see("alert")
    staff.click("alert-claim")
    head.wait("claimed by the other", lambda: head.attribute("alert", "data-state") == "handling", AT_ONCE_S + 1)
    assert head.find("alert-close") is None
    assert "王老师" in head.see("alert").text
    staff.shoot("wall-alerts")
    staff.script(
        "const s = document.querySelector('[data-testid=alert-outcome]');"
        "s.value = s.options[1].value; s.dispatchEvent(new Event('change'))"
    )
    staff.click("alert-close")
    head.wait(
        "closed",
        lambda: head.attribute("alert", "data-mine") is None or head.attribute("alert", "data-state") == "found",
    )


def _appeal(learner: Person, staff: Person, head: Person) -> None:
    """Filed by the learner, proposed by one, seconded by another: the positions are given back without a reload."""
    lost_ms = int(learner.attribute("signed-out", "data-lost-ms") or 0)
    learner.click("appeal-open")
    learner.click("appeal-reason-IT_WAS_ME")
    learner.click("appeal-submit")
    learner.wait("filed", lambda: learner.attribute("appeal-state", "data-state") == "filed")
    learner.shoot("learner-appeal")
    staff.wait("the appeal", lambda: staff.attribute("list-appeals", "data-n") == "1", AT_ONCE_S + 1)
    staff.click("list-appeals")
    staff.click("appeal-picture")
    staff.see("appeal-evidence")
    staff.script(
        "const s = document.querySelector('[data-testid=appeal-decision]');"
        "s.value = 'IDENTITY_CONFIRMED'; s.dispatchEvent(new Event('change'))"
    )
    staff.shoot("wall-appeal")
    staff.click("appeal-grant")
    staff.see("appeal-waits")
    assert staff.find("appeal-agree") is None  # never by the same person
    learner.wait("proposed", lambda: learner.attribute("appeal-state", "data-state") == "proposed", AT_ONCE_S + 1)
    head.click("list-appeals")
    head.click("appeal-agree")
    learner.wait("granted", lambda: learner.attribute("appeal-state", "data-state") == "granted", AT_ONCE_S + 1)
    counted = int(learner.attribute(LESSON, "data-counted-ms") or 0)
    assert counted >= lost_ms > 0
    learner.shoot("learner-granted")
    [correction] = record_of(learner)["corrections"]
    assert correction["given_ms"] == lost_ms
    learner.visit("/class/demo-class/record")
    learner.wait("the record tells it", lambda: _find(learner, '[data-testid="record-act"][data-kind="correction"]'))
