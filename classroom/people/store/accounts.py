"""Every query of institutions, accounts and what was done to them."""

from collections.abc import Sequence
from typing import Any

from classroom.people.tables import Account, Institution, InstitutionCity, PersonEvent

AccountRow = Account
InstitutionRow = Institution


async def add_institution(**columns: Any) -> None:
    """A new row."""
    await Institution.create(**columns)


async def institution(institution_id: str) -> Institution | None:
    """By id."""
    return await Institution.get_or_none(id=institution_id)


async def institutions() -> list[Institution]:
    """All, by id."""
    return await Institution.all().order_by("id")


async def set_institution_state(institution_id: str, state: str) -> None:
    """Replace the state."""
    await Institution.filter(id=institution_id).update(state=state)


async def add_city(institution_id: str, city_code: str) -> None:
    """A new row, unless it is there."""
    await InstitutionCity.get_or_create(institution_id=institution_id, city_code=city_code)


async def cities_of(institution_id: str) -> set[str]:
    """Besides the one it is in."""
    rows = InstitutionCity.filter(institution_id=institution_id)
    return {str(code) for code in await rows.values_list("city_code", flat=True)}


async def add_account(**columns: Any) -> None:
    """A new row."""
    await Account.create(**columns)


async def account(account_id: str) -> Account | None:
    """By id, when in use."""
    return await Account.get_or_none(id=account_id, disabled_at_ms=None)


async def account_by_index(account_index: str) -> Account | None:
    """By the blind index of the account's name, when in use."""
    return await Account.get_or_none(account_index=account_index, disabled_at_ms=None)


async def accounts(account_ids: Sequence[str]) -> list[Account]:
    """Those of them that are in use."""
    return await Account.filter(id__in=list(account_ids), disabled_at_ms=None)


async def learners_with(name_index: str | None, id_index: str | None, at_most: int) -> list[str]:
    """Ids of the learners in use with this name, this number or both."""
    query = Account.filter(role="learner", disabled_at_ms=None)
    if name_index is not None:
        query = query.filter(name_index=name_index)
    if id_index is not None:
        query = query.filter(id_index=id_index)
    return [str(one) for one in await query.order_by("id").limit(at_most).values_list("id", flat=True)]


async def learners_like(account_ids: Sequence[str], gender: str | None, at_most: int) -> list[Account]:
    """Those of them that are learners in use, and of that gender where one is named."""
    query = Account.filter(id__in=list(account_ids), role="learner", disabled_at_ms=None)
    if gender is not None:
        query = query.filter(gender=gender)
    return await query.order_by("id").limit(at_most)


async def learners_of(institution_id: str) -> list[Account]:
    """The learners of an institution, in use."""
    return await Account.filter(institution_id=institution_id, role="learner", disabled_at_ms=None).order_by("id")


async def staff_and_proctors_of(institution_id: str) -> list[Account]:
    """Who acts on an institution's learners, in use."""
    query = Account.filter(institution_id=institution_id, role__in=["staff", "proctor"], disabled_at_ms=None)
    return await query.order_by("id")


async def set_password(account_id: str, encoded: str) -> None:
    """Replace the encoded hash."""
    await Account.filter(id=account_id).update(password=encoded)


async def set_enrolment_allowed(account_id: str, at_ms: int | None) -> None:
    """Since when one more enrolment is allowed; None takes it back."""
    await Account.filter(id=account_id).update(enrolment_allowed_at_ms=at_ms)


async def set_checked_by(account_id: str, checked_by: str) -> int:
    """How this learner's checks are made; 0 where there is no such account."""
    return await Account.filter(id=account_id).update(checked_by=checked_by)


async def note(at_ms: int, account_id: str, kind: str, by_id: str | None = None, detail: str | None = None) -> None:
    """Add to what was done to or by a person."""
    await PersonEvent.create(at_ms=at_ms, account_id=account_id, kind=kind, by_id=by_id, detail=detail)


async def notes_of(account_id: str) -> list[PersonEvent]:
    """What was done to or by a person, in order."""
    return await PersonEvent.filter(account_id=account_id).order_by("id")
