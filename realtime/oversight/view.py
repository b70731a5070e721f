"""One view of the counts, made once for all pages that look at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from classroom.courses.catalogue import FACETS
from classroom.people.regions import below, within
from realtime.census.count import NONE, Count
from realtime.census.keys import Key, facets_of
from realtime.census.sums import Sums

_encode = msgspec.json.Encoder().encode


class Narrowed(NamedTuple):
    """What is looked at."""

    region: str
    facet: str = ""
    institution: str = ""


@dataclass(slots=True)
class Numbers:
    """The same as the message has it, without what isn't about counts."""

    total: Count = NONE
    regions: dict[str, Count] = field(default_factory=dict)
    institutions: dict[str, Count] = field(default_factory=dict)
    facets: dict[str, Count] = field(default_factory=dict)
    classes: dict[str, Count] = field(default_factory=dict)


def read(sums: Sums, at: Narrowed) -> Numbers:
    """Reads of numbers: as many as the page has lines, however many learners there are."""
    region, facet, institution = at
    found = Numbers(total=sums.of(Key(region, facet, institution)))
    found.regions = _there({one.code: sums.of(Key(one.code, facet, institution)) for one in below(region)})
    found.facets = _there({one: sums.of(Key(region, one, institution)) for one in FACETS})
    found.institutions = {one: count for one, count in sums.parts(region, facet).items() if one}
    if institution:
        found.institutions = {one: count for one, count in found.institutions.items() if one == institution}
        found.classes = _there(
            {
                place.id: sums.of_class(place.id)
                for place in sums.classes_of(institution)
                if within(place.region_code, region) and (not facet or facet in facets_of(place))
            }
        )
    return found


def _there(counts: Mapping[str, Count]) -> dict[str, Count]:
    return {name: count for name, count in counts.items() if any(count)}


def changed(before: Numbers, after: Numbers) -> Numbers:
    """What a page has to be told that knows ``before``; what isn't there any more is told as nothing."""
    return Numbers(
        after.total,
        *(
            {
                name: new.get(name, NONE)
                for name in old.keys() | new.keys()
                if old.get(name, NONE) != new.get(name, NONE)
            }
            for old, new in (
                (before.regions, after.regions),
                (before.institutions, after.institutions),
                (before.facets, after.facets),
                (before.classes, after.classes),
            )
        ),
    )


class View:
    """Numbered by ``n``: who knows the one before is told the change, anybody else everything."""

    def __init__(self, at: Narrowed, sums: Sums, now: int) -> None:
        self.n = 0
        self._at = at
        self._version = -1
        self._numbers = Numbers()
        self._change = b""
        self._whole = b""
        self.turn(sums, now)

    def turn(self, sums: Sums, now: int) -> None:
        """Read the sums again, where one of them has changed."""
        before = self._numbers
        if sums.version != self._version:
            self._version, self._numbers = sums.version, read(sums, self._at)
        self.n += 1
        self._change = self._text(changed(before, self._numbers), sums, now, whole=False)
        self._whole = b""
        self._as_of = sums.as_of(now), now

    def since(self, n: int) -> bytes:
        """What brings a page that knows ``n`` up to date; without the look's number, which is each page's own."""
        if n == self.n - 1:
            return self._change
        if not self._whole:
            as_of, now = self._as_of
            self._whole = _message(self._at, self._numbers, as_of, now, whole=True)
        return self._whole

    def _text(self, numbers: Numbers, sums: Sums, now: int, *, whole: bool) -> bytes:
        return _message(self._at, numbers, sums.as_of(now), now, whole=whole)


def _message(at: Narrowed, numbers: Numbers, as_of: int, now: int, *, whole: bool) -> bytes:
    """A message of realtime/oversight/protocol.py that still wants its beginning, see ``with_look``."""
    return _encode(
        {
            "region": at.region,
            "whole": whole,
            "now_ms": now,
            "as_of_ms": as_of,
            "total": numbers.total,
            "regions": numbers.regions,
            "institutions": numbers.institutions,
            "facets": numbers.facets,
            "classes": numbers.classes,
        }
    )


def with_look(look: int, text: bytes) -> str:
    """The whole message: every page has given its look a number, the rest is the same for all."""
    return f'{{"type":"sums","look":{look},' + text[1:].decode()
