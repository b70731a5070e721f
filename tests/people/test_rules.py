"""Logins that lock, and who may enrol: from values alone."""

import pytest

from classroom.people.rules import (
    NOTICE_VERSION,
    Enrolment,
    NoConsent,
    NotAllowed,
    PeopleError,
    PortraitState,
    is_locked,
    why_not_enrol,
)

ACTIVE, PENDING, REFUSED, EXPIRED, DISABLED = (
    PortraitState.ACTIVE,
    PortraitState.PENDING,
    PortraitState.REFUSED,
    PortraitState.EXPIRED,
    PortraitState.DISABLED,
)


@pytest.mark.parametrize(
    ("of_account", "of_address", "locked"),
    [(1, 1, False), (5, 5, False), (6, 6, True), (1, 19, False), (1, 20, True)],
)
def test_the_sixth_try_of_an_account_isnt_judged_nor_any_of_an_address_after_20_wrong_ones(
    of_account: int, of_address: int, locked: bool
) -> None:
    """GB/T 22239 8.1.4.1 b: login failures are handled."""
    assert is_locked(of_account, of_address) is locked


@pytest.mark.parametrize(
    ("consented_to", "states", "allowed", "refusal"),
    [
        (NOTICE_VERSION, [], False, None),
        (NOTICE_VERSION, [REFUSED], False, None),
        (NOTICE_VERSION, [PENDING], False, NotAllowed),
        (NOTICE_VERSION, [ACTIVE], False, NotAllowed),
        (NOTICE_VERSION, [EXPIRED, ACTIVE], False, NotAllowed),
        (NOTICE_VERSION, [DISABLED], False, NotAllowed),
        (NOTICE_VERSION, [DISABLED, REFUSED], False, NotAllowed),
        (NOTICE_VERSION, [ACTIVE], True, None),
        (NOTICE_VERSION, [PENDING], True, None),
        (None, [], False, NoConsent),
        (None, [ACTIVE], True, NoConsent),
        ("an older notice", [], False, NoConsent),
    ],
)
def test_a_portrait_needs_consent_and_after_a_confirmed_one_the_staffs_word(
    consented_to: str | None, states: list[PortraitState], allowed: bool, refusal: type[PeopleError] | None
) -> None:
    """PIPL 29: separate consent. A confirmed face isn't replaced by its holder's own choice, not even by withdrawing."""
    answer = why_not_enrol(Enrolment(consented_to, states, allowed))

    assert (None if answer is None else type(answer)) is refusal
