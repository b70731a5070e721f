"""What the verdict knows of a frame: numbers, never a picture."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Face:
    """The largest face of a frame.

    Angles in degrees: yaw negative = the subject's own right, pitch positive = down, roll positive = clockwise in the
    picture. ``eye_opening`` and ``mouth_gap`` are shares of the face's height (points 159-145 and 386-374, 13-14, over
    10-152): relative to this check's own neutral frames they hold for faces on which a blendshape threshold does not.
    ``nose_side`` and ``nose_drop`` say where the tip of the nose stands between the sides of the face (0 the picture's
    left, 1 its right) and between eyes and mouth (0 eyes, 1 mouth). A nose stands out of a face and not out of a
    photo of one: on a flat picture, however it is tilted, these shares stay nearly the same. ``breadth`` is the width of
    eyes and temples over the height from brow to nose: a picture that is tilted is squeezed, a head is turned.
    """

    yaw: float
    pitch: float
    roll: float
    nose_side: float
    nose_drop: float
    breadth: float
    eye_opening: float
    mouth_gap: float
    height: float  # share of the picture's shorter side
    x: float  # centre, share of the picture's width
    y: float  # centre, share of the picture's height
    brightness: float  # mean luma of the face, 0..255
    sharpness: float  # variance of the Laplacian of the face at 128x128


@dataclass(frozen=True, slots=True)
class Sample:
    """One judged frame."""

    at_ms: int  # when the server decoded it, never the sender's clock
    faces: int  # those large enough to matter
    face: Face | None
    match: float | None = None  # cosine with the portrait, on the frames that ``Judge.wants_match`` named
    kin: float | None = None  # cosine with this try's own frames at rest, on those that ``Judge.wants_kin`` named
