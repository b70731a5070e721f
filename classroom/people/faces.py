"""Use cases of face data: consent, portraits, the frame that decided a check; one key a person, destroyed with the consent."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from classroom import notices
from classroom.clock import now_ms
from classroom.database import unit_of_work
from classroom.people import store
from classroom.people.keyring import face_key, new_key
from classroom.people.keys import KeyMissing, Place
from classroom.people.rules import (
    NOTICE_VERSION,
    ConsentGiven,
    Enrolment,
    NoConsent,
    OutdatedNotice,
    PeopleError,
    PortraitState,
    Role,
    Unknown,
    WrongState,
    why_not_enrol,
)
from classroom.people.service import opened, staff_of

EMBEDDING_LENGTH = 128  # SFace
PICTURE_BYTES_AT_MOST = 2_000_000


@dataclass(frozen=True, slots=True)
class SubmittedPortrait:
    """A portrait that waits for the institution."""

    learner_id: str
    display_name: str
    submitted_at_ms: int
    jpeg: bytes


# ---------------------------------------------------------------- consent


async def consent_of(account_id: str) -> ConsentGiven | None:
    """The live consent to the processing of face data."""
    row = await store.faces.live_consent(account_id)
    return None if row is None else ConsentGiven(row.version, row.given_at_ms)


@unit_of_work
async def give_consent(account_id: str, version: str) -> None:
    """Separate consent (PIPL 29) to the notice in force. Raises OutdatedNotice."""
    if version != NOTICE_VERSION:
        raise OutdatedNotice
    now, live = now_ms(), await store.faces.live_consent(account_id)
    if live is not None and live.version == version:
        return
    await store.faces.end_consent(account_id, None)
    await store.faces.add_consent(
        id=uuid.uuid4().hex, account_id=account_id, version=version, given_at_ms=now, live="1"
    )
    if await store.keys.live_key(account_id, "face") is None:
        await new_key(account_id, "face")
    await store.accounts.note(now, account_id, "consent_given", detail=version)


async def withdraw_consent(account_id: str) -> None:
    """Withdraw it: the key of the face data is destroyed, portraits and evidence can't be read by anybody any more."""
    if await _withdraw(account_id):
        await store.keys.forget_overwritten()
        await notices.publish("consent_withdrawn", learner_id=account_id)
        await notices.publish("portrait", learner_id=account_id)


@unit_of_work
async def _withdraw(account_id: str) -> bool:
    now = now_ms()
    ended = await store.faces.end_consent(account_id, now)
    await store.faces.move_portrait(account_id, "active", PortraitState.DISABLED, now, reason="CONSENT_WITHDRAWN")
    await store.faces.move_portrait(account_id, "pending", PortraitState.REFUSED, now, reason="CONSENT_WITHDRAWN")
    destroyed = await store.keys.destroy_key(account_id, "face", now)
    if ended or destroyed:
        await store.accounts.note(now, account_id, "consent_withdrawn")
        await store.accounts.note(now, account_id, "face_key_destroyed")
    return bool(ended or destroyed)


# ---------------------------------------------------------------- portraits


async def portrait_state(learner_id: str) -> str:
    """None | pending | active; an active one stays so while its successor is pending."""
    live = {state for _, state in await store.faces.portrait_states_of([learner_id])}
    return "active" if "active" in live else "pending" if "pending" in live else "none"


async def portrait_states(learner_ids: Sequence[str]) -> dict[str, str]:
    """``portrait_state`` of many."""
    states = dict.fromkeys(learner_ids, "none")
    for learner_id, state in await store.faces.portrait_states_of(learner_ids):
        if states[learner_id] != "active":
            states[learner_id] = state
    return states


async def portrait_embedding(learner_id: str) -> list[float] | None:
    """The face to compare with; None unless a portrait is active and its key lives."""
    found, key = await store.faces.active_embedding(learner_id), await face_key(learner_id)
    if found is None or key is None:
        return None
    portrait, sealed = found
    return msgspec.msgpack.decode(key.open(sealed, Place("portrait", portrait, "embedding_sealed")), type=list[float])


async def portrait_jpeg(learner_id: str) -> bytes | None:
    """The confirmed portrait, for whoever compares by eye; None where there is none, or no consent to it any more."""
    found, key = await store.faces.active_picture(learner_id), await face_key(learner_id)
    if found is None or key is None:
        return None
    portrait, sealed = found
    return key.open(sealed, Place("portrait", portrait, "picture_sealed"))


async def refused_reason(learner_id: str) -> str | None:
    """Why the newest portrait was refused; None when it was not."""
    rows = await store.faces.portraits_of(learner_id)
    return rows[-1].refused_reason if rows and rows[-1].state == PortraitState.REFUSED else None


async def may_enrol(learner_id: str) -> bool:
    """Whether ``submit_portrait`` would be taken now."""
    return await _why_not_enrol(learner_id) is None


