"""Staff sign in with a password and an authenticator's code (GB/T 22239 8.1.4.1 d)."""

from collections.abc import Callable

import pyotp
import pytest

import settings
from classroom.clock import now_ms
from classroom.operations import service as operations
from classroom.people import second_factor
from classroom.people.rules import Unknown
from tests.cast import Cast
from tests.web.conftest import Browser

Browsers = Callable[[], Browser]


@pytest.fixture(autouse=True)
def asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands in the middle of a step: a code that is right stays so until the test is over."""
    instant = now_ms() // 30_000 * 30_000 + 15_000
    monkeypatch.setattr(settings, "SECOND_FACTOR", True)
    monkeypatch.setattr(second_factor, "now_ms", lambda: instant)


def code_of(secret: str, steps_from_now: int = 0) -> str:
    return pyotp.TOTP(secret).at(second_factor.now_ms() // 1000 + 30 * steps_from_now)


async def set_up(staff: Browser) -> str:
    """Sign in for the first time; the answer is the secret. The code of one step ago is used up by it."""
    assert (await staff.sign_in("staff")).json()["second_factor"] == "enrol"
    made = (await staff.send("POST", "/api/second-factor/new")).json()
    assert made["picture"].startswith("data:image/svg+xml")
    done = await staff.send("POST", "/api/second-factor", {"code": code_of(made["secret"], -1)})
    assert done.json()["account"]["account"] == "staff"
    return str(made["secret"])


async def test_the_first_sign_in_sets_it_up_and_later_ones_ask_for_a_code(cast: Cast, browser: Browsers) -> None:
    secret = await set_up(browser())

    later = browser()
    said = (await later.sign_in("staff")).json()
    assert (said["account"], said["second_factor"]) == (None, "code")
    assert (await later.get("/api/staff/learners")).status_code == 401  # half signed in is not signed in
    before = later.cookie
    done = await later.send("POST", "/api/login/code", {"code": code_of(secret)})
    assert (done.status_code, done.json()["account"]["account"], done.json()["second_factor"]) == (200, "staff", "no")
    assert later.cookie != before  # a new key once more
    assert (await later.get("/api/staff/learners")).status_code == 200

    how = [(one.act, one.authenticated, one.outcome) for _, one in await operations.search(0, 2**53)][:3]
    assert how == [
        ("GET /api/staff/learners", "password+totp", "OK"),
        ("POST /api/login/code", "password+totp", "OK"),
        ("GET /api/staff/learners", "password", "NOT_SIGNED_IN"),
    ]


async def test_a_code_is_taken_once_and_only_near_its_time(cast: Cast, browser: Browsers) -> None:
    """RFC 6238 5.2: a code that somebody looked at over the shoulder is worth nothing any more."""
    secret = await set_up(browser())
    other = browser()
    await other.sign_in("staff")
    for code in (code_of(secret, -1), code_of(secret, 4), code_of(secret, -4)):
        refused = await other.send("POST", "/api/login/code", {"code": code})
        assert (refused.status_code, refused.json()["code"]) == (401, "WRONG_CODE")
    assert (await other.send("POST", "/api/login/code", {"code": code_of(secret)})).status_code == 200


async def test_guessing_locks_even_for_the_right_code(cast: Cast, browser: Browsers) -> None:
    secret = await set_up(browser())
    thief = browser()
    await thief.sign_in("staff")
    wrong = f"{(int(code_of(secret)) + 1) % 1_000_000:06}"
    codes = [(await thief.send("POST", "/api/login/code", {"code": wrong})).json()["code"] for _ in range(6)]
    assert codes == ["WRONG_CODE"] * 5 + ["TOO_MANY_TRIES"]
    locked = await thief.send("POST", "/api/login/code", {"code": code_of(secret)})
    assert (locked.status_code, locked.json()["code"]) == (429, "TOO_MANY_TRIES")


async def test_without_the_password_there_is_nothing_to_bring_a_code_to(cast: Cast, browser: Browsers) -> None:
    stranger, learner = browser(), browser()
    await learner.sign_in("learner")
    for one in (stranger, learner):
        for path in ("/api/login/code", "/api/second-factor"):
            assert (await one.send("POST", path, {"code": "000000"})).status_code == 401
        assert (await one.send("POST", "/api/second-factor/new")).status_code == 401


async def test_a_password_alone_replaces_no_authenticator(cast: Cast, browser: Browsers) -> None:
    await set_up(browser())
    thief = browser()
    await thief.sign_in("staff")
    for path, body in (("/api/second-factor/new", None), ("/api/second-factor", {"code": "000000"})):
        answer = await thief.send("POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "WRONG_STATE")


async def test_the_time_to_bring_the_code_is_short(
    cast: Cast, browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = await set_up(browser())
    late = browser()
    await late.sign_in("staff")
    monkeypatch.setattr("web.api.half.HALF_MS", -1)
    assert (await late.send("POST", "/api/login/code", {"code": code_of(secret)})).status_code == 401
    assert (await late.get("/api/me")).json()["second_factor"] == "no"


async def test_a_lost_telephone_is_reset_by_command_and_set_up_anew(cast: Cast, browser: Browsers) -> None:
    first = await set_up(browser())
    await second_factor.reset("staff")
    with pytest.raises(Unknown):
        await second_factor.reset("staff")
    assert await set_up(browser()) != first


async def test_learners_need_none(cast: Cast, browser: Browsers) -> None:
    """Row 10 checks them by face."""
    assert (await browser().sign_in("learner")).json()["account"]["account"] == "learner"
