"""Who may see which classes: by institution, by class, by region, and nothing else."""

import pytest

from classroom.courses import service as courses
from classroom.courses.rules import ClassPlace, NotRegistered
from classroom.courses.scope import NOTHING, Scope, class_seen, classes_seen
from classroom.people import service as people
from classroom.people.regions import UnknownRegion
from classroom.people.rules import Account, InstitutionKind, Role, Unknown
from tests.cast import Cast

HERE = ClassPlace("class", "测试班", "school", "440606")


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Scope(everything=True), True),
        (Scope(institution="school"), True),
        (Scope(institution="other"), False),
        (Scope(institution="school", classes=frozenset({"class"})), True),
        (Scope(institution="school", classes=frozenset({"another"})), False),
        (Scope(institution="other", classes=frozenset({"class"})), False),
        (Scope(institution="school", classes=frozenset()), False),
        (Scope(region="440000"), True),
        (Scope(region="440600"), True),
        (Scope(region="440606"), True),
        (Scope(region="440605"), False),
        (Scope(region="440300"), False),
        (NOTHING, False),
    ],
)
def test_all_that_is_set_must_hold_and_nothing_set_sees_nothing(scope: Scope, seen: bool) -> None:
    assert scope.sees(HERE) is seen


async def account(cast: Cast, role: Role, institution: str) -> Account:
    account_id = await people.register(institution, role, f"{role}-{institution}", "某人", "x")
    found = await people.account(account_id)
    assert found is not None
    return found


@pytest.fixture
async def province(cast: Cast) -> Cast:
    """A school in 广州 that is registered in 佛山 too, with a class in each; another in 深圳; three bureaus."""
    for bureau, name, code in (
        ("gd", "省厅", "440000"), ("fs", "佛山市局", "440600"), ("sd", "顺德区局", "440606"), ("sz", "深圳市局", "440300"),
    ):  # fmt: skip
        await people.add_institution(bureau, name, code, InstitutionKind.BUREAU)
    await people.add_institution("platform", "平台", "440100", InstitutionKind.PLATFORM)
    await people.register_in("school", "440600")
    course_id = await courses.add_course("低压电工", [])
    await courses.add_class("shunde", "顺德班", "school", course_id, "440606")
    await courses.add_class("shenzhen", "深圳班", "other-school", course_id)
    return cast


@pytest.mark.parametrize(
    ("role", "institution", "seen"),
    [
        (Role.STAFF, "school", ["class", "shunde"]),
        (Role.STAFF, "other-school", ["shenzhen"]),
        (Role.PROCTOR, "school", []),
        (Role.OPERATOR, "platform", ["class", "shenzhen", "shunde"]),
        (Role.OPERATOR, "school", []),
        (Role.REGULATOR, "gd", ["class", "shenzhen", "shunde"]),
        (Role.REGULATOR, "fs", ["shunde"]),
        (Role.REGULATOR, "sd", ["shunde"]),
        (Role.REGULATOR, "sz", ["shenzhen"]),
        (Role.REGULATOR, "school", []),
        (Role.LEARNER, "school", []),
    ],
)
async def test_each_role_sees_its_classes_and_is_told_of_no_other(
    province: Cast, role: Role, institution: str, seen: list[str]
) -> None:
    """Row 20: a user of 佛山 never sees 深圳."""
    who = await account(province, role, institution)
    assert [place.id for place in await classes_seen(who)] == seen
    for class_id in ("class", "shenzhen", "shunde", "nowhere"):
        if class_id in seen:
            assert (await class_seen(who, class_id)).id == class_id
        else:
            with pytest.raises(Unknown):
                await class_seen(who, class_id)


async def test_a_proctor_sees_the_classes_assigned_in_the_own_institution_only(province: Cast) -> None:
    proctor = await account(province, Role.PROCTOR, "school")
    await courses.assign_proctor("shunde", proctor.id)
    await courses.assign_proctor("shunde", proctor.id)
    await courses.assign_proctor("shenzhen", proctor.id)  # another institution's, by mistake
    assert [place.id for place in await classes_seen(proctor)] == ["shunde"]


async def test_a_class_is_held_only_where_its_institution_is_registered(province: Cast) -> None:
    """Article 13."""
    course_id = await courses.add_course("高压电工", [])
    with pytest.raises(NotRegistered):
        await courses.add_class("wrong", "越界班", "school", course_id, "440300")
    with pytest.raises(NotRegistered):
        await courses.add_class("wrong", "越界班", "nobody", course_id)
    with pytest.raises(UnknownRegion):
        await courses.add_class("wrong", "越界班", "school", course_id, "440699")
    await people.register_in("school", "440300")
    await courses.add_class("right", "跨市班", "school", course_id, "440305")
