"""Who may see which classes, with everything and everybody in them: the one place that decides it (rows 20 and 29)."""

from collections.abc import Sequence
from dataclasses import dataclass

from classroom.courses import store
from classroom.courses.rules import ClassPlace
from classroom.people import service as people
from classroom.people.regions import PROVINCE, UnknownRegion, within
from classroom.people.rules import Account, InstitutionKind, Role, Unknown


@dataclass(frozen=True, slots=True)
class Scope:
    """What an account may look at. Three narrowings; all that are set must hold, and none set sees nothing."""

    everything: bool = False
    institution: str | None = None
    region: str | None = None  # a province, city or county
    classes: frozenset[str] | None = None

    def sees(self, place: ClassPlace) -> bool:
        """Whether a class lies within."""
        if self.everything:
            return True
        held = [
            place.institution_id == self.institution if self.institution is not None else None,
            within(place.region_code, self.region) if self.region is not None else None,
            place.id in self.classes if self.classes is not None else None,
        ]
        set_ones = [one for one in held if one is not None]
        return bool(set_ones) and all(set_ones)


NOTHING = Scope()


async def scope_of(account: Account) -> Scope:
    """A class manager sees the own institution, a proctor the classes assigned there, a regulator the own region."""
    match account.role:
        case Role.STAFF:
            return Scope(institution=account.institution_id)
        case Role.PROCTOR:
            return Scope(institution=account.institution_id, classes=frozenset(await store.proctored_by(account.id)))
        case Role.OPERATOR:
            return Scope(everything=await _kind(account) is InstitutionKind.PLATFORM)
        case Role.REGULATOR:
            bureau = await people.institution(account.institution_id)
            if bureau is None or bureau.kind is not InstitutionKind.BUREAU:
                return NOTHING
            return Scope(region=bureau.city_code)
        case Role.LEARNER:
            return NOTHING


async def classes_seen(account: Account) -> Sequence[ClassPlace]:
    """The classes within the account's scope, by id."""
    scope = await scope_of(account)
    places = (place_of(row) for row in await store.all_classes())
    return [place for place in places if scope.sees(place)]


async def class_seen(account: Account, class_id: str) -> ClassPlace:
    """The class, where it lies within the account's scope. Raises Unknown: others' classes are not known to exist."""
    row = await store.training_class(class_id)
    if row is None or not (await scope_of(account)).sees(place_of(row)):
        raise Unknown
    return place_of(row)


async def region_seen(account: Account, code: str | None) -> str:
    """The region, where it lies in a regulator's own or an operator looks; None asks for all of the own one.

    Raises Unknown: others' regions are not known to exist.
    """
    scope = await scope_of(account) if account.role in (Role.REGULATOR, Role.OPERATOR) else NOTHING
    own = PROVINCE if scope.everything else scope.region
    try:
        if own is None or not within(code if code is not None else own, own):
            raise Unknown
    except UnknownRegion:
        raise Unknown from None
    return own if code is None else code


async def _kind(account: Account) -> InstitutionKind | None:
    institution = await people.institution(account.institution_id)
    return None if institution is None else institution.kind


def place_of(row: store.ClassRow) -> ClassPlace:
    """A class' row as what decides who may see it."""
    where = (row.institution_id, row.region_code)
    return ClassPlace(row.id, row.title, *where, row.course_id, row.qualification, row.item_code)
