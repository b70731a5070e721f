"""A learner asks for a person: recorded, bounded, seen by the own institution's staff, answered once."""

import pytest

import settings
from classroom.people import requests, store
from classroom.people.requests import handle_request, request_person, requests_of, requests_seen_by
from classroom.people.rules import RequestLimit, RequestOutcome, RequestReason, Unknown, WrongState
from tests.cast import Cast

WHY = RequestReason.IT_IS_ME
CHECK = "c" * 32
DONE = RequestOutcome.CONFIRMED_IN_PERSON


async def test_a_request_is_kept_with_who_when_why_and_at_which_check(cast: Cast) -> None:
    made = await request_person(cast.learner, WHY, cast.class_id, CHECK)

    assert (made.learner_id, made.class_id, made.check_id, made.reason) == (cast.learner, cast.class_id, CHECK, WHY)
    assert made.requested_at_ms > 1_700_000_000_000
    assert await requests_of(cast.learner) == [made]
    assert await requests_of(cast.learner2) == []
    newest = (await store.accounts.notes_of(cast.learner))[-1]
    assert (newest.kind, newest.detail) == ("person_requested", made.id)


async def test_asking_again_about_the_same_check_is_the_same_request(cast: Cast) -> None:
    first = await request_person(cast.learner, WHY, cast.class_id, CHECK)

    assert await request_person(cast.learner, RequestReason.OTHER, cast.class_id, CHECK) == first
    assert await requests_of(cast.learner) == [first]


async def test_so_many_a_day_and_then_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(settings.PERSON_REQUESTS_A_DAY):
        await request_person(cast.learner, WHY, cast.class_id, f"{number:032x}")
    with pytest.raises(RequestLimit):
        await request_person(cast.learner, WHY)
    await request_person(cast.learner2, WHY)

    tomorrow = (await requests_of(cast.learner))[0].requested_at_ms + 86_400_000
    monkeypatch.setattr(requests, "now_ms", lambda: tomorrow)
    await request_person(cast.learner, WHY)


async def test_staff_see_their_own_learners_open_ones_first_and_the_oldest_of_them(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for number, who in enumerate((cast.learner, cast.learner2, cast.other_learner, cast.learner)):
        monkeypatch.setattr(requests, "now_ms", lambda at=number: 1_770_000_000_000 + at)
        made.append(await request_person(who, WHY, cast.class_id, f"{number:032x}"))
    await handle_request(made[0].id, cast.staff, DONE)

    seen = await requests_seen_by(cast.staff)

    assert [one.id for one in seen] == [made[1].id, made[3].id, made[0].id]
    assert (seen[2].outcome, seen[2].handled_at_ms) == (DONE, 1_770_000_000_003)
    assert [one.id for one in await requests_seen_by(cast.other_staff)] == [made[2].id]
    with pytest.raises(Unknown):
        await requests_seen_by(cast.learner)


async def test_a_request_is_handled_once_and_by_the_own_institution(cast: Cast) -> None:
    made = await request_person(cast.learner, WHY)
    for who in (cast.other_staff, cast.learner):
        with pytest.raises(Unknown):
            await handle_request(made.id, who, DONE)
    await handle_request(made.id, cast.staff, DONE)
    with pytest.raises(WrongState):
        await handle_request(made.id, cast.staff, RequestOutcome.NOTHING_TO_DO)
    with pytest.raises(Unknown):
        await handle_request("nothing", cast.staff, DONE)

    assert [one.outcome for one in await requests_of(cast.learner)] == [DONE]
    noted = [(one.kind, one.by_id, one.detail) for one in await store.accounts.notes_of(cast.learner)][-1]
    assert noted == ("person_request_handled", cast.staff, "CONFIRMED_IN_PERSON")
