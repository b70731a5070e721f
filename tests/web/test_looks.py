"""The wall's side panel over HTTP: the last hour of a learner, and the picture of a check for who may see it."""

import base64
from collections.abc import Callable

import pytest

from classroom.courses import service as courses
from classroom.operations import service as operations
from classroom.people import faces
from classroom.people import service as people
from classroom.people.rules import InstitutionKind, Role
from tests.cast import JPEG, Cast, _encoded, with_portrait
from tests.supervision.past import CHECK, SESSION, lost
from tests.web.conftest import Browser
from tests.web.test_acts import at, path
from tests.web.test_me import code

Browsers = Callable[[], Browser]


async def seen(cast: Cast) -> str:
    """A check that failed half an hour ago, with its picture; the answer is the picture's path."""
    await with_portrait(cast, cast.learner, cast.staff)
    await lost(ago_ms=1_800_000).keep(cast.learner, cast.class_id)
    await faces.save_evidence(cast.learner, CHECK, JPEG)
    return f"{path(cast)}/evidence/{CHECK}"


async def test_the_last_hour_is_what_the_record_says(cast: Cast, browser: Browsers) -> None:
    await seen(cast)
    staff, learner = await at(browser, "staff"), await at(browser, "learner")

    look = (await staff.get(path(cast))).json()

    record = (await learner.get(f"/api/classes/{cast.class_id}/record")).json()
    assert (look["display_name"], look["as_of_ms"] - look["from_ms"]) == ("欧阳测试", 3_600_000)
    assert look["intervals"] == record["sessions"][0]["intervals"]
    check = next(one for one in look["checks"] if one["id"] == CHECK)
    assert (check["outcome"], check["reason"], check["dropped_ms"], check["picture"]) == (
        "failed",
        "NO_MATCH",
        100_000,
        True,
    )
    assert [one["picture"] for one in look["checks"] if one["id"] != CHECK] == [
        False
    ]  # of the login check none is kept
    assert [(one["id"], one["ended_reason"]) for one in look["sessions"]] == [(SESSION, "CHECK_FAILED")]


async def test_what_is_longer_ago_is_left_out_and_what_reaches_into_the_hour_is_cut(
    cast: Cast, browser: Browsers
) -> None:
    past = lost(ago_ms=3_600_000 + 60_000)  # its first minute
    await past.keep(cast.learner, cast.class_id)
    staff = await at(browser, "staff")

    look = (await staff.get(path(cast))).json()

    assert look["intervals"][0]["from_ms"] == look["from_ms"]
    assert [one["id"] for one in look["checks"]] == [CHECK]  # the login check was before
    assert await _empty(staff, path(cast, cast.learner2))


async def _empty(staff: Browser, address: str) -> bool:
    look = (await staff.get(address)).json()
    return [look["sessions"], look["intervals"], look["checks"], look["bars"]] == [[], [], [], []]


async def test_the_picture_is_opened_for_who_may_see_it_and_the_look_is_kept(cast: Cast, browser: Browsers) -> None:
    """Row 22, row 38."""
    picture = await seen(cast)
    staff = await at(browser, "staff")

    answer = await staff.get(picture)

    assert answer["Cache-Control"] == "no-store"
    assert base64.b64decode(answer.json()["picture"].removeprefix("data:image/jpeg;base64,")) == JPEG
    [(_, newest), *_] = await operations.search(0, 2**53)
    assert (newest.act, newest.touched, newest.outcome) == (
        "GET /api/wall/classes/{class_id}/learners/{learner_id}/evidence/{check_id}",
        f"check_id={CHECK} class_id={cast.class_id} learner_id={cast.learner}",
        "OK",
    )


@pytest.mark.parametrize(
    ("kind", "role", "city", "answer"),
    [
        (InstitutionKind.BUREAU, Role.REGULATOR, "440100", (200, None)),
        (InstitutionKind.BUREAU, Role.REGULATOR, "440300", (404, "NOT_FOUND")),
        (InstitutionKind.PLATFORM, Role.OPERATOR, "440100", (403, "FORBIDDEN")),
    ],
)
async def test_who_looks_on_sees_pictures_of_the_own_region_and_who_runs_the_platform_none(
    cast: Cast, browser: Browsers, kind: InstitutionKind, role: Role, city: str, answer: tuple[int, str | None]
) -> None:
    picture = await seen(cast)
    await people.add_institution("above", "上级", city, kind)
    await people.register("above", role, "above", "百里测试", _encoded())
    above = await at(browser, "above")

    got = await above.get(picture)

    assert (got.status_code, got.json().get("code")) == answer
    if role is Role.OPERATOR:
        assert not any(one["picture"] for one in (await above.get(path(cast))).json()["checks"])


async def test_a_picture_of_another_learner_class_or_check_is_nothing(cast: Cast, browser: Browsers) -> None:
    picture = await seen(cast)
    course = await courses.add_course("高压电工", [])
    await courses.add_class("second", "第二班", "school", course)
    await courses.enrol(cast.learner, "second")
    staff, other, learner = [await at(browser, one) for one in ("staff", "other_staff", "learner")]

    for address in (
        f"{path(cast, cast.learner2)}/evidence/{CHECK}",
        f"{path(cast, cast.other_learner)}/evidence/{CHECK}",
        f"{path(cast, class_id='second')}/evidence/{CHECK}",
        f"{path(cast)}/evidence/{'d' * 32}",
        path(cast, class_id="nowhere"),
        path(cast, cast.other_learner),
    ):
        assert code(await staff.get(address)) == (404, "NOT_FOUND"), address
    assert code(await other.get(picture)) == code(await other.get(path(cast))) == (404, "NOT_FOUND")
    assert code(await learner.get(picture)) == code(await learner.get(path(cast))) == (403, "FORBIDDEN")


async def test_after_a_withdrawal_nobody_sees_the_face(cast: Cast, browser: Browsers) -> None:
    picture = await seen(cast)
    await faces.withdraw_consent(cast.learner)
    staff = await at(browser, "staff")

    assert code(await staff.get(picture)) == (410, "KEY_MISSING")
    assert not any(one["picture"] for one in (await staff.get(path(cast))).json()["checks"])
