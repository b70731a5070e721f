"""Over HTTP: a regulator finds learners of the own region, and the log says what was asked without saying whom."""

from collections.abc import Callable

import pytest

from classroom.courses import service as courses
from classroom.operations import service as operations
from classroom.people import service as people
from classroom.people.identity import check_of
from classroom.people.rules import InstitutionKind, Role
from tests.cast import Cast, _encoded
from tests.supervision.past import lost
from tests.web.conftest import Browser
from tests.web.test_me import code

Browsers = Callable[[], Browser]
PATH = "/api/oversight/learners/search"
_FRONT = "44010619900307123"
NUMBER = _FRONT + check_of(_FRONT)


@pytest.fixture
async def found(cast: Cast) -> str:
    """Regulators of 广州 and 深圳; a learner of 广州 with an ID number; the answer is that learner's id."""
    for bureau, region_code in (("gz", "440100"), ("sz", "440300")):
        await people.add_institution(bureau, f"{bureau}局", region_code, InstitutionKind.BUREAU)
        await people.register(bureau, Role.REGULATOR, bureau, f"{bureau}监管", _encoded())
    learner = await people.register("school", Role.LEARNER, "with-number", "欧阳测试", _encoded(), NUMBER)
    await courses.enrol(learner, cast.class_id)
    course_id = await courses.add_course("焊接", [])
    await courses.add_class("sz-class", "深圳班", "other-school", course_id, "440305")
    await courses.enrol(cast.other_learner, "sz-class")
    return learner


async def at(browser: Browsers, account: str) -> Browser:
    one = browser()
    await one.sign_in(account)
    return one


async def test_by_name_number_gender_and_institution(cast: Cast, found: str, browser: Browsers) -> None:
    regulator = await at(browser, "gz")

    async def ids(**wanted: str) -> set[str]:
        answer = (await regulator.send("POST", PATH, wanted)).json()
        return {one["learner_id"] for one in answer["learners"]}

    assert await ids(name="欧阳测试") == {cast.learner, found}
    assert await ids(name="欧阳") == set()  # whole names only
    assert await ids(id_number=NUMBER.lower()) == {found}
    assert await ids(name="司马测试", id_number=NUMBER) == set()
    assert await ids(institution="school") == {cast.learner, cast.learner2, found}
    assert await ids(institution="school", gender="male") == {found}
    assert await ids(name="上官测试") == set()  # of 深圳
    assert await ids(institution="other-school") == set()


async def test_what_is_shown_holds_a_masked_number_and_what_the_learner_does_now(
    cast: Cast, found: str, browser: Browsers
) -> None:
    await lost().keep(cast.learner, cast.class_id)
    regulator = await at(browser, "gz")

    [one] = (await regulator.send("POST", PATH, {"id_number": NUMBER})).json()["learners"]
    assert (one["id_masked"], one["gender"], one["birth_year"], one["now"]) == (
        f"{NUMBER[:6]}********{NUMBER[-4:]}", "male", 1990, None,
    )  # fmt: skip
    assert NUMBER not in str(one)
    looked = (await regulator.get(f"/api/oversight/learners/{cast.learner}/classes/{cast.class_id}")).json()
    assert looked["learner"]["display_name"] == "欧阳测试"
    assert len(looked["record"]["checks"]) > 0


async def test_the_log_holds_which_conditions_and_neither_name_nor_number(
    cast: Cast, found: str, browser: Browsers
) -> None:
    regulator = await at(browser, "gz")
    await regulator.send(
        "POST", PATH, {"name": "欧阳测试", "id_number": NUMBER, "gender": "male", "institution": "school"}
    )
    await regulator.get(f"/api/oversight/learners/{found}/classes/{cast.class_id}")

    kept = [one for _, one in await operations.search(0, 2**53)][:2]
    assert [one.act for one in kept] == [
        "GET /api/oversight/learners/{learner_id}/classes/{class_id}",
        f"POST {PATH}",
    ]
    name, number = people.name_index("欧阳测试")[:32], people.id_index(NUMBER)[:32]
    assert kept[1].touched == f"name_index={name} id_index={number} gender=male institution=school"
    assert "欧阳" not in str(kept)
    assert NUMBER not in str(kept)


async def test_another_citys_regulator_never_sees_them(cast: Cast, found: str, browser: Browsers) -> None:
    other = await at(browser, "sz")
    for wanted in ({"name": "欧阳测试"}, {"id_number": NUMBER}, {"institution": "school"}):
        assert (await other.send("POST", PATH, wanted)).json() == {"learners": [], "more": False}
    path = f"/api/oversight/learners/{cast.learner}/classes/{cast.class_id}"
    assert code(await other.get(path)) == (404, "NOT_FOUND")
    assert code(await other.get(f"/api/oversight/learners/{cast.learner}/classes/sz-class")) == (404, "NOT_FOUND")


async def test_a_gender_alone_and_rubbish_are_refused(cast: Cast, found: str, browser: Browsers) -> None:
    regulator = await at(browser, "gz")
    assert code(await regulator.send("POST", PATH, {"gender": "male"})) == (409, "TOO_WIDE")
    assert code(await regulator.send("POST", PATH, {"name": " "})) == (422, "BAD_REQUEST")
    assert code(await regulator.send("POST", PATH, {"gender": "other", "name": "x"})) == (422, "BAD_REQUEST")
    for account in ("learner", "staff"):
        assert code(await (await at(browser, account)).send("POST", PATH, {"name": "x"})) == (403, "FORBIDDEN")
