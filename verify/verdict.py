"""What is asked of a check, and all it can say."""

from dataclasses import dataclass

from verify.vocabulary import Action, Reason


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of the learner."""

    granted_at_ms: int
    scripts: tuple[tuple[tuple[Action, int], ...], ...]  # a try = (action, gap_ms)...
    identity: bool  # the samples carry matches, and they decide
    gate: bool = False  # enrolment: the narrower bounds for neutral frames
    ready_ms: int = 5_000
    camera_ms: int = 15_000
    window_ms: int = 60_000
    action_ms: int = 8_000


@dataclass(frozen=True, slots=True)
class Began:
    """The first frame came."""


@dataclass(frozen=True, slots=True)
class Prompted:
    """Ask for this action now."""

    try_no: int
    index: int
    total: int
    action: Action


@dataclass(frozen=True, slots=True)
class StepDone:
    """The prompted action was seen, with the face at rest again."""

    try_no: int
    index: int


@dataclass(frozen=True, slots=True)
class Hindered:
    """What hinders now; None when nothing does."""

    reason: Reason | None


@dataclass(frozen=True, slots=True)
class TryLost:
    """A try is lost."""

    reason: Reason
    tries_left: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end."""

    passed: bool
    reason: Reason | None  # None when passed
    missed: bool
    score: float | None


Output = Began | Prompted | StepDone | Hindered | TryLost | Verdict
