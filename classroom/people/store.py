"""Every query of people: accounts, keys, consent, portraits, evidence, sessions, logins."""

from collections.abc import Sequence
from typing import Any

from tortoise.expressions import Q

from classroom.database import connection_in_use
from classroom.people.tables import (
    Account,
    Alternative,
    Consent,
    Evidence,
    Institution,
    InstitutionCity,
    LoginTry,
    PersonEvent,
    PersonKey,
    PersonRequest,
    Portrait,
    SecondFactor,
    WebSession,
)

AccountRow = Account
EvidenceRow = Evidence
InstitutionRow = Institution
RequestRow = PersonRequest
SecondFactorRow = SecondFactor

# ---------------------------------------------------------------- institutions and accounts


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


async def note(at_ms: int, account_id: str, kind: str, by_id: str | None = None, detail: str | None = None) -> None:
    """Add to what was done to or by a person."""
    await PersonEvent.create(at_ms=at_ms, account_id=account_id, kind=kind, by_id=by_id, detail=detail)


async def notes_of(account_id: str) -> list[PersonEvent]:
    """What was done to or by a person, in order."""
    return await PersonEvent.filter(account_id=account_id).order_by("id")


# ---------------------------------------------------------------- keys


async def add_key(**columns: Any) -> None:
    """A new row."""
    await PersonKey.create(**columns)


async def live_key(account_id: str, purpose: str) -> PersonKey | None:
    """A person's key for a purpose, when it wasn't destroyed."""
    return await PersonKey.get_or_none(account_id=account_id, live=purpose)


async def key(key_id: str) -> PersonKey | None:
    """By id, tombstones too."""
    return await PersonKey.get_or_none(id=key_id)


async def live_keys_of(account_ids: Sequence[str], purpose: str) -> list[PersonKey]:
    """``live_key`` of many."""
    return await PersonKey.filter(account_id__in=list(account_ids), live=purpose)


async def keys_not_wrapped_by(kek_id: str, at_most: int) -> list[PersonKey]:
    """Keys that live and are wrapped by another key encryption key, in order of their ids."""
    return await PersonKey.filter(wrapped__not_isnull=True, kek_id__not=kek_id).order_by("id").limit(at_most)


async def rewrap_key(key_id: str, was: str, kek_id: str, wrapped: bytes) -> int:
    """Compare and set: 0 where the key was destroyed or rewrapped meanwhile."""
    rows = PersonKey.filter(id=key_id, kek_id=was, wrapped__not_isnull=True)
    return await rows.update(kek_id=kek_id, wrapped=wrapped)


async def destroy_key(account_id: str, purpose: str, at_ms: int) -> int:
    """The rows that lost their key; they stay as tombstones."""
    live = PersonKey.filter(account_id=account_id, live=purpose)
    return await live.update(wrapped=None, live=None, destroyed_at_ms=at_ms)


# ---------------------------------------------------------------- consent


async def live_consent(account_id: str) -> Consent | None:
    """The consent that was neither withdrawn nor replaced."""
    return await Consent.get_or_none(account_id=account_id, live="1")


async def live_consents_of(account_ids: Sequence[str]) -> list[Consent]:
    """The same of many."""
    return await Consent.filter(account_id__in=list(account_ids), live="1")


async def add_consent(**columns: Any) -> None:
    """A new row."""
    await Consent.create(**columns)


async def end_consent(account_id: str, at_ms: int | None) -> int:
    """Withdrawn at that instant, or replaced by a newer one (None)."""
    return await Consent.filter(account_id=account_id, live="1").update(live=None, withdrawn_at_ms=at_ms)


# ---------------------------------------------------------------- portraits and evidence


async def add_portrait(**columns: Any) -> None:
    """A new row."""
    await Portrait.create(**columns)


async def portraits_of(learner_id: str) -> list[Portrait]:
    """All that were ever submitted, in order."""
    return await Portrait.filter(learner_id=learner_id).order_by("submitted_at_ms", "id")


async def portrait_states_of(learner_ids: Sequence[str]) -> list[tuple[str, str]]:
    """(learner, pending or active), none for those without."""
    rows = Portrait.filter(learner_id__in=list(learner_ids), live__not_isnull=True)
    return await rows.values_list("learner_id", "live")


async def all_portrait_states_of(learner_ids: Sequence[str]) -> list[tuple[str, str]]:
    """(learner, state) of all that were ever submitted."""
    return await Portrait.filter(learner_id__in=list(learner_ids)).values_list("learner_id", "state")


async def live_portrait(learner_id: str, state: str) -> Portrait | None:
    """The pending or the active one."""
    return await Portrait.get_or_none(learner_id=learner_id, live=state)


async def pending_portraits_of(institution_id: str) -> list[tuple[Portrait, Account]]:
    """What waits in an institution, oldest first."""
    accounts = {row.id: row for row in await learners_of(institution_id)}
    rows = await Portrait.filter(live="pending", learner_id__in=list(accounts)).order_by("submitted_at_ms")
    return [(row, accounts[row.learner_id]) for row in rows]


