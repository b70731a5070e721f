"""What staff may do, and to whom."""

import base64
from collections.abc import Callable

import pytest

from classroom.people import faces
from classroom.people.rules import NOTICE_VERSION
from tests.cast import EMBEDDING, JPEG, Cast, with_portrait
from tests.web.conftest import Browser
from tests.web.test_me import code

Browsers = Callable[[], Browser]

STAFF_ONLY = [
    ("GET", "/api/staff/portraits", None),
    ("GET", "/api/staff/learners", None),
    ("POST", "/api/staff/portraits/{learner}/confirm", None),
    ("POST", "/api/staff/portraits/{learner}/refuse", {"reason": "NOT_CLEAR"}),
    ("POST", "/api/staff/learners/{learner}/allow", None),
    ("POST", "/api/staff/learners/{learner}/allow-enrolment", None),
]


@pytest.fixture
async def waiting(cast: Cast) -> Cast:
    await faces.give_consent(cast.learner, NOTICE_VERSION)
    await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)
    return cast


async def test_staff_see_the_portraits_that_wait_and_confirm_them(waiting: Cast, browser: Browsers) -> None:
    page = browser()
    await page.sign_in("staff")

    [one] = (await page.get("/api/staff/portraits")).json()
    confirmed = await page.send("POST", f"/api/staff/portraits/{waiting.learner}/confirm")

    assert one.pop("submitted_at_ms") > 1_700_000_000_000
    assert one == {
        "learner_id": waiting.learner,
        "display_name": "欧阳测试",
        "picture": "data:image/jpeg;base64," + base64.b64encode(JPEG).decode(),
    }
    assert confirmed.status_code == 204
    assert (await page.get("/api/staff/portraits")).json() == []
    assert code(await page.send("POST", f"/api/staff/portraits/{waiting.learner}/confirm")) == (409, "WRONG_STATE")
    learners = {row["display_name"]: row for row in (await page.get("/api/staff/learners")).json()}
    assert (learners["欧阳测试"]["portrait"], learners["欧阳测试"]["may_enrol"]) == ("active", False)
    assert (learners["司马测试"]["portrait"], learners["司马测试"]["failed_checks_today"]) == ("none", 0)


@pytest.mark.parametrize(("method", "path", "body"), STAFF_ONLY)
async def test_learners_and_strangers_are_refused(
    waiting: Cast, browser: Browsers, method: str, path: str, body: object
) -> None:
    path = path.format(learner=waiting.learner)
    nobody, learner = browser(), browser()
    await learner.sign_in("learner")

    assert code(await nobody.send(method, path, body)) == (401, "NOT_SIGNED_IN")
    assert code(await learner.send(method, path, body)) == (403, "FORBIDDEN")
    assert await faces.portrait_state(waiting.learner) == "pending"


@pytest.mark.parametrize(("method", "path", "body"), [row for row in STAFF_ONLY if row[0] == "POST"])
async def test_staff_of_another_institution_are_told_that_there_is_no_such_learner(
    waiting: Cast, browser: Browsers, method: str, path: str, body: object
) -> None:
    page = browser()
    await page.sign_in("other_staff")

    assert code(await page.send(method, path.format(learner=waiting.learner), body)) == (404, "NOT_FOUND")
    assert code(await page.send(method, path.format(learner="nobody"), body)) == (404, "NOT_FOUND")
    assert await faces.portrait_state(waiting.learner) == "pending"
    assert (await page.get("/api/staff/portraits")).json() == []
    assert [row["learner_id"] for row in (await page.get("/api/staff/learners")).json()] == [waiting.other_learner]


@pytest.mark.parametrize("reason", ["", "it is blurred, ask 13800138000", "lower", "X" * 65])
async def test_a_reason_is_a_code_not_a_text(waiting: Cast, browser: Browsers, reason: str) -> None:
    """Row 14: a field that takes free text would take phone numbers."""
    page = browser()
    await page.sign_in("staff")

    refused = await page.send("POST", f"/api/staff/portraits/{waiting.learner}/refuse", {"reason": reason})

    assert code(refused) == (422, "BAD_REQUEST")


async def test_staff_allow_another_enrolment(cast: Cast, browser: Browsers) -> None:
    await with_portrait(cast, cast.learner, cast.staff)
    assert not await faces.may_enrol(cast.learner)
    assert await faces.who_may_enrol([cast.learner]) == set()
    page = browser()
    await page.sign_in("staff")

    assert (await page.send("POST", f"/api/staff/learners/{cast.learner}/allow-enrolment")).status_code == 204

    assert await faces.may_enrol(cast.learner)
    assert await faces.who_may_enrol([cast.learner, cast.staff]) == {cast.learner}
