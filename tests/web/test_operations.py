"""Row 22: what is done over HTTP is in the operation log before it is answered."""

from collections.abc import Callable
from dataclasses import replace

import pytest

import settings
from classroom.operations import service
from classroom.operations.rules import Operation
from classroom.operations.service import LogUnavailable
from tests.cast import PASSWORD, Cast
from tests.web.conftest import Browser

Browsers = Callable[[], Browser]


async def kept() -> list[Operation]:
    """The whole log, oldest first, without its clock and references."""
    found = await service.search(0, 2**53)
    return [replace(one, at_ms=0, ref=None) for _, one in reversed(found)]


def act(who: str | None, role: str | None, what: str, outcome: str = "OK", touched: str = "") -> Operation:
    institution = None if who is None else "school"
    how = "none" if who is None else "password"
    return Operation(0, who, role, institution, "127.0.0.1", how, what, touched, outcome)


async def test_every_act_is_kept_with_who_what_and_how_it_ended(cast: Cast, browser: Browsers) -> None:
    """Given three kinds of people, when they act, look at others and are refused, then each has its line."""
    staff, learner = browser(), browser()
    assert (await learner.sign_in("learner", "wrong")).status_code == 401
    await learner.sign_in("learner")
    await learner.get("/api/me")  # one's own: no act
    await learner.get("/api/staff/learners")
    await staff.sign_in("staff")
    await staff.get("/api/staff/learners")
    await staff.send("POST", f"/api/staff/learners/{cast.learner}/allow")
    await staff.send("POST", f"/api/staff/learners/{cast.other_learner}/allow")
    await staff.client.post("/api/staff/learners/x/allow")  # without its token
    await staff.send("POST", "/api/nothing/欧阳测试")
    await staff.send("POST", "/api/logout")

    allow = "POST /api/staff/learners/{learner_id}/allow"
    assert await kept() == [
        act(None, None, "POST /api/login", "BAD_CREDENTIALS"),
        act(cast.learner, "learner", "POST /api/login"),
        act(cast.learner, "learner", "GET /api/staff/learners", "FORBIDDEN"),
        act(cast.staff, "staff", "POST /api/login"),
        act(cast.staff, "staff", "GET /api/staff/learners"),
        act(cast.staff, "staff", allow, touched=f"learner_id={cast.learner}"),
        act(cast.staff, "staff", allow, "NOT_FOUND", f"learner_id={cast.other_learner}"),
        act(cast.staff, "staff", allow, "CSRF", "learner_id=x"),
        act(cast.staff, "staff", "POST /api/…", "METHOD_NOT_ALLOWED"),
        act(cast.staff, "staff", "POST /api/logout"),
    ]
    assert (await service.verify(settings.JOURNAL_KEY))[1] == []


async def test_what_cannot_be_kept_is_not_answered_as_done(
    cast: Cast, browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(operation: Operation) -> None:
        raise LogUnavailable

    staff = browser()
    await staff.sign_in("staff")
    monkeypatch.setattr("web.operations.write_down", away)
    answer = await staff.send("POST", f"/api/staff/learners/{cast.learner}/allow")
    assert (answer.status_code, answer.json()["code"]) == (503, "BUSY")
    assert (await staff.get("/api/me")).status_code == 200


async def test_the_log_holds_no_name_and_no_password(cast: Cast, browser: Browsers) -> None:
    """Row 14 and the standards of logs: ids and codes only."""
    learner = browser()
    await learner.sign_in("learner")
    await learner.sign_in("欧阳测试", "geheim-wort")
    text = repr(await kept())
    assert not any(word in text for word in ("欧阳测试", PASSWORD, "geheim-wort", "诸葛测试"))
