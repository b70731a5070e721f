"""Every query of face data: consents, portraits, the frames that decided checks."""

from collections.abc import Sequence
from typing import Any

from classroom.people.store.accounts import learners_of
from classroom.people.tables import Account, Consent, Evidence, Portrait

EvidenceRow = Evidence


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


async def is_pending(learner_id: str) -> bool:
    """Whether a portrait waits for the institution."""
    return await Portrait.filter(learner_id=learner_id, live="pending").exists()


async def active_embedding(learner_id: str) -> tuple[str, bytes] | None:
    """(portrait, the sealed embedding), without the picture, which is a hundred times as large."""
    return await _of_active(learner_id, "embedding_sealed")


async def active_picture(learner_id: str) -> tuple[str, bytes] | None:
    """(portrait, the sealed picture)."""
    return await _of_active(learner_id, "picture_sealed")


async def _of_active(learner_id: str, column: str) -> tuple[str, bytes] | None:
    found = await Portrait.filter(learner_id=learner_id, live="active").values_list("id", column)
    return (str(found[0][0]), bytes(found[0][1])) if found else None


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
