"""Appeals: a learner files them, a person decides, two where something is given back (rule 11)."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from classroom.appeals import service as appeals
from classroom.appeals.rules import Appeal, AppealState, Step, may_second
from classroom.clock import now_ms
from classroom.courses import service as courses
from classroom.people import service as people
from web.api.access import learner, watcher
from web.api.acts import CLASSES_AT_MOST, actor
from web.api.shapes import Error, Id
from web.api.wall_shapes import AppealView, FileAppeal, GivenBack, Propose, SecondAppeal, StaffAppeal, StepView
from web.errors import Refusal

router = Router(tags=["appeals"])
wall = Router(tags=["wall"])
_REFUSED = {403: Error, 404: Error, 409: Error}


@router.get("/appeals", response=list[AppealView])
async def mine(request: HttpRequest) -> list[AppealView]:
    """The learner's own, newest first."""
    account = await learner(request)
    return [AppealView(**_view(one)) for one in await appeals.appeals_by(account.id)]


@router.post("/appeals", response={200: AppealView, 404: Error, 409: Error})
async def file(request: HttpRequest, body: FileAppeal) -> AppealView:
    """Dispute a check or a sign-out; filing again changes nothing. Contact data in the words is refused."""
    account = await learner(request)
    if not await courses.is_enrolled(account.id, body.class_id):
        raise Refusal(404)
    filed = await appeals.file(account.id, body.class_id, body.matter, body.about, body.reason, body.words)
    return AppealView(**_view(filed))


@wall.get("/appeals", response={200: list[StaffAppeal], **_REFUSED})
async def of_classes(request: HttpRequest, class_id: list[Id] = Query(...)) -> list[StaffAppeal]:  # noqa: B008  # ninja's way
    """Of these classes: open ones, the oldest first, then what was decided last."""
    by = await watcher(request)
    if len(class_id) > CLASSES_AT_MOST:
        raise Refusal(422)
    found, now = await appeals.appeals_of(by, class_id), now_ms()
    ids = {one.learner_id for one in found} | {step.by_id for one in found for step in one.steps}
    names = dict(await people.names_of(sorted(ids)))
    return [
        StaffAppeal(
            **_view(one),
            learner_id=one.learner_id,
            display_name=names.get(one.learner_id, ""),
            overdue=one.overdue(now),
            may_second=one.state is AppealState.PROPOSED and may_second(by.role, by.id, _proposed_by(one)),
            steps=[
                StepView(
                    step=step.step,
                    by=names.get(step.by_id, ""),
                    at_ms=step.at_ms,
                    reason=step.reason,
                    words=step.words,
                )
                for step in one.steps
            ],
        )
        for one in found
    ]


@wall.post("/appeals/{appeal_id}/propose", response={204: None, **_REFUSED})
async def propose(request: HttpRequest, appeal_id: Id, body: Propose) -> HttpResponse:
    """Would grant it, which a second person must agree to; or refuses it, which is the end."""
    by = await actor(request)
    await appeals.propose(by, appeal_id, grant=body.grant, reason=body.reason, words=body.words)
    return HttpResponse(status=204)


@wall.post("/appeals/{appeal_id}/second", response={200: GivenBack, **_REFUSED, 503: Error})
async def second(request: HttpRequest, appeal_id: Id, body: SecondAppeal) -> GivenBack:
    """Another person than the first agrees: what was dropped and not earned since is counted."""
    by = await actor(request)
    return GivenBack(given_ms=await appeals.second(by, appeal_id, agree=body.agree))


def _proposed_by(one: Appeal) -> str | None:
    return next((step.by_id for step in reversed(one.steps) if step.step is Step.PROPOSED), None)


def _view(one: Appeal) -> dict[str, object]:
    why = next((step for step in reversed(one.steps) if step.step in (Step.PROPOSED, Step.REFUSED)), None)
    told = why if one.state in (AppealState.GRANTED, AppealState.REFUSED) else None
    return {
        "id": one.id,
        "class_id": one.class_id,
        "matter": one.disputed.matter,
        "about": one.disputed.about,
        "kind": one.disputed.kind,
        "outcome": one.disputed.outcome,
        "outcome_reason": one.disputed.reason,
        "happened_at_ms": one.disputed.at_ms,
        "cost_ms": one.disputed.cost_ms,
        "reason": one.reason,
        "words": one.words,
        "filed_at_ms": one.filed_at_ms,
        "due_at_ms": one.due_at_ms,
        "state": AppealState.PROPOSED if one.state is AppealState.GRANTING else one.state,
        "decided_at_ms": one.decided_at_ms,
        "given_ms": one.given_ms,
        "decision": None if told is None else told.reason,
        "decision_words": None if told is None else told.words,
    }
