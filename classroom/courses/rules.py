"""What a class studies, and how far delivered segments reach; from values alone."""

from bisect import bisect_right
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from classroom.people.regions import within


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
    course_id: str = ""
    qualification: str | None = None
    item_code: str | None = None


class Subject(StrEnum):
    """What a regulator can suspend."""

    INSTITUTION = "institution"
    COURSE = "course"


@dataclass(frozen=True, slots=True)
class Suspension:
    """An institution or a course is suspended in a region, or was."""

    id: str
    subject: Subject
    subject_id: str
    region_code: str
    reason: str
    at_ms: int
    by_id: str
    lifted_at_ms: int | None
    lifted_by_id: str | None
    lifted_reason: str | None

    def covers(self, place: ClassPlace) -> bool:
        """Whether a class can't go on because of it."""
        return self.lifted_at_ms is None and self.concerns(place)

    def concerns(self, place: ClassPlace) -> bool:
        """Whether it is, or was, about a class; within the region that said so only."""
        of = place.institution_id if self.subject is Subject.INSTITUTION else place.course_id
        return of == self.subject_id and within(place.region_code, self.region_code)


def covering(suspensions: Iterable[Suspension], place: ClassPlace) -> list[Suspension]:
    """Those that keep a class from going on."""
    return [one for one in suspensions if one.covers(place)]


class Suspended(ValueError):
    """A regulator has suspended the institution or the course there: no new class is opened (article 30)."""

    code = "SUSPENDED"


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
    Rendition("standard", "标清", 854, 480, 700_000),
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


# ---------------------------------------------------------------- courseware: a file on its way to a lesson


class CoursewareState(StrEnum):
    """Where a file stands; in the vocabulary's words 草稿 up to failed, 待机构审核, 已发布."""

    UPLOADING = "uploading"
    QUEUED = "queued"
    RUNNING = "running"
    FAILED = "failed"  # not the file's fault: it may be tried again
    REFUSED = "refused"  # it can't be a lesson
    REVIEW = "review"  # all is made; a member of staff has to look at it (row 8)
    PUBLISHED = "published"
    DISCARDED = "discarded"


ATTEMPTS_AT_MOST = 3  # a file that kills whoever works on it isn't tried for ever


class CoursewareError(Exception):
    """What was asked of a piece of courseware can't be done; ``code`` says why."""

    code = "REFUSED"


class WrongOffset(CoursewareError):
    """The part begins elsewhere than where the file ends: ask how far it is, go on from there."""

    code = "WRONG_OFFSET"


class FileTooLarge(CoursewareError):
    """More than one file may have."""

    code = "FILE_TOO_LARGE"


class DiskFull(CoursewareError):
    """No room for the file and what is made of it."""

    code = "DISK_FULL"


class TooManyUploads(CoursewareError):
    """The institution has so many files that aren't decided about; those come first."""

    code = "TOO_MANY_UPLOADS"


class SharedCourse(CoursewareError):
    """Other institutions' classes study the course: a lesson would appear there, too."""

    code = "COURSE_SHARED"


class NotAccepted(CoursewareError):
    """The report names faults that the person didn't accept."""

    code = "NOT_ACCEPTED"


class BadCaptions(CoursewareError):
    """The captions are no WebVTT, or don't fit the film."""

    code = "BAD_CAPTIONS"


def shown_file_name(text: str) -> str:
    """What a person's machine calls a file, without anything that is a path or can't be read."""
    name = text.replace("\\", "/").rpartition("/")[2]
    kept = "".join(one for one in name if one.isprintable()).strip(" .")
    return kept[-120:] or "video"
