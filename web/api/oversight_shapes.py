"""What the regulators' API takes and gives."""

from typing import Annotated

from ninja import Schema
from pydantic import Field, StringConstraints

from classroom.courses.rules import Subject

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


class CurveView(Schema):
    """How many were online, up to the newest whole step."""

    now_ms: int
    step_ms: int
    points: list[CurvePoint]
