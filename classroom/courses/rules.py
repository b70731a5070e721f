"""What a class studies, and how far delivered segments reach; from values alone."""

from bisect import bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson; ``segments`` are the instants (ms) at which the segments of every rendition start."""

    id: str
    title: str
    length_ms: int
    segments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClassOutline:
    """A class with the lessons of its course, in order."""

    id: str
    title: str
    institution: str
    institution_id: str
    region_code: str  # GB/T 2260: the city or county in which it is held
    course_id: str
    lessons: tuple[Lesson, ...]


@dataclass(frozen=True, slots=True)
class ClassPlace:
    """Whose a class is and where it is held: what decides who may see it."""

    id: str
    title: str
    institution_id: str
    region_code: str


class NotRegistered(ValueError):
    """A class may be held only in cities in which its institution is registered (article 13)."""

    code = "NOT_REGISTERED_THERE"


@dataclass(frozen=True, slots=True)
class Membership:
    """A class that a learner is enrolled in."""

    id: str
    title: str
    institution: str


@dataclass(frozen=True, slots=True)
class Rendition:
    """One picture size of a lesson's video (row 17)."""

    name: str
    label: str
    width: int
    height: int
    video_bits: int  # a second, at most


RENDITIONS = (
    Rendition("smooth", "流畅", 640, 360, 400_000),
    Rendition("high", "高清", 1280, 720, 1_200_000),
)
SEGMENT_MS = 4_000


def may_be_id(text: str) -> bool:
    """Whether a stranger's text can name anything of ours; what can't isn't asked of the database, which may choke on it."""
    return 1 <= len(text) <= 32 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()


def reaches(lesson: Lesson, delivered: Container[int], from_ms: int) -> int:
    """The end (ms) of the unbroken run of delivered segments that contains ``from_ms``; ``from_ms`` where there is none."""
    index = segment_at(lesson.segments, from_ms)
    if from_ms >= lesson.length_ms or index not in delivered:
        return from_ms
    while index + 1 < len(lesson.segments) and index + 1 in delivered:
        index += 1
    return lesson.segments[index + 1] if index + 1 < len(lesson.segments) else lesson.length_ms


def segment_at(segments: Sequence[int], position_ms: int) -> int:
    """Which segment plays at a position; -1 before the first."""
    return bisect_right(segments, position_ms) - 1
