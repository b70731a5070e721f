"""What the wall's acts, alerts and appeals take and give over HTTP."""

from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from classroom.appeals.rules import AppealReason, AppealState, DecisionReason, Matter, Step
from classroom.people.rules import AlternativeReason, RequestReason
from classroom.supervision.rules import (
    WORDS_CHARS,
    Act,
    ActReason,
    AlertOutcome,
    AlertState,
    RefusedBecause,
    Severity,
)
from web.api.shapes import ActionCode

Words = Annotated[str, Field(max_length=WORDS_CHARS)]
AnId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


class DoAct(Schema):
    """What is done, why, and in whose own words; contact data in them is refused (CONTACT_DATA)."""

    act: Act
    reason: ActReason
    words: Words | None = None
    not_asked: Annotated[list[ActionCode], Field(max_length=5)] | None = None  # of set_actions
    not_asked_reason: AlternativeReason | None = None


class ActDone(Schema):
    """LATER: the learner is away and sees it at the next visit."""

    outcome: Literal["DONE", "LATER"]


class ActView(Schema):
    """An act that was done to a learner. ``outcome``: DONE, LATER, the code of a refusal; null: not known."""

    id: str
    act: Act
    reason: ActReason
    words: str | None
    by: str
    at_ms: int
    outcome: str | None
    undone_at_ms: int | None
    seen_at_ms: int | None


class NoteView(Schema):
    """What staff did, as its learner sees it until it is acknowledged."""

    id: str
    act: Act
    reason: ActReason
    words: str | None
    by: str
    at_ms: int


class SessionLook(Schema):
    """A session that reaches into the hour."""

    id: str
    started_at_ms: int
    ended_at_ms: int | None
    ended_reason: str | None


class IntervalLook(Schema):
    """A stretch of the hour, with its place in the three times."""

    from_ms: int
    to_ms: int
    state: Literal["counted", "held", "not_counted"]
    reason: str | None
    lesson_id: str | None


class CheckLook(Schema):
    """A check of the hour. ``picture``: the frame that decided it is kept, and may be asked for by who asks."""

    id: str
    kind: str
    pushed_at_ms: int
    ended_at_ms: int | None
    outcome: str | None
    reason: str | None
    tries: int
    dropped_ms: int
    picture: bool


class BarLook(Schema):
    """A pause by staff or a suspension in the hour."""

    bar: str
    from_ms: int
    to_ms: int | None
    reason: str


class LookView(Schema):
    """The last hour of one learner in a class, as the record has it."""

    learner_id: str
    display_name: str
    from_ms: int
    as_of_ms: int
    sessions: list[SessionLook]
    intervals: list[IntervalLook]
    checks: list[CheckLook]
    bars: list[BarLook]


class PictureView(Schema):
    """A frame as data: URL; it is kept by no cache."""

    picture: str


class AlertView(Schema):
    """One thing that needs a person. ``about``: the check or the session."""

    id: str
    class_id: str
    learner_id: str
    display_name: str
    kind: str
    severity: Severity
    at_ms: int
    about: str | None
    reason: str | None
    cost_ms: int
    state: AlertState
    claimed_by: str | None
    claimed_by_name: str | None
    mine: bool
    claimed_at_ms: int | None
    closed_by_name: str | None
    closed_at_ms: int | None
    outcome: AlertOutcome | None


class CloseAlert(Schema):
    """What was done about it."""

    outcome: AlertOutcome


class Colleague(Schema):
    """Who may take over."""

    id: str
    display_name: str
    role: str


class HandOver(Schema):
    """To whom; null: back to the queue."""

    to: AnId | None = None


class HandedOver(Schema):
    """How many alerts went to the colleague, and how many back to the queue."""

    given: int
    back: int


class FileAppeal(Schema):
    """What is disputed: one check or one sign-out of a class of one's own."""

    class_id: AnId
    matter: Matter
    about: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    reason: AppealReason
    words: Words | None = None


class AppealView(Schema):
    """An appeal as its learner sees it; why it was refused, or what it gave back."""

    id: str
    class_id: str
    matter: Matter
    about: str
    kind: str | None
    outcome: str
    outcome_reason: str | None
    happened_at_ms: int
    cost_ms: int
    reason: AppealReason
    words: str | None
    filed_at_ms: int
    due_at_ms: int
    state: AppealState
    decided_at_ms: int | None
    given_ms: int
    decision: DecisionReason | None
    decision_words: str | None


class StepView(Schema):
    """What somebody did with it."""

    step: Step
    by: str
    at_ms: int
    reason: DecisionReason | None
    words: str | None


class StaffAppeal(AppealView):
    """The same as staff see it; the evidence is that of the check ``about``. ``may_second``: by who asks."""

    learner_id: str
    display_name: str
    overdue: bool
    may_second: bool
    steps: list[StepView]


class Propose(Schema):
    """Grant it, or not, and why."""

    grant: bool
    reason: DecisionReason
    words: Words | None = None


class SecondAppeal(Schema):
    """Whether the second person agrees."""

    agree: bool


class GivenBack(Schema):
    """What was given back, in ms of lessons."""

    given_ms: int


# ------------------------------------------------------------------ live checks by a person


class WaitingView(Schema):
    """Who asked for a person, as staff see it."""

    id: str
    class_id: str
    learner_id: str
    display_name: str
    reason: RequestReason
    requested_at_ms: int
    due_at_ms: int | None  # a check waits for it since then; the learner may not know
    taken_by_name: str | None
    mine: bool
    check_id: str | None  # of one's own call


class CallTaken(Schema):
    """The learner is being called: the check begins now."""

    check_id: str


class DecideCall(Schema):
    """What whoever sees the learner says; no without a reason is refused."""

    passed: bool
    reason: RefusedBecause | None = None


class CalledLearner(Schema):
    """Whom one is talking to, to compare with: who they are, of the ID number what may be shown, the portrait."""

    display_name: str
    id_masked: str | None
    portrait: str | None  # a JPEG as data: URL; null where none was given
