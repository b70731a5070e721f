"""Finds learners of the own region by whole name, ID number or institution, with what they are doing now (rows 20, 38)."""

from collections.abc import Sequence
from dataclasses import dataclass

from classroom.attendance import service as attendance
from classroom.attendance.standing import Standing
from classroom.courses import scope
from classroom.courses import service as courses
from classroom.courses.rules import ClassPlace
from classroom.people import service as people
from classroom.people.identity import Gender
from classroom.people.rules import Account, PeopleError

SHOWN_AT_MOST = 200
INDEX_SHOWN = 32  # characters of a blind index: enough to compare a question with a question


class TooWide(PeopleError):
    """A name, an ID number or an institution is needed; a gender alone is half of everybody."""

    code = "TOO_WIDE"


@dataclass(frozen=True, slots=True)
class Conditions:
    """All that are set must hold."""

    name: str | None = None
    id_number: str | None = None
    gender: Gender | None = None
    institution: str | None = None

    @property
    def shown(self) -> str:
        """As the operation log keeps them: which, by blind index; never a name or a number."""
        said = {
            "name_index": None if self.name is None else people.name_index(self.name)[:INDEX_SHOWN],
            "id_index": None if self.id_number is None else people.id_index(self.id_number)[:INDEX_SHOWN],
            "gender": None if self.gender is None else self.gender.value,
            "institution": self.institution,
        }
        return " ".join(f"{name}={value}" for name, value in said.items() if value is not None)


@dataclass(frozen=True, slots=True)
class Found:
    """A learner in a class."""

    learner: Account
    place: ClassPlace
    standing: Standing | None  # None before the first visit


async def search(by: Account, wanted: Conditions) -> tuple[list[Found], bool]:
    """By learner and class; whether there are more than are shown. Raises TooWide."""
    if wanted.name is None and wanted.id_number is None and wanted.institution is None:
        raise TooWide
    places = {
        place.id: place
        for place in await scope.classes_seen(by)
        if wanted.institution is None or place.institution_id == wanted.institution
    }
    by_person = wanted.name is not None or wanted.id_number is not None
    learners = await people.learners_with(wanted.name, wanted.id_number) if by_person else None
    pairs = await courses.members(sorted(places), learners)
    accounts = await people.learners_like(sorted({learner for learner, _ in pairs}), wanted.gender, SHOWN_AT_MOST + 1)
    known = {one.id: one for one in accounts}
    seen = [(known[learner], places[class_id]) for learner, class_id in pairs if learner in known]
    standings = await attendance.standings_of([one.id for one in accounts])
    found = [Found(one, place, standings.get((one.id, place.id))) for one, place in seen]
    return found[:SHOWN_AT_MOST], len(found) > SHOWN_AT_MOST


async def learner_seen(by: Account, class_id: str, learner_id: str) -> tuple[Account, ClassPlace] | None:
    """A learner with a class in the own region; None where there is no such pair. Raises Unknown."""
    place = await scope.class_seen(by, class_id)
    if not await courses.is_enrolled(learner_id, class_id):
        return None
    found: Sequence[Account] = await people.learners_like([learner_id], None, 1)
    return (found[0], place) if found else None
