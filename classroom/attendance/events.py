"""What happens to an attendance (events), and what it asks of the world (effects)."""

from dataclasses import dataclass
from typing import Literal

from classroom.attendance.rules import Rules

Cause = Literal["BUSY", "PROVIDER_DOWN", "SYSTEM_ERROR", "DISCONNECTED"]
Refusal = Literal[
    "NO_SESSION",
    "NO_LESSON",
    "NO_SUCH_LESSON",
    "CHECK_OPEN",
    "BUSY",
    "PAUSED_BY_STAFF",
    "SUSPENDED",
    "FAILED_CHECKS_EXHAUSTED",
    "NOT_NOW",
    "NOT_DUE",
]
Way = Literal["asked", "always"]  # by a person: the learner asked for one; or never checks this learner by face


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened at this instant (epoch ms of the platform's clock)."""

    at: int


# ------------------------------------------------------------------ the attendance


@dataclass(frozen=True, slots=True)
class AttendanceOpened(Event):
    """A learner was enrolled; the course's lessons as (id, length in ms), in order."""

    lessons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class LessonsAdded(Event):
    """The course has grown: lessons as (id, length in ms) that come after those it had."""

    lessons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SessionOffered(Event):
    """The learner asked to start: a login check is offered. With a live session: a takeover by another device."""

    session: str
    rules: Rules
    used_elsewhere_ms: int  # of today's cap, in the learner's other classes
    device: str
    person: Way | None = None  # None: by face


@dataclass(frozen=True, slots=True)
class Reconnected(Event):
    """The session's own page is back on a new socket."""


@dataclass(frozen=True, slots=True)
class Disconnected(Event):
    """The socket of this session's page is gone."""

    session: str


@dataclass(frozen=True, slots=True)
class OwnerLost(Event):
    """The process that owned the seat died; it was last alive at this instant."""


@dataclass(frozen=True, slots=True)
class LearnerLeft(Event):
    """The learner signed out, or withdrew consent (``forced``: even with a check open, which is then missed)."""

    position_ms: int | None = None
    delivered_to_ms: int = 0
    forced: bool = False


@dataclass(frozen=True, slots=True)
class SignedOutByStaff(Event):
    """A person of the institution ended the session."""

    by: str
    reason: str = ""  # a code; own words are kept with the act, not here


@dataclass(frozen=True, slots=True)
class PausedByStaff(Event):
    """A person of the institution stops the learner's time; it ends by itself at ``until``."""

    by: str
    until: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ResumedByStaff(Event):
    """The pause by staff is over: the learner may go on."""

    by: str


@dataclass(frozen=True, slots=True)
class Suspended(Event):
    """The class, or its institution, was suspended: nothing is earned until it is readmitted."""

    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Readmitted(Event):
    """The suspension is over."""

    by: str


@dataclass(frozen=True, slots=True)
class Corrected(Event):
    """Two persons granted an appeal: what a lost check dropped, and wasn't earned since, is counted after all."""

    about: str  # the check, or the session, in dispute
    by: str
    second: str
    stretches: tuple[tuple[str, int, int], ...]  # lesson, from and to in media ms, as they were dropped


@dataclass(frozen=True, slots=True)
class Allowed(Event):
    """Staff lets the learner try again after the day's failed checks."""

    by: str


@dataclass(frozen=True, slots=True)
class Ticked(Event):
    """The alarm rang, or the sweep found something due."""


# ------------------------------------------------------------------ playback


@dataclass(frozen=True, slots=True)
class LessonOpened(Event):
    """The learner chose a lesson."""

    lesson: str


@dataclass(frozen=True, slots=True)
class Played(Event):
    """The page's video runs from this position."""

    position_ms: int
    delivered_to_ms: int


@dataclass(frozen=True, slots=True)
class Reported(Event):
    """A heartbeat: where playback is, how far media was delivered, when the learner last did something."""

    position_ms: int
    delivered_to_ms: int
    interacted_at: int


@dataclass(frozen=True, slots=True)
class Paused(Event):
    """The learner pressed pause."""

    position_ms: int
    delivered_to_ms: int


@dataclass(frozen=True, slots=True)
class SteppedOut(Event):
    """The learner must leave the desk for a moment (我要离开一下)."""

    position_ms: int
    delivered_to_ms: int


@dataclass(frozen=True, slots=True)
class Hidden(Event):
    """The page was hidden or minimised (row 31)."""

    position_ms: int
    delivered_to_ms: int


@dataclass(frozen=True, slots=True)
class Shown(Event):
    """The page is visible again; what was paused stays paused until the learner plays."""


@dataclass(frozen=True, slots=True)
class Blurred(Event):
    """The window lost its focus."""

    position_ms: int
    delivered_to_ms: int


@dataclass(frozen=True, slots=True)
class Focused(Event):
    """The window has its focus back."""


@dataclass(frozen=True, slots=True)
class Interacted(Event):
    """The learner did something outside a running lesson."""


# ------------------------------------------------------------------ checks


@dataclass(frozen=True, slots=True)
class DrawTaken(Event):
    """The next drawn check comes after this much more studied time."""

    after_ms: int


@dataclass(frozen=True, slots=True)
class CheckAsked(Event):
    """A proctor asks for a check now."""

    by: str


@dataclass(frozen=True, slots=True)
class SlotRefused(Event):
    """The media plane has no slot for the check that is due (BUSY), or doesn't answer (PROVIDER_DOWN)."""

    session: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class CheckPushed(Event):
    """A slot is granted: the check begins."""

    session: str
    check: str


@dataclass(frozen=True, slots=True)
class CheckAcknowledged(Event):
    """The page shows the check; its video stands here."""

    check: str
    position_ms: int | None
    delivered_to_ms: int = 0


@dataclass(frozen=True, slots=True)
class FramesSeen(Event):
    """The first frame was decoded: the window runs."""

    check: str


@dataclass(frozen=True, slots=True)
class TryFailed(Event):
    """One try is lost."""

    check: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckPassed(Event):
    """Liveness and identity were judged: passed."""

    check: str
    evidence: str | None = None  # id of the stored frame


@dataclass(frozen=True, slots=True)
class CheckFailed(Event):
    """The last try failed (``missed``: the media plane's own deadline ran out)."""

    check: str
    reason: str
    missed: bool = False
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class CheckVoided(Event):
    """The check was lost to a fault that isn't the learner's."""

    check: str
    cause: Cause


# ------------------------------------------------------------------ a live check by a person


@dataclass(frozen=True, slots=True)
class PersonRequested(Event):
    """The learner asks that the next check be by a person."""


@dataclass(frozen=True, slots=True)
class PersonWithdrawn(Event):
    """The learner asks for none any more, or it was answered in another way."""


@dataclass(frozen=True, slots=True)
class PersonCheckBegun(Event):
    """A proctor calls the learner: the check begins now, at a moment of the proctor's."""

    session: str
    check: str
    by: str


@dataclass(frozen=True, slots=True)
class PersonJoined(Event):
    """The proctor's page sees the learner: from here the two have their own time. Ends in CheckPassed or CheckFailed."""

    check: str


@dataclass(frozen=True, slots=True)
class PersonLeft(Event):
    """The proctor hung up without a decision, or their page or process is gone."""

    check: str


# ------------------------------------------------------------------ the journal's own


@dataclass(frozen=True, slots=True)
class Continued(Event):
    """The fold of reports that made no transition: what changed since the last journal row. Never a live input."""

    contact_at: int
    interacted_at: int
    last_at: int | None = None
    position_ms: int = 0
    delivered_to_ms: int = 0


# ------------------------------------------------------------------ effects


@dataclass(frozen=True, slots=True)
class RequestSlot:
    """Ask the media plane for a slot; answer with CheckPushed or SlotRefused."""

    session: str
    kind: str


@dataclass(frozen=True, slots=True)
class CallPerson:
    """A check is due and a person is to make it: the learner is in the queue; PersonCheckBegun answers, some time."""

    session: str
    kind: str
    told: bool  # the learner knows that a check is due; else nothing may show it


@dataclass(frozen=True, slots=True)
class ReleaseSlot:
    """The check isn't due any more."""

    session: str


@dataclass(frozen=True, slots=True)
class TakeDraw:
    """Draw the next moment between these studied durations from now; answer with DrawTaken at once."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class SeekBack:
    """The page is ahead of what is earned (AHEAD), or what it had earned was dropped (DROPPED)."""

    position_ms: int
    reason: Literal["AHEAD", "DROPPED"]


@dataclass(frozen=True, slots=True)
class WarnIdle:
    """Sign-out follows at this instant unless the learner does something."""

    sign_out_at: int


@dataclass(frozen=True, slots=True)
class CloseCheck:
    """A check has its outcome."""

    at: int
    session: str
    check: str
    kind: str
    outcome: str  # passed | by_person | failed | missed | unanswered | provider_down | device_error
    reason: str | None
    cost_ms: int


@dataclass(frozen=True, slots=True)
class EndSession:
    """A session is over."""

    at: int
    session: str
    reason: str


@dataclass(frozen=True, slots=True)
class Spend:
    """A stretch of a session's time found its place: ``earned`` (held until the next check) or a reason's code."""

    session: str
    from_at: int
    to_at: int
    bucket: str
    lesson: str | None


@dataclass(frozen=True, slots=True)
class Confirm:
    """All that was held is counted."""

    check: str
    kind: str


@dataclass(frozen=True, slots=True)
class Drop:
    """All that was held isn't counted."""

    reason: str
    cost_ms: int
    stretches: tuple[tuple[str, int, int], ...]  # lesson, from and to in media ms


@dataclass(frozen=True, slots=True)
class Correct:
    """Positions were given back; what was held below them is watched twice now."""

    at: int
    about: str
    given: tuple[tuple[str, int, int], ...]  # lesson, from and to in media ms
    repeated: tuple[tuple[str, int], ...]  # lesson, ms of the oldest that was held there


@dataclass(frozen=True, slots=True)
class Raise:
    """A risk flag; costs no second by itself."""

    flag: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """What was asked can't be done now; nothing changed."""

    code: Refusal


Effect = (
    RequestSlot
    | CallPerson
    | ReleaseSlot
    | TakeDraw
    | SeekBack
    | WarnIdle
    | CloseCheck
    | EndSession
    | Spend
    | Confirm
    | Drop
    | Correct
    | Raise
    | Refuse
)