async def move_portrait(
    learner_id: str, was: str, state: str, at_ms: int, by_id: str | None = None, reason: str | None = None
) -> int:
    """Compare and set: the rows that were in that state and are in the new one."""
    live = state if state in {"pending", "active"} else None
    rows = Portrait.filter(learner_id=learner_id, live=was)
    return await rows.update(state=state, live=live, decided_at_ms=at_ms, decided_by=by_id, refused_reason=reason)


async def add_evidence(**columns: Any) -> None:
    """A new row."""
    await Evidence.create(**columns)


async def evidence(evidence_id: str) -> Evidence | None:
    """By id."""
    return await Evidence.get_or_none(id=evidence_id)


async def evidence_of_check(learner_id: str, check_id: str) -> Evidence | None:
    """The newest of a learner's check."""
    return await Evidence.filter(learner_id=learner_id, check_id=check_id).order_by("-taken_at_ms", "id").first()


async def checks_with_evidence(learner_id: str, check_ids: Sequence[str]) -> list[str]:
    """Those of them."""
    rows = await Evidence.filter(learner_id=learner_id, check_id__in=list(check_ids)).values_list("check_id")
    return [check_id for (check_id,) in rows]


# ---------------------------------------------------------------- alternatives and requests for a person


async def live_alternatives_of(learner_ids: Sequence[str]) -> list[Alternative]:
    """One a learner at most."""
    return await Alternative.filter(learner_id__in=list(learner_ids), live="1")


async def add_alternative(**columns: Any) -> None:
    """A new row."""
    await Alternative.create(**columns)


async def end_alternative(learner_id: str, at_ms: int, by_id: str) -> int:
    """1 where there was one."""
    rows = Alternative.filter(learner_id=learner_id, live="1")
    return await rows.update(live=None, ended_at_ms=at_ms, ended_by=by_id)


async def add_request(**columns: Any) -> PersonRequest:
    """A new row."""
    return await PersonRequest.create(**columns)


async def request(request_id: str) -> PersonRequest | None:
    """By id."""
    return await PersonRequest.get_or_none(id=request_id)


async def requests_of(learner_id: str, at_most: int) -> list[PersonRequest]:
    """A learner's, newest first."""
    return await PersonRequest.filter(learner_id=learner_id).order_by("-requested_at_ms", "id").limit(at_most)


async def open_requests_of(learner_ids: Sequence[str], at_most: int) -> list[PersonRequest]:
    """Those that wait, oldest first."""
    rows = PersonRequest.filter(learner_id__in=list(learner_ids), handled_at_ms=None)
    return await rows.order_by("requested_at_ms", "id").limit(at_most)


async def handled_requests_of(learner_ids: Sequence[str], at_most: int) -> list[PersonRequest]:
    """Those that were handled, newest first."""
    rows = PersonRequest.filter(learner_id__in=list(learner_ids), handled_at_ms__not_isnull=True)
    return await rows.order_by("-handled_at_ms", "id").limit(at_most)


async def close_request(request_id: str, at_ms: int, by_id: str, outcome: str) -> int:
    """Compare and set: 0 where it was handled meanwhile."""
    rows = PersonRequest.filter(id=request_id, handled_at_ms=None)
    return await rows.update(handled_at_ms=at_ms, handled_by=by_id, outcome=outcome)


async def queue_of(class_ids: Sequence[str], at_most: int) -> list[PersonRequest]:
    """Open requests of these classes, in the order in which they were made."""
    rows = PersonRequest.filter(class_id__in=list(class_ids), handled_at_ms=None)
    return await rows.order_by("requested_at_ms", "id").limit(at_most)


async def open_request_of(learner_id: str, class_id: str) -> PersonRequest | None:
    """The learner's oldest open one in a class."""
    rows = PersonRequest.filter(learner_id=learner_id, class_id=class_id, handled_at_ms=None)
    return await rows.order_by("requested_at_ms", "id").first()


async def before_in_queue(class_id: str, requested_at_ms: int) -> int:
    """How many in the class asked earlier and wait still."""
    return await PersonRequest.filter(
        class_id=class_id, handled_at_ms=None, requested_at_ms__lt=requested_at_ms
    ).count()


async def newest_calls(class_id: str, at_most: int) -> list[PersonRequest]:
    """Those of the class that were decided in a call, newest first."""
    rows = PersonRequest.filter(class_id=class_id, handled_at_ms__not_isnull=True, call_check__not_isnull=True)
    return await rows.order_by("-handled_at_ms").limit(at_most)


async def request_due(request_id: str, at_ms: int) -> int:
    """Note since when a check waits; 0 where that was known."""
    return await PersonRequest.filter(id=request_id, handled_at_ms=None, due_at_ms=None).update(due_at_ms=at_ms)


async def take_request(request_id: str, by_id: str, check: str, at_ms: int, lapsed_before_ms: int) -> int:
    """Compare and set: 0 where a colleague is faster. A call that began before then is over, whatever is written."""
    free = Q(taken_by=None) | Q(taken_at_ms__lt=lapsed_before_ms)
    rows = PersonRequest.filter(free, id=request_id, handled_at_ms=None)
    return await rows.update(taken_by=by_id, taken_at_ms=at_ms, call_check=check)


