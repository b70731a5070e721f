"""Over HTTP: overseers read the operation log of their own scope, and have it verified (row 22)."""

from collections.abc import Callable

import pytest

from classroom.people import service as people
from classroom.people.rules import InstitutionKind, Role
from tests.cast import Cast, _encoded
from tests.web.conftest import Browser
from tests.web.test_me import code

Browsers = Callable[[], Browser]
PATH = "/api/oversight/operations"
ALL = f"{PATH}?from_ms=0&to_ms=9000000000000"


async def at(browser: Browsers, account: str) -> Browser:
    one = browser()
    await one.sign_in(account)
    return one


@pytest.fixture
async def offices(cast: Cast, browser: Browsers) -> None:
    """Regulators of 广州 and 深圳, and something done in both cities."""
    for bureau, region_code in (("gz", "440100"), ("sz", "440300")):
        await people.add_institution(bureau, f"{bureau}局", region_code, InstitutionKind.BUREAU)
        await people.register(bureau, Role.REGULATOR, bureau, f"{bureau}监管", _encoded())
    await at(browser, "staff")
    other = await at(browser, "other_staff")
    await other.send("POST", f"/api/staff/learners/{cast.learner}/allow")


async def test_each_sees_the_acts_of_the_own_region_only(cast: Cast, offices: None, browser: Browsers) -> None:
    here = (await (await at(browser, "gz")).get(ALL)).json()
    there = (await (await at(browser, "sz")).get(ALL)).json()

    assert {one["actor"] for one in here["entries"]} >= {cast.staff}
    assert cast.other_staff not in {one["actor"] for one in here["entries"]}
    assert cast.staff not in {one["actor"] for one in there["entries"]}
    assert [one["outcome"] for one in there["entries"] if one["actor"] == cast.other_staff] == ["NOT_FOUND", "OK"]


async def test_an_operator_sees_also_who_was_not_let_in_and_the_platforms_own_people_are_no_citys(
    cast: Cast, offices: None, browser: Browsers
) -> None:
    await people.add_institution("platform", "平台", "440100", InstitutionKind.PLATFORM)
    operator = await people.register("platform", Role.OPERATOR, "operator", "运营", _encoded())
    await browser().sign_in("staff", "wrong")

    seen = (await (await at(browser, "operator")).get(ALL)).json()["entries"]
    here = (await (await at(browser, "gz")).get(ALL)).json()["entries"]

    assert {"BAD_CREDENTIALS"} <= {one["outcome"] for one in seen}
    assert operator in {one["actor"] for one in seen}
    assert operator not in {one["actor"] for one in here}
    assert "BAD_CREDENTIALS" not in {one["outcome"] for one in here}


async def test_it_is_searched_by_account_act_outcome_and_time(cast: Cast, offices: None, browser: Browsers) -> None:
    one = await at(browser, "sz")

    async def acts(query: str) -> list[str]:
        return [entry["act"] for entry in (await one.get(f"{ALL}{query}")).json()["entries"]]

    allow = "POST /api/staff/learners/{learner_id}/allow"
    assert await acts("&account=other_staff") == [allow, "POST /api/login"]
    assert await acts("&account=other_staff&outcome=REFUSED") == [allow]
    assert await acts("&act=LOGIN&outcome=OK&account=other_staff") == ["POST /api/login"]
    assert await acts("&account=staff") == []  # of 广州
    assert await acts("&account=nobody") == []
    assert (await one.get(f"{PATH}?from_ms=0&to_ms=1000")).json() == {"entries": [], "before": None}
    assert code(await one.get(f"{PATH}?from_ms=2&to_ms=1")) == (422, "BAD_REQUEST")


async def test_pages_go_on_where_the_last_one_ended(
    cast: Cast, offices: None, browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classroom.oversight.log.SHOWN_AT_MOST", 1)
    one = await at(browser, "sz")
    first = (await one.get(f"{ALL}&account=other_staff")).json()
    second = (await one.get(f"{ALL}&account=other_staff&before={first['before']}")).json()
    assert [entry["outcome"] for page in (first, second) for entry in page["entries"]] == ["NOT_FOUND", "OK"]


async def test_a_verification_says_how_many_are_sound(cast: Cast, offices: None, browser: Browsers) -> None:
    one = await at(browser, "gz")
    said = (await one.send("POST", f"{PATH}/verification")).json()
    assert said["findings"] == []
    assert said["entries"] >= 4


async def test_nobody_else_reads_it(cast: Cast, offices: None, browser: Browsers) -> None:
    for account in ("learner", "staff"):
        one = await at(browser, account)
        assert code(await one.get(ALL)) == (403, "FORBIDDEN")
        assert code(await one.send("POST", f"{PATH}/verification")) == (403, "FORBIDDEN")
