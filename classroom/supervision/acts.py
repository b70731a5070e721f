"""What staff do to a learner who studies: with a reason, kept, told to the learner, undone where it can be."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tortoise.exceptions import IntegrityError

from classroom import notices
from classroom.attendance import service as attendance
from classroom.attendance.events import CheckAsked, Event, PausedByStaff, ResumedByStaff, SignedOutByStaff
from classroom.attendance.reach import reach
from classroom.attendance.state import midnight_after
from classroom.clock import now_ms
from classroom.courses import scope
from classroom.courses import service as courses
from classroom.database import unit_of_work
from classroom.people import alternatives, faces
from classroom.people.contact import refuse_contact_data
from classroom.people.keys import Place
from classroom.people.rules import Account, AlternativeReason, PeopleError, Unknown
from classroom.people.sealing import open_words, seal_words
from classroom.supervision import store
from classroom.supervision.alerts import write
from classroom.supervision.rules import TOLD, UNDOES, Act, ActReason, Forbidden, Refused, may, words_missing

DONE, LATER = "DONE", "LATER"


@dataclass(frozen=True, slots=True)
class Doing:
    """One act on one learner, as it was asked for."""

    by: Account
    class_id: str
    learner_id: str
    act: Act
    reason: ActReason
    words: str | None = None
    not_asked: tuple[str, ...] = ()
    not_asked_reason: AlternativeReason | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """An act as it is kept; ``words`` are the person's own."""

    id: str
    act: Act
    reason: ActReason
    words: str | None
    by_id: str
    at_ms: int
    outcome: str | None
    undone_at_ms: int | None
    seen_at_ms: int | None


class _Do(Protocol):
    async def __call__(self, doing: Doing) -> str: ...


async def do(doing: Doing) -> str:
    """DONE once it is committed, LATER where the learner sees it at the next visit.

    Raises Unknown, Forbidden, ContactData, Refused (NOT_NOW, NO_SESSION, WORDS_NEEDED …), Unreachable, and what the
    use cases behind an act raise. Whatever becomes of it is kept.
    """
    await scope.class_seen(doing.by, doing.class_id)
    if not await courses.is_enrolled(doing.learner_id, doing.class_id):
        raise Unknown
    if not may(doing.by.role, doing.act):
        raise Forbidden
    if words_missing(doing.act, doing.reason, doing.words):
        raise Refused("WORDS_NEEDED")
    refuse_contact_data(doing.words)
    act_id = uuid.uuid4().hex
    await _keep(act_id, doing)
    try:
        outcome = await _DO[doing.act](doing)
    except PeopleError as refused:
        await store.set_outcome(act_id, refused.code)
        raise
    await _done(act_id, doing, outcome)
    if doing.act in TOLD:
        handled: set[str] = set()
        await notices.publish("learner_news", learner_id=doing.learner_id, what="notes", handled=handled)
        if doing.act is Act.MESSAGE and not handled:
            outcome = LATER
            await store.set_outcome(act_id, outcome)
    return outcome


@unit_of_work
async def _keep(act_id: str, doing: Doing) -> None:
    words = (doing.words or "").strip()
    place = Place("act", act_id, "words_sealed")
    await store.add_act(
        id=act_id,
        learner_id=doing.learner_id,
        class_id=doing.class_id,
        by_id=doing.by.id,
        what=doing.act.value,
        reason=doing.reason.value,
        words_sealed=await seal_words(doing.learner_id, words, place) if words else None,
        at_ms=now_ms(),
    )


@unit_of_work
async def _done(act_id: str, doing: Doing, outcome: str) -> None:
    if (undone := UNDOES.get(doing.act)) is not None:
        class_id = doing.class_id if undone is Act.PAUSE else None  # a device is blocked in every class
        await store.undo(doing.learner_id, class_id, undone.value, doing.by.id, now_ms())
    await store.set_outcome(act_id, outcome)


# ------------------------------------------------------------------ each act


async def _message(doing: Doing) -> str:
    return DONE  # kept already; its learner is told in a moment


async def _on_seat(doing: Doing, event: Event) -> str:
    refused = await reach(await _attendance(doing), event, write)
    if refused is not None:
        raise Refused(refused)
    return DONE


async def _ask_check(doing: Doing) -> str:
    return await _on_seat(doing, CheckAsked(now_ms(), doing.by.id))


