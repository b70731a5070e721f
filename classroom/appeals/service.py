"""Filing an appeal, deciding it, and giving back what two persons grant (rule 11 of "Credit, exactly")."""

import uuid
from collections import defaultdict
from collections.abc import Sequence

from tortoise.exceptions import IntegrityError

import settings
from classroom import notices
from classroom.appeals import store
from classroom.appeals.rules import (
    A_DAY,
    DAY_MS,
    DISPUTABLE_CHECKS,
    DISPUTABLE_ENDS,
    FILED_WITHIN_MS,
    OPEN,
    Appeal,
    AppealLimit,
    AppealMoved,
    AppealReason,
    AppealState,
    DecisionReason,
    Disputed,
    Matter,
    NotDisputable,
    SecondPerson,
    Step,
    Taken,
    may_second,
)
from classroom.attendance import service as attendance
from classroom.attendance.events import Corrected
from classroom.attendance.reach import reach
from classroom.attendance.record import Record
from classroom.clock import now_ms
from classroom.courses import scope
from classroom.database import unit_of_work
from classroom.people.contact import refuse_contact_data
from classroom.people.keys import Place
from classroom.people.rules import Account, Role, Unknown
from classroom.people.sealing import open_words, seal_words
from classroom.supervision.alerts import write
from classroom.supervision.rules import Refused

ACT = frozenset({Role.STAFF, Role.PROCTOR})


async def file(
    learner_id: str, class_id: str, matter: Matter, about: str, reason: AppealReason, words: str | None
) -> Appeal:
    """Dispute a check or a sign-out of one's own; filing again changes nothing.

    Raises NotDisputable, AppealLimit, ContactData, Refused (WORDS_NEEDED).
    """
    refuse_contact_data(words)
    if reason is AppealReason.OTHER and not (words or "").strip():
        raise Refused("WORDS_NEEDED")
    before = await store.about(learner_id, about)
    if before is not None:
        return (await _appeals([before]))[0]
    found = await attendance.told(learner_id, class_id)
    now = now_ms()
    disputed = None if found is None else _disputed(found[1], matter, about)
    if disputed is None or disputed.at_ms < now - FILED_WITHIN_MS:
        raise NotDisputable
    try:
        row = await _file(learner_id, class_id, disputed, reason, words, now)
    except IntegrityError:  # two tabs at once
        again = await store.about(learner_id, about)
        if again is None:
            raise
        row = again
    await notices.publish("class_news", class_id=class_id, list="appeals")
    await notices.publish("learner_news", learner_id=learner_id, what="appeals")
    return (await _appeals([row]))[0]


def _disputed(record: Record, matter: Matter, about: str) -> Disputed | None:
    if matter is Matter.CHECK:
        check = record.checks.get(about)
        if check is None or check.outcome not in DISPUTABLE_CHECKS or check.ended_at_ms is None:
            return None
        at, cost = check.ended_at_ms, check.dropped_ms
        return Disputed(matter, about, check.kind, check.outcome, check.reason, at, cost)
    session = record.sessions.get(about)
    if session is None or session.ended_reason not in DISPUTABLE_ENDS or session.ended_at_ms is None:
        return None
    return Disputed(matter, about, None, session.ended_reason, None, session.ended_at_ms, 0)


@unit_of_work
async def _file(
    learner_id: str, class_id: str, disputed: Disputed, reason: AppealReason, words: str | None, now: int
) -> store.AppealRow:
    if await store.filed_since(learner_id, now - DAY_MS) >= A_DAY:
        raise AppealLimit
    appeal_id, said = uuid.uuid4().hex, (words or "").strip()
    place = Place("appeal", appeal_id, "words_sealed")
    return await store.add(
        id=appeal_id,
        learner_id=learner_id,
        class_id=class_id,
        matter=disputed.matter.value,
        about=disputed.about,
        kind=disputed.kind,
        outcome=disputed.outcome,
        outcome_reason=disputed.reason,
        happened_at_ms=disputed.at_ms,
        cost_ms=disputed.cost_ms,
        reason=reason.value,
        words_sealed=await seal_words(learner_id, said, place) if said else None,
        filed_at_ms=now,
        due_at_ms=now + settings.APPEAL_HOURS * 3_600_000,
        state=AppealState.FILED.value,
        given_ms=0,
    )


# ------------------------------------------------------------------ deciding


async def propose(by: Account, appeal_id: str, *, grant: bool, reason: DecisionReason, words: str | None) -> None:
    """Would grant it: a second person must agree. Refused: that is the end of it.

    Raises Unknown, AppealMoved, ContactData, Refused (WORDS_NEEDED).
    """
    row = await _mine(by, appeal_id)
    refuse_contact_data(words)
    if reason is DecisionReason.OTHER and not (words or "").strip():
        raise Refused("WORDS_NEEDED")
    await _propose(row, by.id, grant, reason, words)
    await _tell(row)


@unit_of_work
async def _propose(row: store.AppealRow, by: str, grant: bool, reason: DecisionReason, words: str | None) -> None:
    now = now_ms()
    columns: dict[str, object] = (
        {"state": AppealState.PROPOSED.value, "proposed_by": by}
        if grant
        else {"state": AppealState.REFUSED.value, "decided_at_ms": now}
    )
    if not await store.move(row.id, [AppealState.FILED], **columns):
        raise AppealMoved
    await _step(row, Step.PROPOSED if grant else Step.REFUSED, by, now, reason, words)


