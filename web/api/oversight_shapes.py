"""What the regulators' API takes and gives."""

from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, StringConstraints

from classroom.courses.rules import Subject
from classroom.people.identity import Gender

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]
Code = Annotated[str, Field(pattern=r"^44\d{4}$")]


class Named(Schema):
    """A region, an institution, a class, something that is trained for."""

    code: str
    name: str


class Places(Schema):
    """What the lines of a region's page are called. Institutions by their names, never by a number."""

    path: list[Named]  # from the own region down to the one that is looked at
    regions: list[Named]  # one level down, by code
    institutions: list[Named]
    facets: list[Named]  # qualifications, and their items below them


class CurvePoint(Schema):
    """A step of a curve; without numbers nobody counted then."""

    at_ms: int
    online_peak: int | None
    online_mean: float | None
    studying_peak: int | None
    studying_mean: float | None


class Suspend(Schema):
    """Article 30."""

    subject: Subject
    subject_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
    reason: Reason


class Lift(Schema):
    """Why it ends."""

    reason: Reason


class SuspensionView(Schema):
    """What holds, or held, in the own region."""

    id: str
    subject: Subject
    subject_id: str
    title: str
    region: Named
    reason: str
    by: str
    at_ms: int
    lifted_at_ms: int | None
    lifted_by: str | None
    lifted_reason: str | None
    mine: bool  # whether the asking person may lift it


class Made(Schema):
    """The id of what was made."""

    id: str


class InstitutionView(Schema):
    """An institution as the own region sees it, with its classes there."""

    id: str
    name: str
    city: Named
    state: str
    suspended: bool  # somewhere in the region, itself
    classes: list[Named]
    courses: list[Named]  # that its classes there are about


class CurveView(Schema):
    """How many were online, up to the newest whole step."""

    now_ms: int
    step_ms: int
    points: list[CurvePoint]


class Search(Schema):
    """In the body, not in the address: addresses are written down on their way."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)] | None = None
    id_number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)] | None = None
    gender: Gender | None = None
    institution: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")] | None = None


class DoingNow(Schema):
    """What was last committed of a learner in a class."""

    phase: str
    reason: str | None
    connected: bool
    since_ms: int
    as_of_ms: int
    counted_ms: int  # the three of that day
    held_ms: int
    not_counted_ms: int


class LearnerFound(Schema):
    """A learner in a class of the own region."""

    learner_id: str
    class_id: str
    display_name: str
    gender: str | None
    birth_year: int | None
    id_masked: str | None
    class_title: str
    institution: str
    region: Named
    now: DoingNow | None  # None before the first visit


class SearchAnswer(Schema):
    """What was found; ``more``: and others, that a narrower question shows."""

    learners: list[LearnerFound]
    more: bool


class LearnerView(Schema):
    """One learner in one class: who, and the whole record."""

    learner: LearnerFound
    record: dict[str, Any]
    pictures: list[str]  # checks whose picture one may ask for, under /wall


class OperationView(Schema):
    """An entry of the operation log."""

    id: int
    at_ms: int
    actor: str | None
    actor_name: str | None  # as it is now; None where it is no more
    role: str | None
    institution: str | None
    address: str
    authenticated: str
    act: str
    touched: str
    outcome: str
    ref: str | None


class Operations(Schema):
    """A page of the log; ``before`` is where the next one begins."""

    entries: list[OperationView]
    before: int | None


class Verified(Schema):
    """The result of looking at every entry's hash and every chain's seal."""

    at_ms: int
    entries: int
    findings: list[str]
