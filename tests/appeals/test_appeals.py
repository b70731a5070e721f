"""An appeal: filed about one's own, decided by a person, granted by two, and what it gives back (rule 11)."""

import asyncio

import pytest

import settings
from classroom import notices
from classroom.appeals import service as appeals
from classroom.appeals.rules import (
    Appeal,
    AppealLimit,
    AppealMoved,
    AppealReason,
    AppealState,
    DecisionReason,
    Matter,
    NotDisputable,
    SecondPerson,
    Step,
)
from classroom.attendance import service as attendance
from classroom.attendance.reach import Unreachable
from classroom.courses import service as courses
from classroom.people import service as people
from classroom.people.contact import ContactData
from classroom.people.rules import Account, Role, Unknown
from classroom.supervision.rules import Refused
from tests.attendance.desk import ms
from tests.cast import Cast
from tests.supervision.past import CHECK, SESSION, Past, lost

DAYS = 86_400_000


async def who(account_id: str) -> Account:
    found = await people.account(account_id)
    assert found is not None
    return found


async def head(role: Role = Role.STAFF, name: str = "head") -> Account:
    return await who(await people.register("school", role, name, f"{name}某", "x"))


async def filed(cast: Cast, about: str = CHECK, words: str | None = None) -> Appeal:
    matter = Matter.SESSION if about == SESSION else Matter.CHECK
    return await appeals.file(cast.learner, cast.class_id, matter, about, AppealReason.IT_WAS_ME, words)


async def counted_to(cast: Cast) -> int:
    lessons = (await attendance.record(cast.learner, cast.class_id))["lessons"]
    return int(lessons[0]["counted_to_ms"])


async def test_two_persons_grant_it_and_what_was_dropped_is_counted(cast: Cast) -> None:
    await lost().keep(cast.learner, cast.class_id)
    mine = await filed(cast, words="当时光线不好，是我本人")
    first, second = await who(cast.staff), await head()

    await appeals.propose(first, mine.id, grant=True, reason=DecisionReason.IDENTITY_CONFIRMED, words=None)
    given = await appeals.second(second, mine.id, agree=True)

    [after] = await appeals.appeals_by(cast.learner)
    assert (given, await counted_to(cast), after.given_ms) == (ms(100), ms(100), ms(100))
    assert (after.state, after.words) == (AppealState.GRANTED, "当时光线不好，是我本人")
    assert [(one.step, one.by_id) for one in after.steps] == [(Step.PROPOSED, first.id), (Step.AGREED, second.id)]
    record = await attendance.record(cast.learner, cast.class_id)
    assert [(one["about"], one["given_ms"]) for one in record["corrections"]] == [(CHECK, ms(100))]
    assert sum(one["counted_ms"] for one in record["sessions"]) == 0  # positions, never seconds


async def test_one_person_alone_gives_nothing_back(cast: Cast) -> None:
    await lost().keep(cast.learner, cast.class_id)
    mine = await filed(cast)
    first, proctor = await who(cast.staff), await head(Role.PROCTOR, "proctor")
    await people_watches(proctor, cast)
    await appeals.propose(first, mine.id, grant=True, reason=DecisionReason.TECHNICAL_FAULT, words=None)

    for one in (first, proctor):
        with pytest.raises(SecondPerson):
            await appeals.second(one, mine.id, agree=True)

    assert await counted_to(cast) == 0


async def people_watches(proctor: Account, cast: Cast) -> None:
    await courses.assign_proctor(cast.class_id, proctor.id)


async def test_a_proctor_may_propose_and_the_class_manager_agrees(cast: Cast) -> None:
    await lost().keep(cast.learner, cast.class_id)
    mine = await filed(cast)
    proctor = await head(Role.PROCTOR, "proctor")
    await people_watches(proctor, cast)

    await appeals.propose(proctor, mine.id, grant=True, reason=DecisionReason.BENEFIT_OF_DOUBT, words=None)

    assert await appeals.second(await who(cast.staff), mine.id, agree=True) == ms(100)


async def test_a_refusal_says_why_and_is_the_end_of_it(cast: Cast) -> None:
    await lost().keep(cast.learner, cast.class_id)
    mine = await filed(cast)

    await appeals.propose(
        await who(cast.staff), mine.id, grant=False, reason=DecisionReason.OTHER, words="画面中不是您本人"
    )

    [after] = await appeals.appeals_by(cast.learner)
    assert (after.state, after.steps[0].words) == (AppealState.REFUSED, "画面中不是您本人")
    with pytest.raises(AppealMoved):
        await appeals.propose(await head(), mine.id, grant=True, reason=DecisionReason.NO_FAULT_FOUND, words=None)
    assert (await filed(cast)).id == mine.id  # once, not again


async def test_who_disagrees_opens_it_again(cast: Cast) -> None:
    await lost().keep(cast.learner, cast.class_id)
    mine = await filed(cast)
    await appeals.propose(await who(cast.staff), mine.id, grant=True, reason=DecisionReason.TECHNICAL_FAULT, words=None)

    assert await appeals.second(await head(), mine.id, agree=False) == 0

    [after] = await appeals.appeals_by(cast.learner)
    assert (after.state, [one.step for one in after.steps]) == (AppealState.FILED, [Step.PROPOSED, Step.DISAGREED])
    assert await counted_to(cast) == 0


