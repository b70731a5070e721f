"""Which action a face makes, relative to this check's own neutral frames."""

from dataclasses import dataclass
from statistics import median

from verify.measures import Face
from verify.vocabulary import Action

# A turn and a nod need both: the head's angle, and the nose moving against the rest of the face as only relief does.
# Real faces: .012 to .015 of nose_side a degree of yaw, .012 to .021 of nose_drop a degree of pitch. Flat photos tilted
# by 40 degrees and less: .08 and .06 in all, while their pitch is read up to 12 degrees wrong, their yaw 9.
TURN_DEG, TURN_NOSE = 20.0, 0.26
NOD_DEG, NOD_NOSE = 12.0, 0.14
MOUTH_GAP = 0.10  # real wide mouths reach .18 to .24, talking .13 on a neutral of .06
EYES_SHUT = 0.60  # the share of the neutral opening that is gone; real closed eyes lose .80 and more
# Where the head is turned or bowed, lids and pitch are read wrongly: no verdict from them there.
LIDS_YAW_DEG, LIDS_PITCH_DEG, NOD_YAW_DEG = 15.0, 8.0, 15.0
# Within 12 degrees of the neutral, real and drawn faces keep their breadth within .88 to 1.09 of it (six clips, 1,040
# frames); flat photos tilted by 40 degrees go from .78 to 1.26, because their angles are read too small.
SQUEEZED, SQUEEZED_DEG = (0.84, 1.18), 12.0

AT_REST = 0.5  # of an action's full strength
HELD = 0.8  # once full, noise down to here doesn't end it
HOLD_MS = {Action.TURN_LEFT: 100, Action.TURN_RIGHT: 100, Action.OPEN_MOUTH: 100, Action.CLOSE_EYES: 600}
WRONG_HOLD_MS = 300  # an action that wasn't asked must be meant before it costs a try
NOD_MAX_MS = 2_500  # down for longer is a posture, not a nod
GAP_MS = 400  # without a judged frame for longer, nothing was held


@dataclass(frozen=True, slots=True)
class Neutral:
    """The face at rest, as this check's own frames showed it."""

    yaw: float
    pitch: float
    nose_side: float
    nose_drop: float
    breadth: float
    eye_opening: float
    mouth_gap: float


def neutral_of(faces: list[Face]) -> Neutral:
    """Return the median face (a blink or a wobble in between doesn't shift it)."""
    return Neutral(
        yaw=median(f.yaw for f in faces),
        pitch=median(f.pitch for f in faces),
        nose_side=median(f.nose_side for f in faces),
        nose_drop=median(f.nose_drop for f in faces),
        breadth=median(f.breadth for f in faces),
        eye_opening=median(f.eye_opening for f in faces),
        mouth_gap=median(f.mouth_gap for f in faces),
    )


def squeezed(face: Face, neutral: Neutral) -> bool:
    """Return whether the face changed its proportions without being turned, as a tilted picture does."""
    turned = max(abs(face.yaw - neutral.yaw), abs(face.pitch - neutral.pitch)) >= SQUEEZED_DEG
    ratio = face.breadth / max(neutral.breadth, 1e-6)
    return not turned and not SQUEEZED[0] <= ratio <= SQUEEZED[1]


def strengths(face: Face, neutral: Neutral) -> dict[Action, float]:
    """Return how far each action is made: 0 at rest, 1 in full."""
    yaw, pitch = face.yaw - neutral.yaw, face.pitch - neutral.pitch
    lids_readable = abs(yaw) < LIDS_YAW_DEG and abs(pitch) < LIDS_PITCH_DEG
    side, drop = face.nose_side - neutral.nose_side, face.nose_drop - neutral.nose_drop
    shut = 1 - face.eye_opening / neutral.eye_opening
    return {
        Action.TURN_LEFT: min(yaw / TURN_DEG, side / TURN_NOSE),
        Action.TURN_RIGHT: min(-yaw / TURN_DEG, -side / TURN_NOSE),
        Action.NOD: min(pitch / NOD_DEG, drop / NOD_NOSE) if abs(yaw) < NOD_YAW_DEG else 0.0,
        Action.OPEN_MOUTH: (face.mouth_gap - neutral.mouth_gap) / MOUTH_GAP,
        Action.CLOSE_EYES: shut / EYES_SHUT if lids_readable else 0.0,
    }


@dataclass(slots=True)
class _Run:
    """An action under way: from half its strength on."""

    onset_ms: int
    frames: int = 0
    peak: float = 0.0
    full_since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """An action that was made in full."""

    action: Action
    onset_ms: int


class Detector:
    """Watches one stretch (a gap, or a prompt until the face is at rest again)."""

    def __init__(self, neutral: Neutral, expected: Action | None) -> None:
        self._neutral = neutral
        self._expected = expected
        self._runs: dict[Action, _Run] = {}
        self._last_ms: int | None = None
        self.rest_since_ms: int | None = None

    def see(self, at_ms: int, face: Face) -> list[Made]:
        """Return the actions that this frame completes."""
        if self._last_ms is not None and at_ms - self._last_ms > GAP_MS:
            self._runs.clear()
            self.rest_since_ms = None
        self._last_ms = at_ms
        now = strengths(face, self._neutral)
        if all(strength < AT_REST for strength in now.values()):
            self.rest_since_ms = at_ms if self.rest_since_ms is None else self.rest_since_ms
        else:
            self.rest_since_ms = None
        made = []
        for action, strength in now.items():
            onset_ms = self._follow(action, strength, at_ms)
            if onset_ms is not None:
                made.append(Made(action, onset_ms))
        return made

    def _follow(self, action: Action, strength: float, at_ms: int) -> int | None:
        """Return the onset of the action when this frame completes it."""
        run = self._runs.get(action)
        if strength < AT_REST:
            self._runs.pop(action, None)
            nodded = action is Action.NOD and run is not None and run.peak >= 1 and run.frames >= 2
            return run.onset_ms if run is not None and nodded and at_ms - run.onset_ms <= NOD_MAX_MS else None
        if run is None:
            run = self._runs[action] = _Run(at_ms)
        run.frames += 1
        run.peak = max(run.peak, strength)
        if strength >= 1 and run.full_since_ms is None:
            run.full_since_ms = at_ms
        elif strength < HELD:
            run.full_since_ms = None
        if action is Action.NOD or run.full_since_ms is None:
            return None  # a nod is complete when the head is back
        hold_ms = HOLD_MS[action] if action is self._expected else max(HOLD_MS[action], WRONG_HOLD_MS)
        return run.onset_ms if at_ms - run.full_since_ms >= hold_ms else None
