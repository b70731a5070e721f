"""Counts are those of the leases in the database, at a hundred random moments while learners come, go and move."""

import asyncio
import random  # noqa: TID251 - seeded: the same churn every time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tortoise import Tortoise

from classroom.attendance.rules import Rules
from classroom.clock import now_ms
from classroom.courses import service as courses
from classroom.courses.catalogue import Qualification
from classroom.courses.rules import Lesson
from classroom.people import service as people
from classroom.people.rules import Role
from realtime import protocol as p
from realtime.census.keys import Key, keys_of
from realtime.connection import Connection
from realtime.ice import IceServers
from realtime.seat import Seat
from realtime.seats import PROCESS_LEASE_MS, Seats
from tests.cast import Cast, backend, cast, database, database_url, postgres_template, sqlite_template, with_portrait
from tests.realtime.census.counted import by_class, leases
from tests.realtime.census.test_sums import Wire
from tests.realtime.fakes import FakePlane
from verify.protocol import FirstFrame, Passed

__all__ = ["backend", "cast", "database", "database_url", "postgres_template", "sqlite_template"]

LENGTH_MS = 600_000
LEARNERS, MOMENTS = 8, 100
PASSED = Passed(evidence_jpeg=b"\xff\xd8", embedding=[0.0] * 128, score=0.9, threshold=0.45, model="m")


class Here:
    """A learner's page, wherever it is connected."""

    def __init__(self, learner_id: str, class_id: str) -> None:
        self.learner_id, self.class_id = learner_id, class_id
        self.connection: Connection | None = None
        self.seat: Seat | None = None

    def say(self, message: p.FromPage) -> None:
        if self.seat is not None and self.connection is not None:
            self.seat.receive(self.connection, message)

    def cut(self) -> None:
        if self.seat is not None and self.connection is not None:
            self.connection.close(p.CLOSE_RESTART)
            self.seat.detach(self.connection)
        self.connection = self.seat = None


@pytest_asyncio.fixture
async def pages(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> list[Here]:
    """Learners of three classes in two cities."""

    async def delivered_to(session_id: str, lesson_id: str, from_ms: int) -> int:
        return LENGTH_MS

    monkeypatch.setattr("classroom.courses.service.delivered_to", delivered_to)
    await people.register_in("school", "440600")
    course = await courses.add_course("长课", [Lesson("long", "课", LENGTH_MS, tuple(range(0, LENGTH_MS, 4_000)))])
    for name, region, item in (("gz", "440106", "1.1"), ("sd", "440606", "1.1"), ("fs", "440600", "8.10")):
        await courses.add_class(name, name, "school", course, region, (Qualification.SPECIAL_OPERATION, item))
    found = []
    for number in range(LEARNERS):
        learner = await people.register("school", Role.LEARNER, f"l{number}", "某人", "x")
        await with_portrait(cast, learner, cast.staff)
        class_id = ("gz", "sd", "fs")[number % 3]
        await courses.enrol(learner, class_id)
        found.append(Here(learner, class_id))
    return found


@pytest_asyncio.fixture
async def processes(database: str) -> AsyncIterator[tuple[list[Seats], FakePlane]]:
    plane = FakePlane()
    both = []
    for _ in range(2):
        seats = Seats(media=plane, ice=IceServers(), alone=True)
        seats.rules = Rules(failed_checks_a_day=1_000)
        both.append(seats)
    await both[0].open()
    both[1]._lease_ms = 1  # so that it needn't be alone
    await both[1].open()
    for seats in both:
        seats._lease_ms = None  # a page that comes here takes its seat along
    yield both, plane
    for seats in both:
        await seats.close()


async def settle(both: list[Seats]) -> None:
    """Until nothing is on its way."""
    async with asyncio.timeout(20):
        quiet = 0
        while quiet < 3:
            await asyncio.sleep(0.002)
            busy = [seat for seats in both for seat in seats.all() if seat._waiting or seat._worker is not None]
            idle = all(not seats.writer._dirty and seats.writer._idle.is_set() for seats in both)
            quiet = quiet + 1 if idle and not busy else 0


@pytest.mark.parametrize("seed", [1, 2])
async def test_at_a_hundred_random_moments(
    pages: list[Here], processes: tuple[list[Seats], FakePlane], seed: int
) -> None:
    """Row 20: the online count follows sockets."""
    both, plane = processes
    chance, wire = random.Random(seed), Wire()
    censuses = [wire.join(seats.owner) for seats in both]
    for census, seats in zip(censuses, both, strict=True):
        census._places = courses.places_of
        seats.sight.watch(census.seen)
    seen: set[tuple[int, int, int]] = set()
    for moment in range(MOMENTS):
        for _ in range(chance.randrange(1, 4)):
            await _happens(chance, chance.choice(pages), both, plane)
        await settle(both)
        for _ in range(2):  # what one says the other hears with its own
            for census in censuses:
                census.tick(asyncio.get_running_loop().time())
                await census._find_places()
        since = now_ms() - PROCESS_LEASE_MS
        rows = await Tortoise.get_connection("default").execute_query_dict(leases(since))
        expected = by_class(rows)
        places = await courses.places_of(["gz", "sd", "fs"])
        for census in censuses:
            for place in places:
                assert census.sums.of_class(place.id) == expected.get(place.id, (0, 0, 0)), (moment, place.id)
            for key in {key for place in places for key in keys_of(place)}:
                parts = [expected.get(place.id, (0, 0, 0)) for place in places if key in keys_of(place)]
                assert census.sums.of(key) == tuple(map(sum, zip(*parts, strict=True))), (moment, key)
        seen.add(censuses[0].sums.of(Key("440000")))
    assert len(seen) > 10, "nothing much happened"
    assert max(count[1] for count in seen) >= 1, "nobody studied"
    assert max(count[2] for count in seen) >= 1, "nobody was in a check"


async def _happens(chance: random.Random, page: Here, both: list[Seats], plane: FakePlane) -> None:
    acts = ("come", "begin", "pass", "play", "pause", "cut", "leave")
    match chance.choices(acts, weights=(4, 6, 6, 8, 1, 1, 1))[0]:
        case "come":
            page.cut()
            page.connection = Connection(learner_id=page.learner_id, device="d", session="s")
            page.connection.class_id = page.class_id
            page.seat = await chance.choice(both).attach(page.connection, p.Hello(p.VERSION, page.class_id))
        case "begin":
            page.say(p.Begin())
        case "pass":
            for check in plane.checks:
                if not check.aborted.is_set() and not check.verdict_said and chance.random() < 0.7:
                    check.says.put_nowait(FirstFrame())
                    check.says.put_nowait(PASSED)
        case "play":
            page.say(p.OpenLesson(lesson_id="long"))
            page.say(p.Play(position_ms=0))
        case "pause":
            page.say(p.Pause(position_ms=0))
        case "cut":
            page.cut()
        case _:
            page.say(p.SignOut(position_ms=0))
