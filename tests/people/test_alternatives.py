"""Whoever can't do an action isn't asked for it; what that says of their health stays theirs (PIPL 28)."""

import pytest
from tortoise import Tortoise

import settings
from classroom.people import alternatives, store
from classroom.people.alternatives import asked_actions, set_alternative
from classroom.people.rules import ACTIONS, AlternativeReason, TooFewActions, Unknown
from tests.cast import Cast

WHY = AlternativeReason.SEEN_BY_STAFF


async def test_the_staff_say_what_is_not_asked_and_may_take_it_back(cast: Cast) -> None:
    assert await asked_actions(cast.learner) == ACTIONS

    await set_alternative(cast.learner, cast.staff, ["nod", "turn_left"], WHY)
    assert await asked_actions(cast.learner) == ("turn_right", "open_mouth", "close_eyes")
    assert await asked_actions(cast.learner2) == ACTIONS
    await set_alternative(cast.learner, cast.staff, ["nod"], AlternativeReason.OWN_STATEMENT)
    found = await alternatives.alternative_of(cast.learner)
    assert found is not None
    assert (found.not_asked, found.reason) == (("nod",), AlternativeReason.OWN_STATEMENT)

    await set_alternative(cast.learner, cast.staff, [], WHY)
    assert await asked_actions(cast.learner) == ACTIONS


async def test_three_actions_remain_whatever_is_set(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    await set_alternative(cast.learner, cast.staff, ["nod"], WHY)
    with pytest.raises(TooFewActions):
        await set_alternative(cast.learner, cast.staff, ["nod", "open_mouth", "close_eyes"], WHY)
    monkeypatch.setattr(settings, "ACTIONS_AT_LEAST", 4)
    with pytest.raises(TooFewActions):
        await set_alternative(cast.learner, cast.staff, ["nod", "open_mouth"], WHY)

    assert await asked_actions(cast.learner) == ("turn_left", "turn_right", "open_mouth", "close_eyes")


async def test_only_staff_of_the_own_institution_may(cast: Cast) -> None:
    for who in (cast.other_staff, cast.learner, cast.learner2):
        with pytest.raises(Unknown):
            await set_alternative(cast.learner, who, ["nod"], WHY)
    assert await asked_actions(cast.learner) == ACTIONS


async def test_who_set_it_and_when_is_kept_and_what_it_says_is_sealed(cast: Cast) -> None:
    """Row 22: who, when; PIPL 28: not what, in the clear, anywhere."""
    await set_alternative(cast.learner, cast.staff, ["close_eyes"], AlternativeReason.DOCUMENT_SHOWN)
    await set_alternative(cast.learner, cast.staff, [], WHY)

    rows = await Tortoise.get_connection("default").execute_query_dict("SELECT * FROM alternative")
    [row] = rows
    assert (row["set_by"], row["ended_by"], row["live"]) == (cast.staff, cast.staff, None)
    assert row["set_at_ms"] <= row["ended_at_ms"]
    assert b"close_eyes" not in bytes(row["sealed"])
    assert b"DOCUMENT" not in bytes(row["sealed"])
    notes = [(one.kind, one.by_id, one.detail) for one in await store.accounts.notes_of(cast.learner)]
    assert notes[-2:] == [("alternative_set", cast.staff, None), ("alternative_ended", cast.staff, None)]


async def test_nothing_to_end_leaves_no_trace(cast: Cast) -> None:
    before = len(await store.accounts.notes_of(cast.learner))

    await set_alternative(cast.learner, cast.staff, [], WHY)

    assert len(await store.accounts.notes_of(cast.learner)) == before
