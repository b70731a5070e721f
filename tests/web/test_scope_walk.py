"""Every address that shows or changes what is another's, asked by every role of elsewhere: nothing is shown, nothing changes.

The addresses come from the API's own document: who adds one must say here what is sent to it.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest

from classroom.courses import service as courses
from classroom.database import connection_in_use
from classroom.people import faces
from classroom.people import service as people
from classroom.people.rules import InstitutionKind, Role
from classroom.supervision.rules import Act
from tests.cast import JPEG, Cast, _encoded, with_portrait
from tests.supervision.past import CHECK, lost
from tests.web.conftest import Browser
from tests.web.test_acts import at

Browsers = Callable[[], Browser]
WALKED = ("/api/wall", "/api/staff", "/api/appeals", "/api/notes")
NAMES = ("欧阳测试", "司马测试", "诸葛测试", "测试班")  # of the school that is looked at
FLEETING = {
    "web_session",
    "login_try",
    "operation",
    "operation_head",
    "sqlite_sequence",
}  # asking leaves its trace there

BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/api/staff/portraits/{learner_id}/confirm"): None,
    ("POST", "/api/staff/portraits/{learner_id}/refuse"): {"reason": "NOT_CLEAR"},
    ("POST", "/api/staff/learners/{learner_id}/allow"): None,
    ("POST", "/api/staff/learners/{learner_id}/allow-enrolment"): None,
    ("POST", "/api/staff/learners/{learner_id}/actions"): {"not_asked": ["nod"], "reason": "OWN_STATEMENT"},
    ("POST", "/api/staff/person-requests/{request_id}/handle"): {"outcome": "NOTHING_TO_DO"},
    ("POST", "/api/wall/classes/{class_id}/learners/{learner_id}/act"): {
        "act": "message", "reason": "CLASS_MATTER", "words": "请看黑板",
    },
    ("POST", "/api/wall/persons/{request_id}/take"): None,
    ("POST", "/api/wall/persons/{request_id}/put-back"): None,
    ("POST", "/api/wall/persons/{request_id}/decide"): {"passed": False, "reason": "NOT_THE_LEARNER"},
    ("POST", "/api/wall/alerts/{alert_id}/claim"): None,
    ("POST", "/api/wall/alerts/{alert_id}/release"): None,
    ("POST", "/api/wall/alerts/{alert_id}/close"): {"outcome": "FALSE_ALARM"},
    ("POST", "/api/wall/handover"): {"to": "{staff}"},
    ("POST", "/api/wall/appeals/{appeal_id}/propose"): {"grant": True, "reason": "IDENTITY_CONFIRMED"},
    ("POST", "/api/wall/appeals/{appeal_id}/second"): {"agree": True},
    ("POST", "/api/appeals"): {"class_id": "{class_id}", "matter": "check", "about": "{check_id}", "reason": "IT_WAS_ME"},
    ("POST", "/api/notes/{note_id}/seen"): None,
}  # fmt: skip
ACTS = tuple(act.value for act in Act if act is not Act.MESSAGE)
# What shows one's own, which is empty here, or answers whoever may ask at all.
OWN = {
    "/api/wall/classes", "/api/wall/handover", "/api/staff/portraits", "/api/staff/learners", "/api/staff/person-requests",
    "/api/appeals", "/api/notes",
}  # fmt: skip

STRANGERS: dict[str, tuple[str, Role]] = {
    "staff of another institution": ("other-school", Role.STAFF),
    "proctor of another institution": ("other-school", Role.PROCTOR),
    "learner of another institution": ("other-school", Role.LEARNER),
    "proctor of another class": ("school", Role.PROCTOR),
    "learner of another class": ("school", Role.LEARNER),
    "regulator of another city": ("bureau", Role.REGULATOR),
    "staff who call themselves operators": ("school", Role.OPERATOR),
    "staff who call themselves regulators": ("school", Role.REGULATOR),
}


async def everything(cast: Cast, browser: Browsers) -> dict[str, str]:
    """One of each thing there is in the class; by the names that addresses give them."""
    await with_portrait(cast, cast.learner, cast.staff)
    await with_portrait(cast, cast.other_learner, cast.other_staff)
    await lost().keep(cast.learner, cast.class_id)
    await faces.save_evidence(cast.learner, CHECK, JPEG)
    await faces.allow_enrolment(cast.learner, cast.staff)
    await faces.submit_portrait(cast.learner, JPEG, [0.0] * 128)  # a new one, to be confirmed
    staff, learner = await at(browser, "staff"), await at(browser, "learner")
    ids = {"class_id": cast.class_id, "learner_id": cast.learner, "check_id": CHECK, "staff": cast.staff}
    act = {"act": "message", "reason": "CLASS_MATTER", "words": "请看黑板"}
    path = f"/api/wall/classes/{cast.class_id}/learners/{cast.learner}/act"
    assert (await staff.send("POST", path, act)).status_code == 200
    [alert] = (await staff.get(f"/api/wall/alerts?class_id={cast.class_id}")).json()
    [note] = (await learner.get("/api/notes")).json()
    appeal = {"class_id": cast.class_id, "matter": "check", "about": CHECK, "reason": "IT_WAS_ME"}
    filed = (await learner.send("POST", "/api/appeals", appeal)).json()
    asked = {"reason": "IT_IS_ME", "class_id": cast.class_id, "check_id": CHECK}
    request = (await learner.send("POST", "/api/person-requests", asked)).json()
    return ids | {
        "alert_id": alert["id"],
        "note_id": note["id"],
        "appeal_id": filed["id"],
        "request_id": request["id"],
    }


async def stored() -> dict[str, list[Any]]:
    """Every row of every table that isn't about asking."""
    connection = connection_in_use()
    tables = await connection.execute_query_dict("SELECT name FROM sqlite_master WHERE type = 'table'")
    names = sorted({row["name"] for row in tables} - FLEETING)
    return {name: await connection.execute_query_dict(f'SELECT * FROM "{name}"') for name in names}


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: filled(one, ids) for key, one in value.items()}
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], value) if isinstance(value, str) else value


