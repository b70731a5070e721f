"""What the HTTP API takes and gives; the OpenAPI document is made from it."""

from typing import Annotated, Literal

from ninja import Path, Schema
from pydantic import Field

from classroom.people.rules import AlternativeReason, CheckedBy, RequestOutcome, RequestReason
from web.errors import CODES

ActionCode = Literal["turn_left", "turn_right", "nod", "open_mouth", "close_eyes"]
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")]  # in an address; anything else is no id of ours


class Error(Schema):
    """Every refusal: a machine code, and a reference for the help desk."""

    code: Annotated[str, Field(json_schema_extra={"enum": sorted(CODES)})]
    ref: str


class AccountView(Schema):
    """Who is signed in."""

    id: str
    account: str
    role: str
    display_name: str


class ConsentView(Schema):
    """The live consent."""

    version: str
    given_at_ms: int


class ClassView(Schema):
    """A class the learner is enrolled in."""

    id: str
    title: str
    institution: str


class Me(Schema):
    """Who is signed in and what they may do next."""

    account: AccountView | None
    csrf: str
    consent: ConsentView | None
    notice_version: str
    portrait: str
    portrait_refused_reason: str | None
    may_enrol: bool
    checked_by: CheckedBy  # person: no portrait, no consent to face data needed
    not_asked: list[str]  # actions that no check asks of this learner
    classes: list[ClassView]
    demo: bool
    second_factor: Literal["no", "enrol", "code"]  # what still stands between the password and the account


class Login(Schema):
    """What signing in takes."""

    account: Annotated[str, Field(min_length=1, max_length=100)]
    password: Annotated[str, Field(min_length=1, max_length=256)]


class Code(Schema):
    """What the authenticator shows."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class NewSecondFactor(Schema):
    """What an authenticator is told once: by its QR code (a data: URL), or typed."""

    secret: str
    picture: str


class ConsentTo(Schema):
    """The version of the notice that was read."""

    version: Annotated[str, Field(min_length=1, max_length=32)]


class NoticeParagraph(Schema):
    """A part of the notice."""

    heading: str
    text: str


class Notice(Schema):
    """What consent is given to."""

    version: str
    title: str
    paragraphs: list[NoticeParagraph]


class LessonOutline(Schema):
    """A lesson."""

    id: str
    title: str
    length_ms: int


class ClassOutlineView(Schema):
    """A class with its lessons, in order."""

    id: str
    title: str
    institution: str
    lessons: list[LessonOutline]


class WatchedClass(Schema):
    """A class that one may watch, with what its lessons are called."""

    id: str
    title: str
    institution: str
    region_code: str
    lessons: list[LessonOutline]


class WaitingPortrait(Schema):
    """A portrait to decide about; ``picture`` is a data: URL."""

    learner_id: str
    display_name: str
    submitted_at_ms: int
    picture: str


class RefusePortrait(Schema):
    """Why, as a code of the page's sentences."""

    reason: Annotated[str, Field(pattern=r"^[A-Z_]{1,64}$")]


class StaffLearner(Schema):
    """A learner as the staff of the institution see them."""

    learner_id: str
    display_name: str
    portrait: str
    failed_checks_today: int
    may_enrol: bool
    not_asked: list[str]
    not_asked_reason: AlternativeReason | None


class SetAlternative(Schema):
    """Which actions aren't asked of a learner any more; none: all are."""

    not_asked: Annotated[list[ActionCode], Field(max_length=5)]
    reason: AlternativeReason


class AskForPerson(Schema):
    """Why, in which class, and at which check if it was at one."""

    reason: RequestReason
    class_id: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    check_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None


class PersonRequestView(Schema):
    """A request for a person as the learner sees it."""

    id: str
    reason: RequestReason
    check_id: str | None
    requested_at_ms: int
    handled_at_ms: int | None
    outcome: RequestOutcome | None
    place: int | None  # in the queue, from 1, while it waits
    about_ms: int | None  # until then, as calls took lately


class ChooseCheckedBy(Schema):
    """By face, or by a person: the learner's own choice."""

    by: CheckedBy


class CheckSummary(Schema):
    """What happened at a check."""

    kind: str
    pushed_at_ms: int
    outcome: str | None
    reason: str | None
    tries: int
    dropped_ms: int


class StaffPersonRequest(Schema):
    """The same as the institution's staff see it."""

    id: str
    learner_id: str
    display_name: str
    class_title: str | None
    reason: RequestReason
    requested_at_ms: int
    check: CheckSummary | None
    handled_at_ms: int | None
    outcome: RequestOutcome | None


class HandleRequest(Schema):
    """What was done about it."""

    outcome: RequestOutcome
