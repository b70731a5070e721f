"""One lesson, really watched, really checked: the whole way of one learner in a real browser."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.actor.frames import Actor
from tests.story.browser import PHONE, Person, person
from tests.story.conftest import PASSWORDS
from tests.story.server import replay, serving

CLOCK = time.monotonic  # noqa: TID251  # the test's own stopwatch
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

RULES = {"drawn_from_ms": 20_000, "drawn_to_ms": 100_000, "idle_ms": 90_000, "idle_warning_ms": 30_000}
LESSON = "lesson-1"  # the one of three minutes
TRANSITION_MS = 1_000
WHOLE_LESSON_MS = 2_000


def sign_in(one: Person, account: str, password: str | None = None) -> None:
    """By account and password; without one it is the demo's."""
    one.visit("/")
    one.write("login-account", account)
    one.write("login-password", password or PASSWORDS[account])
    one.click("login-submit")
    one.see("account-menu")


def stir(one: Person) -> None:
    """Press a key that does nothing: somebody is there."""
    for kind in ("keyDown", "keyUp"):
        one.driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": kind, "key": "Shift", "code": "ShiftLeft"})


def record_of(one: Person) -> Any:
    """The record as the page gets it."""
    return one.fetch("/api/classes/demo-class/record")["body"]


def played_ms(one: Person) -> float:
    """The independent stopwatch."""
    return float(one.script("return window.__stopwatch.played_ms"))


def until_check(one: Person, within_s: float = 110) -> None:
    """Study, stirring now and then, until a check is pushed; the moment is nobody's to know."""
    last = 0.0

    def pushed() -> bool:
        nonlocal last
        if CLOCK() - last > 8:
            last = CLOCK()
            stir(one)
        return one.find("check-overlay") is not None

    one.wait("a check", pushed, within_s)


def verdict(one: Person) -> tuple[str | None, str | None]:
    """How the check ended, as shown."""
    card = one.see("check-verdict", 80)
    return card.get_attribute("data-outcome"), card.get_attribute("data-reason")


def on_by_itself(one: Person) -> None:
    """After a passed check nobody presses anything."""
    one.wait("studying again", lambda: one.phase()[0] == "studying", 15)
    one.wait("the video runs", lambda: one.script("return !document.querySelector('[data-testid=video]').paused"), 15)


def test_a_learner_studies_one_lesson(
    chromium: Path, demo: Path, shots: Path, astronaut: Actor, tmp_path: Path
) -> None:
    """Rows 10, 11, 16, 18, 29, 30, 31, 38, 39."""
    data = tmp_path / "data"
    with serving(demo, data, **RULES) as address:
        with person(chromium, address, shots, astronaut) as learner:
            enrol(learner, shots, chromium, astronaut)
            _practise(learner)
            _login_check(learner)
            _study_until_counted(learner)
            _hide_for_twenty_seconds(learner)
            _wrong_then_right(learner)
            with person(chromium, address, shots, astronaut, size=PHONE) as again:
                _take_over(learner, again)
                _compare_with_stopwatch(learner, record_of(again))
                _idle_out(again)
                record = record_of(again)
        _sums(record)
        verified = replay(data)
        assert (verified.returncode, verified.stdout.split(",")[1].strip()) == (0, "0 findings"), verified.stdout


def enrol(learner: Person, shots: Path, chromium: Path, astronaut: Actor) -> None:
    """From the first sign-in to a portrait that the institution has confirmed."""
    sign_in(learner, "learner")
    learner.click("class-open")  # leads to the notice first: no camera before the separate consent
    learner.click("consent-agree")
    learner.click("consent-submit")
    learner.wait("consent taken", lambda: learner.fetch("/api/me")["body"]["consent"])
    learner.visit("/class/demo-class")
    learner.see("portrait-needed")  # no lesson opens before the portrait is confirmed
    assert learner.find("session-begin") is None
    learner.visit("/enrol")
    learner.click("enrol-start")
    learner.see("check-overlay")
    assert verdict(learner) == ("passed", "")
    learner.see("enrol-pending")
    with person(chromium, learner.address, shots, astronaut) as staff:
        sign_in(staff, "staff")
        staff.visit("/staff")
        staff.click("staff-confirm-0")
        staff.wait("nothing left to confirm", lambda: staff.find("staff-confirm-0") is None)


def _practise(learner: Person) -> None:
    """The device check, with a challenge without stakes."""
    learner.visit("/device-check")
    learner.click("device-check-start")
    learner.click("practice-start")
    assert verdict(learner) == ("passed", "")
    learner.visit("/")
    learner.click("class-open")
    learner.see("session-begin")