async def walk(page: Browser, ids: dict[str, str]) -> list[tuple[str, str, int, str]]:
    """Each address under those that are walked: method, address, status, text."""
    document = (await page.get("/api/openapi.json")).json()
    answers = []
    for address, operations in document["paths"].items():
        if not address.startswith(WALKED):
            continue
        for method, about in operations.items():
            body = BODIES[(method.upper(), address)] if method != "get" else None
            query = "&".join(
                f"{one['name']}={ids[one['name']]}" for one in about.get("parameters", []) if one["in"] == "query"
            )
            path = filled(address, ids) + (f"?{query}" if query else "")
            bodies = [filled(body, ids)]
            if address.endswith("/act"):
                bodies += [{"act": act, "reason": "TECHNICAL", "not_asked": ["nod"]} for act in ACTS]
            for one in bodies:
                answer = await (page.get(path) if method == "get" else page.send(method.upper(), path, one))
                answers.append((method.upper(), address, answer.status_code, answer.content.decode()))
    return answers


@pytest.mark.parametrize("who", STRANGERS)
async def test_nobody_from_elsewhere_sees_or_changes_anything(cast: Cast, browser: Browsers, who: str) -> None:
    """Rows 14, 20, 29: others' classes are not known to exist."""
    await people.add_institution("bureau", "深圳市应急管理局", "440300", InstitutionKind.BUREAU)
    institution, role = STRANGERS[who]
    stranger_id = await people.register(institution, role, "stranger", "公孙测试", _encoded())
    course = await courses.add_course("高压电工", [])
    await courses.add_class("elsewhere", "别处的班", institution, course)
    if role is Role.PROCTOR:
        await courses.assign_proctor("elsewhere", stranger_id)
    if role is Role.LEARNER:
        await courses.enrol(stranger_id, "elsewhere")
    ids = await everything(cast, browser)
    stranger = await at(browser, "stranger")
    before = await stored()

    answers = await walk(stranger, ids)

    assert len(answers) > 30
    for method, address, status, text in answers:
        allowed = (200, 403, 404) if address in OWN else (403, 404)
        assert status in allowed, (method, address, status, text)
        assert not [one for one in (*NAMES, cast.learner, cast.learner2, *ids.values()) if one in text], (
            method,
            address,
            text,
        )
    assert await stored() == before


async def test_the_same_walk_by_who_may_changes_things(cast: Cast, browser: Browsers) -> None:
    """Else the walk above would prove nothing."""
    ids = await everything(cast, browser)
    before = await stored()

    answers = await walk(await at(browser, "staff"), ids)

    refused = {(method, address) for method, address, status, _ in answers if status == 403}
    assert {address for _, address in refused} == {"/api/appeals", "/api/notes", "/api/notes/{note_id}/seen"} | {
        "/api/wall/appeals/{appeal_id}/second"  # the one who proposed
    }
    changed = {name for name, rows in (await stored()).items() if rows != before[name]}
    assert {"act", "appeal", "appeal_step", "alternative", "portrait", "person_request"} <= changed


async def test_without_signing_in_nothing_is_answered(cast: Cast, browser: Browsers) -> None:
    ids = await everything(cast, browser)
    before = await stored()

    for method, address, status, text in await walk(browser(), ids):
        assert status == 401, (method, address, text)
    assert await stored() == before
