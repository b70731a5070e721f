"""The verdict over the time series of measures: neutral, prompt, action, neutral, in the order asked.

Pure: time comes with the samples, and ``tick`` brings it where no frame comes. Same series, same verdict.
"""

from collections import deque
from dataclasses import replace
from enum import StrEnum, auto
from statistics import median

from verify.actions import AT_REST, Detector, Neutral, neutral_of, squeezed, strengths
from verify.measures import Face, Sample
from verify.quality import CHECK, ENROL, hindrance, neutral_hindrance
from verify.verdict import Began, Hindered, Output, Plan, Prompted, StepDone, TryLost, Verdict
from verify.vocabulary import Action, Reason

VERSION = "verdict-3"

# SFace: same persons 0.60 and up, different 0.36 and down on 300 labelled pairs.
MATCH = 0.45
# No stretch of a try may look like somebody else, or two persons could share the work.
MATCH_OF_A_STRETCH = 0.36
# Who acts must be who rests, or a picture of the learner could rest while somebody else does what is asked. Against the
# try's own rest, real faces at 40 degrees, wide mouths and closed eyes score .56 and up, other persons .31 and down.
KIN = 0.40
KIN_YAW_DEG = 45.0  # nothing was measured beyond
KIN_EVERY_MS, KIN_FRAMES = 300, 4  # of an action; each costs as much as a frame and a half
SQUEEZED_FRAMES = 5  # of a tilted picture, in a try that is too late: it is told as SPOOF, and costs nothing more
MATCHES = 5  # scored frames a verdict needs
MATCH_EVERY_MS, MATCH_LATER_MS = 500, 1_000  # later: once a stretch has as many as a verdict needs

SETTLE_MS = 1_000  # of steady neutral frames before the first prompt
SETTLE_WITHIN_MS = 1_600  # older frames count no more: three frames a second are enough
SETTLE_FRAMES = 4
STEADY_DEG = 8.0
OPEN_EYES = 0.012  # of the face's height; below, the neutral eyes are shut
REST_MS = 200  # at rest again after an action
BEFORE_PROMPT_MS = 300  # at rest before a prompt
REACTION_MS = 250  # who starts sooner did not read the prompt
RETURN_MS = 3_000  # to come back to rest, after the action's own time
BREATH_MS = 1_500  # between a lost try and the next
STAYS_MS = 2_000  # two faces for longer cost a try
SILENCE_MS = 1_500  # without a frame for longer, there is no face to judge
CONNECT_MS = 5_000  # without a first frame for longer, the page is told so that it may offer again
HINT_AFTER_MS, HINT_EVERY_MS = 300, 500


class _Phase(StrEnum):
    WAITING = auto()  # for the first frame
    SETTLING = auto()  # for a neutral face
    GAP = auto()  # before a prompt
    ACTING = auto()  # from the prompt to the action
    RETURNING = auto()  # from the action to rest
    CONCLUDING = auto()  # all steps done, identity still to be scored
    OVER = auto()


