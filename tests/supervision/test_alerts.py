"""What needs a person: found once with its journal row, claimed by one, handed over at the end of a shift."""

import asyncio

import pytest

from classroom.attendance import service as attendance
from classroom.attendance.concerns import Concern, concerns_of
from classroom.attendance.events import EndSession, LearnerLeft, Raise, SessionOffered, Ticked
from classroom.attendance.state import Day, State
from classroom.courses import service as courses
from classroom.people import service as people
from classroom.people.rules import Account, Role, Unknown
from classroom.supervision import alerts
from classroom.supervision.rules import AlertOutcome, AlertState, AlertTaken, Severity
from tests.cast import Cast
from tests.supervision.past import CHECK, lost


async def who(account_id: str) -> Account:
    found = await people.account(account_id)
    assert found is not None
    return found


async def colleague(cast: Cast, name: str, role: Role = Role.STAFF) -> Account:
    return await who(await people.register("school", role, name, f"{name}某", "x"))


async def test_a_lost_check_leaves_one_alert_with_its_journal_row(cast: Cast) -> None:
    """Row 29, 30: who failed with another face comes first; what it cost stands beside it."""
    await lost().keep(cast.learner, cast.class_id)

    [one] = await alerts.alerts_of(await who(cast.staff), [cast.class_id])

    assert (one.kind, one.severity, one.about, one.reason, one.cost_ms) == (
        "wrong_face", Severity.CRITICAL, CHECK, "NO_MATCH", 100_000,
    )  # fmt: skip
    assert (one.state, one.learner_id) == (AlertState.FOUND, cast.learner)


async def test_a_batch_that_is_written_again_after_a_doubtful_commit_leaves_no_second_alert(cast: Cast) -> None:
    past = lost()
    name = await past.keep(cast.learner, cast.class_id)
    store = attendance.reading_store("again", alerts.write)
    ledger = await attendance.take(store, name, past.at(5_000))
    for event in (SessionOffered(past.at(5_001), "s2", past.rules, 0, "d"), Ticked(past.at(9_000))):
        ledger.apply(event)
    ledger.apply(LearnerLeft(past.at(9_001)))
    save = ledger.take()
    save.concerns = (Concern(save.rows[-1].seq, past.at(9_001), "idle", "s2"),)

    await store.save([save], past.at(9_002))
    [again] = await store.unwritten([save])
    await store.save([again], past.at(9_003))

    found = await alerts.alerts_of(await who(cast.staff), [cast.class_id])
    assert sorted(one.kind for one in found) == ["idle", "wrong_face"]


async def test_two_at_once_and_only_one_works_on_it(cast: Cast) -> None:
    await lost().keep(cast.learner, cast.class_id)
    first, second = await who(cast.staff), await colleague(cast, "second")
    [one] = await alerts.alerts_of(first, [cast.class_id])

    ends = await asyncio.gather(alerts.claim(first, one.id), alerts.claim(second, one.id), return_exceptions=True)

    assert sorted(type(end).__name__ for end in ends) == ["AlertTaken", "NoneType"]
    winner, loser = (first, second) if ends[0] is None else (second, first)
    with pytest.raises(AlertTaken):
        await alerts.close(loser, one.id, AlertOutcome.FALSE_ALARM)
    with pytest.raises(AlertTaken):
        await alerts.release(loser, one.id)
    await alerts.close(winner, one.id, AlertOutcome.FALSE_ALARM)
    [closed] = await alerts.alerts_of(first, [cast.class_id])
    assert (closed.state, closed.outcome, closed.closed_by) == (
        AlertState.IGNORED,
        AlertOutcome.FALSE_ALARM,
        winner.id,
    )
    with pytest.raises(AlertTaken):
        await alerts.claim(first, one.id)


async def test_a_shift_is_handed_over_to_who_may_see_it_and_the_rest_goes_back(cast: Cast) -> None:
    await courses.add_class("other", "另一班", "school", await courses.add_course("高压电工", []))
    await courses.enrol(cast.learner2, "other")
    await lost().keep(cast.learner, cast.class_id)
    await lost().keep(cast.learner2, "other")
    by, proctor = await who(cast.staff), await colleague(cast, "watcher", Role.PROCTOR)
    await courses.assign_proctor(cast.class_id, proctor.id)
    for one in await alerts.alerts_of(by, [cast.class_id, "other"]):
        await alerts.claim(by, one.id)

    assert [one.id for one in await alerts.colleagues(by, [cast.class_id])] == [proctor.id]
    assert await alerts.colleagues(by, [cast.class_id, "other"]) == []
    assert await alerts.hand_over(by, proctor.id) == (1, 1)

    found = {one.class_id: one for one in await alerts.alerts_of(by, [cast.class_id, "other"])}
    assert (found[cast.class_id].claimed_by, found["other"].claimed_by) == (proctor.id, None)
    assert await alerts.hand_over(proctor, None) == (0, 1)


async def test_others_alerts_are_not_known_to_exist(cast: Cast) -> None:
    await lost().keep(cast.learner, cast.class_id)
    [one] = await alerts.alerts_of(await who(cast.staff), [cast.class_id])
    stranger = await who(cast.other_staff)

    for attempt in (
        alerts.alerts_of(stranger, [cast.class_id]),
        alerts.claim(stranger, one.id),
        alerts.close(stranger, one.id, AlertOutcome.NOTHING_TO_DO),
        alerts.colleagues(stranger, [cast.class_id]),
        alerts.hand_over(await who(cast.staff), cast.other_staff),
        alerts.claim(await who(cast.learner), one.id),
    ):
        with pytest.raises(Unknown):
            await attempt


def kinds(flags: dict[str, int], *effects: object, failed: int = 0) -> list[str]:
    state = State(day=Day(1, failed_checks=failed, flags=tuple(flags.items())))
    return [one.kind for one in concerns_of(effects, state, 3, 9)]  # type: ignore[arg-type]


def test_what_happens_often_is_told_once_a_day_and_what_happens_once_is_not() -> None:
    assert kinds({"seek": 1}, Raise("seek")) == []
    assert kinds({"seek": 5}, Raise("seek")) == ["seek"]
    assert kinds({"seek": 6}, Raise("seek")) == []
    assert kinds({"progress_ahead": 3}, Raise("progress_ahead")) == ["progress_ahead"]
    assert kinds({}, EndSession(1, "s", "BY_LEARNER")) == []
    assert kinds({}, EndSession(1, "s", "IDLE"), EndSession(1, "s", "TAKEN_OVER")) == ["idle", "second_device"]
    assert kinds({"check_failures": 6}, Raise("check_failures"), failed=6) == ["check_failures"]
    assert kinds({"check_failures": 5}, Raise("check_failures"), failed=5) == []
