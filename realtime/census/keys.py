"""What counts are kept for: every region, what is trained for there, and each institution in both (pure).

A key is ``region|facet|institution``; a facet is a qualification or one of its items, ``special_operation/1.1``.
"""

from classroom.courses.rules import ClassPlace
from classroom.people.regions import parent


def key_of(region: str, facet: str = "", institution: str = "") -> str:
    """Everything of a region, or narrowed."""
    return f"{region}|{facet}|{institution}"


def keys_of(place: ClassPlace) -> tuple[str, ...]:
    """The sums that a class is a part of: three regions, three facets, with and without its institution; 18 at most."""
    return tuple(
        key_of(region, facet, institution)
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
