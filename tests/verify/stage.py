"""Performances before the pure judge: synthetic faces at ten frames a second, no camera."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from verify.measures import Face, Sample
from verify.rules import Judge
from verify.verdict import Output, Plan, Prompted, Verdict
from verify.vocabulary import Action

FRONT = Face(
    yaw=1.0,
    pitch=4.0,
    roll=0.5,
    nose_side=0.51,
    nose_drop=0.60,
    breadth=1.30,
    eye_opening=0.050,
    mouth_gap=0.003,
    height=0.5,
    x=0.5,
    y=0.5,
    brightness=120,
    sharpness=200,
)
REACTION_FRAMES = 4
LONGEST_MS = 120_000


def made(action: Action, share: float) -> Face:
    """Return a real face's measures at this share of a usual action."""
    match action:
        case Action.TURN_LEFT:
            return replace(FRONT, yaw=FRONT.yaw + 32 * share, nose_side=FRONT.nose_side + 0.42 * share)
        case Action.TURN_RIGHT:
            return replace(FRONT, yaw=FRONT.yaw - 32 * share, nose_side=FRONT.nose_side - 0.42 * share)
        case Action.NOD:
            return replace(FRONT, pitch=FRONT.pitch + 18 * share, nose_drop=FRONT.nose_drop + 0.25 * share)
        case Action.OPEN_MOUTH:
            return replace(FRONT, mouth_gap=FRONT.mouth_gap + 0.18 * share)
        case Action.CLOSE_EYES:
            return replace(FRONT, eye_opening=FRONT.eye_opening * (1 - 0.9 * share))


def swing(action: Action, full: float = 1.0) -> list[Face]:
    """Return an action from rest to rest, a second and a half long."""
    shares = (0.3, 0.7, *[1.0] * 10, 0.7, 0.3)
    return [made(action, full * share) for share in shares]


Does = Callable[[Action], Iterable[Face | None]]


@dataclass(slots=True)
class Performer:
    """Rests, and answers prompts; None in a sequence is a frame without a face."""

    does: Does = swing
    rest: Face | None = FRONT
    faces: int = 1
    match: float | None = None
    kin: float | None = None
    reaction_frames: int = REACTION_FRAMES
    _queue: list[Face | None] = field(default_factory=list)

    def prompted(self, prompt: Prompted) -> None:
        """Hear a prompt."""
        self._queue = [self.rest] * self.reaction_frames + list(self.does(prompt.action))

    def next(self, at_ms: int) -> Sample | None:
        """Show the next frame; None shows nothing at all."""
        face = self._queue.pop(0) if self._queue else self.rest
        return Sample(at_ms, 0 if face is None else self.faces, face)


@dataclass(slots=True)
class Heard:
    """What the judge said, and when."""

    said: list[tuple[int, Output]] = field(default_factory=list)

    @property
    def outputs(self) -> list[Output]:
        """Return all of it, without the times."""
        return [output for _, output in self.said]

    @property
    def verdict(self) -> Verdict | None:
        """Return the end, if it came."""
        last = self.outputs[-1] if self.said else None
        return last if isinstance(last, Verdict) else None

    def at(self, kind: type[Output]) -> list[int]:
        """Return the times of one kind of output."""
        return [at_ms for at_ms, output in self.said if isinstance(output, kind)]

    def of(self, kind: type[Output]) -> list[Output]:
        """Return the outputs of one kind."""
        return [output for output in self.outputs if isinstance(output, kind)]


def perform(plan: Plan, performer: Performer, frame_ms: int = 100, until_ms: int = LONGEST_MS) -> Heard:
    """Play a performance to the verdict."""
    judge, heard = Judge(plan), Heard()
    for at_ms in range(plan.granted_at_ms + frame_ms, plan.granted_at_ms + until_ms, frame_ms):
        sample = performer.next(at_ms)
        if sample is None:
            outputs = judge.tick(at_ms)
        else:
            if performer.match is not None and judge.wants_match(sample):
                sample = replace(sample, match=performer.match)
            if performer.kin is not None and judge.wants_kin(sample):
                sample = replace(sample, kin=performer.kin)
            outputs = judge.feed(sample)
        for output in outputs:
            heard.said.append((at_ms, output))
            if isinstance(output, Prompted):
                performer.prompted(output)
        if judge.over:
            break
    return heard


def plan(*scripts: tuple[Action, ...], gap_ms: int = 500, **more: object) -> Plan:
    """Return a plan with these tries."""
    settings: dict[str, object] = {"granted_at_ms": 1_000_000, "identity": False, "ready_ms": 0, **more}
    return Plan(scripts=tuple(tuple((action, gap_ms) for action in script) for script in scripts), **settings)  # type: ignore[arg-type]
