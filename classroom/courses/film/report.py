"""Writes and reads the report on a film: what it is, its faults with their pictures, what was made of it."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from classroom.courses.film.quality import WARNINGS, Fault, Measures, Severity, Stretch, measure_of

REPORT = "report.json"
PICTURES = "report"  # the folder of the faults' pictures


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a fault; ``picture`` is its file's name, if there is one."""

    from_ms: int
    to_ms: int
    picture: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault as it is kept."""

    code: str
    severity: Severity
    value: float | None
    places: tuple[Place, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Size:
    """A rendition as it was made."""

    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a person reads before they decide."""

    container: str
    video_codec: str
    audio_codec: str
    width: int
    height: int
    frames_a_second: float
    length_ms: int
    loudness_lufs: float | None
    findings: tuple[Finding, ...]
    renditions: tuple[Size, ...]
    segments: tuple[int, ...]

    @property
    def to_accept(self) -> frozenset[str]:
        """What a person must accept before it is shown to anybody (row 8)."""
        return frozenset(one.code for one in self.findings if one.code in WARNINGS)


def report_of(
    found: Measures, faults: tuple[Fault, ...], pictures: dict[Stretch, str], sizes: tuple[Size, ...],
    length_ms: int, segments: tuple[int, ...],
) -> Report:  # fmt: skip
    """Put it together."""
    findings = tuple(
        Finding(
            code=one.code.value,
            severity=one.severity,
            value=one.value,
            places=tuple(Place(at.from_ms, at.to_ms, pictures.get(at)) for at in one.stretches),
            more=one.more,
        )
        for one in faults
    )
    return Report(
        container=found.container,
        video_codec=found.video_codec,
        audio_codec=found.audio_codec,
        width=found.width,
        height=found.height,
        frames_a_second=round(measure_of(found.declared_rate, found.frames, found.length_ms), 2),
        length_ms=length_ms,
        loudness_lufs=found.loudness_lufs,
        findings=findings,
        renditions=sizes,
        segments=segments,
    )


def write_report(report: Report) -> str:
    """As text."""
    return msgspec.json.encode(report).decode()


def read_report(text: str | bytes) -> Report:
    """From text. Raises msgspec.ValidationError."""
    return msgspec.json.decode(text, type=Report)


def read_report_of(folder: Path) -> Report:
    """The one that was made with these files."""
    return read_report((folder / REPORT).read_bytes())