def _login_check(learner: Person) -> None:
    """Row 10: at login, and its result is shown."""
    assert "严禁代学" in learner.see("notice-row39").text  # row 39
    learner.click("session-begin")
    learner.see("check-overlay")
    assert verdict(learner) == ("passed", "")
    learner.wait("in the session", lambda: learner.phase()[0] == "browsing")


def _study_until_counted(learner: Person) -> None:
    learner.click(LESSON)
    learner.click("play")
    learner.wait("studying", lambda: learner.phase()[0] == "studying")
    learner.wait("held time", lambda: learner.milliseconds("time-held") > 0, 20)
    assert learner.milliseconds("time-counted") == 0  # nothing counts before its check
    learner.shoot("story-studying")
    until_check(learner)
    learner.wait(
        "the video stands", lambda: learner.script("return document.querySelector('[data-testid=video]').paused")
    )
    learner.shoot("story-check")
    assert verdict(learner) == ("passed", "")
    on_by_itself(learner)
    counted = learner.milliseconds("time-counted")
    assert abs(counted - played_ms(learner)) <= TRANSITION_MS


def _hide_for_twenty_seconds(learner: Person) -> None:
    """Row 31: another tab really in front."""
    before = record_of(learner)["sessions"][-1]["not_counted_ms"].get("PAGE_HIDDEN", 0)
    assert before == 0
    hidden_at = CLOCK()
    with learner.another_tab_in_front():
        time.sleep(20)
    hidden_ms = (CLOCK() - hidden_at) * 1000
    learner.wait("paused", lambda: learner.phase() == ("paused", "PAGE_HIDDEN"))
    learner.shoot("story-hidden")
    earned = learner.milliseconds("time-counted") + learner.milliseconds("time-held")
    assert abs(earned - played_ms(learner)) <= TRANSITION_MS
    learner.click("continue-learning")
    learner.wait("studying", lambda: learner.phase()[0] == "studying")
    not_counted = record_of(learner)["sessions"][-1]["not_counted_ms"]
    assert not_counted["PAGE_HIDDEN"] + not_counted.get("FOCUS_LOST", 0) >= hidden_ms - TRANSITION_MS


def _wrong_then_right(learner: Person) -> None:
    """Row 30: a preset number of tries; a wrong answer loses one and says so."""
    learner.act("wrong")
    until_check(learner)
    failed = learner.see("check-try-failed", 60)
    assert failed.get_attribute("data-reason") == "WRONG_ACTION"
    learner.shoot("story-wrong")
    learner.act("honest")
    assert verdict(learner) == ("passed", "")
    on_by_itself(learner)


def _compare_with_stopwatch(learner: Person, record: Any) -> None:
    """What the server counted and holds of the lesson is what the video really ran."""
    session = record["sessions"][0]
    earned = session["counted_ms"] + session["held_ms"]
    assert abs(earned - played_ms(learner)) <= WHOLE_LESSON_MS
    checks = [(one["kind"], one["outcome"]) for one in record["checks"] if one["session_id"] == session["id"]]
    assert checks[0] == ("login", "passed")
    assert [kind for kind, outcome in checks[1:] if outcome == "passed"].count("drawn") >= 1


def _take_over(learner: Person, again: Person) -> None:
    """5.1.1: the newer device goes on after a check of its own; the older one is told, and stops."""
    sign_in(again, "learner")
    again.visit("/class/demo-class")
    again.click("takeover")
    again.see("check-overlay")
    again.shoot("story-phone-check")
    assert learner.phase()[0] == "studying"  # the old one goes on until then
    assert verdict(again) == ("passed", "")
    learner.see("elsewhere")
    learner.shoot("story-elsewhere")
    stopped = learner.script("return document.querySelector('[data-testid=video]').paused")
    assert stopped
    again.wait("what the other device left unconfirmed", lambda: again.milliseconds("time-held-before") >= 5_000)
    again.shoot("story-held-before")


def _idle_out(again: Person) -> None:
    """Row 30: nothing heard for long: a warning, then signed out, with the reason."""
    again.see("idle-warning", 80)
    again.shoot("story-idle-warning")
    signed_out = again.see("signed-out", 45)
    assert signed_out.get_attribute("data-reason") == "IDLE"
    again.shoot("story-signed-out")


def _sums(record: Any) -> None:
    """Row 18: every second of a session is counted, held, or carries its reason."""
    for session in record["sessions"]:
        parts = session["counted_ms"] + session["held_ms"] + sum(session["not_counted_ms"].values())
        assert parts == session["total_ms"]
        assert session["total_ms"] == session["ended_at_ms"] - session["started_at_ms"]
    assert [session["ended_reason"] for session in record["sessions"]] == ["TAKEN_OVER", "IDLE"]