async def request_of_call(check: str) -> PersonRequest | None:
    """The open request that is being answered by this check."""
    return await PersonRequest.get_or_none(call_check=check, handled_at_ms=None)


async def end_call(check: str) -> int:
    """No verdict: back to its place; 0 where that was done."""
    rows = PersonRequest.filter(call_check=check, handled_at_ms=None)
    return await rows.update(taken_by=None, taken_at_ms=None, call_check=None, due_at_ms=None)


async def decide_call(check: str, at_ms: int, by_id: str, outcome: str) -> int:
    """Compare and set: 0 where it was written down."""
    rows = PersonRequest.filter(call_check=check, handled_at_ms=None)
    return await rows.update(handled_at_ms=at_ms, handled_by=by_id, outcome=outcome)


async def set_checked_by(account_id: str, checked_by: str) -> int:
    """How this learner's checks are made; 0 where there is no such account."""
    return await Account.filter(id=account_id).update(checked_by=checked_by)


# ---------------------------------------------------------------- web sessions


async def web_session(key_hash: str, now_ms: int) -> WebSession | None:
    """One that can be used now."""
    return await WebSession.get_or_none(key_hash=key_hash, ended_at_ms=None, expires_at_ms__gt=now_ms)


async def usable_web_sessions(key_hashes: Sequence[str], now_ms: int) -> set[str]:
    """Those of them that can be used now."""
    rows = WebSession.filter(key_hash__in=list(key_hashes), ended_at_ms=None, expires_at_ms__gt=now_ms)
    return {str(one) for one in await rows.values_list("key_hash", flat=True)}


async def web_session_exists(key_hash: str) -> bool:
    """Also ended and expired ones."""
    return await WebSession.filter(key_hash=key_hash).exists()


async def add_web_session(**columns: Any) -> None:
    """A new row."""
    await WebSession.create(**columns)


async def change_web_session(key_hash: str, account_id: str | None, content: str) -> int:
    """The rows changed: 0 when it was ended."""
    rows = WebSession.filter(key_hash=key_hash, ended_at_ms=None)
    return await rows.update(account_id=account_id, content=content)


async def end_web_session(key_hash: str, at_ms: int, reason: str) -> int:
    """The rows changed: 0 when it had been ended before."""
    return await WebSession.filter(key_hash=key_hash, ended_at_ms=None).update(ended_at_ms=at_ms, ended_reason=reason)


# ---------------------------------------------------------------- wrong logins


async def add_login_try(at_ms: int, account_index: str, address_index: str) -> int:
    """Its id."""
    row = await LoginTry.create(at_ms=at_ms, account_index=account_index, address_index=address_index)
    try_id: int = row.id
    return try_id


async def login_tries(account_index: str, address_index: str, since_ms: int) -> tuple[int, int]:
    """(of the account, those being judged included; wrong ones of the address) since that instant."""
    recent = LoginTry.filter(at_ms__gt=since_ms)
    return (
        await recent.filter(account_index=account_index).count(),
        await recent.filter(address_index=address_index, wrong=True).count(),
    )


async def login_was_wrong(try_id: int) -> None:
    """It has been judged."""
    await LoginTry.filter(id=try_id).update(wrong=True)


async def drop_login_tries(before_ms: int, try_id: int | None = None, account_index: str | None = None) -> None:
    """Those that can't lock any more; besides them one try, or all of one account."""
    which = Q(at_ms__lte=before_ms)
    if try_id is not None:
        which |= Q(id=try_id)
    if account_index is not None:
        which |= Q(account_index=account_index)
    await LoginTry.filter(which).delete()


async def second_factor(account_id: str) -> SecondFactor | None:
    """Confirmed or not."""
    return await SecondFactor.get_or_none(account_id=account_id)


async def add_second_factor(**columns: Any) -> None:
    """A new row in place of one that was never confirmed."""
    await SecondFactor.filter(account_id=columns["account_id"], confirmed_at_ms=None).delete()
    await SecondFactor.create(**columns)


async def take_step(account_id: str, step: int, confirmed_at_ms: int | None) -> int:
    """Note the newest code; 0 where it, or a newer one, was taken before."""
    columns = {"last_step": step} | ({} if confirmed_at_ms is None else {"confirmed_at_ms": confirmed_at_ms})
    return await SecondFactor.filter(account_id=account_id, last_step__lt=step).update(**columns)


async def drop_second_factor(account_id: str) -> int:
    """1 where there was one."""
    return await SecondFactor.filter(account_id=account_id).delete()


async def forget_overwritten() -> None:
    """Leave no copy of overwritten rows behind in SQLite's log; the file itself is overwritten by secure_delete."""
    connection = connection_in_use()
    if connection.capabilities.dialect == "sqlite":
        await connection.execute_query("PRAGMA wal_checkpoint(TRUNCATE)")
