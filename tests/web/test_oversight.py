"""Over HTTP: what a regulator's page is told of the own region, and that nobody else's is known to exist."""

from collections.abc import Callable

import pytest

from classroom.clock import now_ms
from classroom.courses import service as courses
from classroom.courses.catalogue import Qualification
from classroom.oversight import service as oversight
from classroom.oversight.rules import Kept
from classroom.people import service as people
from classroom.people.rules import InstitutionKind, Role
from tests.cast import Cast, _encoded
from tests.web.conftest import Browser
from tests.web.test_me import code

Browsers = Callable[[], Browser]


@pytest.fixture
async def province(cast: Cast) -> None:
    """Regulators of the province, 广州, 深圳 and 东莞; a class of the school in 佛山, one of the other school in 深圳."""
    for bureau, region_code in (("gd", "440000"), ("gz", "440100"), ("sz", "440300"), ("dg", "441900")):
        await people.add_institution(bureau, f"{bureau}局", region_code, InstitutionKind.BUREAU)
        await people.register(bureau, Role.REGULATOR, bureau, f"{bureau}监管", _encoded())
    await people.register_in("school", "440600")
    course_id = await courses.add_course("焊接", [])
    await courses.add_class(
        "fs-class", "佛山班", "school", course_id, "440604", (Qualification.SPECIAL_OPERATION, "2.1")
    )
    await courses.add_class("sz-class", "深圳班", "other-school", course_id, "440305")


async def at(browser: Browsers, account: str) -> Browser:
    one = browser()
    await one.sign_in(account)
    return one


async def test_the_own_region_with_what_is_below_it_and_institutions_by_name(province: None, browser: Browsers) -> None:
    shown = (await (await at(browser, "gd")).get("/api/oversight/places?region_code=440600")).json()

    assert shown["path"] == [{"code": "440000", "name": "广东省"}, {"code": "440600", "name": "佛山市"}]
    assert [one["name"] for one in shown["regions"]] == ["禅城区", "南海区", "顺德区", "三水区", "高明区"]
    assert shown["institutions"] == [{"code": "school", "name": "广州市测试培训中心"}]  # it has a class there
    assert {"code": "special_operation/2.1", "name": "熔化焊接与热切割作业"} in shown["facets"]


async def test_a_city_without_counties_has_nothing_below_it(province: None, browser: Browsers) -> None:
    shown = (await (await at(browser, "dg")).get("/api/oversight/places")).json()
    assert (shown["path"], shown["regions"]) == ([{"code": "441900", "name": "东莞市"}], [])


async def test_an_institution_shows_its_classes_in_the_region(province: None, browser: Browsers) -> None:
    one = await at(browser, "gd")
    whole = (await one.get("/api/oversight/institutions/school")).json()
    assert [row["code"] for row in whole["classes"]] == ["fs-class", "class"]
    narrowed = (await one.get("/api/oversight/institutions/school?region_code=440600")).json()
    assert [row["code"] for row in narrowed["classes"]] == ["fs-class"]
    assert not narrowed["suspended"]
    assert [row["name"] for row in narrowed["courses"]] and {row["code"] for row in narrowed["courses"]} <= {
        row["code"] for row in whole["courses"]
    }


async def test_a_curve_of_the_last_hour(province: None, browser: Browsers) -> None:
    minute = now_ms() // 60_000 - 2
    await oversight.keep_minute(minute, [Kept("440000||", 9, 8.5, 4, 3.5), Kept("440100||", 5, 4.5, 2, 1.5)])

    shown = (await (await at(browser, "gz")).get("/api/oversight/curve?span=hour")).json()

    assert (shown["step_ms"], len(shown["points"])) == (60_000, 60)
    assert [one for one in shown["points"] if one["online_peak"] is not None] == [
        {"at_ms": minute * 60_000, "online_peak": 5, "online_mean": 4.5, "studying_peak": 2, "studying_mean": 1.5}
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/api/oversight/places?region_code=440100",
        "/api/oversight/places?region_code=440000",
        "/api/oversight/places?region_code=rubbish",
        "/api/oversight/institutions/school",
        "/api/oversight/institutions/other-school?region_code=440100",
        "/api/oversight/institutions/sz",
        "/api/oversight/curve?span=hour&region_code=440106",
        "/api/oversight/curve?span=hour&facet=rubbish",
        "/api/oversight/curve?span=hour&institution=a|b",
    ],
)
async def test_another_citys_regulator_never_learns_of_it(province: None, browser: Browsers, path: str) -> None:
    assert code(await (await at(browser, "sz")).get(path)) in {(404, "NOT_FOUND"), (422, "BAD_REQUEST")}


@pytest.mark.parametrize("path", ["/api/oversight/places", "/api/oversight/curve?span=day"])
async def test_nobody_else_looks(province: None, browser: Browsers, path: str) -> None:
    for account in ("learner", "staff"):
        assert code(await (await at(browser, account)).get(path)) == (403, "FORBIDDEN")
    assert code(await browser().get(path)) == (401, "NOT_SIGNED_IN")