async def who_may_enrol(learner_ids: Sequence[str]) -> set[str]:
    """``may_enrol`` of many."""
    consents = {row.account_id: row.version for row in await store.faces.live_consents_of(learner_ids)}
    states: dict[str, list[PortraitState]] = {}
    for learner_id, state in await store.faces.all_portrait_states_of(learner_ids):
        states.setdefault(learner_id, []).append(PortraitState(state))
    found = set()
    for row in await store.accounts.accounts(learner_ids):
        enrolment = Enrolment(consents.get(row.id), states.get(row.id, []), row.enrolment_allowed_at_ms is not None)
        if row.role == Role.LEARNER and why_not_enrol(enrolment) is None:
            found.add(row.id)
    return found


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
    key = await face_key(learner_id)
    if key is None:
        raise NoConsent
    now, portrait_id = now_ms(), uuid.uuid4().hex
    await store.faces.move_portrait(learner_id, "pending", PortraitState.REFUSED, now, reason="REPLACED")
    await store.faces.add_portrait(
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
    await store.accounts.set_enrolment_allowed(learner_id, None)
    await store.accounts.note(now, learner_id, "portrait_submitted", detail=portrait_id)


async def pending_portraits(staff_id: str) -> list[SubmittedPortrait]:
    """What waits for the decision of this member of staff's institution."""
    staff = await store.accounts.account(staff_id)
    if staff is None or staff.role != Role.STAFF:
        raise Unknown
    waiting = []
    for row, account_row in await store.faces.pending_portraits_of(staff.institution_id):
        key = await face_key(row.learner_id)
        if key is not None:
            jpeg = key.open(row.picture_sealed, Place("portrait", row.id, "picture_sealed"))
            [learner] = await opened([account_row])
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
        if not await store.faces.is_pending(learner_id):
            raise WrongState
        await store.faces.move_portrait(learner_id, "active", PortraitState.EXPIRED, now, by)
        moved = await store.faces.move_portrait(learner_id, "pending", PortraitState.ACTIVE, now, by)
    else:
        moved = await store.faces.move_portrait(learner_id, "pending", PortraitState.REFUSED, now, by, refused)
    if moved == 0:
        raise WrongState
    await store.accounts.note(now, learner_id, "portrait_refused" if refused else "portrait_confirmed", by, refused)


@unit_of_work
async def allow_enrolment(learner_id: str, by: str) -> None:
    """The staff allow one more enrolment, whatever came before. Raises Unknown."""
    await staff_of(by, learner_id)
    now = now_ms()
    await store.accounts.set_enrolment_allowed(learner_id, now)
    await store.accounts.note(now, learner_id, "enrolment_allowed", by)


# ---------------------------------------------------------------- evidence


@unit_of_work
async def save_evidence(learner_id: str, check_id: str, jpeg: bytes) -> str:
    """Keep the frame that decided a check, sealed with the learner's own key; the answer is its id. Raises NoConsent."""
    key = await face_key(learner_id)
    if key is None:
        raise NoConsent
    evidence_id = uuid.uuid4().hex
    sealed = key.seal(jpeg, Place("evidence", evidence_id, "picture_sealed"))
    await store.faces.add_evidence(
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
    row = await store.faces.evidence(evidence_id)
    return None if row is None else row.sha256


async def read_evidence(evidence_id: str) -> bytes:
    """The frame. Raises Unknown, KeyMissing after its key was destroyed."""
    return await _open_evidence(await store.faces.evidence(evidence_id))


async def evidence_of_check(learner_id: str, check_id: str) -> bytes:
    """The frame that decided a check of this learner. Raises Unknown, KeyMissing."""
    return await _open_evidence(await store.faces.evidence_of_check(learner_id, check_id))


async def checks_with_evidence(learner_id: str, check_ids: Sequence[str]) -> frozenset[str]:
    """Of which of these checks a frame can be looked at; none after the key was destroyed."""
    if await face_key(learner_id) is None:
        return frozenset()
    return frozenset(await store.faces.checks_with_evidence(learner_id, check_ids))


async def _open_evidence(row: store.faces.EvidenceRow | None) -> bytes:
    if row is None:
        raise Unknown
    key = await face_key(row.learner_id)
    if key is None:
        raise KeyMissing
    return key.open(row.picture_sealed, Place("evidence", row.id, "picture_sealed"))


async def _why_not_enrol(learner_id: str) -> PeopleError | None:
    learner, consent = await store.accounts.account(learner_id), await store.faces.live_consent(learner_id)
    if learner is None or learner.role != Role.LEARNER:
        return Unknown()
    states = [PortraitState(row.state) for row in await store.faces.portraits_of(learner_id)]
    consented_to = None if consent is None else consent.version
    return why_not_enrol(Enrolment(consented_to, states, learner.enrolment_allowed_at_ms is not None))
