"""Sums kept by each change are what counting everybody anew would give."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from classroom.attendance.standing import Standing
from classroom.courses.rules import ClassPlace
from realtime.census.census import LEASE_S, WHOLE_EVERY, Census
from realtime.census.count import NONE, Count, count_of
from realtime.census.keys import Key, keys_of
from realtime.cluster.messages import Body

PLACES = {
    place.id: place
    for place in (
        ClassPlace("a", "甲", "school", "440106", "course", "special_operation", "1.1"),
        ClassPlace("b", "乙", "school", "440606", "course", "special_operation", "8.10"),
        ClassPlace("c", "丙", "other", "440606", "another", "principal", "smelting"),
        ClassPlace("d", "丁", "other", "441900", "another"),  # 东莞 has no counties
    )
}
PHASES = ("browsing", "awaiting_login_check", "studying", "challenged", "paused", "signed_out")


def standing(phase: str, *, connected: bool = True) -> Standing:
    return Standing(1, 1, 0, 0, phase, None, 0, connected, "s", "l", 0, 0, 0, 0, None, None, None, None, None, ())


def test_a_session_without_its_page_is_nobody_online() -> None:
    assert [count_of(standing(phase)) for phase in PHASES[1:5]] == [
        Count(1, 0, 1), Count(1, 1, 0), Count(1, 0, 1), Count(1, 0, 0),
    ]  # fmt: skip
    assert count_of(standing("studying", connected=False)) == count_of(None) == NONE


def test_a_class_counts_in_its_county_city_province_and_nowhere_else() -> None:
    assert set(keys_of(PLACES["b"])) == {
        Key(region, facet, institution)
        for region in ("440606", "440600", "440000")
        for facet in ("", "special_operation", "special_operation/8.10")
        for institution in ("", "school")
    }
    assert {key.region for key in keys_of(PLACES["d"])} == {"441900", "440000"}


class Wire:
    """Between the processes of a test: delivers, loses, or is away."""

    def __init__(self) -> None:
        self.censuses: dict[str, Census] = {}
        self.up = True
        self.lose_next = False

    def join(self, name: str) -> Census:
        async def places(ids: Sequence[str]) -> Sequence[ClassPlace]:
            return [PLACES[one] for one in ids]

        census = Census(name, places)
        census.post = _End(self, name)
        self.censuses[name] = census
        return census


class _End:
    def __init__(self, wire: Wire, name: str) -> None:
        self._wire, self._name = wire, name

    @property
    def up(self) -> bool:
        return self._wire.up

    def send(self, peer: str, body: Body) -> None:
        if self._wire.up and peer in self._wire.censuses:
            self._wire.censuses[peer].heard(self._name, body)

    def send_all(self, body: Body) -> None:
        if self._wire.lose_next:
            self._wire.lose_next = False
            return
        for peer in tuple(self._wire.censuses):
            self.send(peer, body)


class Churn(RuleBasedStateMachine):
    """Learners come, go and move between processes that start, die and don't hear each other."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.now = 0.0
        self.loop.time = lambda: self.now  # type: ignore[method-assign]
        self.wire = Wire()
        self.seats: dict[str, dict[tuple[str, str], Standing]] = {}
        self.number = 0
        self.start()

    def teardown(self) -> None:
        self.loop.close()

    async def _do(self, work: object) -> None:
        work()  # type: ignore[operator]

    def do(self, work: object) -> None:
        self.loop.run_until_complete(self._do(work))

    @rule()
    def start(self) -> None:
        if len(self.seats) < 3:
            self.number += 1
            self.seats[f"p{self.number}"] = {}
            self.wire.join(f"p{self.number}")

    @rule(process=st.integers(0, 2), learner=st.integers(0, 5), class_id=st.sampled_from(sorted(PLACES)),
          phase=st.sampled_from(PHASES), connected=st.booleans(), leaves=st.booleans())  # fmt: skip
    def see(self, process: int, learner: int, class_id: str, phase: str, connected: bool, leaves: bool) -> None:
        name = sorted(self.seats)[process % len(self.seats)]
        for other, seats in self.seats.items():
            if other != name and (str(learner), class_id) in seats:
                del seats[str(learner), class_id]  # a seat lives in one process
                self.do(lambda other=other: self.wire.censuses[other].see(str(learner), class_id, None))
        said = None if leaves else standing(phase, connected=connected)
        if said is None:
            self.seats[name].pop((str(learner), class_id), None)
        else:
            self.seats[name][str(learner), class_id] = said
        self.do(lambda: self.wire.censuses[name].see(str(learner), class_id, said))

    @rule(process=st.integers(0, 2))
    def kill(self, process: int) -> None:
        if len(self.seats) > 1:
            name = sorted(self.seats)[process % len(self.seats)]
            del self.seats[name], self.wire.censuses[name]

    @rule()
    def lose_one(self) -> None:
        self.wire.lose_next = True

    @rule()
    def the_layer_goes_away_and_comes_back(self) -> None:
        self.wire.up = False
        self.tick(2 * LEASE_S)
        self.wire.up = True
        for census in self.wire.censuses.values():
            self.do(census.connected)

    def tick(self, seconds: float = 1.0) -> None:
        self.now += seconds
        for census in tuple(self.wire.censuses.values()):
            self.do(lambda census=census: census.tick(self.now))
            self.loop.run_until_complete(census._find_places())

    @invariant()
    def after_a_lease_every_process_says_what_is(self) -> None:
        self.wire.lose_next = False
        for _ in range(int(LEASE_S) + 3):
            self.tick()
        expected: Counter[Key] = Counter()
        studying: Counter[Key] = Counter()
        for seats in self.seats.values():
            for (_, class_id), said in seats.items():
                count = count_of(said)
                for key in keys_of(PLACES[class_id]):
                    expected[key] += count.online
                    studying[key] += count.studying
        for census in self.wire.censuses.values():
            found = dict(census.sums.items())
            assert {key: count.online for key, count in found.items()} == dict(+expected)
            assert {key: count.studying for key, count in found.items() if count.studying} == dict(+studying)
            assert census.sums.processes == set(self.seats)


TestChurn = Churn.TestCase
TestChurn.settings = settings(max_examples=30, stateful_step_count=12, deadline=None)


@given(st.integers(1, 2 * WHOLE_EVERY))
def test_who_missed_a_message_asks_for_all_of_it(lost_at: int) -> None:
    async def story() -> None:
        wire = Wire()
        one, two = wire.join("one"), wire.join("two")
        for number in range(2 * WHOLE_EVERY):
            one.see(str(number), "a", standing("studying"))
            wire.lose_next = number == lost_at
            one.tick(number)
            await two._find_places()
        one.tick(number + 1)
        assert two.sums.of(Key("440000")) == Count(2 * WHOLE_EVERY, 2 * WHOLE_EVERY, 0)

    asyncio.run(story())


def test_a_part_that_nobody_speaks_of_gets_older() -> None:
    async def story() -> None:
        wire = Wire()
        one, two = wire.join("one"), wire.join("two")
        one.tick(0)
        two.tick(0)
        one.tick(1)
        two.tick(1)
        before = two.sums.as_of(0)
        wire.up = False
        for second in range(20):
            two.tick(second)
        assert two.sums.as_of(0) == before
        assert two.sums.processes == {"one", "two"}  # nobody can be heard: nobody is known to be dead

    asyncio.run(story())
