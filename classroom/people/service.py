"""Use cases of people: sign-in, consent, portraits, evidence; each loads, decides, saves, publishes."""

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

import msgspec

import settings
from classroom import notices
from classroom.clock import now_ms
from classroom.database import unit_of_work
from classroom.people import passwords, store
from classroom.people.identity import Gender, Identity, identity_of, masked, normal
from classroom.people.keys import DataKey, KeyMissing, Place, blind_index, new_data_key, session_key_hash, unwrap, wrap
from classroom.people.regions import region
from classroom.people.rules import (
    NOTICE_VERSION,
    WRONG_LOGINS_MS,
    Account,
    CheckedBy,
    ConsentGiven,
    Enrolment,
    Institution,
    InstitutionKind,
    InstitutionState,
    NoConsent,
    OutdatedNotice,
    PeopleError,
    PortraitState,
    Role,
    SignedIn,
    Unknown,
    WrongState,
    is_locked,
    why_not_enrol,
)

EMBEDDING_LENGTH = 128  # SFace
PICTURE_BYTES_AT_MOST = 2_000_000
CHINA = timezone(timedelta(hours=8))  # one time, without summer time
SAME_NAME_AT_MOST = 500  # learners in the whole province
AT_ONCE = 500  # names opened between two turns of the loop; SQLite takes some thousand values in a query


class TooManyTries(PeopleError):
    """Too many wrong logins of this account or address; the right password is refused too."""

    code = "TOO_MANY_TRIES"


class WrongCode(PeopleError):
    """Not the code that the authenticator shows now, or one that was used before."""

    code = "WRONG_CODE"


@dataclass(frozen=True, slots=True)
class SubmittedPortrait:
    """A portrait that waits for the institution."""

    learner_id: str
    display_name: str
    submitted_at_ms: int
    jpeg: bytes


# ---------------------------------------------------------------- accounts


async def institution(institution_id: str) -> Institution | None:
    """A training institution."""
    row = await store.institution(institution_id)
    return None if row is None else _institution(row)


async def institutions() -> list[Institution]:
    """Every institution, by id; a province has some hundreds."""
    return [_institution(row) for row in await store.institutions()]


def _institution(row: store.InstitutionRow) -> Institution:
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
    await store.add_institution(id=institution_id, **columns)


async def set_institution_state(institution_id: str, state: InstitutionState) -> None:
    """Registered, or cancelled; a suspension is set elsewhere (classroom/courses/suspensions.py)."""
    await store.set_institution_state(institution_id, state.value)


async def register_in(institution_id: str, city_code: str) -> None:
    """A training institution is registered in one more city (article 13); safe to repeat. Raises UnknownRegion."""
    region(city_code)
    await store.add_city(institution_id, city_code)


