"""Every address that shows or changes what is another's, asked by every role of elsewhere: nothing is shown, nothing changes.

The addresses come from the API's own document: who adds one must say here what is sent to it.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest

from classroom.courses import service as courses
from classroom.courses import suspensions
from classroom.courses.rules import Subject
from classroom.database import connection_in_use
from classroom.people import faces
from classroom.people import service as people
from classroom.people.rules import InstitutionKind, Role
from classroom.supervision.rules import Act
from tests.cast import JPEG, Cast, _encoded, with_portrait
from tests.supervision.past import CHECK, lost
from tests.web.conftest import Browser
from tests.web.test_acts import at
from tests.web.test_courseware import put

Browsers = Callable[[], Browser]
OF_ONESELF = (  # nobody else can be named there
    "/api/me", "/api/login", "/api/logout", "/api/notice", "/api/consent", "/api/checked-by", "/api/second-factor",
)  # fmt: skip
ASKED = {
    "institution_id": "school",
    "region_code": "440100",
    "span": "hour",
    "name": "0-1.jpg",
    "offset": "0",
    "from_ms": "0",
    "to_ms": "4000000000000",
}
LEARNERS = {
    "/api/appeals", "/api/notes", "/api/notes/{note_id}/seen", "/api/classes/{class_id}", "/api/classes/{class_id}/record",
    "/api/person-requests", "/api/person-requests/{request_id}/withdraw",
}  # fmt: skip
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
    ("POST", "/api/person-requests"): {"reason": "IT_IS_ME", "class_id": "{class_id}", "check_id": None},
    ("POST", "/api/person-requests/{request_id}/withdraw"): None,
    ("POST", "/api/courseware"): {
        "class_id": "{class_id}", "title": "第九课", "file_name": "九.mp4", "fingerprint": "f-9", "size_bytes": 10,
    },
    ("DELETE", "/api/courseware/{courseware_id}"): None,
    ("PUT", "/api/courseware/{courseware_id}/content"): b"0123",
    ("PUT", "/api/courseware/{courseware_id}/captions"): b"WEBVTT",
    ("POST", "/api/courseware/{courseware_id}/finish"): None,
    ("POST", "/api/courseware/{courseware_id}/retry"): None,
    ("POST", "/api/courseware/{courseware_id}/publish"): {"accepted": []},
    ("POST", "/api/oversight/suspensions"): {"subject": "institution", "subject_id": "school", "reason": "抽查不合格"},
    ("POST", "/api/oversight/suspensions/{suspension_id}/lift"): {"reason": "整改完成"},
    ("POST", "/api/oversight/operations/verification"): None,
    ("POST", "/api/oversight/learners/search"): {"name": "欧阳测试"},
}  # fmt: skip
ACTS = tuple(act.value for act in Act if act is not Act.MESSAGE)
# What shows one's own, which is empty here, or answers whoever may ask at all.
OWN = {
    "/api/wall/classes", "/api/wall/handover", "/api/staff/portraits", "/api/staff/learners", "/api/staff/person-requests",
    "/api/appeals", "/api/notes", "/api/person-requests", "/api/courseware", "/api/oversight/suspensions",
    "/api/oversight/operations", "/api/oversight/operations/verification", "/api/oversight/learners/search",
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
    film = filled(BODIES["POST", "/api/courseware"], ids) | {"fingerprint": "f-1"}
    courseware = (await staff.send("POST", "/api/courseware", film)).json()
    return ids | {
        "courseware_id": courseware["id"],
        "suspension_id": await _suspended(),
        "alert_id": alert["id"],
        "note_id": note["id"],
        "appeal_id": filed["id"],
        "request_id": request["id"],
    }


async def _suspended() -> str:
    """A course that the same institution gives to another class of that city."""
    course = await courses.add_course("停掉的课程", [])
    await courses.add_class("stopped", "停掉的班", "school", course)
    await people.add_institution("own-bureau", "广州市应急管理局", "440100", InstitutionKind.BUREAU)
    regulator = await people.register("own-bureau", Role.REGULATOR, "own-regulator", "夏侯测试", _encoded())
    by = await people.account(regulator)
    assert by is not None
    return await suspensions.suspend(by, Subject.COURSE, course, "抽查不合格")


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
    answers, known = [], ids | ASKED
    for address, operations in document["paths"].items():
        if address.startswith(OF_ONESELF):
            continue
        for method, about in operations.items():
            body = BODIES[(method.upper(), address)] if method != "get" else None
            query = "&".join(
                f"{one['name']}={known[one['name']]}"
                for one in about.get("parameters", [])
                if one["in"] == "query" and one["name"] in known
            )
            path = filled(address, known) + (f"?{query}" if query else "")
            bodies = [filled(body, ids)]
            if address.endswith("/act"):
                bodies += [{"act": act, "reason": "TECHNICAL", "not_asked": ["nod"]} for act in ACTS]
            for one in bodies:
                answer = await _asked(page, method.upper(), path, one)
                answers.append((method.upper(), address, answer.status_code, answer.content.decode()))
    return answers


async def _asked(page: Browser, method: str, path: str, body: Any) -> Any:
    if method == "GET":
        return await page.get(path)
    return await (put(page, path, body) if isinstance(body, bytes) else page.send(method, path, body))


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

    assert len(answers) > 60
    for method, address, status, text in answers:
        allowed = (200, 403, 404) if address in OWN else (403, 404)
        assert status in allowed, (method, address, status, text)
        # One's own entries of the log say what one has asked for oneself.
        hidden = (
            NAMES if address == "/api/oversight/operations" else (*NAMES, cast.learner, cast.learner2, *ids.values())
        )
        assert not [one for one in hidden if one in text], (method, address, text)
    assert await stored() == before


async def test_the_same_walk_by_who_may_changes_things(cast: Cast, browser: Browsers) -> None:
    """Else the walk above would prove nothing."""
    ids = await everything(cast, browser)
    before = await stored()

    answers = await walk(await at(browser, "staff"), ids)

    refused = {(method, address) for method, address, status, _ in answers if status == 403}
    overseers = {address for _, address in refused if address.startswith(("/api/oversight", "/api/capacity"))}
    assert len(overseers) >= 8
    assert {address for _, address in refused} - overseers == LEARNERS | {
        "/api/wall/appeals/{appeal_id}/second"  # the one who proposed
    }
    changed = {name for name, rows in (await stored()).items() if rows != before[name]}
    assert {"act", "appeal", "appeal_step", "alternative", "portrait", "person_request", "courseware"} <= changed


async def test_without_signing_in_nothing_is_answered(cast: Cast, browser: Browsers) -> None:
    ids = await everything(cast, browser)
    before = await stored()

    for method, address, status, text in await walk(browser(), ids):
        assert status == 401, (method, address, text)
    assert await stored() == before
