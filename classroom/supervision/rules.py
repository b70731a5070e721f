"""Which acts there are, who may do them, with what reason, and how weighty an alert is (pure)."""

from dataclasses import dataclass
from enum import StrEnum

from classroom.people.rules import PeopleError, Role

WORDS_CHARS = 200


class Act(StrEnum):
    """What staff do to a learner."""

    MESSAGE = "message"
    ASK_CHECK = "ask_check"
    PAUSE = "pause"
    RESUME = "resume"
    SIGN_OUT = "sign_out"
    BLOCK_DEVICE = "block_device"
    UNBLOCK_DEVICE = "unblock_device"
    ALLOW_CHECKS = "allow_checks"
    ALLOW_ENROLMENT = "allow_enrolment"
    SET_ACTIONS = "set_actions"


class ActReason(StrEnum):
    """Why; the learner is told in these words, or in the person's own."""

    NOT_ATTENTIVE = "NOT_ATTENTIVE"  # 未专心学习
    SOMEONE_ELSE = "SOMEONE_ELSE"  # 疑似非本人
    SUSPICIOUS = "SUSPICIOUS"  # 学习行为异常
    CAMERA = "CAMERA"  # 摄像头或光线
    TECHNICAL = "TECHNICAL"  # 技术原因
    LEARNER_ASKED = "LEARNER_ASKED"  # 学员要求
    CLASS_MATTER = "CLASS_MATTER"  # 班级安排
    MATTER_SETTLED = "MATTER_SETTLED"  # 问题已处理
    BY_MISTAKE = "BY_MISTAKE"  # 误操作
    OTHER = "OTHER"  # own words say it


class RefusedBecause(StrEnum):
    """Why a person who saw the learner says no."""

    NOT_THE_LEARNER = "NOT_THE_LEARNER"
    NOT_ALONE = "NOT_ALONE"
    OTHER = "OTHER"


STAFF_ONLY = frozenset({Act.ALLOW_ENROLMENT, Act.SET_ACTIONS})
TOLD = frozenset(set(Act) - {Act.ASK_CHECK, Act.SET_ACTIONS})  # the page shows the check by itself; the other is private
UNDOES = {Act.RESUME: Act.PAUSE, Act.UNBLOCK_DEVICE: Act.BLOCK_DEVICE}


def may(role: Role, act: Act) -> bool:
    """Acting is for the institution's people; who only looks on, looks on."""
    return role is Role.STAFF or (role is Role.PROCTOR and act not in STAFF_ONLY)


def may_look(role: Role) -> bool:
    """A learner's picture is for who decides about learners or supervises them, not for who runs the machines."""
    return role in (Role.STAFF, Role.PROCTOR, Role.REGULATOR)


def words_missing(act: Act, reason: ActReason, words: str | None) -> bool:
    """A message, or a reason that is none of ours, says nothing without words."""
    return not (words or "").strip() and (reason is ActReason.OTHER or act is Act.MESSAGE)


class Forbidden(PeopleError):
    """This is somebody else's to do."""

    code = "FORBIDDEN"


class Refused(PeopleError):
    """The learner's attendance doesn't take this now; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# ------------------------------------------------------------------ alerts


class Severity(StrEnum):
    """低 / 中 / 高 / 严重."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class AlertState(StrEnum):
    """已发现 / 处理中 / 已解决 / 已忽略."""

    FOUND = "found"
    HANDLING = "handling"
    SOLVED = "solved"
    IGNORED = "ignored"


class AlertOutcome(StrEnum):
    """What was done about it."""

    SPOKE_WITH_LEARNER = "SPOKE_WITH_LEARNER"
    IDENTITY_CONFIRMED = "IDENTITY_CONFIRMED"
    NOT_THE_LEARNER = "NOT_THE_LEARNER"
    MEASURES_TAKEN = "MEASURES_TAKEN"
    TECHNICAL_FAULT = "TECHNICAL_FAULT"
    FALSE_ALARM = "FALSE_ALARM"
    NOTHING_TO_DO = "NOTHING_TO_DO"


SEVERITY = {
    "wrong_face": Severity.CRITICAL,
    "spoof": Severity.CRITICAL,
    "check_failures": Severity.HIGH,  # the day's are used up: staff's allow is needed
    "check_failed": Severity.HIGH,
    "check_missed": Severity.MEDIUM,
    "second_device": Severity.MEDIUM,
    "progress_ahead": Severity.MEDIUM,
    "window_switching": Severity.LOW,
    "seek": Severity.LOW,
    "idle": Severity.LOW,
}
NOTHING_WAS_WRONG = frozenset({AlertOutcome.FALSE_ALARM, AlertOutcome.NOTHING_TO_DO})
WEIGHT = {severity: place for place, severity in enumerate(Severity)}


def state_of(outcome: AlertOutcome) -> AlertState:
    """How an alert ends."""
    return AlertState.IGNORED if outcome in NOTHING_WAS_WRONG else AlertState.SOLVED


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that needs a person."""

    id: str
    class_id: str
    learner_id: str
    kind: str
    severity: Severity
    at_ms: int
    about: str | None  # the check, the session
    reason: str | None
    cost_ms: int
    state: AlertState
    claimed_by: str | None
    claimed_at_ms: int | None
    closed_by: str | None
    closed_at_ms: int | None
    outcome: AlertOutcome | None


class AlertTaken(PeopleError):
    """A colleague was faster, or it isn't yours."""

    code = "ALERT_TAKEN"