class Judge:
    """Judges one check."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._bounds = ENROL if plan.gate else CHECK
        self._phase = _Phase.WAITING
        self._now_ms = plan.granted_at_ms
        self._first_ms: int | None = None
        self._last_sample_ms: int | None = None
        self._try = 0
        self._index = 0
        self._begin_ms = 0  # of settling, or of the gap
        self._prompt_ms = 0
        self._steady: deque[tuple[int, Face]] = deque(maxlen=32)
        self._neutral: Neutral | None = None
        self._detector: Detector | None = None
        self._stretches: list[list[float]] = [[]]
        self._match_asked_ms: int | None = None
        self._kin: list[float] = []  # of the action under way
        self._kin_asked_ms: int | None = None
        self._squeezed = 0  # frames of the try
        self._crowd_since_ms: int | None = None
        self._hint: Reason | None = None
        self._hint_told_ms = plan.granted_at_ms - HINT_EVERY_MS
        self._hindered: Reason | None = None
        self._hindered_since_ms = plan.granted_at_ms
        self._out: list[Output] = []

    @property
    def over(self) -> bool:
        """Whether the verdict was given."""
        return self._phase is _Phase.OVER

    @property
    def try_no(self) -> int:
        """The running try, from 1."""
        return self._try + 1

    @property
    def score(self) -> float | None:
        """The median match of this try so far."""
        matches = [match for stretch in self._stretches for match in stretch]
        return median(matches) if matches else None

    def wants_match(self, sample: Sample) -> bool:
        """Return whether this frame should be scored: neutral, near-frontal, and in a phase of rest."""
        resting = self._phase in (_Phase.WAITING, _Phase.SETTLING, _Phase.GAP, _Phase.CONCLUDING)
        if not resting or neutral_hindrance(sample, self._bounds) is not None:
            return False
        if not self._stretches[-1] or self._match_asked_ms is None:
            return True
        every_ms = MATCH_EVERY_MS if len(self._stretches[-1]) < MATCHES else MATCH_LATER_MS
        return sample.at_ms - self._match_asked_ms >= every_ms

    def wants_kin(self, sample: Sample) -> bool:
        """Return whether this frame should be compared with the try's rest: an action is under way in it."""
        if self._phase not in (_Phase.ACTING, _Phase.RETURNING) or not self._plan.identity:
            return False
        face = sample.face
        if face is None or self._neutral is None or hindrance(sample, CHECK) is not None or abs(face.yaw) > KIN_YAW_DEG:
            return False
        if len(self._kin) >= KIN_FRAMES:
            return False
        if self._kin_asked_ms is not None and sample.at_ms - self._kin_asked_ms < KIN_EVERY_MS:
            return False
        return any(strength >= AT_REST for strength in strengths(face, self._neutral).values())

    def feed(self, sample: Sample) -> list[Output]:
        """Take one frame, in the order of time."""
        self._out = []
        self._pass_time(sample.at_ms)
        if self.over:
            return self._out
        if self._first_ms is None:
            self._first_ms = sample.at_ms
            self._enter_settling(sample.at_ms)
            self._out.append(Began())
        self._last_sample_ms = sample.at_ms
        if sample.match is not None and self._phase not in (_Phase.ACTING, _Phase.RETURNING):
            self._match_asked_ms = sample.at_ms
            self._stretches[-1].append(sample.match)
        if sample.kin is not None and self._phase in (_Phase.ACTING, _Phase.RETURNING):
            self._kin_asked_ms = sample.at_ms
            self._kin.append(sample.kin)
        self._hinder(self._judge(sample))
        return self._out

    def tick(self, now_ms: int) -> list[Output]:
        """Let time pass without a frame."""
        self._out = []
        self._pass_time(now_ms)
        silent_since = self._last_sample_ms
        if not self.over and silent_since is not None and now_ms - silent_since > SILENCE_MS:
            self._hinder(Reason.NO_FACE)
        elif not self.over and silent_since is None and now_ms - self._plan.granted_at_ms > CONNECT_MS:
            self._hinder(Reason.NO_CAMERA)
        return self._out

    def renew(self, now_ms: int) -> None:
        """Take what follows for another stream: its neutral face is found and its identity scored anew.

        Steps that are done stay done and no try is lost, but a prompt that is out is asked again: no action begins on one
        stream and ends on another.
        """
        if self.over or self._first_ms is None:
            return
        self._stretches[-1] = []
        self._steady.clear()
        self._crowd_since_ms = None
        if self._phase is not _Phase.CONCLUDING:
            self._phase = _Phase.SETTLING
            self._begin_ms = max(self._begin_ms, now_ms)

    # time

    def _pass_time(self, now_ms: int) -> None:
        self._now_ms = max(self._now_ms, now_ms)
        if self.over:
            return
        if self._first_ms is None:
            if self._now_ms >= self._plan.granted_at_ms + self._plan.camera_ms:
                self._end(passed=False, reason=Reason.NO_CAMERA, missed=True)
            return
        if self._now_ms >= self._first_ms + self._plan.window_ms:
            self._end(passed=False, reason=self._hindered or Reason.TOO_LATE, missed=True)
            return
        grace_ms = {_Phase.ACTING: 0, _Phase.RETURNING: RETURN_MS}.get(self._phase)
        if grace_ms is not None and self._now_ms >= self._prompt_ms + self._plan.action_ms + grace_ms:
            self._lose(Reason.SPOOF if self._squeezed >= SQUEEZED_FRAMES else Reason.TOO_LATE)

    # one frame

    def _judge(self, sample: Sample) -> Reason | None:
        """Move on by one frame; return what hinders."""
        at_rest = self._phase in (_Phase.SETTLING, _Phase.CONCLUDING)
        bounds = self._bounds if at_rest else CHECK
        found = neutral_hindrance(sample, bounds) if at_rest else hindrance(sample, bounds)
        if found is Reason.MULTI_FACE:
            if self._crowd_since_ms is None:
                self._crowd_since_ms = sample.at_ms
            elif sample.at_ms - self._crowd_since_ms >= STAYS_MS:
                self._lose(Reason.MULTI_FACE)
            return found
        self._crowd_since_ms = None
        face = sample.face
        if found is not None or face is None:
            self._steady.clear()
            return found
        match self._phase:
            case _Phase.SETTLING:
                self._settle(sample.at_ms, face)
            case _Phase.GAP:
                return self._wait(sample, face)
            case _Phase.ACTING | _Phase.RETURNING:
                self._watch(sample.at_ms, face)
            case _Phase.CONCLUDING:
                self._conclude()
            case _Phase.WAITING | _Phase.OVER:  # pragma: no cover  (they take no frames)
                pass
        return None

    def _settle(self, at_ms: int, face: Face) -> None:
        """Find the neutral face: a second of it, steady, with open eyes."""
        if at_ms < self._begin_ms:
            return
        neutral = self._steady_neutral(at_ms, face)
        if neutral is not None:
            self._neutral = neutral
            self._enter_gap(at_ms)

    def _steady_neutral(self, at_ms: int, face: Face) -> Neutral | None:
        """Return the neutral of the last second when it was steady."""
        self._steady.append((at_ms, face))
        while at_ms - self._steady[0][0] > SETTLE_WITHIN_MS:
            self._steady.popleft()
        faces = [f for _, f in self._steady]
        yaws, pitches = [f.yaw for f in faces], [f.pitch for f in faces]
        if len(faces) < SETTLE_FRAMES or at_ms - self._steady[0][0] < SETTLE_MS:
            return None
        if max(yaws) - min(yaws) > STEADY_DEG or max(pitches) - min(pitches) > STEADY_DEG:
            return None
        neutral = neutral_of(faces)
        return neutral if neutral.eye_opening >= OPEN_EYES else None

    def _wait(self, sample: Sample, face: Face) -> Reason | None:
        """Wait out the gap at rest; an action made before its prompt costs the try."""
        assert self._detector is not None
        assert self._neutral is not None
        if self._detector.see(sample.at_ms, face):
            self._lose(Reason.WRONG_ACTION)
            return None
        frontal = neutral_hindrance(sample, self._bounds)
        neutral = self._steady_neutral(sample.at_ms, face) if frontal is None else None
        rest_since_ms = self._detector.rest_since_ms
        if rest_since_ms is None:
            if neutral is not None:  # a new posture, held for a second, is the new neutral
                self._neutral = neutral
                self._detector = Detector(neutral, None)
            return frontal
        action, gap_ms = self._script[self._index]
        at_rest = sample.at_ms - rest_since_ms >= BEFORE_PROMPT_MS
        ready = sample.at_ms >= max(self._begin_ms + gap_ms, self._plan.granted_at_ms + self._plan.ready_ms)
        scored = not self._plan.identity or bool(self._stretches[-1])
        if frontal is None and at_rest and ready and scored:
            # A head doesn't come back to the very same angle: the prompt is measured from where it rests now.
            rested = neutral_of([f for at_ms, f in self._steady if at_ms >= max(rest_since_ms, self._begin_ms)])
            eyes, mouth = self._neutral.eye_opening, self._neutral.mouth_gap
            self._neutral = replace(rested, eye_opening=eyes, mouth_gap=mouth)
            self._prompt_ms = sample.at_ms
            self._kin = []
            self._detector = Detector(self._neutral, action)
            self._phase = _Phase.ACTING
            self._out.append(Prompted(self.try_no, self._index, len(self._script), action))
        return frontal

    def _watch(self, at_ms: int, face: Face) -> None:
        """Follow the prompted action until the face is at rest again."""
        assert self._detector is not None
        assert self._neutral is not None
        self._squeezed += squeezed(face, self._neutral)
        action, _ = self._script[self._index]
        for made in self._detector.see(at_ms, face):
            if made.action is not action or made.onset_ms - self._prompt_ms < REACTION_MS:
                self._lose(Reason.WRONG_ACTION)
                return
            self._phase = _Phase.RETURNING
        rest_since_ms = self._detector.rest_since_ms
        if self._phase is _Phase.RETURNING and rest_since_ms is not None and at_ms - rest_since_ms >= REST_MS:
            if self._kin and median(self._kin) < KIN:
                self._lose(Reason.NO_MATCH)
                return
            self._out.append(StepDone(self.try_no, self._index))
            self._index += 1
            self._stretches.append([])
            if self._index < len(self._script):
                self._enter_gap(at_ms)
            else:
                self._phase = _Phase.CONCLUDING

    def _conclude(self) -> None:
        """All steps are done: decide as soon as enough frames are scored."""
        if not self._plan.identity:
            self._end(passed=True, reason=None, missed=False)
            return
        matches = [match for stretch in self._stretches for match in stretch]
        if len(matches) < MATCHES or not all(self._stretches):
            return
        if median(matches) >= MATCH and all(median(stretch) >= MATCH_OF_A_STRETCH for stretch in self._stretches):
            self._end(passed=True, reason=None, missed=False)
        else:
            self._lose(Reason.NO_MATCH)

    # moves

    @property
    def _script(self) -> tuple[tuple[Action, int], ...]:
        return self._plan.scripts[self._try]

    def _enter_settling(self, at_ms: int) -> None:
        self._phase = _Phase.SETTLING
        self._begin_ms = at_ms
        self._steady.clear()
        self._stretches = [[]]
        self._squeezed = 0
        self._index = 0

    def _enter_gap(self, at_ms: int) -> None:
        assert self._neutral is not None
        self._phase = _Phase.GAP
        self._begin_ms = at_ms
        self._detector = Detector(self._neutral, None)

    def _lose(self, reason: Reason) -> None:
        tries_left = len(self._plan.scripts) - self.try_no
        self._out.append(TryLost(reason, tries_left))
        if tries_left == 0:
            self._end(passed=False, reason=reason, missed=False)
            return
        self._try += 1
        self._crowd_since_ms = None
        self._enter_settling(self._now_ms + BREATH_MS)

    def _end(self, *, passed: bool, reason: Reason | None, missed: bool) -> None:
        self._out.append(Verdict(passed, reason, missed, self.score if self._plan.identity else None))
        self._phase = _Phase.OVER

    def _hinder(self, reason: Reason | None) -> None:
        """Tell a hindrance that lasts, on change, at most two a second."""
        if reason is not self._hindered:
            self._hindered, self._hindered_since_ms = reason, self._now_ms
        lasting = self._now_ms - self._hindered_since_ms >= HINT_AFTER_MS
        free = self._now_ms - self._hint_told_ms >= HINT_EVERY_MS
        if lasting and free and reason is not self._hint and not self.over:
            self._hint, self._hint_told_ms = reason, self._now_ms
            self._out.append(Hindered(reason))
