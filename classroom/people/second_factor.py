"""The second factor of staff: a time-based code (RFC 6238) beside the password (GB/T 22239 8.1.4.1 d)."""

from dataclasses import dataclass
from typing import Literal

import pyotp

import settings
from classroom.clock import now_ms
from classroom.database import unit_of_work
from classroom.people import store
from classroom.people.keys import DataKey, KeyMissing, Place, blind_index, unwrap
from classroom.people.rules import WRONG_LOGINS_MS, Role, Unknown, WrongState, is_locked
from classroom.people.service import TooManyTries, WrongCode

STEP_S = 30
STEPS_OFF = 1  # a telephone's clock may be half a minute off
ISSUER = "安学课堂"

Missing = Literal["no", "enrol", "code"]


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """What an authenticator is told once."""

    text: str  # base32
    uri: str  # otpauth://


async def missing(account_id: str, role: Role) -> Missing:
    """What still stands between a right password and the account; learners are checked by face instead (row 10)."""
    if role is Role.LEARNER or not settings.SECOND_FACTOR:
        return "no"
    row = await store.logins.second_factor(account_id)
    return "enrol" if row is None or row.confirmed_at_ms is None else "code"


@unit_of_work
async def begin(account_id: str, account_name: str) -> Secret:
    """A new secret, good for nothing until its first code was right. Raises WrongState where one is confirmed."""
    row = await store.logins.second_factor(account_id)
    if row is not None and row.confirmed_at_ms is not None:
        raise WrongState
    text = pyotp.random_base32()
    key = await _key(account_id)
    await store.logins.add_second_factor(
        account_id=account_id,
        secret_sealed=key.seal(text.encode(), Place("second_factor", account_id, "secret_sealed")),
        made_at_ms=now_ms(),
    )
    return Secret(text, pyotp.TOTP(text, interval=STEP_S).provisioning_uri(name=account_name, issuer_name=ISSUER))


async def confirm(account_id: str, code: str, address: str) -> None:
    """The authenticator's first code. Raises WrongCode, TooManyTries, WrongState where there is nothing to confirm."""
    row = await store.logins.second_factor(account_id)
    if row is None or row.confirmed_at_ms is not None:
        raise WrongState
    await _judge(row, code, address, confirmed_at_ms=now_ms())
    await store.accounts.note(now_ms(), account_id, "second_factor_confirmed", account_id)


async def check(account_id: str, code: str, address: str) -> None:
    """A later code. Raises WrongCode, TooManyTries, WrongState where none is confirmed."""
    row = await store.logins.second_factor(account_id)
    if row is None or row.confirmed_at_ms is None:
        raise WrongState
    await _judge(row, code, address, confirmed_at_ms=None)


async def reset(account_name: str) -> None:
    """A lost telephone: the next sign-in enrols anew. An operator's command, after asking who it is. Raises Unknown."""
    row = await store.accounts.account_by_index(blind_index("account", account_name))
    if row is None or await store.logins.drop_second_factor(row.id) == 0:
        raise Unknown
    await store.accounts.note(now_ms(), row.id, "second_factor_reset")


async def _judge(row: store.logins.SecondFactorRow, code: str, address: str, *, confirmed_at_ms: int | None) -> None:
    """Guessing locks as a wrong password does: a million codes are few."""
    now, index = now_ms(), blind_index("second factor", row.account_id)
    this_try = await store.logins.add_login_try(now, index, blind_index("address", address))
    if is_locked(*await store.logins.login_tries(index, blind_index("address", address), now - WRONG_LOGINS_MS)):
        await store.logins.drop_login_tries(now - WRONG_LOGINS_MS, try_id=this_try)
        raise TooManyTries
    key = await _key(row.account_id)
    secret = key.open(row.secret_sealed, Place("second_factor", row.account_id, "secret_sealed")).decode()
    step = _step_of(secret, code, now // 1000)
    if step is None or await store.logins.take_step(row.account_id, step, confirmed_at_ms) == 0:
        await store.logins.login_was_wrong(this_try)
        await store.accounts.note(now, row.account_id, "second_factor_refused")
        raise WrongCode
    await store.logins.drop_login_tries(now - WRONG_LOGINS_MS, account_index=index)


def _step_of(secret: str, code: str, now_s: int) -> int | None:
    """The step whose code this is, near now."""
    totp = pyotp.TOTP(secret, interval=STEP_S)
    for step in range(now_s // STEP_S - STEPS_OFF, now_s // STEP_S + STEPS_OFF + 1):
        if pyotp.utils.strings_equal(code, totp.at(step * STEP_S)):
            return step
    return None


async def _key(account_id: str) -> DataKey:
    row = await store.keys.live_key(account_id, "identity")
    if row is None:
        raise KeyMissing
    return unwrap(row.id, row.wrapped)
