"""Which actions a check doesn't ask of a learner who can't do them, set by the institution's staff.

Face must stay usable by whoever can't nod or close an eye (无障碍环境建设法; 人脸识别技术应用安全管理办法 10 where it isn't).
What a person can't do says something of their health (PIPL 28): it is sealed with their own key, no diagnosis and no
free text is taken, and the log of what was done says who and when, never what.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

import settings
from classroom.clock import now_ms
from classroom.database import unit_of_work
from classroom.people import store
from classroom.people.keys import DataKey, KeyMissing, Place, unwrap
from classroom.people.rules import ACTIONS, AlternativeReason, TooFewActions
from classroom.people.service import staff_of


@dataclass(frozen=True, slots=True)
class Alternative:
    """What isn't asked, why the staff decided so, since when."""

    not_asked: tuple[str, ...]
    reason: AlternativeReason
    set_at_ms: int


class _Sealed(msgspec.Struct, frozen=True):
    not_asked: tuple[str, ...]
    reason: AlternativeReason


async def asked_actions(learner_id: str) -> tuple[str, ...]:
    """What checks, practice and enrolment may ask of this learner."""
    found = await alternative_of(learner_id)
    return tuple(one for one in ACTIONS if found is None or one not in found.not_asked)


async def alternative_of(learner_id: str) -> Alternative | None:
    """None where every action is asked."""
    return (await alternatives_of([learner_id])).get(learner_id)


async def alternatives_of(learner_ids: Sequence[str]) -> dict[str, Alternative]:
    """Of those who have one."""
    rows = await store.helped.live_alternatives_of(learner_ids)
    keys = {} if not rows else await _keys([row.learner_id for row in rows])
    found = {}
    for row in rows:
        plain = keys[row.learner_id].open(row.sealed, Place("alternative", row.id, "sealed"))
        sealed = msgspec.json.decode(plain, type=_Sealed)
        found[row.learner_id] = Alternative(sealed.not_asked, sealed.reason, row.set_at_ms)
    return found


@unit_of_work
async def set_alternative(learner_id: str, by: str, not_asked: Sequence[str], reason: AlternativeReason) -> None:
    """Not to ask these any more; none: every action is asked again. Raises Unknown, TooFewActions.

    What was set before keeps its row, with who ended it and when.
    """
    await staff_of(by, learner_id)
    kept = tuple(one for one in ACTIONS if one in not_asked)
    if len(ACTIONS) - len(kept) < settings.ACTIONS_AT_LEAST:
        raise TooFewActions
    now = now_ms()
    ended = await store.helped.end_alternative(learner_id, now, by)
    if kept:
        key, row_id = (await _keys([learner_id]))[learner_id], uuid.uuid4().hex
        plain = msgspec.json.encode(_Sealed(kept, reason))
        await store.helped.add_alternative(
            id=row_id,
            learner_id=learner_id,
            live="1",
            sealed=key.seal(plain, Place("alternative", row_id, "sealed")),
            set_at_ms=now,
            set_by=by,
        )
    if kept or ended:
        await store.accounts.note(now, learner_id, "alternative_set" if kept else "alternative_ended", by)


async def _keys(learner_ids: Sequence[str]) -> dict[str, DataKey]:
    rows = {key.account_id: key for key in await store.keys.live_keys_of(learner_ids, "identity")}
    if len(rows) < len(set(learner_ids)):
        raise KeyMissing
    return {learner_id: unwrap(row.id, row.wrapped) for learner_id, row in rows.items()}
