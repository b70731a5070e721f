"""Over HTTP: acts on a learner who isn't here, notes, alerts and appeals."""

from collections.abc import Callable

import pytest

from classroom.courses import service as courses
from classroom.operations import service as operations
from classroom.people import service as people
from classroom.people.rules import Role
from tests.cast import Cast, _encoded
from tests.supervision.past import CHECK, lost
from tests.web.conftest import Browser
from tests.web.test_me import code

Browsers = Callable[[], Browser]


async def at(browser: Browsers, account: str) -> Browser:
    one = browser()
    await one.sign_in(account)
    return one


def path(cast: Cast, learner: str | None = None, class_id: str | None = None) -> str:
    return f"/api/wall/classes/{class_id or cast.class_id}/learners/{learner or cast.learner}"


async def test_a_message_waits_for_a_learner_who_is_away_until_it_is_acknowledged(
    cast: Cast, browser: Browsers
) -> None:
    staff, learner = await at(browser, "staff"), await at(browser, "learner")
    said = {"act": "message", "reason": "CLASS_MATTER", "words": "明天上午九点开班会"}

    sent = await staff.send("POST", path(cast) + "/act", said)

    assert (sent.status_code, sent.json()) == (200, {"outcome": "LATER"})
    [note] = (await learner.get("/api/notes")).json()
    assert (note["act"], note["words"], note["by"]) == ("message", "明天上午九点开班会", "诸葛测试")
    assert (await learner.get("/api/notes?class_id=another")).json() == []
    assert (await learner.send("POST", f"/api/notes/{note['id']}/seen")).status_code == 204
    assert (await learner.send("POST", f"/api/notes/{note['id']}/seen")).status_code == 204
    assert (await learner.get(f"/api/notes?class_id={cast.class_id}")).json() == []
    [kept] = (await staff.get(path(cast) + "/acts")).json()
    assert (kept["outcome"], kept["by"], kept["seen_at_ms"] is not None) == ("LATER", "诸葛测试", True)


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        ("ask_check", "NOT_NOW"),
        ("pause", "NO_SESSION"),
        ("resume", "NOT_NOW"),
        ("sign_out", "NO_SESSION"),
        ("block_device", "NO_SESSION"),
        ("unblock_device", "NOT_NOW"),
    ],
)
async def test_what_needs_a_session_is_refused_without_one_and_kept_as_refused(
    cast: Cast, browser: Browsers, act: str, refusal: str
) -> None:
    await lost().keep(cast.learner, cast.class_id)
    staff = await at(browser, "staff")

    refused = await staff.send("POST", path(cast) + "/act", {"act": act, "reason": "NOT_ATTENTIVE"})

    assert code(refused) == (409, refusal)
    [kept] = (await staff.get(path(cast) + "/acts")).json()
    assert (kept["act"], kept["outcome"]) == (act, refusal)
    assert (await (await at(browser, "learner")).get("/api/notes")).json() == []


async def test_who_was_never_here_can_be_paused_by_nobody(cast: Cast, browser: Browsers) -> None:
    staff = await at(browser, "staff")
    body = {"act": "pause", "reason": "NOT_ATTENTIVE"}

    assert code(await staff.send("POST", path(cast) + "/act", body)) == (409, "NO_SESSION")


async def test_no_contact_data_in_any_words(cast: Cast, browser: Browsers) -> None:
    """Row 14, article 27."""
    staff = await at(browser, "staff")
    body = {"act": "message", "reason": "OTHER", "words": "请加微信 teacher_wang 或打 １３８１２３４５６７８"}

    assert code(await staff.send("POST", path(cast) + "/act", body)) == (422, "CONTACT_DATA")
    assert (await staff.get(path(cast) + "/acts")).json() == []  # not even kept


@pytest.mark.parametrize(
    "body",
    [
        {"act": "message", "reason": "CLASS_MATTER"},
        {"act": "pause", "reason": "OTHER", "words": "   "},
    ],
)
async def test_what_says_nothing_is_refused(cast: Cast, browser: Browsers, body: object) -> None:
    staff = await at(browser, "staff")
    assert code(await staff.send("POST", path(cast) + "/act", body)) == (409, "WORDS_NEEDED")


@pytest.mark.parametrize(
    "body",
    [
        {"act": "message"},
        {"act": "shout", "reason": "OTHER", "words": "x"},
        {"act": "message", "reason": "ANGRY", "words": "x"},
        {"act": "message", "reason": "OTHER", "words": "x" * 201},
        {"act": "set_actions", "reason": "LEARNER_ASKED", "not_asked": ["dance"]},
        [],
        None,
    ],
)
async def test_rubbish_is_refused_before_anything_is_kept(cast: Cast, browser: Browsers, body: object) -> None:
    staff = await at(browser, "staff")
    assert (await staff.send("POST", path(cast) + "/act", body)).status_code in (400, 422)
    assert (await staff.get(path(cast) + "/acts")).json() == []


