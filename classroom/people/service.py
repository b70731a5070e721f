"""Use cases of institutions and accounts: who there is, who signs in, who acts on whom."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

from classroom.clock import now_ms
from classroom.database import unit_of_work
from classroom.people import passwords, store
from classroom.people.identity import Gender, Identity, identity_of, masked, normal
from classroom.people.keyring import new_key
from classroom.people.keys import DataKey, KeyMissing, Place, blind_index, unwrap
from classroom.people.regions import region
from classroom.people.rules import (
    WRONG_LOGINS_MS,
    Account,
    CheckedBy,
    Institution,
    InstitutionKind,
    InstitutionState,
    PeopleError,
    Role,
    Unknown,
    is_locked,
)

CHINA = timezone(timedelta(hours=8))  # one time, without summer time
SAME_NAME_AT_MOST = 500  # learners in the whole province
AT_ONCE = 500  # names opened between two turns of the loop; SQLite takes some thousand values in a query


class TooManyTries(PeopleError):
    """Too many wrong logins of this account or address; the right password is refused too."""

    code = "TOO_MANY_TRIES"


class WrongCode(PeopleError):
    """Not the code that the authenticator shows now, or one that was used before."""

    code = "WRONG_CODE"


async def institution(institution_id: str) -> Institution | None:
    """A training institution."""
    row = await store.accounts.institution(institution_id)
    return None if row is None else _institution(row)


async def institutions() -> list[Institution]:
    """Every institution, by id; a province has some hundreds."""
    return [_institution(row) for row in await store.accounts.institutions()]


def _institution(row: store.accounts.InstitutionRow) -> Institution:
    return Institution(row.id, row.name, row.city_code, InstitutionKind(row.kind), InstitutionState(row.state))


async def add_institution(
    institution_id: str,
    name: str,
    city_code: str,
    kind: InstitutionKind = InstitutionKind.TRAINING,
    state: InstitutionState = InstitutionState.ACTIVE,
) -> None:
    """Make an institution. Raises UnknownRegion."""
    region(city_code)
    columns = {"name": name, "city_code": city_code, "kind": kind.value, "state": state.value}
    await store.accounts.add_institution(id=institution_id, **columns)


async def set_institution_state(institution_id: str, state: InstitutionState) -> None:
    """Registered, or cancelled; a suspension is set elsewhere (classroom/courses/suspensions.py)."""
    await store.accounts.set_institution_state(institution_id, state.value)


async def register_in(institution_id: str, city_code: str) -> None:
    """A training institution is registered in one more city (article 13); safe to repeat. Raises UnknownRegion."""
    region(city_code)
    await store.accounts.add_city(institution_id, city_code)


async def cities_of(institution_id: str) -> set[str]:
    """The cities in which an institution may hold classes: its own and those it is registered in."""
    row = await store.accounts.institution(institution_id)
    return set() if row is None else {row.city_code} | await store.accounts.cities_of(institution_id)


@unit_of_work
async def register(
    institution_id: str,
    role: Role,
    account_name: str,
    display_name: str,
    password_hash: str,
    id_number: str | None = None,
) -> str:
    """Make an account; the answer is its id. ``password_hash`` comes from ``passwords.hash_password``.

    Raises BadIdNumber.
    """
    identity = None if id_number is None else identity_of(id_number, _today())
    account_id = uuid.uuid4().hex
    key = await new_key(account_id, "identity")
    await store.accounts.add_account(
        id=account_id,
        institution_id=institution_id,
        role=role.value,
        account_index=blind_index("account", account_name),
        account_sealed=key.seal(account_name.encode(), Place("account", account_id, "account_sealed")),
        name_index=name_index(display_name),
        name_sealed=key.seal(display_name.encode(), Place("account", account_id, "name_sealed")),
        password=password_hash,
        **({} if identity is None else _identity_columns(key, account_id, identity)),
    )
    await store.accounts.note(now_ms(), account_id, "registered")
    return account_id


def _identity_columns(key: DataKey, account_id: str, identity: Identity) -> dict[str, Any]:
    return {
        "id_index": id_index(identity.number),
        "id_sealed": key.seal(identity.number.encode(), Place("account", account_id, "id_sealed")),
        "gender": identity.gender.value,
        "birth_year": identity.born.year,
    }


def name_index(display_name: str) -> str:
    """What a real name is found by: whole names only."""
    return blind_index("name", display_name)


def id_index(id_number: str) -> str:
    """What a resident ID number is found by, however it was typed."""
    return blind_index("id_number", normal(id_number))


async def account(account_id: str) -> Account | None:
    """The account, or None where there is none in use."""
    row = await store.accounts.account(account_id)
    return None if row is None else (await opened([row]))[0]


async def standing_of(account_id: str) -> tuple[str, str] | None:
    """Role and institution of an account, without opening its name; None where there is none in use."""
    row = await store.accounts.account(account_id)
    return None if row is None else (row.role, row.institution_id)


async def names_of(account_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Ids with names, in the order given; who isn't in use any more is left out."""
    names: dict[str, str] = {}
    for some in [account_ids[start : start + AT_ONCE] for start in range(0, len(account_ids), AT_ONCE)]:
        names |= {one.id: one.display_name for one in await opened(await store.accounts.accounts(some))}
    return [(one, names[one]) for one in account_ids if one in names]