async def _pause(doing: Doing) -> str:
    now = now_ms()  # one that is forgotten ends with the day
    return await _on_seat(doing, PausedByStaff(now, doing.by.id, midnight_after(now), doing.reason.value))


async def _resume(doing: Doing) -> str:
    return await _on_seat(doing, ResumedByStaff(now_ms(), doing.by.id))


async def _sign_out(doing: Doing) -> str:
    return await _on_seat(doing, SignedOutByStaff(now_ms(), doing.by.id, doing.reason.value))


async def _block_device(doing: Doing) -> str:
    attendance_id = await _attendance(doing)
    devices: set[str] = set()
    await notices.publish("device", attendance=attendance_id, handled=devices)
    if not devices:
        raise Refused("NO_SESSION")  # nobody knows which device it would be
    for device in devices:
        await _block(doing, device)
    await reach(attendance_id, SignedOutByStaff(now_ms(), doing.by.id, doing.reason.value), write)
    return DONE


async def _block(doing: Doing, device: str) -> None:
    try:
        await store.add_block(
            id=uuid.uuid4().hex,
            learner_id=doing.learner_id,
            device=device,
            live="1",
            reason=doing.reason.value,
            by_id=doing.by.id,
            at_ms=now_ms(),
        )
    except IntegrityError:
        pass  # it is already; then it is only signed out


async def _unblock_device(doing: Doing) -> str:
    if not await store.lift_blocks(doing.learner_id, doing.by.id, now_ms()):
        raise Refused("NOT_NOW")
    return DONE


async def _allow_checks(doing: Doing) -> str:
    await attendance.allow(doing.learner_id, doing.by.id, now_ms())
    await notices.publish("allowed", learner_id=doing.learner_id)
    return DONE


async def _allow_enrolment(doing: Doing) -> str:
    await faces.allow_enrolment(doing.learner_id, doing.by.id)
    await notices.publish("portrait", learner_id=doing.learner_id)
    return DONE


async def _set_actions(doing: Doing) -> str:
    reason = doing.not_asked_reason or AlternativeReason.SEEN_BY_STAFF
    await alternatives.set_alternative(doing.learner_id, doing.by.id, doing.not_asked, reason)
    return DONE


async def _attendance(doing: Doing) -> str:
    found = await attendance.reading_store().find(doing.learner_id, doing.class_id)
    if found is None:
        raise Refused("NO_SESSION")  # never here yet
    return found


_DO: dict[Act, _Do] = {
    Act.MESSAGE: _message,
    Act.ASK_CHECK: _ask_check,
    Act.PAUSE: _pause,
    Act.RESUME: _resume,
    Act.SIGN_OUT: _sign_out,
    Act.BLOCK_DEVICE: _block_device,
    Act.UNBLOCK_DEVICE: _unblock_device,
    Act.ALLOW_CHECKS: _allow_checks,
    Act.ALLOW_ENROLMENT: _allow_enrolment,
    Act.SET_ACTIONS: _set_actions,
}

# ------------------------------------------------------------------ what is read


async def acts_on(by: Account, class_id: str, learner_id: str) -> list[Done]:
    """What was done to a learner in a class, the newest first. Raises Unknown."""
    await scope.class_seen(by, class_id)
    if not await courses.is_enrolled(learner_id, class_id):
        raise Unknown
    return await _read(await store.acts_on(learner_id, class_id))


async def notes_for(learner_id: str, class_id: str | None) -> list[Done]:
    """What a learner hasn't acknowledged yet, the newest first."""
    return await _read(await store.unseen(learner_id, class_id, sorted(one.value for one in TOLD)))


@unit_of_work
async def see(learner_id: str, act_id: str) -> None:
    """The learner has read it; a second time changes nothing. Raises Unknown."""
    row = await store.act(act_id)
    if row is None or row.learner_id != learner_id or Act(row.what) not in TOLD:
        raise Unknown
    await store.see(act_id, learner_id, now_ms())


async def _read(rows: Sequence[store.ActRow]) -> list[Done]:
    return [
        Done(
            id=row.id,
            act=Act(row.what),
            reason=ActReason(row.reason),
            words=await open_words(row.learner_id, row.words_sealed, Place("act", row.id, "words_sealed")),
            by_id=row.by_id,
            at_ms=row.at_ms,
            outcome=row.outcome,
            undone_at_ms=row.undone_at_ms,
            seen_at_ms=row.seen_at_ms,
        )
        for row in rows
    ]
