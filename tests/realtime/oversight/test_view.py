"""What a regulator's page is told, folded, is what a fresh look would read; nothing of another region is in it."""

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from classroom.people.regions import within
from realtime.census.count import Count
from realtime.census.keys import Key
from realtime.census.sums import Sums
from realtime.oversight import protocol as p
from realtime.oversight.view import Narrowed, View, read, with_look
from realtime.oversight.views import Views
from tests.realtime.census.test_sums import PLACES

DECODER = msgspec.json.Decoder(p.ToOversight)
AT = [
    Narrowed("440000"),
    Narrowed("440600"),
    Narrowed("440606", "principal"),
    Narrowed("440000", "special_operation/8.10"),
    Narrowed("440600", "", "school"),
    Narrowed("440300"),
]
CHANGES = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(["p1", "p2"]),
            st.sampled_from(sorted(PLACES)),
            st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)),
        ),
        max_size=4,
    ),
    min_size=1,
    max_size=8,
)


def filled() -> Sums:
    sums = Sums()
    sums.place(PLACES.values())
    return sums


class Folded:
    """A page that knows only what it was told."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Any]] = {}
        self.total: tuple[int, ...] = ()

    def hear(self, text: str) -> None:
        said = DECODER.decode(text)
        assert isinstance(said, p.OversightSums)
        self.total = said.total
        for name in ("regions", "institutions", "facets", "classes"):
            told = getattr(said, name)
            before = {} if said.whole else self.known[name]
            self.known[name] = {key: count for key, count in {**before, **told}.items() if any(count)}


@given(CHANGES, st.sampled_from(AT), st.data())
def test_changes_folded_are_a_fresh_look(changes: Sequence[Any], at: Narrowed, data: st.DataObject) -> None:
    sums = filled()
    view, page, told = View(at, sums, 0), Folded(), -1
    for now, some in enumerate(changes, 1):
        for process, class_id, count in some:
            sums.hear(process, {class_id: Count(*count)}, now)
        view.turn(sums, now)
        if data.draw(st.booleans()):  # else the page is slow
            page.hear(with_look(1, view.since(told)))
            told = view.n
    page.hear(with_look(1, view.since(told)) if told != view.n else with_look(1, view.since(-1)))
    fresh = read(sums, at)
    assert page.total == fresh.total == sums.of(Key(*at))
    for name, found in page.known.items():
        assert {key: tuple(count) for key, count in found.items()} == {
            key: tuple(count) for key, count in getattr(fresh, name).items()
        }


@given(CHANGES)
def test_another_citys_are_nowhere_in_it(changes: Sequence[Any]) -> None:
    """Row 20: 佛山 never sees 深圳."""
    sums = filled()
    for some in changes:
        for process, class_id, count in some:
            sums.hear(process, {class_id: Count(*count)}, 1)
    for at in AT:
        fresh = read(sums, at)
        inside = [place for place in PLACES.values() if within(place.region_code, at.region)]
        assert set(fresh.classes) <= {place.id for place in inside}
        assert set(fresh.institutions) <= {place.institution_id for place in inside}
        assert all(within(code, at.region) for code in fresh.regions)
        assert fresh.total[0] <= sum(sums.of_class(place.id)[0] for place in inside)


def test_all_pages_of_a_view_are_told_the_same_text_made_once() -> None:
    sums = filled()
    views = Views(sums)
    woken: list[int] = []
    wakes = [lambda n=n: woken.append(n) for n in range(3)]
    made = {id(views.look(Narrowed("440600"), wake)) for wake in wakes}
    assert len(made) == 1
    sums.hear("p1", {"b": Count(1, 1, 0)}, 1)
    views.turn()
    assert sorted(woken) == [0, 1, 2]
    view = views.look(Narrowed("440600"), wakes[0])
    assert view.since(view.n - 1) is view.since(view.n - 1)
    assert DECODER.decode(with_look(7, view.since(view.n - 1))).total == (1, 1, 0)
    for wake in wakes:
        views.leave(Narrowed("440600"), wake)
    assert views._watched == {}


def test_a_class_whose_place_is_found_after_a_look_is_shown_without_another_change() -> None:
    """The first learner of a class since this process began; nothing else may happen for an hour."""
    sums, at = Sums(), Narrowed("440600")
    sums.hear("p1", {"b": Count(1, 1, 0)}, 1)
    view = View(at, sums, 1)
    page, told = Folded(), view.n
    page.hear(with_look(1, view.since(-1)))
    assert page.total == (0, 0, 0)

    sums.place(PLACES.values())
    view.turn(sums, 2)
    page.hear(with_look(1, view.since(told)))

    assert page.total == (1, 1, 0)
