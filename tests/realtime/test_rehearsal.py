"""When a rehearsal may begin, and that one learner never holds two slots."""

import asyncio
import json
from typing import cast

import pytest

from realtime import rehearsal as module
from realtime.connection import Connection
from realtime.media import MediaBusy, MediaDown
from realtime.protocol import Refused
from realtime.rehearsal import Plane, Rehearsal, Rehearsals
from tests.realtime.fakes import FakePlane


def page(learner_id: str = "learner") -> Connection:
    return Connection(learner_id=learner_id, device="d", session="s")


def told(connection: Connection) -> list[dict[str, object]]:
    return [json.loads(text) for text in connection._outbox]


def refusal(code: str) -> Refused:
    return Refused(seq=0, code=code, message_type="rehearse")


@pytest.mark.parametrize(
    ("why", "code"), [(MediaBusy(5000), "BUSY"), (MediaDown("gone"), "PROVIDER_DOWN")], ids=["no slot", "down"]
)
async def test_without_a_slot_it_is_refused_and_nothing_is_pushed(why: MediaBusy | MediaDown, code: str) -> None:
    media, connection = FakePlane(), page()
    media.refuses = why
    assert await Rehearsals(cast(Plane, media)).begin(connection, "practice") == refusal(code)
    assert told(connection) == []


async def test_the_newest_page_takes_the_slot_over() -> None:
    media, first, second = FakePlane(), page(), page()
    rehearsals = Rehearsals(cast(Plane, media))
    await rehearsals.begin(first, "practice")
    await asyncio.sleep(0)
    held = await rehearsals.begin(second, "practice")
    assert isinstance(held, Rehearsal)
    assert [check.aborted.is_set() for check in media.checks] == [True, False]
    assert [message.get("outcome") for message in told(first)] == [None, "withdrawn"]
    await held.leave()


async def test_the_thirteenth_in_ten_minutes_is_refused_to_that_learner_only(monkeypatch: pytest.MonkeyPatch) -> None:
    at = [1_000_000]
    monkeypatch.setattr(module, "now_ms", lambda: at[0])
    media = FakePlane()
    rehearsals = Rehearsals(cast(Plane, media))

    async def once(learner_id: str) -> str | None:
        begun = await rehearsals.begin(page(learner_id), "practice")
        if isinstance(begun, Refused):
            return begun.code
        await begun.leave()
        return None

    assert [await once("a") for _ in range(13)] == [None] * 12 + ["TOO_OFTEN"]
    assert await once("b") is None
    at[0] += module.SPAN_MS
    assert await once("a") is None


async def test_a_portrait_that_may_not_be_replaced_is_not_even_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    async def may_enrol(learner_id: str) -> bool:
        return False

    monkeypatch.setattr("classroom.people.faces.may_enrol", may_enrol)
    media = FakePlane()
    assert await Rehearsals(cast(Plane, media)).begin(page(), "enrol") == refusal("ENROLMENT_NOT_ALLOWED")
    assert media.checks == []


async def test_a_media_process_that_dies_costs_nothing_and_is_told_as_its_own_fault() -> None:
    media, connection = FakePlane(), page()
    rehearsal = await Rehearsals(cast(Plane, media)).begin(connection, "practice")
    assert isinstance(rehearsal, Rehearsal)
    media.checks[0].says.put_nowait(MediaDown("gone"))
    async with asyncio.timeout(2):
        await media.checks[0].aborted.wait()
    await asyncio.sleep(0)
    ended = told(connection)[-1]
    assert (ended["type"], ended["outcome"], ended["cost_ms"]) == ("check_ended", "provider_down", 0)