async def test_what_staff_alone_may_do_a_proctor_may_not(cast: Cast, browser: Browsers) -> None:
    proctor_id = await people.register("school", Role.PROCTOR, "proctor", "夏侯测试", _encoded())
    await courses.assign_proctor(cast.class_id, proctor_id)
    proctor, staff = await at(browser, "proctor"), await at(browser, "staff")

    for act in ("allow_enrolment", "set_actions"):
        body = {"act": act, "reason": "LEARNER_ASKED", "not_asked": ["nod"]}
        assert code(await proctor.send("POST", path(cast) + "/act", body)) == (403, "FORBIDDEN")
        assert (await staff.send("POST", path(cast) + "/act", body)).status_code == 200
    allowed = await proctor.send("POST", path(cast) + "/act", {"act": "allow_checks", "reason": "TECHNICAL"})
    assert allowed.status_code == 200
    learner = await at(browser, "learner")
    assert [one["act"] for one in (await learner.get("/api/notes")).json()] == ["allow_checks", "allow_enrolment"]
    assert (await learner.get("/api/me")).json()["not_asked"] == ["nod"]


async def test_an_act_is_in_the_operation_log_and_its_words_are_not(cast: Cast, browser: Browsers) -> None:
    """Row 22."""
    staff = await at(browser, "staff")
    await staff.send("POST", path(cast) + "/act", {"act": "message", "reason": "OTHER", "words": "请看黑板上的字"})

    [(_, newest), *others] = await operations.search(0, 2**53)
    assert (newest.act, newest.outcome, newest.actor) == (
        "POST /api/wall/classes/{class_id}/learners/{learner_id}/act",
        "OK",
        cast.staff,
    )
    assert newest.touched == f"class_id={cast.class_id} learner_id={cast.learner}"
    assert "黑板" not in str([newest, *others])


async def test_alerts_and_appeals_go_their_way(cast: Cast, browser: Browsers) -> None:
    await lost().keep(cast.learner, cast.class_id)
    await people.register("school", Role.STAFF, "head", "令狐测试", _encoded())
    staff, head, learner = [await at(browser, one) for one in ("staff", "head", "learner")]

    [alert] = (await staff.get(f"/api/wall/alerts?class_id={cast.class_id}")).json()
    assert (alert["kind"], alert["severity"], alert["display_name"], alert["about"]) == (
        "wrong_face", "critical", "欧阳测试", CHECK,
    )  # fmt: skip
    assert (await staff.send("POST", f"/api/wall/alerts/{alert['id']}/claim")).status_code == 204
    assert code(await head.send("POST", f"/api/wall/alerts/{alert['id']}/claim")) == (409, "ALERT_TAKEN")
    [seen] = (await head.get(f"/api/wall/alerts?class_id={cast.class_id}")).json()
    assert (seen["claimed_by_name"], seen["mine"], seen["state"]) == ("诸葛测试", False, "handling")
    [mate] = (await staff.get(f"/api/wall/colleagues?class_id={cast.class_id}")).json()
    assert mate["display_name"] == "令狐测试"
    assert (await staff.send("POST", "/api/wall/handover", {"to": mate["id"]})).json() == {"given": 1, "back": 0}
    closed = await head.send("POST", f"/api/wall/alerts/{alert['id']}/close", {"outcome": "IDENTITY_CONFIRMED"})
    assert closed.status_code == 204

    body = {"class_id": cast.class_id, "matter": "check", "about": CHECK, "reason": "IT_WAS_ME", "words": "是我本人"}
    mine = (await learner.send("POST", "/api/appeals", body)).json()
    [open_one] = (await staff.get(f"/api/wall/appeals?class_id={cast.class_id}")).json()
    assert (open_one["id"], open_one["words"], open_one["overdue"], open_one["cost_ms"]) == (
        mine["id"], "是我本人", False, 100_000,
    )  # fmt: skip
    proposal = {"grant": True, "reason": "IDENTITY_CONFIRMED"}
    assert (await staff.send("POST", f"/api/wall/appeals/{mine['id']}/propose", proposal)).status_code == 204
    second = f"/api/wall/appeals/{mine['id']}/second"
    assert code(await staff.send("POST", second, {"agree": True})) == (403, "SECOND_PERSON")
    assert (await head.send("POST", second, {"agree": True})).json() == {"given_ms": 100_000}
    [after] = (await learner.get("/api/appeals")).json()
    assert (after["state"], after["given_ms"], after["decision"]) == ("granted", 100_000, "IDENTITY_CONFIRMED")
    assert code(await head.send("POST", second, {"agree": True})) == (409, "APPEAL_MOVED")


async def test_an_appeal_of_others_or_in_others_classes_is_nothing(cast: Cast, browser: Browsers) -> None:
    await lost().keep(cast.learner, cast.class_id)
    learner2, other = await at(browser, "learner2"), await at(browser, "other_learner")
    body = {"class_id": cast.class_id, "matter": "check", "about": CHECK, "reason": "IT_WAS_ME"}

    assert code(await learner2.send("POST", "/api/appeals", body)) == (409, "NOT_DISPUTABLE")
    assert code(await other.send("POST", "/api/appeals", body)) == (404, "NOT_FOUND")
    assert (await learner2.send("POST", "/api/appeals", body | {"about": "13812345678"})).status_code == 422
