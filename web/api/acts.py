"""What staff do to learners, and the alerts they work on (rows 29, 30); everything is scoped by class."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from classroom import notices
from classroom.people import service as people
from classroom.people.rules import Account, Role
from classroom.supervision import acts, alerts
from classroom.supervision.rules import Alert
from web.api.access import learner, watcher
from web.api.shapes import Error, Id
from web.api.wall_shapes import (
    ActDone,
    ActView,
    AlertView,
    CloseAlert,
    Colleague,
    DoAct,
    HandedOver,
    HandOver,
    NoteView,
)
from web.errors import Refusal

router = Router(tags=["wall"])
notes = Router(tags=["notes"])
CLASSES_AT_MOST = 200
_REFUSED = {403: Error, 404: Error, 409: Error}


async def actor(request: HttpRequest) -> Account:
    """Who may act: staff, and proctors; whoever only looks on is refused. Raises 401, 403."""
    account = await watcher(request)
    if account.role not in (Role.STAFF, Role.PROCTOR):
        raise Refusal(403)
    return account


@router.post("/classes/{class_id}/learners/{learner_id}/act", response={200: ActDone, **_REFUSED, 503: Error})
async def act(request: HttpRequest, class_id: Id, learner_id: Id, body: DoAct) -> ActDone:
    """One act on one learner, with a reason; answered once it is committed, wherever the learner is."""
    by = await actor(request)
    doing = acts.Doing(
        by,
        class_id,
        learner_id,
        body.act,
        body.reason,
        body.words,
        tuple(body.not_asked or ()),
        body.not_asked_reason,
    )
    outcome = await acts.do(doing)
    return ActDone(outcome="LATER" if outcome == acts.LATER else "DONE")


@router.get("/classes/{class_id}/learners/{learner_id}/acts", response={200: list[ActView], **_REFUSED})
async def acts_on(request: HttpRequest, class_id: Id, learner_id: Id) -> list[ActView]:
    """What was done to a learner, the newest first."""
    by = await watcher(request)
    done = await acts.acts_on(by, class_id, learner_id)
    names = dict(await people.names_of(sorted({one.by_id for one in done})))
    return [
        ActView(
            id=one.id,
            act=one.act,
            reason=one.reason,
            words=one.words,
            by=names.get(one.by_id, ""),
            at_ms=one.at_ms,
            outcome=one.outcome,
            undone_at_ms=one.undone_at_ms,
            seen_at_ms=one.seen_at_ms,
        )
        for one in done
    ]


# ------------------------------------------------------------------ alerts


@router.get("/alerts", response={200: list[AlertView], **_REFUSED})
async def list_alerts(request: HttpRequest, class_id: list[Id] = Query(...)) -> list[AlertView]:  # noqa: B008  # ninja's way
    """Of these classes: open ones, the oldest first, then what was closed last."""
    by = await watcher(request)
    if len(class_id) > CLASSES_AT_MOST:
        raise Refusal(422)
    found = await alerts.alerts_of(by, class_id)
    names = await alerts.names(found)
    return [_alert(one, names, by) for one in found]


@router.post("/alerts/{alert_id}/claim", response={204: None, **_REFUSED})
async def claim(request: HttpRequest, alert_id: Id) -> HttpResponse:
    """Work on it; a colleague who was faster keeps it (ALERT_TAKEN)."""
    by = await actor(request)
    await alerts.claim(by, alert_id)
    return await _changed(alert_id)


@router.post("/alerts/{alert_id}/release", response={204: None, **_REFUSED})
async def release(request: HttpRequest, alert_id: Id) -> HttpResponse:
    """Back to the queue."""
    by = await actor(request)
    await alerts.release(by, alert_id)
    return await _changed(alert_id)


@router.post("/alerts/{alert_id}/close", response={204: None, **_REFUSED})
async def close(request: HttpRequest, alert_id: Id, body: CloseAlert) -> HttpResponse:
    """Say what was done about it."""
    by = await actor(request)
    await alerts.close(by, alert_id, body.outcome)
    return await _changed(alert_id)


async def _changed(alert_id: str) -> HttpResponse:
    await notices.publish("class_news", class_id=await alerts.class_of(alert_id), list="alerts")
    return HttpResponse(status=204)


@router.get("/colleagues", response={200: list[Colleague], **_REFUSED})
async def colleagues(request: HttpRequest, class_id: list[Id] = Query(...)) -> list[Colleague]:  # noqa: B008  # ninja's way
    """Who may take over everything of these classes."""
    by = await actor(request)
    if len(class_id) > CLASSES_AT_MOST:
        raise Refusal(422)
    found = await alerts.colleagues(by, class_id)
    return [Colleague(id=one.id, display_name=one.display_name, role=one.role.value) for one in found]


@router.post("/handover", response={200: HandedOver, **_REFUSED})
async def handover(request: HttpRequest, body: HandOver) -> HandedOver:
    """The shift is over: all alerts one works on go to a colleague, or back to the queue."""
    by = await actor(request)
    given, back = await alerts.hand_over(by, body.to)
    return HandedOver(given=given, back=back)


def _alert(one: Alert, names: dict[str, str], by: Account) -> AlertView:
    return AlertView(
        id=one.id,
        class_id=one.class_id,
        learner_id=one.learner_id,
        display_name=names.get(one.learner_id, ""),
        kind=one.kind,
        severity=one.severity,
        at_ms=one.at_ms,
        about=one.about,
        reason=one.reason,
        cost_ms=one.cost_ms,
        state=one.state,
        claimed_by=one.claimed_by,
        claimed_by_name=None if one.claimed_by is None else names.get(one.claimed_by, ""),
        mine=one.claimed_by == by.id,
        claimed_at_ms=one.claimed_at_ms,
        closed_by_name=None if one.closed_by is None else names.get(one.closed_by, ""),
        closed_at_ms=one.closed_at_ms,
        outcome=one.outcome,
    )


# ------------------------------------------------------------------ what the learner sees of it


@notes.get("/notes", response=list[NoteView])
async def mine(request: HttpRequest, class_id: Id | None = None) -> list[NoteView]:
    """What staff did and the learner hasn't acknowledged, the newest first."""
    account = await learner(request)
    found = await acts.notes_for(account.id, class_id)
    names = dict(await people.names_of(sorted({one.by_id for one in found})))
    return [
        NoteView(
            id=one.id,
            act=one.act,
            reason=one.reason,
            words=one.words,
            by=names.get(one.by_id, ""),
            at_ms=one.at_ms,
        )
        for one in found
    ]


@notes.post("/notes/{note_id}/seen", response={204: None, 404: Error})
async def seen(request: HttpRequest, note_id: Id) -> HttpResponse:
    """Read; it isn't shown again, in no tab."""
    account = await learner(request)
    await acts.see(account.id, note_id)
    await notices.publish("learner_news", learner_id=account.id, what="notes")
    return HttpResponse(status=204)