async def second(by: Account, appeal_id: str, *, agree: bool) -> int:
    """The second person: the correction is made, or the appeal is open again; what was given back in ms.

    Cut off in between it may be asked again: a correction gives nothing twice. Raises Unknown, SecondPerson,
    AppealMoved, Unreachable.
    """
    row = await _mine(by, appeal_id)
    if not may_second(by.role, by.id, row.proposed_by):
        raise SecondPerson
    if not agree:
        await _disagree(row, by.id)
        await _tell(row)
        return 0
    if not await store.move(row.id, [AppealState.PROPOSED, AppealState.GRANTING], state=AppealState.GRANTING.value):
        raise AppealMoved
    given = await _give_back(row, by.id)
    await _granted(row, by.id, given)
    await _tell(row)
    return given


@unit_of_work
async def _disagree(row: store.AppealRow, by: str) -> None:
    if not await store.move(row.id, [AppealState.PROPOSED], state=AppealState.FILED.value, proposed_by=None):
        raise AppealMoved
    await _step(row, Step.DISAGREED, by, now_ms())


async def _give_back(row: store.AppealRow, second_by: str) -> int:
    found = await attendance.told(row.learner_id, row.class_id)
    if found is None:
        raise Unknown
    attendance_id, record = found
    if not any(one.about == row.about for one in record.corrections):
        stretches = record.dropped.get(row.about, ())
        event = Corrected(now_ms(), row.about, row.proposed_by or "", second_by, stretches)
        await reach(attendance_id, event, write)
        found = await attendance.told(row.learner_id, row.class_id)
        record = record if found is None else found[1]
    return sum(one.given_ms for one in record.corrections if one.about == row.about)


@unit_of_work
async def _granted(row: store.AppealRow, by: str, given: int) -> None:
    now = now_ms()
    columns = {"state": AppealState.GRANTED.value, "decided_at_ms": now, "given_ms": given}
    if not await store.move(row.id, [AppealState.GRANTING], **columns):
        raise AppealMoved  # another second person was faster
    await _step(row, Step.AGREED, by, now)


async def _step(
    row: store.AppealRow,
    step: Step,
    by: str,
    at: int,
    reason: DecisionReason | None = None,
    words: str | None = None,
) -> None:
    said = (words or "").strip()
    place = Place("appeal_step", f"{row.id}:{at}", "words_sealed")
    await store.add_step(
        appeal_id=row.id,
        step=step.value,
        by_id=by,
        at_ms=at,
        reason=None if reason is None else reason.value,
        words_sealed=await seal_words(row.learner_id, said, place) if said else None,
    )


async def _mine(by: Account, appeal_id: str) -> store.AppealRow:
    row = await store.appeal(appeal_id)
    if row is None or by.role not in ACT:
        raise Unknown
    await scope.class_seen(by, row.class_id)
    return row


async def _tell(row: store.AppealRow) -> None:
    await notices.publish("class_news", class_id=row.class_id, list="appeals")
    await notices.publish("learner_news", learner_id=row.learner_id, what="appeals")


# ------------------------------------------------------------------ what is read


async def appeals_by(learner_id: str) -> list[Appeal]:
    """The learner's own, newest first."""
    return await _appeals(await store.of_learner(learner_id))


async def appeals_of(by: Account, class_ids: Sequence[str]) -> list[Appeal]:
    """Open ones, oldest first, then what was decided last. Raises Unknown for a class outside one's scope."""
    seen = {place.id for place in await scope.classes_seen(by)}
    if not set(class_ids) <= seen:
        raise Unknown
    return await _appeals(await store.of_classes(class_ids, [one.value for one in OPEN]))


async def _appeals(rows: Sequence[store.AppealRow]) -> list[Appeal]:
    steps: dict[str, list[store.StepRow]] = defaultdict(list)
    for step in await store.steps_of([row.id for row in rows]):
        steps[step.appeal_id].append(step)
    return [await _appeal(row, steps[row.id]) for row in rows]


async def _appeal(row: store.AppealRow, steps: Sequence[store.StepRow]) -> Appeal:
    return Appeal(
        id=row.id,
        learner_id=row.learner_id,
        class_id=row.class_id,
        disputed=Disputed(
            Matter(row.matter),
            row.about,
            row.kind,
            row.outcome,
            row.outcome_reason,
            row.happened_at_ms,
            row.cost_ms,
        ),
        reason=AppealReason(row.reason),
        words=await open_words(row.learner_id, row.words_sealed, Place("appeal", row.id, "words_sealed")),
        filed_at_ms=row.filed_at_ms,
        due_at_ms=row.due_at_ms,
        state=AppealState(row.state),
        decided_at_ms=row.decided_at_ms,
        given_ms=row.given_ms,
        steps=tuple([await _taken(row, step) for step in steps]),
    )


async def _taken(row: store.AppealRow, step: store.StepRow) -> Taken:
    place = Place("appeal_step", f"{row.id}:{step.at_ms}", "words_sealed")
    return Taken(
        step=Step(step.step),
        by_id=step.by_id,
        at_ms=step.at_ms,
        reason=None if step.reason is None else DecisionReason(step.reason),
        words=await open_words(row.learner_id, step.words_sealed, place),
    )
