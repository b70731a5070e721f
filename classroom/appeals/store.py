"""The only module that reads and writes appeals."""

from collections.abc import Sequence
from typing import Any

from classroom.appeals.tables import Appeal, AppealStep

AppealRow = Appeal
StepRow = AppealStep
_OPEN_AT_MOST, _CLOSED_AT_MOST, _MINE_AT_MOST = 500, 50, 50


async def add(**columns: Any) -> Appeal:
    """A new row. Raises IntegrityError where this is disputed already."""
    return await Appeal.create(**columns)


async def appeal(appeal_id: str) -> Appeal | None:
    """By id."""
    return await Appeal.get_or_none(id=appeal_id)


async def about(learner_id: str, about: str) -> Appeal | None:
    """That of a learner about one check or session."""
    return await Appeal.get_or_none(learner_id=learner_id, about=about)


async def filed_since(learner_id: str, at_ms: int) -> int:
    """How many the learner filed."""
    return await Appeal.filter(learner_id=learner_id, filed_at_ms__gte=at_ms).count()


async def of_learner(learner_id: str) -> list[Appeal]:
    """The newest."""
    return await Appeal.filter(learner_id=learner_id).order_by("-filed_at_ms", "id").limit(_MINE_AT_MOST)


async def of_classes(class_ids: Sequence[str], still: Sequence[str]) -> list[Appeal]:
    """Open ones, the oldest first; then what was decided last."""
    mine = Appeal.filter(class_id__in=list(class_ids))
    waiting = await mine.filter(state__in=list(still)).order_by("filed_at_ms", "id").limit(_OPEN_AT_MOST)
    over = await mine.exclude(state__in=list(still)).order_by("-decided_at_ms", "id").limit(_CLOSED_AT_MOST)
    return [*waiting, *over]


async def move(appeal_id: str, was: Sequence[str], **columns: Any) -> int:
    """Compare and set: nothing where it stands elsewhere by now."""
    return await Appeal.filter(id=appeal_id, state__in=list(was)).update(**columns)


async def add_step(**columns: Any) -> None:
    """A new row."""
    await AppealStep.create(**columns)


async def steps_of(appeal_ids: Sequence[str]) -> list[AppealStep]:
    """In order."""
    return await AppealStep.filter(appeal_id__in=list(appeal_ids)).order_by("id")