async def cities_of(institution_id: str) -> set[str]:
    """The cities in which an institution may hold classes: its own and those it is registered in."""
    row = await store.institution(institution_id)
    return set() if row is None else {row.city_code} | await store.cities_of(institution_id)


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
    key = await _new_key(account_id, "identity")
    await store.add_account(
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
    await store.note(now_ms(), account_id, "registered")
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
    row = await store.account(account_id)
    return None if row is None else (await _opened([row]))[0]


async def standing_of(account_id: str) -> tuple[str, str] | None:
    """Role and institution of an account, without opening its name; None where there is none in use."""
    row = await store.account(account_id)
    return None if row is None else (row.role, row.institution_id)


async def names_of(account_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Ids with names, in the order given; who isn't in use any more is left out."""
    names: dict[str, str] = {}
    for some in [account_ids[start : start + AT_ONCE] for start in range(0, len(account_ids), AT_ONCE)]:
        names |= {one.id: one.display_name for one in await _opened(await store.accounts(some))}
    return [(one, names[one]) for one in account_ids if one in names]


async def learners_with(name: str | None, id_number: str | None) -> list[str]:
    """Ids of the learners with this whole name, this ID number or both."""
    by_name = None if name is None else name_index(name)
    by_id = None if id_number is None else id_index(id_number)
    return await store.learners_with(by_name, by_id, SAME_NAME_AT_MOST)


async def learners_like(account_ids: Sequence[str], gender: Gender | None, at_most: int) -> list[Account]:
    """Those of them that are learners in use, and of that gender where one is named."""
    found: list[Account] = []
    for start in range(0, len(account_ids), AT_ONCE):
        some, left = account_ids[start : start + AT_ONCE], at_most - len(found)
        if left <= 0:
            break
        found += await _opened(await store.learners_like(some, None if gender is None else gender.value, left))
    return found


async def account_id_of(account_name: str) -> str | None:
    """The id behind an account's name."""
    row = await store.account_by_index(blind_index("account", account_name))
    return None if row is None else row.id


async def set_password(account_id: str, password_hash: str) -> None:
    """Replace the password; ``password_hash`` comes from ``passwords.hash_password``."""
    await store.set_password(account_id, password_hash)
    await store.note(now_ms(), account_id, "password_set")


async def authenticate(account_name: str, password: str, address: str = "") -> Account | None:
    """The account whose name and password these are.

    The same work for an unknown account. Raises TooManyTries (nothing was judged), HashingBusy.
    """
    now = now_ms()
    account_index = blind_index("account", account_name)
    address_index = blind_index("address", address)
    # Noted before it is judged: a hundred logins sent at once are no way around the lock.
    this_try = await store.add_login_try(now, account_index, address_index)
    tries = await store.login_tries(account_index, address_index, now - WRONG_LOGINS_MS)
    if is_locked(*tries):
        await store.drop_login_tries(now - WRONG_LOGINS_MS, try_id=this_try)  # else trying would prolong the lock
        raise TooManyTries
    row = await store.account_by_index(account_index)
    try:
        fits = await passwords.matches(password, None if row is None else row.password)
    except BaseException:
        await asyncio.shield(store.drop_login_tries(now - WRONG_LOGINS_MS, try_id=this_try))
        raise
    if row is None or not fits:
        await store.login_was_wrong(this_try)
        if row is not None:
            await store.note(now, row.id, "login_refused")
        return None
    await store.drop_login_tries(now - WRONG_LOGINS_MS, account_index=account_index)
    await store.note(now, row.id, "login")
    return (await _opened([row]))[0]


async def note(account_id: str, kind: str, by_id: str | None = None, detail: str | None = None) -> None:
    """Add to what was done to or by a person, now."""
    await store.note(now_ms(), account_id, kind, by_id, detail)


async def staff_of(staff_id: str, learner_id: str) -> Account:
    """The learner, where this member of staff may act on them; every staff use case asks here. Raises Unknown."""
    staff, learner = await store.account(staff_id), await store.account(learner_id)
    if staff is None or staff.role != Role.STAFF or learner is None or learner.role != Role.LEARNER:
        raise Unknown
    if staff.institution_id != learner.institution_id:
        raise Unknown  # another institution's learners are not even known to exist
    return (await _opened([learner]))[0]


async def learners_seen_by(staff_id: str) -> list[Account]:
    """The learners of the staff member's own institution."""
    staff = await store.account(staff_id)
    if staff is None or staff.role != Role.STAFF:
        raise Unknown
    return await _opened(await store.learners_of(staff.institution_id))


async def staff_and_proctors(institution_id: str) -> list[Account]:
    """Who acts on an institution's learners."""
    return await _opened(await store.staff_and_proctors_of(institution_id))


# ---------------------------------------------------------------- web sessions


async def session_account(session_key: str) -> str | None:
    """The account that is signed in with this cookie; None when it is unknown, expired, ended or nobody's."""
    found = await signed_in(session_key)
    return None if found is None else found.account_id


async def signed_in(session_key: str) -> SignedIn | None:
    """The same, with the instant at which it ends by itself."""
    row = await store.web_session(session_key_hash(session_key), now_ms())
    if row is None or row.account_id is None or await store.account(row.account_id) is None:
        return None
    return SignedIn(row.account_id, row.expires_at_ms)


async def session_content(session_key: str) -> str | None:
    """What the session holds, as JSON; None when it can't be used."""
    row = await store.web_session(session_key_hash(session_key), now_ms())
    return None if row is None else row.content


async def session_key_taken(session_key: str) -> bool:
    """Whether such a key was ever given out."""
    return await store.web_session_exists(session_key_hash(session_key))


async def open_session(session_key: str, account_id: str | None, content: str, age_ms: int) -> None:
    """Keep a new session."""
    now = now_ms()
    await store.add_web_session(
        key_hash=session_key_hash(session_key),
        account_id=account_id,
        content=content,
        created_at_ms=now,
        expires_at_ms=now + age_ms,
    )


async def change_session(session_key: str, account_id: str | None, content: str) -> bool:
    """Keep what a session holds now; False when it was ended meanwhile."""
    return await store.change_web_session(session_key_hash(session_key), account_id, content) == 1


async def end_session(session_key: str, reason: str) -> None:
    """End a session; its sockets hear of it."""
    key_hash = session_key_hash(session_key)
    row = await store.web_session(key_hash, now_ms())
    if row is None or await store.end_web_session(key_hash, now_ms(), reason) == 0:
        return
    if row.account_id is not None:
        await store.note(now_ms(), row.account_id, "session_ended", detail=reason)
        await notices.publish("session_ended", account_id=row.account_id, session=key_hash)


async def sessions_ended(key_hashes: Sequence[str]) -> set[str]:
    """Those web sessions, of these, that can't be used any more."""
    return set(key_hashes) - await store.usable_web_sessions(key_hashes, now_ms())


# ---------------------------------------------------------------- consent


async def consent_of(account_id: str) -> ConsentGiven | None:
    """The live consent to the processing of face data."""
    row = await store.live_consent(account_id)
    return None if row is None else ConsentGiven(row.version, row.given_at_ms)


@unit_of_work
async def give_consent(account_id: str, version: str) -> None:
    """Separate consent (PIPL 29) to the notice in force. Raises OutdatedNotice."""
    if version != NOTICE_VERSION:
        raise OutdatedNotice
    now, live = now_ms(), await store.live_consent(account_id)
    if live is not None and live.version == version:
        return
    await store.end_consent(account_id, None)
    await store.add_consent(id=uuid.uuid4().hex, account_id=account_id, version=version, given_at_ms=now, live="1")
    if await store.live_key(account_id, "face") is None:
        await _new_key(account_id, "face")
    await store.note(now, account_id, "consent_given", detail=version)


async def withdraw_consent(account_id: str) -> None:
    """Withdraw it: the key of the face data is destroyed, portraits and evidence can't be read by anybody any more."""
    if await _withdraw(account_id):
        await store.forget_overwritten()
        await notices.publish("consent_withdrawn", learner_id=account_id)
        await notices.publish("portrait", learner_id=account_id)


@unit_of_work
async def _withdraw(account_id: str) -> bool:
    now = now_ms()
    ended = await store.end_consent(account_id, now)
    await store.move_portrait(account_id, "active", PortraitState.DISABLED, now, reason="CONSENT_WITHDRAWN")
    await store.move_portrait(account_id, "pending", PortraitState.REFUSED, now, reason="CONSENT_WITHDRAWN")
    destroyed = await store.destroy_key(account_id, "face", now)
    if ended or destroyed:
        await store.note(now, account_id, "consent_withdrawn")
        await store.note(now, account_id, "face_key_destroyed")
    return bool(ended or destroyed)


# ---------------------------------------------------------------- portraits


async def portrait_state(learner_id: str) -> str:
    """None | pending | active; an active one stays so while its successor is pending."""
    live = {state for _, state in await store.portrait_states_of([learner_id])}
    return "active" if "active" in live else "pending" if "pending" in live else "none"


async def portrait_states(learner_ids: Sequence[str]) -> dict[str, str]:
    """``portrait_state`` of many."""
    states = dict.fromkeys(learner_ids, "none")
    for learner_id, state in await store.portrait_states_of(learner_ids):
        if states[learner_id] != "active":
            states[learner_id] = state
    return states


async def portrait_embedding(learner_id: str) -> list[float] | None:
    """The face to compare with; None unless a portrait is active and its key lives."""
    row = await store.live_portrait(learner_id, "active")
    key = await _face_key(learner_id)
    if row is None or key is None:
        return None
    plain = key.open(row.embedding_sealed, Place("portrait", row.id, "embedding_sealed"))
    return msgspec.msgpack.decode(plain, type=list[float])


async def portrait_jpeg(learner_id: str) -> bytes | None:
    """The confirmed portrait, for whoever compares by eye; None where there is none, or no consent to it any more."""
    row = await store.live_portrait(learner_id, "active")
    key = await _face_key(learner_id)
    if row is None or key is None:
        return None
    return key.open(row.picture_sealed, Place("portrait", row.id, "picture_sealed"))


async def refused_reason(learner_id: str) -> str | None:
    """Why the newest portrait was refused; None when it was not."""
    rows = await store.portraits_of(learner_id)
    return rows[-1].refused_reason if rows and rows[-1].state == PortraitState.REFUSED else None


async def may_enrol(learner_id: str) -> bool:
    """Whether ``submit_portrait`` would be taken now."""
    return await _why_not_enrol(learner_id) is None


async def submit_portrait(learner_id: str, jpeg: bytes, embedding: list[float]) -> None:
    """Hand in the portrait of a passed live check; it waits for the institution. Raises NoConsent, NotAllowed."""
    await _submitted(learner_id, jpeg, embedding)
    await notices.publish("portrait", learner_id=learner_id)


@unit_of_work
async def _submitted(learner_id: str, jpeg: bytes, embedding: list[float]) -> None:
    if len(embedding) != EMBEDDING_LENGTH or not 0 < len(jpeg) <= PICTURE_BYTES_AT_MOST:
        raise ValueError("not a portrait")
    if why_not := await _why_not_enrol(learner_id):
        raise why_not
    key = await _face_key(learner_id)
    if key is None:
        raise NoConsent
    now, portrait_id = now_ms(), uuid.uuid4().hex
    await store.move_portrait(learner_id, "pending", PortraitState.REFUSED, now, reason="REPLACED")
    await store.add_portrait(
        id=portrait_id,
        learner_id=learner_id,
        state="pending",
        live="pending",
        picture_sealed=key.seal(jpeg, Place("portrait", portrait_id, "picture_sealed")),
        embedding_sealed=key.seal(
            msgspec.msgpack.encode(embedding), Place("portrait", portrait_id, "embedding_sealed")
        ),
        submitted_at_ms=now,
    )
    await store.set_enrolment_allowed(learner_id, None)
    await store.note(now, learner_id, "portrait_submitted", detail=portrait_id)


async def pending_portraits(staff_id: str) -> list[SubmittedPortrait]:
    """What waits for the decision of this member of staff's institution."""
    staff = await store.account(staff_id)
    if staff is None or staff.role != Role.STAFF:
        raise Unknown
    waiting = []
    for row, account_row in await store.pending_portraits_of(staff.institution_id):
        key = await _face_key(row.learner_id)
        if key is not None:
            jpeg = key.open(row.picture_sealed, Place("portrait", row.id, "picture_sealed"))
            [learner] = await _opened([account_row])
            waiting.append(SubmittedPortrait(learner.id, learner.display_name, row.submitted_at_ms, jpeg))
    return waiting


async def confirm_portrait(learner_id: str, by: str) -> None:
    """The institution says that this is the learner. Raises Unknown, WrongState."""
    await _decide(learner_id, by, None)


async def refuse_portrait(learner_id: str, by: str, reason: str) -> None:
    """The institution says that it isn't, or can't tell. Raises Unknown, WrongState."""
    await _decide(learner_id, by, reason)


async def _decide(learner_id: str, by: str, refused: str | None) -> None:
    await _decided(learner_id, by, refused)
    await notices.publish("portrait", learner_id=learner_id)


@unit_of_work
async def _decided(learner_id: str, by: str, refused: str | None) -> None:
    await staff_of(by, learner_id)
    now = now_ms()
    if refused is None:
        if await store.live_portrait(learner_id, "pending") is None:
            raise WrongState
        await store.move_portrait(learner_id, "active", PortraitState.EXPIRED, now, by)
        moved = await store.move_portrait(learner_id, "pending", PortraitState.ACTIVE, now, by)
    else:
        moved = await store.move_portrait(learner_id, "pending", PortraitState.REFUSED, now, by, refused)
    if moved == 0:
        raise WrongState
    await store.note(now, learner_id, "portrait_refused" if refused else "portrait_confirmed", by, refused)


@unit_of_work
async def allow_enrolment(learner_id: str, by: str) -> None:
    """The staff allow one more enrolment, whatever came before. Raises Unknown."""
    await staff_of(by, learner_id)
    now = now_ms()
    await store.set_enrolment_allowed(learner_id, now)
    await store.note(now, learner_id, "enrolment_allowed", by)


# ---------------------------------------------------------------- evidence


@unit_of_work
async def save_evidence(learner_id: str, check_id: str, jpeg: bytes) -> str:
    """Keep the frame that decided a check, sealed with the learner's own key; the answer is its id. Raises NoConsent."""
    key = await _face_key(learner_id)
    if key is None:
        raise NoConsent
    evidence_id = uuid.uuid4().hex
    sealed = key.seal(jpeg, Place("evidence", evidence_id, "picture_sealed"))
    await store.add_evidence(
        id=evidence_id,
        learner_id=learner_id,
        check_id=check_id,
        picture_sealed=sealed,
        sha256=hashlib.sha256(sealed).hexdigest(),
        taken_at_ms=now_ms(),
    )
    return evidence_id


async def evidence_sha256(evidence_id: str) -> str | None:
    """The hash of the ciphertext, which the journal may quote for ever."""
    row = await store.evidence(evidence_id)
    return None if row is None else row.sha256


async def read_evidence(evidence_id: str) -> bytes:
    """The frame. Raises Unknown, KeyMissing after its key was destroyed."""
    return await _open_evidence(await store.evidence(evidence_id))


async def evidence_of_check(learner_id: str, check_id: str) -> bytes:
    """The frame that decided a check of this learner. Raises Unknown, KeyMissing."""
    return await _open_evidence(await store.evidence_of_check(learner_id, check_id))


async def checks_with_evidence(learner_id: str, check_ids: Sequence[str]) -> frozenset[str]:
    """Of which of these checks a frame can be looked at; none after the key was destroyed."""
    if await _face_key(learner_id) is None:
        return frozenset()
    return frozenset(await store.checks_with_evidence(learner_id, check_ids))


async def _open_evidence(row: store.EvidenceRow | None) -> bytes:
    if row is None:
        raise Unknown
    key = await _face_key(row.learner_id)
    if key is None:
        raise KeyMissing
    return key.open(row.picture_sealed, Place("evidence", row.id, "picture_sealed"))


# ---------------------------------------------------------------- keys


async def rotate_keys() -> int:
    """Wrap every data key by the first key encryption key of the settings; the answer is how many were not.

    Can be stopped and started again. Raises KeyMissing where a key encryption key is needed that isn't configured.
    """
    current, moved = next(iter(settings.FACE_KEKS)), 0
    while rows := await store.keys_not_wrapped_by(current, 200):
        for row in rows:
            kek_id, wrapped = wrap(unwrap(row.id, row.wrapped))
            moved += await store.rewrap_key(row.id, row.kek_id, kek_id, wrapped)
    await store.forget_overwritten()
    return moved


async def _why_not_enrol(learner_id: str) -> PeopleError | None:
    learner, consent = await store.account(learner_id), await store.live_consent(learner_id)
    if learner is None or learner.role != Role.LEARNER:
        return Unknown()
    states = [PortraitState(row.state) for row in await store.portraits_of(learner_id)]
    consented_to = None if consent is None else consent.version
    return why_not_enrol(Enrolment(consented_to, states, learner.enrolment_allowed_at_ms is not None))


async def _new_key(account_id: str, purpose: str) -> DataKey:
    key = new_data_key()
    kek_id, wrapped = wrap(key)
    await store.add_key(
        id=key.id,
        account_id=account_id,
        purpose=purpose,
        live=purpose,
        kek_id=kek_id,
        wrapped=wrapped,
        created_at_ms=now_ms(),
    )
    return key


async def _face_key(learner_id: str) -> DataKey | None:
    row = await store.live_key(learner_id, "face")
    return None if row is None else unwrap(row.id, row.wrapped)


async def _opened(rows: Sequence[store.AccountRow]) -> list[Account]:
    keys = {key.account_id: key for key in await store.live_keys_of([row.id for row in rows], "identity")}
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


def _id_masked(key: DataKey, row: store.AccountRow) -> str | None:
    if row.id_sealed is None:
        return None
    return masked(key.open(row.id_sealed, Place("account", row.id, "id_sealed")).decode())
