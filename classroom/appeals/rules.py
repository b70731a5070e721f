"""What may be disputed, how an appeal goes on, and who may take the next step (pure)."""

from dataclasses import dataclass
from enum import StrEnum

from classroom.people.rules import PeopleError, Role

DAY_MS = 86_400_000
FILED_WITHIN_MS = 30 * DAY_MS  # ours: the law names no time
A_DAY = 10  # of one learner


class Matter(StrEnum):
    """What an appeal is about."""

    CHECK = "check"
    SESSION = "session"


class AppealReason(StrEnum):
    """What the learner says."""

    IT_WAS_ME = "IT_WAS_ME"
    CAMERA_FAULT = "CAMERA_FAULT"
    NETWORK_FAULT = "NETWORK_FAULT"
    PLATFORM_FAULT = "PLATFORM_FAULT"
    NO_PROMPT = "NO_PROMPT"
    WAS_STUDYING = "WAS_STUDYING"
    OTHER = "OTHER"


class DecisionReason(StrEnum):
    """What staff say."""

    IDENTITY_CONFIRMED = "IDENTITY_CONFIRMED"
    TECHNICAL_FAULT = "TECHNICAL_FAULT"
    PLATFORM_FAULT = "PLATFORM_FAULT"
    BENEFIT_OF_DOUBT = "BENEFIT_OF_DOUBT"
    NOT_THE_LEARNER = "NOT_THE_LEARNER"
    NO_FAULT_FOUND = "NO_FAULT_FOUND"
    RULES_WERE_FOLLOWED = "RULES_WERE_FOLLOWED"
    OTHER = "OTHER"


class AppealState(StrEnum):
    """Where it stands."""

    FILED = "filed"  # 已提交
    PROPOSED = "proposed"  # 复核中: one person would grant it, another must agree
    GRANTING = "granting"  # agreed; shown as proposed until the correction is committed
    GRANTED = "granted"  # 申诉成立
    REFUSED = "refused"  # 申诉不成立


OPEN = (AppealState.FILED, AppealState.PROPOSED, AppealState.GRANTING)
DISPUTABLE_CHECKS = frozenset({"failed", "missed"})
DISPUTABLE_ENDS = frozenset({"IDLE", "BY_STAFF", "TAKEN_OVER"})  # of one that a check ended, the check is disputed


class Step(StrEnum):
    """What was done with an appeal."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    DISAGREED = "disagreed"
    REFUSED = "refused"


class NotDisputable(PeopleError):
    """There was no such check or sign-out of one's own, it went well, or it is too long ago."""

    code = "NOT_DISPUTABLE"


class AppealLimit(PeopleError):
    """So many appeals were filed today; those are being looked at."""

    code = "APPEAL_LIMIT"


class AppealMoved(PeopleError):
    """Somebody was faster: it stands elsewhere by now."""

    code = "APPEAL_MOVED"


class SecondPerson(PeopleError):
    """Who proposed it can't be the second person, nor who isn't a class manager."""

    code = "SECOND_PERSON"


def may_second(role: Role, by: str, proposed_by: str | None) -> bool:
    """Two different persons; the second is a class manager."""
    return role is Role.STAFF and by != proposed_by


@dataclass(frozen=True, slots=True)
class Disputed:
    """What is disputed, as the record has it."""

    matter: Matter
    about: str  # id of the check or the session
    kind: str | None  # of the check
    outcome: str  # of the check, or why the session ended
    reason: str | None
    at_ms: int
    cost_ms: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken."""

    step: Step
    by_id: str
    at_ms: int
    reason: DecisionReason | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Appeal:
    """One appeal, with all that was done with it."""

    id: str
    learner_id: str
    class_id: str
    disputed: Disputed
    reason: AppealReason
    words: str | None
    filed_at_ms: int
    due_at_ms: int
    state: AppealState
    decided_at_ms: int | None
    given_ms: int
    steps: tuple[Taken, ...]

    def overdue(self, now_ms: int) -> bool:
        """Nobody has decided within the set time."""
        return self.state in OPEN and now_ms > self.due_at_ms
