"""The operation log for regulators and operators: search in the own scope, and a verification (row 22)."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

import settings
from classroom.clock import now_ms
from classroom.oversight import log
from classroom.people import service as people
from web.api.access import overseer
from web.api.oversight_shapes import Operations, OperationView, Verified
from web.api.shapes import Error
from web.errors import Refusal

router = Router(tags=["oversight"])
FINDINGS_AT_MOST = 100
_REFUSED = {403: Error, 404: Error, 422: Error}
Instant = Annotated[int, Query(ge=0, lt=2**53)]
Text = Annotated[str, Query(max_length=100)]
Entry = Annotated[int, Query(ge=1, lt=2**63)]


@router.get("/operations", response={200: Operations, **_REFUSED})
async def entries(
    request: HttpRequest,
    from_ms: Instant,
    to_ms: Instant,
    account: Text = "",
    act: Text = "",
    outcome: Text = "",
    before: Entry | None = None,
) -> Operations:
    """Newest first, a page at a time; ``account`` is a sign-in name, ``outcome`` a code, or REFUSED for all refusals."""
    by = await overseer(request)
    if from_ms >= to_ms:
        raise Refusal(422)
    actor = await people.account_id_of(account) if account else None
    if account and actor is None:
        return Operations(entries=[], before=None)
    wanted = log.Wanted(from_ms, to_ms, actor, act, outcome)
    found, more = await log.read(by, wanted, before)
    names = dict(await people.names_of(sorted({one.actor for _, one in found if one.actor is not None})))
    institutions = {one.id: one.name for one in await people.institutions()}
    return Operations(
        entries=[
            OperationView(
                id=entry,
                at_ms=one.at_ms,
                actor=one.actor,
                actor_name=names.get(one.actor or ""),
                role=one.role,
                institution=institutions.get(one.institution or ""),
                address=one.address,
                authenticated=one.authenticated,
                act=one.act,
                touched=one.touched,
                outcome=one.outcome,
                ref=one.ref,
            )
            for entry, one in found
        ],
        before=more,
    )


@router.post("/operations/verification", response={200: Verified, **_REFUSED, 409: Error})
async def verification(request: HttpRequest) -> Verified:
    """Whether anybody changed, cut or removed an entry, of the whole log."""
    by = await overseer(request)
    count, findings = await log.verify(by, settings.JOURNAL_KEY)
    return Verified(at_ms=now_ms(), entries=count, findings=findings[:FINDINGS_AT_MOST])
