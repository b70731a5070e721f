"""What the HTTP API takes and gives; the OpenAPI document is made from it."""

from typing import Annotated

from ninja import Schema
from pydantic import Field


class Error(Schema):
    """Every refusal: a machine code, and a reference for the help desk."""

    code: str
    ref: str


class AccountView(Schema):
    id: str
    account: str
    role: str
    display_name: str


class ConsentView(Schema):
    version: str
    given_at_ms: int


class ClassView(Schema):
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
    classes: list[ClassView]
    demo: bool


class Login(Schema):
    account: Annotated[str, Field(min_length=1, max_length=100)]
    password: Annotated[str, Field(min_length=1, max_length=256)]


class ConsentTo(Schema):
    version: Annotated[str, Field(min_length=1, max_length=32)]


class NoticeParagraph(Schema):
    heading: str
    text: str


class Notice(Schema):
    version: str
    title: str
    paragraphs: list[NoticeParagraph]


class LessonOutline(Schema):
    id: str
    title: str
    length_ms: int


class ClassOutlineView(Schema):
    id: str
    title: str
    institution: str
    lessons: list[LessonOutline]


class WaitingPortrait(Schema):
    learner_id: str
    display_name: str
    submitted_at_ms: int
    picture: str


class RefusePortrait(Schema):
    reason: Annotated[str, Field(pattern=r"^[A-Z_]{1,64}$")]


class StaffLearner(Schema):
    learner_id: str
    display_name: str
    portrait: str
    failed_checks_today: int
    may_enrol: bool
