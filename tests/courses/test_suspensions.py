"""Who may suspend what, where it holds, and who may lift it (article 30)."""

import asyncio

import pytest

from classroom import notices
from classroom.courses import service as courses
from classroom.courses.catalogue import Qualification
from classroom.courses.rules import NotRegistered, Subject, Suspended
from classroom.courses.suspensions import lift, suspend, suspended, suspensions_seen
from classroom.people import service as people
from classroom.people.rules import Account, InstitutionKind, InstitutionState, Role, Unknown, WrongState
from tests.cast import Cast

INSTITUTION, COURSE = Subject.INSTITUTION, Subject.COURSE


async def of(institution: str, role: Role = Role.REGULATOR) -> Account:
    found = await people.account(await people.register(institution, role, f"{role}-{institution}", "某人", "x"))
    assert found is not None
    return found


@pytest.fixture
async def province(cast: Cast) -> str:
    """A school in 广州 and 佛山 with a class of one course in each; another school in 深圳; the answer is the course."""
    for bureau, code in (("gd", "440000"), ("gz", "440100"), ("fs", "440600"), ("sd", "440606"), ("sz", "440300")):
        await people.add_institution(bureau, bureau, code, InstitutionKind.BUREAU)
    await people.register_in("school", "440600")
    course_id = await courses.add_course("低压电工", [])
    item = (Qualification.SPECIAL_OPERATION, "1.1")
    await courses.add_class("gz-class", "广州班", "school", course_id, "440106", item)
    await courses.add_class("sd-class", "顺德班", "school", course_id, "440606", item)
    await courses.add_class("sz-class", "深圳班", "other-school", course_id, "440305", item)
    return course_id


async def held() -> set[str]:
    return {name for name in ("gz-class", "sd-class", "sz-class") if await suspended(name)}


@pytest.mark.parametrize(
    ("bureau", "subject", "subject_id", "expected"),
    [
        ("gd", INSTITUTION, "school", {"gz-class", "sd-class"}),
        ("gz", INSTITUTION, "school", {"gz-class"}),
        ("sd", INSTITUTION, "school", {"sd-class"}),
        ("gd", COURSE, None, {"gz-class", "sd-class", "sz-class"}),
        ("fs", COURSE, None, {"sd-class"}),
    ],
)
async def test_it_holds_in_the_region_of_who_said_so_and_nowhere_else(
    province: str, bureau: str, subject: Subject, subject_id: str | None, expected: set[str]
) -> None:
    by = await of(bureau)
    heard: list[dict[str, str]] = []

    async def hear(**fields: str) -> None:
        heard.append(fields)

    unsubscribe = notices.subscribe("suspension", hear)
    try:
        suspension = await suspend(by, subject, subject_id or province, "抽查不合格")
        assert await held() == expected
        with pytest.raises(WrongState):
            await suspend(by, subject, subject_id or province, "再次")
        await lift(by, suspension, "整改完成")
        assert await held() == set()
        with pytest.raises(WrongState):
            await lift(by, suspension, "再次")
        await suspend(by, subject, subject_id or province, "复查不合格")
        assert await held() == expected
    finally:
        unsubscribe()
    assert heard == [{"subject": subject.value, "subject_id": subject_id or province}] * 3


async def test_others_regions_are_not_known_to_exist(province: str) -> None:
    shenzhen, foshan, province_wide = await of("sz"), await of("fs"), await of("gd")
    with pytest.raises(Unknown):
        await suspend(shenzhen, INSTITUTION, "school", "越界")
    with pytest.raises(Unknown):
        await suspend(foshan, INSTITUTION, "fs", "一个局不是机构")
    suspension = await suspend(province_wide, INSTITUTION, "school", "全省停课")
    for who in (foshan, shenzhen):
        with pytest.raises(Unknown):
            await lift(who, suspension, "越级")
    assert [one.id for one in await suspensions_seen(foshan)] == [suspension]  # it holds there, too
    local = await suspend(shenzhen, COURSE, province, "抽查")
    assert local not in [one.id for one in await suspensions_seen(foshan)]
    with pytest.raises(Unknown):
        await lift(foshan, local, "越界")
    await lift(province_wide, local, "省厅决定")
    assert await held() == {"gz-class", "sd-class"}


@pytest.mark.parametrize("role", [Role.STAFF, Role.PROCTOR, Role.OPERATOR, Role.LEARNER])
async def test_only_a_regulator_or_the_platforms_operator_suspends(province: str, role: Role) -> None:
    with pytest.raises(Unknown):
        await suspend(await of("school", role), INSTITUTION, "school", "自己停")


async def test_no_class_is_opened_while_suspended_or_not_registered(province: str) -> None:
    """Articles 12 and 30."""
    by = await of("gz")
    suspension = await suspend(by, INSTITUTION, "school", "抽查不合格")
    with pytest.raises(Suspended):
        await courses.add_class("new", "新班", "school", province)
    await courses.add_class("elsewhere", "佛山新班", "school", province, "440605")
    await lift(by, suspension, "整改完成")
    await people.set_institution_state("school", InstitutionState.CANCELLED)
    with pytest.raises(NotRegistered):
        await courses.add_class("new", "新班", "school", province)


async def test_an_operator_of_the_platform_suspends_anywhere_and_lifts_what_anybody_said(province: str) -> None:
    await people.add_institution("platform", "平台", "440100", InstitutionKind.PLATFORM)
    operator, shenzhen = await of("platform", Role.OPERATOR), await of("sz")

    everywhere = await suspend(operator, COURSE, province, "课件错误")
    assert await held() == {"gz-class", "sd-class", "sz-class"}
    with pytest.raises(Unknown):
        await lift(shenzhen, everywhere, "越级")
    await lift(operator, everywhere, "已更正")
    await lift(operator, await suspend(shenzhen, COURSE, province, "抽查"), "复核通过")
    assert await held() == set()


async def test_of_two_at_the_same_moment_one_suspends_and_the_other_is_told(province: str) -> None:
    """Both find nothing there, on PostgreSQL at the same time."""
    by = await of("gd")
    outcomes = await asyncio.gather(
        *(suspend(by, INSTITUTION, "school", "同时") for _ in range(5)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["WrongState"] * 4 + ["str"]
    live = [one for one in await suspensions_seen(by) if one.lifted_at_ms is None]
    assert len(live) == 1
    lifts = await asyncio.gather(*(lift(by, live[0].id, "同时") for _ in range(5)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in lifts) == ["NoneType"] + ["WrongState"] * 4
