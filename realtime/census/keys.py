"""What counts are kept for: every region, what is trained for there, and each institution in both (pure)."""

from typing import NamedTuple

from classroom.courses.rules import ClassPlace
from classroom.people.regions import parent


class Key(NamedTuple):
    """A region, or part of it; a facet is a qualification or one of its items, ``special_operation/1.1``."""

    region: str
    facet: str = ""
    institution: str = ""

    def __str__(self) -> str:
        return "|".join(self)


def keys_of(place: ClassPlace) -> tuple[Key, ...]:
    """The sums that a class is a part of: three regions, three facets, with and without its institution; 18 at most."""
    return tuple(
        Key(region, facet, institution)
        for region in regions_of(place.region_code)
        for facet in facets_of(place)
        for institution in ("", place.institution_id)
    )


def regions_of(code: str) -> tuple[str, ...]:
    """The region itself, then those around it."""
    found = [code]
    while (outer := parent(found[-1])) is not None:
        found.append(outer.code)
    return tuple(found)


def facets_of(place: ClassPlace) -> tuple[str, ...]:
    """All, its qualification, its item."""
    if place.qualification is None:
        return ("",)
    if place.item_code is None:
        return "", place.qualification
    return "", place.qualification, f"{place.qualification}/{place.item_code}"
