"""The words that verdict and protocol share."""

from enum import StrEnum


class Action(StrEnum):
    """What the learner is asked to do. Left and right are the learner's own (the page mirrors its preview)."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    NOD = "nod"
    OPEN_MOUTH = "open_mouth"
    CLOSE_EYES = "close_eyes"


class Reason(StrEnum):
    """Why a try or a check did not pass, and what a hint says; sentences are made by the page (vocabulary)."""

    NO_FACE = "NO_FACE"  # quality: no try is lost, the clock runs
    MULTI_FACE = "MULTI_FACE"  # quality for a moment; a try is lost when it stays
    TOO_DARK = "TOO_DARK"  # quality
    TOO_BRIGHT = "TOO_BRIGHT"  # quality
    TOO_FAR = "TOO_FAR"  # quality
    TOO_CLOSE = "TOO_CLOSE"  # quality
    COVERED = "COVERED"  # quality
    BLURRED = "BLURRED"  # quality (enrolment gate)
    NOT_FRONTAL = "NOT_FRONTAL"  # quality (neutral frames, enrolment gate)
    WRONG_ACTION = "WRONG_ACTION"
    TOO_LATE = "TOO_LATE"
    NO_MATCH = "NO_MATCH"
    SPOOF = "SPOOF"
    NO_CAMERA = "NO_CAMERA"  # no decoded frame within camera_ms
