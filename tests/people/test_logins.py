"""Signing in, and being kept from guessing."""

import asyncio

import pytest

from classroom.people import passwords, service
from tests.cast import PASSWORD, Cast


class Clock:
    """The clock of people, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 1_800_000_000_000
        monkeypatch.setattr(service, "now_ms", lambda: self.at)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def test_the_right_password_opens_the_right_account(cast: Cast) -> None:
    account = await service.authenticate("Learner", PASSWORD, "10.0.0.1")

    assert account is not None
    assert (account.id, account.account, account.display_name) == (cast.learner, "learner", "欧阳测试")


async def test_wrong_and_unknown_get_the_same_answer_for_the_same_work(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []
    verify = passwords._hasher.verify
    monkeypatch.setattr(
        passwords._hasher, "verify", lambda password, encoded: bool(judged.append(encoded)) or verify(password, encoded)
    )

    wrong = await service.authenticate("learner", "wrong", "10.0.0.1")
    unknown = await service.authenticate("nobody", "wrong", "10.0.0.1")

    assert (wrong, unknown) == (None, None)
    assert len(judged) == 2
    assert judged[0].split("$")[:4] == judged[1].split("$")[:4]  # the same algorithm at the same cost


async def test_five_wrong_logins_lock_the_account_for_ten_minutes(cast: Cast, clock: Clock) -> None:
    """GB/T 22239 8.1.4.1 b."""
    for _ in range(5):
        assert await service.authenticate("learner", "wrong", "10.0.0.1") is None

    with pytest.raises(service.TooManyTries):
        await service.authenticate("learner", PASSWORD, "10.0.0.2")
    clock.at += 599_999
    for _ in range(7):  # trying meanwhile neither helps nor prolongs it
        with pytest.raises(service.TooManyTries):
            await service.authenticate("learner", PASSWORD, "10.0.0.2")
    assert await service.authenticate("learner2", PASSWORD, "10.0.0.1") is not None  # a neighbour goes on
    clock.at += 1
    assert await service.authenticate("learner", PASSWORD, "10.0.0.2") is not None


async def test_an_unknown_account_locks_as_a_known_one_does(cast: Cast, clock: Clock) -> None:
    for _ in range(5):
        await service.authenticate("nobody", "wrong", "10.0.0.1")

    with pytest.raises(service.TooManyTries):
        await service.authenticate("nobody", "wrong", "10.0.0.1")


async def test_an_address_that_guesses_at_many_accounts_is_locked(cast: Cast, clock: Clock) -> None:
    for number in range(20):
        await service.authenticate(f"guess-{number}", "wrong", "10.0.0.1")

    with pytest.raises(service.TooManyTries):
        await service.authenticate("learner", PASSWORD, "10.0.0.1")
    assert await service.authenticate("learner", PASSWORD, "10.0.0.2") is not None


async def test_a_training_room_may_sign_in_at_one_moment(cast: Cast) -> None:
    """One address, everybody at once, most with a slip of the finger: being judged is not yet being wrong."""
    signing_in = [service.authenticate(account, PASSWORD, "10.0.0.1") for account in ("learner", "staff")] + [
        service.authenticate(f"visitor-{number}", PASSWORD, "10.0.0.1") for number in range(19)
    ]
    accounts = await asyncio.gather(*signing_in)
    assert [one.account for one in accounts if one is not None] == ["learner", "staff"]
    assert (await service.authenticate("learner", PASSWORD, "10.0.0.1")) is not None  # 19 wrong ones are not too many


async def test_a_right_login_forgives_the_wrong_ones_before_it(cast: Cast, clock: Clock) -> None:
    for _ in range(3):
        for _ in range(4):
            assert await service.authenticate("learner", "wrong", "10.0.0.1") is None

        assert await service.authenticate("learner", PASSWORD, "10.0.0.1") is not None


async def test_guesses_sent_at_once_are_no_way_around_the_lock(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = 0

    async def matches(password: str, encoded: str | None) -> bool:
        nonlocal judged
        judged += 1
        await asyncio.sleep(0)
        return False

    monkeypatch.setattr(passwords, "matches", matches)

    answers = await asyncio.gather(
        *(service.authenticate("learner", f"guess-{number}", "10.0.0.1") for number in range(40)),
        return_exceptions=True,
    )

    assert judged <= 5
    assert sum(isinstance(answer, service.TooManyTries) for answer in answers) == 40 - judged


async def test_a_flood_of_logins_is_refused_instead_of_queued_without_bound(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_waiting", passwords._WAITING_AT_MOST)

    for _ in range(7):  # being refused isn't a wrong login
        with pytest.raises(passwords.HashingBusy):
            await service.authenticate("learner", PASSWORD, "10.0.0.1")