async def learners_with(name: str | None, id_number: str | None) -> list[str]:
    """Ids of the learners with this whole name, this ID number or both."""
    by_name = None if name is None else name_index(name)
    by_id = None if id_number is None else id_index(id_number)
    return await store.accounts.learners_with(by_name, by_id, SAME_NAME_AT_MOST)


async def learners_like(account_ids: Sequence[str], gender: Gender | None, at_most: int) -> list[Account]:
    """Those of them that are learners in use, and of that gender where one is named."""
    found: list[Account] = []
    for start in range(0, len(account_ids), AT_ONCE):
        some, left = account_ids[start : start + AT_ONCE], at_most - len(found)
        if left <= 0:
            break
        found += await opened(await store.accounts.learners_like(some, None if gender is None else gender.value, left))
    return found


async def account_id_of(account_name: str) -> str | None:
    """The id behind an account's name."""
    row = await store.accounts.account_by_index(blind_index("account", account_name))
    return None if row is None else row.id


async def set_password(account_id: str, password_hash: str) -> None:
    """Replace the password; ``password_hash`` comes from ``passwords.hash_password``."""
    await store.accounts.set_password(account_id, password_hash)
    await store.accounts.note(now_ms(), account_id, "password_set")


async def authenticate(account_name: str, password: str, address: str = "") -> Account | None:
    """The account whose name and password these are.

    The same work for an unknown account. Raises TooManyTries (nothing was judged), HashingBusy.
    """
    now = now_ms()
    account_index = blind_index("account", account_name)
    address_index = blind_index("address", address)
    # Noted before it is judged: a hundred logins sent at once are no way around the lock.
    this_try = await store.logins.add_login_try(now, account_index, address_index)
    tries = await store.logins.login_tries(account_index, address_index, now - WRONG_LOGINS_MS)
    if is_locked(*tries):
        # Else trying would prolong the lock.
        await store.logins.drop_login_tries(now - WRONG_LOGINS_MS, try_id=this_try)
        raise TooManyTries
    row = await store.accounts.account_by_index(account_index)
    try:
        fits = await passwords.matches(password, None if row is None else row.password)
    except BaseException:
        await asyncio.shield(store.logins.drop_login_tries(now - WRONG_LOGINS_MS, try_id=this_try))
        raise
    if row is None or not fits:
        await store.logins.login_was_wrong(this_try)
        if row is not None:
            await store.accounts.note(now, row.id, "login_refused")
        return None
    await store.logins.drop_login_tries(now - WRONG_LOGINS_MS, account_index=account_index)
    await store.accounts.note(now, row.id, "login")
    return (await opened([row]))[0]


async def note(account_id: str, kind: str, by_id: str | None = None, detail: str | None = None) -> None:
    """Add to what was done to or by a person, now."""
    await store.accounts.note(now_ms(), account_id, kind, by_id, detail)


async def staff_of(staff_id: str, learner_id: str) -> Account:
    """The learner, where this member of staff may act on them; every staff use case asks here. Raises Unknown."""
    staff, learner = await store.accounts.account(staff_id), await store.accounts.account(learner_id)
    if staff is None or staff.role != Role.STAFF or learner is None or learner.role != Role.LEARNER:
        raise Unknown
    if staff.institution_id != learner.institution_id:
        raise Unknown  # another institution's learners are not even known to exist
    return (await opened([learner]))[0]


async def learners_seen_by(staff_id: str) -> list[Account]:
    """The learners of the staff member's own institution."""
    staff = await store.accounts.account(staff_id)
    if staff is None or staff.role != Role.STAFF:
        raise Unknown
    return await opened(await store.accounts.learners_of(staff.institution_id))


async def staff_and_proctors(institution_id: str) -> list[Account]:
    """Who acts on an institution's learners."""
    return await opened(await store.accounts.staff_and_proctors_of(institution_id))


async def opened(rows: Sequence[store.accounts.AccountRow]) -> list[Account]:
    """Rows with their sealed columns read. Raises KeyMissing."""
    keys = {key.account_id: key for key in await store.keys.live_keys_of([row.id for row in rows], "identity")}
    opened = []
    for row in rows:
        if row.id not in keys:
            raise KeyMissing
        key = unwrap(keys[row.id].id, keys[row.id].wrapped)
        opened.append(
            Account(
                id=row.id,
                role=Role(row.role),
                institution_id=row.institution_id,
                account=key.open(row.account_sealed, Place("account", row.id, "account_sealed")).decode(),
                display_name=key.open(row.name_sealed, Place("account", row.id, "name_sealed")).decode(),
                id_masked=_id_masked(key, row),
                gender=row.gender,
                birth_year=row.birth_year,
                checked_by=CheckedBy(row.checked_by),
            )
        )
    return opened


def _today() -> date:
    return datetime.fromtimestamp(now_ms() / 1000, CHINA).date()


def _id_masked(key: DataKey, row: store.accounts.AccountRow) -> str | None:
    if row.id_sealed is None:
        return None
    return masked(key.open(row.id_sealed, Place("account", row.id, "id_sealed")).decode())
