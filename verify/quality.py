"""What hinders a frame from being judged."""

from dataclasses import dataclass

from verify.measures import Sample
from verify.vocabulary import Reason


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of a frame that can be judged; units as in ``measures.Face``."""

    far: float
    close: float
    dark: float
    bright: float
    yaw: float
    pitch: float
    roll: float
    blurred: float


# Identity scores fall with yaw: neutral frames stay within 20 degrees.
CHECK = Bounds(far=0.18, close=0.95, dark=35, bright=225, yaw=20, pitch=32, roll=25, blurred=0)
# The portrait serves every later check of this person, so its gate is narrower.
ENROL = Bounds(far=0.28, close=0.85, dark=50, bright=210, yaw=10, pitch=20, roll=12, blurred=25)


def hindrance(sample: Sample, bounds: Bounds) -> Reason | None:
    """Return what makes the frame useless for any judgement, the most useful hint first."""
    face = sample.face
    if face is None:
        return Reason.NO_FACE
    if sample.faces > 1:
        return Reason.MULTI_FACE
    if face.height < bounds.far:
        return Reason.TOO_FAR
    if face.height > bounds.close:
        return Reason.TOO_CLOSE
    if face.brightness < bounds.dark:
        return Reason.TOO_DARK
    if face.brightness > bounds.bright:
        return Reason.TOO_BRIGHT
    return None


def neutral_hindrance(sample: Sample, bounds: Bounds) -> Reason | None:
    """Return what makes the frame useless as a neutral one."""
    found = hindrance(sample, bounds)
    face = sample.face
    if found is not None or face is None:
        return found
    if abs(face.yaw) > bounds.yaw or abs(face.pitch) > bounds.pitch or abs(face.roll) > bounds.roll:
        return Reason.NOT_FRONTAL
    if face.sharpness < bounds.blurred:
        return Reason.BLURRED
    return None
