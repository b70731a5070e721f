"""Brings an event to an attendance wherever its seat lives: in this process, in another, or in none."""

import asyncio
from dataclasses import replace
from typing import cast

from classroom import notices
from classroom.attendance.codec import encode
from classroom.attendance.events import Event, Refusal, Refuse
from classroom.attendance.service import reading_store, take
from classroom.attendance.store import Beside, OwnedElsewhere
from classroom.clock import now_ms
from classroom.database import whole
from classroom.people.rules import PeopleError

LEASE_MS = 5_000  # as long as a process is believed to live without a sign
TRIES = 4
AGAIN_S = 0.5
DONE, UNSURE, LOST = "DONE", "UNSURE", "LOST"  # what a seat's process answers, beside a code of Refusal


class Unreachable(PeopleError):
    """The process that has the seat doesn't answer, or not in time: it may have been done; look, and try again."""

    code = "BUSY"


async def reach(attendance: str, event: Event, beside: Beside | None = None) -> Refusal | None:
    """Apply the event and answer once it is committed; a code where the attendance refused it. Raises Unreachable."""
    for attempt in range(TRIES):
        if attempt:
            await asyncio.sleep(AGAIN_S)
        handled: set[str] = set()
        await notices.publish("event", attendance=attendance, event=encode(event), handled=handled)
        if handled:
            [answer] = handled
            if answer == UNSURE:
                break
            if answer != LOST:
                return None if answer == DONE else cast(Refusal, answer)
        else:
            try:
                return await whole(_alone(attendance, event, beside))
            except OwnedElsewhere:  # somebody has just come there, or it can't be asked
                pass
    raise Unreachable


async def _alone(attendance: str, event: Event, beside: Beside | None) -> Refusal | None:
    """Nobody has the seat in memory: own it for a moment. Raises OwnedElsewhere."""
    store = reading_store(beside=beside)
    try:
        ledger = await take(store, attendance, now_ms(), lease_ms=LEASE_MS)
    except OwnedElsewhere as owned:
        if owned.live:
            raise
        ledger = await take(store, attendance, now_ms(), lease_ms=LEASE_MS, given_up=owned)  # it only remembers it
    effects = ledger.apply(replace(event, at=max(event.at, ledger.latest_at)))
    save = replace(ledger.take(), release=True)
    if await store.save([save], now_ms()):
        raise OwnedElsewhere("", 0, live=True)
    return next((effect.code for effect in effects if isinstance(effect, Refuse)), None)
