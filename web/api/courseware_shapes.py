"""What the addresses of courseware take and give."""

from typing import Annotated

from ninja import Path, Schema
from pydantic import Field

from classroom.courses.film.quality import Severity
from classroom.courses.rules import CoursewareState

PictureName = Annotated[str, Path(pattern=r"^[0-9]{1,9}-[0-9]{1,9}\.jpg$")]


class PlaceView(Schema):
    """Where a fault is; ``picture`` is fetched by its name, if there is one."""

    from_ms: int
    to_ms: int
    picture: str | None


class FindingView(Schema):
    """A fault with its measure, in the unit of the code's words."""

    code: str
    severity: Severity
    value: float | None
    places: list[PlaceView]
    more: int  # places that aren't listed


class SizeView(Schema):
    """A rendition as it was made."""

    name: str
    width: int
    height: int


class ReportView(Schema):
    """What a person reads before they decide (row 8)."""

    container: str
    video_codec: str
    audio_codec: str
    width: int
    height: int
    frames_a_second: float
    length_ms: int
    loudness_lufs: float | None
    findings: list[FindingView]
    renditions: list[SizeView]


class CoursewareView(Schema):
    """One file, with how far it is."""

    id: str
    class_id: str | None
    title: str
    file_name: str
    size_bytes: int
    received_bytes: int
    brought_at_ms: int
    state: CoursewareState
    stage: str
    progress: float  # of the work, 0 to 1
    refusal: str | None
    report: ReportView | None
    has_captions: bool
    decided_at_ms: int | None


class CoursewareList(Schema):
    """The institution's, newest first, with what one file may have."""

    size_bytes_at_most: int
    part_bytes: int  # of one request
    courseware: list[CoursewareView]


class BeginUpload(Schema):
    """A file that is going to come; the same ``fingerprint`` goes on where it was."""

    class_id: Annotated[str, Field(min_length=1, max_length=32)]
    title: Annotated[str, Field(min_length=1, max_length=120, pattern=r"\S")]
    file_name: Annotated[str, Field(min_length=1, max_length=255)]
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-z-]{1,64}$")]
    size_bytes: Annotated[int, Field(ge=1, le=1 << 40)]


class Received(Schema):
    """How much of the file is here."""

    received_bytes: int


class Publish(Schema):
    """The warnings of the report that this person accepts."""

    accepted: Annotated[list[Annotated[str, Field(pattern=r"^[A-Z_]{1,32}$")]], Field(max_length=40)]


class Preview(Schema):
    """Where the one who decides may look at it; nobody earns anything there."""

    master_url: str
