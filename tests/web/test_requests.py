"""Over HTTP: what isn't asked of a learner, and requests for a person."""

from collections.abc import Callable

import pytest

from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.test_me import code

Browsers = Callable[[], Browser]
CHECK = "c" * 32


async def test_staff_set_what_is_not_asked_and_the_learner_sees_it(cast: Cast, browser: Browsers) -> None:
    staff, learner = browser(), browser()
    await staff.sign_in("staff")
    await learner.sign_in("learner")
    path = f"/api/staff/learners/{cast.learner}/actions"

    done = await staff.send("POST", path, {"not_asked": ["nod", "turn_left"], "reason": "SEEN_BY_STAFF"})

    assert done.status_code == 204
    assert (await learner.get("/api/me")).json()["not_asked"] == ["turn_left", "nod"]
    rows = {one["learner_id"]: one for one in (await staff.get("/api/staff/learners")).json()}
    assert (rows[cast.learner]["not_asked"], rows[cast.learner]["not_asked_reason"]) == (
        ["turn_left", "nod"],
        "SEEN_BY_STAFF",
    )
    assert (rows[cast.learner2]["not_asked"], rows[cast.learner2]["not_asked_reason"]) == ([], None)
    three = {"not_asked": ["nod", "open_mouth", "close_eyes"], "reason": "OWN_STATEMENT"}
    assert code(await staff.send("POST", path, three)) == (409, "TOO_FEW_ACTIONS")


@pytest.mark.parametrize(
    "body",
    [
        {"not_asked": ["nod"], "reason": "his neck hurts"},
        {"not_asked": ["dance"], "reason": "OWN_STATEMENT"},
        {"not_asked": ["nod"]},
        {"not_asked": ["nod"] * 6, "reason": "OWN_STATEMENT"},
    ],
)
async def test_no_diagnosis_and_no_free_text_is_taken(cast: Cast, browser: Browsers, body: object) -> None:
    staff = browser()
    await staff.sign_in("staff")

    assert code(await staff.send("POST", f"/api/staff/learners/{cast.learner}/actions", body)) == (422, "BAD_REQUEST")


async def test_a_learner_asks_for_a_person_and_staff_answer(cast: Cast, browser: Browsers) -> None:
    staff, learner = browser(), browser()
    await staff.sign_in("staff")
    await learner.sign_in("learner")

    asked = await learner.send(
        "POST", "/api/person-requests", {"reason": "IT_IS_ME", "class_id": cast.class_id, "check_id": CHECK}
    )
    mine = asked.json()
    [seen] = (await staff.get("/api/staff/person-requests")).json()
    handled = await staff.send("POST", f"/api/staff/person-requests/{mine['id']}/handle", {"outcome": "MAY_TRY_AGAIN"})

    assert asked.status_code == 200
    assert (mine["reason"], mine["check_id"], mine["outcome"]) == ("IT_IS_ME", CHECK, None)
    assert (seen["display_name"], seen["class_title"], seen["check"]) == ("欧阳测试", "测试班", None)
    assert handled.status_code == 204
    [after] = (await learner.get("/api/person-requests")).json()
    assert (after["id"], after["outcome"]) == (mine["id"], "MAY_TRY_AGAIN")
    again = await staff.send("POST", f"/api/staff/person-requests/{mine['id']}/handle", {"outcome": "NOTHING_TO_DO"})
    assert code(again) == (409, "WRONG_STATE")


async def test_a_request_names_a_class_of_ones_own_and_there_is_a_bound(cast: Cast, browser: Browsers) -> None:
    learner = browser()
    await learner.sign_in("learner")

    def ask(**body: object) -> object:
        return learner.send("POST", "/api/person-requests", {"reason": "OTHER", **body})

    assert code(await ask(class_id="another")) == (404, "NOT_FOUND")
    assert code(await ask(check_id="13800138000")) == (422, "BAD_REQUEST")
    for number in range(3):
        assert (await ask(class_id=cast.class_id, check_id=f"{number:032x}")).status_code == 200
    assert code(await ask()) == (429, "REQUEST_LIMIT")


async def test_who_may_not_is_refused(cast: Cast, browser: Browsers) -> None:
    nobody, learner, staff, elsewhere = browser(), browser(), browser(), browser()
    await learner.sign_in("learner")
    await staff.sign_in("staff")
    await elsewhere.sign_in("other_staff")
    mine = (await learner.send("POST", "/api/person-requests", {"reason": "NO_CAMERA"})).json()["id"]
    body = {"outcome": "NOTHING_TO_DO"}

    assert code(await nobody.get("/api/person-requests")) == (401, "NOT_SIGNED_IN")
    assert code(await staff.send("POST", "/api/person-requests", {"reason": "OTHER"})) == (403, "FORBIDDEN")
    assert code(await learner.get("/api/staff/person-requests")) == (403, "FORBIDDEN")
    assert (await elsewhere.get("/api/staff/person-requests")).json() == []
    assert code(await elsewhere.send("POST", f"/api/staff/person-requests/{mine}/handle", body)) == (404, "NOT_FOUND")
    assert code(await learner.send("POST", f"/api/staff/person-requests/{mine}/handle", body)) == (403, "FORBIDDEN")
    path = f"/api/staff/learners/{cast.learner}/actions"
    alternative = {"not_asked": ["nod"], "reason": "OWN_STATEMENT"}
    assert code(await elsewhere.send("POST", path, alternative)) == (404, "NOT_FOUND")
    assert code(await learner.send("POST", path, alternative)) == (403, "FORBIDDEN")
