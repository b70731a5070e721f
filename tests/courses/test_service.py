"""What a class studies, and what was delivered to whom."""

import asyncio

import pytest
from tortoise import Tortoise

from classroom.courses import service, store
from classroom.courses.rules import Membership
from tests.cast import Cast


async def deliver(cast: Cast, *segments: int, session: str = "session", rendition: str = "smooth") -> None:
    for segment in segments:
        await service.record_delivery(session, cast.lessons[0].id, rendition, segment, 1_000 + segment)


@pytest.mark.parametrize("text", ["", "c" * 33, "class\0", "班", "class id", "../class"])
async def test_a_text_that_is_no_id_is_nobodys_class(cast: Cast, text: str) -> None:
    """Bad input is refused, and never reaches a database that would choke on it."""
    assert await service.is_enrolled(cast.learner, "class")
    assert not await service.is_enrolled(cast.learner, text)


async def test_the_outline_has_the_lessons_in_order_with_their_segments(cast: Cast) -> None:
    outline = await service.class_outline(cast.class_id)

    assert outline is not None
    assert (outline.title, outline.institution, outline.region_code) == ("测试班", "广州市测试培训中心", "440100")
    assert outline.lessons == cast.lessons
    assert await service.class_outline("nothing") is None


async def test_enrolment_decides_who_is_in_a_class(cast: Cast) -> None:
    """Regulation 2.1.2: 学员能按照访问权限学习相应的教学课程."""
    await service.enrol(cast.learner, cast.class_id)  # safe to repeat

    assert await service.is_enrolled(cast.learner, cast.class_id)
    assert not await service.is_enrolled(cast.other_learner, cast.class_id)
    assert await service.classes_of(cast.learner) == [Membership("class", "测试班", "广州市测试培训中心")]
    assert await service.classes_of(cast.other_learner) == []


async def test_delivered_media_reach_to_the_first_gap(cast: Cast) -> None:
    lesson = cast.lessons[0].id
    assert await service.delivered_to("session", lesson, 0) == 0

    await deliver(cast, 0, 1, 3)
    await deliver(cast, 2, rendition="high")

    assert await service.delivered_to("session", lesson, 100) == 16_000  # renditions are aligned: either counts
    assert await service.delivered_to("session", lesson, 16_000) == 16_000
    assert await service.delivered_to("another", lesson, 0) == 0
    assert await service.delivered_to("session", cast.lessons[1].id, 0) == 0
    assert await service.delivered_to("session", "no lesson", 7) == 7


async def test_what_memory_knows_is_enough_only_two_heartbeats_ahead(cast: Cast) -> None:
    lesson = cast.lessons[0].id
    assert service.reached("session", lesson, 0, 0) is None  # nothing was asked for yet

    await deliver(cast, 0, 1, 2, 4)
    assert await service.delivered_to("session", lesson, 0) == 12_000

    assert service.reached("session", lesson, 0, 2_000) == 12_000
    assert service.reached("session", lesson, 0, 2_001) is None
    assert service.reached("session", lesson, 8_000, 2_000) == 12_000  # looked for from where it was unbroken before
    assert service.reached("another", lesson, 0, 0) is None


async def test_deliveries_of_another_process_count(cast: Cast) -> None:
    lesson = cast.lessons[0].id
    await deliver(cast, 0)
    assert await service.delivered_to("session", lesson, 0) == 4_000

    await store.add_deliveries([("session", lesson, "high", segment, 5) for segment in (1, 2, 3, 4)])

    assert await service.delivered_to("session", lesson, 0) == 20_000


async def test_a_segment_delivered_again_keeps_its_first_instant(cast: Cast) -> None:
    await service.record_delivery("session", cast.lessons[0].id, "smooth", 0, 1_000)
    await service.record_delivery("session", cast.lessons[0].id, "smooth", 0, 2_000)

    rows = await Tortoise.get_connection("default").execute_query_dict("SELECT segment, at_ms FROM delivery")

    assert [(row["segment"], row["at_ms"]) for row in rows] == [(0, 1_000)]


async def test_deliveries_are_committed_together_and_each_is_there_when_it_returns(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    write = store.add_deliveries

    async def counted(deliveries: list[tuple[str, str, str, int, int]]) -> None:
        batches.append(len(deliveries))
        await write(deliveries)

    monkeypatch.setattr(service._deliveries, "_write", counted)

    async def one(number: int) -> int:
        await service.record_delivery(f"session-{number}", cast.lessons[0].id, "smooth", 0, 1)
        return len(list(await store.delivered_segments(f"session-{number}", cast.lessons[0].id)))

    seen = await asyncio.gather(*(one(number) for number in range(200)))

    assert seen == [1] * 200
    assert len(batches) < 20


async def test_a_delivery_that_is_refused_is_not_remembered(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(deliveries: object) -> None:
        raise ValueError("refused")

    with monkeypatch.context() as broken:
        broken.setattr(service._deliveries, "_write", fails)
        with pytest.raises(ValueError, match="refused"):
            await deliver(cast, 0)

    assert await service.delivered_to("session", cast.lessons[0].id, 0) == 0
    await deliver(cast, 0)  # the writer goes on
    assert await service.delivered_to("session", cast.lessons[0].id, 0) == 4_000


async def test_a_delivery_while_the_database_is_away_is_known_at_once_and_written_when_it_is_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A player doesn't ask again for what it has: forgotten, it would cost all that follows (rule 2)."""
    write, away = service._deliveries._write, asyncio.Event()

    async def fails_first(deliveries: object) -> None:
        if not away.is_set():
            away.set()
            raise OSError("the disk is full")
        await write(deliveries)  # type: ignore[arg-type]

    monkeypatch.setattr("classroom.courses.deliveries.RETRY_S", 0.01)
    monkeypatch.setattr(service._deliveries, "_write", fails_first)
    delivering = asyncio.create_task(deliver(cast, 0))
    await away.wait()

    known = service._deliveries.known("session", cast.lessons[0].id)
    await delivering
    service._deliveries.forget()

    assert known == {0}
    assert await service.delivered_to("session", cast.lessons[0].id, 0) == 4_000