async def test_two_second_persons_at_once_give_it_back_once(cast: Cast) -> None:
    await lost().keep(cast.learner, cast.class_id)
    mine = await filed(cast)
    one, two = await head(), await head(name="deputy")
    await appeals.propose(await who(cast.staff), mine.id, grant=True, reason=DecisionReason.TECHNICAL_FAULT, words=None)

    ends = await asyncio.gather(
        appeals.second(one, mine.id, agree=True), appeals.second(two, mine.id, agree=True), return_exceptions=True
    )

    assert ms(100) in ends
    assert {type(end).__name__ for end in ends if end != ms(100)} <= {"AppealMoved", "Unreachable"}
    record = await attendance.record(cast.learner, cast.class_id)
    assert sum(found["given_ms"] for found in record["corrections"]) == ms(100) == await counted_to(cast)
    [after] = await appeals.appeals_by(cast.learner)
    assert [step.step for step in after.steps] == [Step.PROPOSED, Step.AGREED]


async def test_a_grant_that_was_cut_off_goes_on_when_it_is_asked_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lost().keep(cast.learner, cast.class_id)
    mine = await filed(cast)
    await appeals.propose(await who(cast.staff), mine.id, grant=True, reason=DecisionReason.TECHNICAL_FAULT, words=None)
    second, committed = await head(), appeals._granted

    async def cut(*_: object) -> None:
        raise Unreachable

    monkeypatch.setattr(appeals, "_granted", cut)
    with pytest.raises(Unreachable):
        await appeals.second(second, mine.id, agree=True)
    monkeypatch.setattr(appeals, "_granted", committed)

    assert await appeals.second(second, mine.id, agree=True) == ms(100)
    record = await attendance.record(cast.learner, cast.class_id)
    assert len(record["corrections"]) == 1


async def test_what_went_well_what_was_never_and_what_is_long_ago_cannot_be_disputed(cast: Cast) -> None:
    past = lost(ago_ms=31 * DAYS)
    past.offer(500, "6" * 32)
    past.passes(501, "6" * 32)
    await past.keep(cast.learner, cast.class_id)

    for about in (CHECK, "f" * 32, SESSION):  # too old; unknown; ended by its check
        with pytest.raises(NotDisputable):
            await filed(cast, about)
    with pytest.raises(NotDisputable):
        await appeals.file(cast.learner2, cast.class_id, Matter.CHECK, CHECK, AppealReason.IT_WAS_ME, None)


async def test_a_sign_out_may_be_disputed_and_a_granted_one_gives_no_second(cast: Cast) -> None:
    past = Past(7_200_000)
    past.studies(0, session=SESSION).watches(50)
    past.pauses(50, 50)
    past.ticks(3_000)
    await past.keep(cast.learner, cast.class_id)
    mine = await filed(cast, SESSION)
    await appeals.propose(await who(cast.staff), mine.id, grant=True, reason=DecisionReason.PLATFORM_FAULT, words=None)

    assert await appeals.second(await head(), mine.id, agree=True) == 0
    record = await attendance.record(cast.learner, cast.class_id)
    assert [(one["about"], one["given_ms"]) for one in record["corrections"]] == [(SESSION, 0)]


async def test_words_hold_no_contact_data_and_other_needs_words(cast: Cast) -> None:
    """Row 14."""
    await lost().keep(cast.learner, cast.class_id)
    with pytest.raises(ContactData):
        await filed(cast, words="请打 13812345678")
    with pytest.raises(Refused, match="WORDS_NEEDED"):
        await appeals.file(cast.learner, cast.class_id, Matter.CHECK, CHECK, AppealReason.OTHER, "  ")
    mine = await filed(cast)
    with pytest.raises(ContactData):
        await appeals.propose(
            await who(cast.staff), mine.id, grant=False, reason=DecisionReason.OTHER, words="加微信 teacher_wang"
        )
    assert await appeals.appeals_by(cast.learner) == [mine]


async def test_an_undecided_one_is_overdue_after_the_set_time(cast: Cast) -> None:
    await lost().keep(cast.learner, cast.class_id)
    mine = await filed(cast)

    assert mine.due_at_ms - mine.filed_at_ms == settings.APPEAL_HOURS * 3_600_000
    assert not mine.overdue(mine.due_at_ms)
    assert mine.overdue(mine.due_at_ms + 1)


async def test_there_is_a_bound_a_day(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appeals, "A_DAY", 0)
    await lost().keep(cast.learner, cast.class_id)
    with pytest.raises(AppealLimit):
        await filed(cast)


async def test_others_appeals_are_not_known_to_exist(cast: Cast) -> None:
    await lost().keep(cast.learner, cast.class_id)
    mine = await filed(cast)
    stranger = await who(cast.other_staff)

    for attempt in (
        appeals.appeals_of(stranger, [cast.class_id]),
        appeals.propose(stranger, mine.id, grant=False, reason=DecisionReason.NO_FAULT_FOUND, words=None),
        appeals.second(stranger, mine.id, agree=True),
        appeals.second(await who(cast.learner), mine.id, agree=True),
    ):
        with pytest.raises(Unknown):
            await attempt
    assert [one.id for one in await appeals.appeals_of(await who(cast.staff), [cast.class_id])] == [mine.id]


async def test_the_learner_and_the_wall_are_told_at_once(cast: Cast) -> None:
    heard: list[tuple[str, str]] = []

    async def note(**fields: str) -> None:
        heard.append((fields.get("class_id") or fields["learner_id"], fields.get("list") or fields["what"]))

    undo = [notices.subscribe("class_news", note), notices.subscribe("learner_news", note)]
    await lost().keep(cast.learner, cast.class_id)
    mine = await filed(cast)
    await appeals.propose(await who(cast.staff), mine.id, grant=False, reason=DecisionReason.NO_FAULT_FOUND, words=None)
    for one in undo:
        one()

    assert heard == [(cast.class_id, "appeals"), (cast.learner, "appeals")] * 2
