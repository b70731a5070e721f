"""Over HTTP: who suspends what, what is told of it, and that others' regions aren't known to exist."""

import asyncio
from collections.abc import Callable

import pytest

from classroom.operations import service as operations
from classroom.people import service as people
from classroom.people.rules import InstitutionKind, Role
from tests.cast import Cast, _encoded
from tests.web.conftest import Browser
from tests.web.test_me import code

Browsers = Callable[[], Browser]
PATH = "/api/oversight/suspensions"
SUSPEND = {"subject": "institution", "subject_id": "school", "reason": "抽查不合格"}


async def at(browser: Browsers, account: str) -> Browser:
    one = browser()
    await one.sign_in(account)
    return one


@pytest.fixture
async def offices(cast: Cast) -> None:
    """Regulators of 广州 and 深圳, and an operator."""
    for bureau, region_code in (("gz", "440100"), ("sz", "440300")):
        await people.add_institution(bureau, f"{bureau}局", region_code, InstitutionKind.BUREAU)
        await people.register(bureau, Role.REGULATOR, bureau, f"{bureau}监管", _encoded())
    await people.add_institution("platform", "平台", "440100", InstitutionKind.PLATFORM)
    await people.register("platform", Role.OPERATOR, "operator", "运营", _encoded())


async def test_a_regulator_suspends_and_lifts_with_a_reason_and_both_are_kept(
    cast: Cast, offices: None, browser: Browsers
) -> None:
    regulator = await at(browser, "gz")

    made = await regulator.send("POST", PATH, SUSPEND)
    assert made.status_code == 200
    assert code(await regulator.send("POST", PATH, SUSPEND)) == (409, "WRONG_STATE")
    [shown] = (await regulator.get(PATH)).json()
    assert (shown["title"], shown["region"], shown["reason"], shown["by"], shown["mine"]) == (
        "广州市测试培训中心", {"code": "440100", "name": "广州市"}, "抽查不合格", "gz监管", True,
    )  # fmt: skip
    lifted = await regulator.send("POST", f"{PATH}/{shown['id']}/lift", {"reason": "整改完成"})
    assert lifted.status_code == 204
    assert code(await regulator.send("POST", f"{PATH}/{shown['id']}/lift", {"reason": "再次"})) == (409, "WRONG_STATE")
    [shown] = (await regulator.get(PATH)).json()
    assert (shown["lifted_by"], shown["lifted_reason"], shown["mine"]) == ("gz监管", "整改完成", False)
    acts = [one.act for _, one in await operations.search(0, 2**53) if one.outcome == "OK"]
    assert acts[:2] == ["POST /api/oversight/suspensions/{suspension_id}/lift", "POST /api/oversight/suspensions"]


async def test_another_citys_regulator_never_learns_of_it(cast: Cast, offices: None, browser: Browsers) -> None:
    regulator, other = await at(browser, "gz"), await at(browser, "sz")
    made = (await regulator.send("POST", PATH, SUSPEND)).json()["id"]

    assert (await other.get(PATH)).json() == []
    assert code(await other.send("POST", f"{PATH}/{made}/lift", {"reason": "越界"})) == (404, "NOT_FOUND")
    assert code(await other.send("POST", PATH, SUSPEND)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("account", ["learner", "staff"])
async def test_nobody_else_may(cast: Cast, offices: None, browser: Browsers, account: str) -> None:
    one = await at(browser, account)
    assert code(await one.send("POST", PATH, SUSPEND)) == (403, "FORBIDDEN")
    assert code(await one.get(PATH)) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"reason": "联系电话13800138000"}, "CONTACT_DATA"),
        ({"reason": " "}, "BAD_REQUEST"),
        ({"reason": "长" * 201}, "BAD_REQUEST"),
        ({"subject": "class"}, "BAD_REQUEST"),
        ({"subject_id": "../x"}, "BAD_REQUEST"),
    ],
)
async def test_rubbish_and_contact_data_are_refused(
    cast: Cast, offices: None, browser: Browsers, change: dict[str, str], refusal: str
) -> None:
    operator = await at(browser, "operator")
    assert code(await operator.send("POST", PATH, SUSPEND | change)) == (422, refusal)
    assert (await operator.get(PATH)).json() == []


async def test_of_two_at_the_same_moment_the_loser_is_told_so(cast: Cast, offices: None, browser: Browsers) -> None:
    one, other = await at(browser, "gz"), await at(browser, "gz")
    answers = await asyncio.gather(one.send("POST", PATH, SUSPEND), other.send("POST", PATH, SUSPEND))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
