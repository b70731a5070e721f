"""Judges what was measured of a video file (row 8, article 21; regulation 1.4): refuse, warn a person, or say nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Severity = Literal["refusal", "warning", "note"]

# ---------------------------------------------------------------- what can't be a lesson
SHORTEST_MS = 10_000
LONGEST_MS = 3 * 3_600_000  # a media address lives for six hours, pauses included
LARGEST_PIXELS = 4_096 * 2_304  # 4K, and nothing that takes gigabytes to decode
LARGEST_SIDE = 4_096
SMALLEST_SIDE = 120
FASTEST = 240.0  # frames a second
MOST_CHANNELS, MOST_SAMPLES_A_SECOND = 8, 192_000
TOLERATED_LOSS_MS = 1_500  # the file says it is longer than what could be decoded

# ---------------------------------------------------------------- what a person must look at or listen to
BLACK_MS, FROZEN_MS, SILENT_MS = 2_000, 10_000, 10_000
LOUDEST_LUFS, QUIETEST_LUFS = -9.0, -30.0  # EBU R128 programmes have -23, films on the web about -14 to -18
CLIPPED_SECONDS = 2  # so many are a fault
SOUND_LATE_MS, SOUND_EARLY_MS = 185, 90  # ITU-R BT.1359: what viewers still accept
SOUND_GAP_MS = 200  # in all, missing between the sound's own time stamps
SOUND_ENDS_MS = 3_000  # before or after the picture
HIGH_LINES = 720  # below, 高清 has no more true pixels than the file
SLOWEST = 8.0  # frames a second
SHOWN_AT_MOST = 12  # stretches of one fault, with their pictures


class Code(StrEnum):
    """What is wrong with a file; the words are made at the edge."""

    NOT_A_VIDEO = "NOT_A_VIDEO"
    NO_PICTURE = "NO_PICTURE"
    ENCRYPTED = "ENCRYPTED"
    BROKEN = "BROKEN"
    CUT_OFF = "CUT_OFF"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    PICTURE_TOO_LARGE = "PICTURE_TOO_LARGE"
    PICTURE_TOO_SMALL = "PICTURE_TOO_SMALL"
    TOO_FAST = "TOO_FAST"
    FROZEN = "FROZEN"
    BLACK = "BLACK"
    SILENT = "SILENT"
    CLIPPED = "CLIPPED"
    TOO_QUIET = "TOO_QUIET"
    TOO_LOUD = "TOO_LOUD"
    NO_SOUND = "NO_SOUND"
    SOUND_LATE = "SOUND_LATE"
    SOUND_EARLY = "SOUND_EARLY"
    SOUND_GAPS = "SOUND_GAPS"
    SOUND_ENDS_EARLY = "SOUND_ENDS_EARLY"
    SOUND_ENDS_LATE = "SOUND_ENDS_LATE"
    DAMAGED = "DAMAGED"
    LOW_RESOLUTION = "LOW_RESOLUTION"
    LOW_FRAME_RATE = "LOW_FRAME_RATE"
    PORTRAIT = "PORTRAIT"
    HIGH_DYNAMIC_RANGE = "HIGH_DYNAMIC_RANGE"
    UNEVEN_FRAMES = "UNEVEN_FRAMES"
    ROTATED = "ROTATED"
    INTERLACED = "INTERLACED"


REFUSALS = frozenset({
    Code.NOT_A_VIDEO, Code.NO_PICTURE, Code.ENCRYPTED, Code.BROKEN, Code.CUT_OFF, Code.TOO_SHORT, Code.TOO_LONG,
    Code.PICTURE_TOO_LARGE, Code.PICTURE_TOO_SMALL, Code.TOO_FAST,
})  # fmt: skip
NOTES = frozenset({Code.UNEVEN_FRAMES, Code.ROTATED, Code.INTERLACED})  # mended on the way; nobody has to decide
WARNINGS = frozenset(Code) - REFUSALS - NOTES


class FilmRefused(Exception):
    """This file can't become a lesson."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when to when in the film, in ms."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault with where it is; ``value`` is its measure, in the unit of the code's words."""

    code: Code
    value: float | None = None
    stretches: tuple[Stretch, ...] = ()
    more: int = 0  # stretches that aren't listed

    @property
    def severity(self) -> Severity:
        """What it asks of a person."""
        return "refusal" if self.code in REFUSALS else "note" if self.code in NOTES else "warning"


@dataclass(slots=True)
class Measures:
    """What a file is, as found by decoding all of it."""

    container: str = ""
    video_codec: str = ""
    audio_codec: str = ""  # empty: no sound
    width: int = 0  # as it is to be shown: turned upright, with square pixels
    height: int = 0
    rotation: int = 0
    frames: int = 0
    declared_rate: float = 0.0
    length_ms: int = 0  # of the picture, as decoded
    declared_ms: int = 0  # as the file says; 0: it doesn't
    shortest_frame_ms: float = 0.0
    longest_frame_ms: float = 0.0
    interlaced: bool = False
    high_dynamic_range: bool = False
    damaged_packets: int = 0
    damaged: list[Stretch] = field(default_factory=list)
    frozen: list[Stretch] = field(default_factory=list)
    black: list[Stretch] = field(default_factory=list)
    silent: list[Stretch] = field(default_factory=list)
    clipped: list[Stretch] = field(default_factory=list)
    loudness_lufs: float | None = None
    sound_starts_ms: int = 0  # after the picture; negative: before it
    sound_ends_ms: int = 0  # after the picture's end; negative: before it
    sound_missing_ms: int = 0


def measure_of(rate: float, frames: int, length_ms: int) -> float:
    """Frames a second, as decoded; as declared where there is only one."""
    return 1000 * frames / length_ms if frames > 1 and length_ms > 0 else rate


def refuse_shape(width: int, height: int, declared_ms: int = 0) -> None:
    """Before anything is decoded: what it says of itself is too much. Raises FilmRefused."""
    if max(width, height) > LARGEST_SIDE or width * height > LARGEST_PIXELS:
        raise FilmRefused(Code.PICTURE_TOO_LARGE)
    if min(width, height) < SMALLEST_SIDE:
        raise FilmRefused(Code.PICTURE_TOO_SMALL)
    if declared_ms > LONGEST_MS:
        raise FilmRefused(Code.TOO_LONG)


def refuse(found: Measures) -> None:
    """After all of it was decoded. Raises FilmRefused."""
    if found.frames == 0:
        raise FilmRefused(Code.BROKEN)
    if found.length_ms > LONGEST_MS:
        raise FilmRefused(Code.TOO_LONG)
    lost_ms = found.declared_ms - found.length_ms - max(0, found.sound_ends_ms)
    if lost_ms > max(TOLERATED_LOSS_MS, found.declared_ms // 50):
        raise FilmRefused(Code.CUT_OFF)
    if found.length_ms < SHORTEST_MS:
        raise FilmRefused(Code.TOO_SHORT)


def judge(found: Measures) -> tuple[Fault, ...]:
    """The faults that a person must accept, then what is worth knowing."""
    faults = [*_picture_faults(found), *_sound_faults(found)]
    if found.longest_frame_ms > 1.5 * max(1.0, found.shortest_frame_ms) and found.frames > 1:
        faults.append(Fault(Code.UNEVEN_FRAMES))
    if found.rotation:
        faults.append(Fault(Code.ROTATED, found.rotation))
    if found.interlaced:
        faults.append(Fault(Code.INTERLACED))
    return tuple(faults)


def _picture_faults(found: Measures) -> Iterable[Fault]:
    if found.damaged_packets:
        yield _at(Code.DAMAGED, found.damaged, found.damaged_packets)
    if found.black:
        yield _at(Code.BLACK, found.black)
    if found.frozen:
        yield _at(Code.FROZEN, found.frozen)
    if min(found.width, found.height) < HIGH_LINES:
        yield Fault(Code.LOW_RESOLUTION, min(found.width, found.height))
    rate = measure_of(found.declared_rate, found.frames, found.length_ms)
    if rate < SLOWEST:
        yield Fault(Code.LOW_FRAME_RATE, round(rate, 1))
    if found.height > found.width:
        yield Fault(Code.PORTRAIT)
    if found.high_dynamic_range:
        yield Fault(Code.HIGH_DYNAMIC_RANGE)


def _sound_faults(found: Measures) -> Iterable[Fault]:
    if found.audio_codec == "":
        yield Fault(Code.NO_SOUND)
        return
    if found.silent:
        yield _at(Code.SILENT, found.silent)
    if sum(one.to_ms - one.from_ms for one in found.clipped) >= CLIPPED_SECONDS * 1000:
        yield _at(Code.CLIPPED, found.clipped)
    if found.loudness_lufs is not None:  # None: nothing but silence, which was said
        if found.loudness_lufs < QUIETEST_LUFS:
            yield Fault(Code.TOO_QUIET, round(found.loudness_lufs, 1))
        if found.loudness_lufs > LOUDEST_LUFS:
            yield Fault(Code.TOO_LOUD, round(found.loudness_lufs, 1))
    if found.sound_starts_ms > SOUND_LATE_MS:
        yield Fault(Code.SOUND_LATE, found.sound_starts_ms, (Stretch(0, found.sound_starts_ms),))
    if -found.sound_starts_ms > SOUND_EARLY_MS:
        yield Fault(Code.SOUND_EARLY, -found.sound_starts_ms, (Stretch(0, -found.sound_starts_ms),))
    if found.sound_missing_ms > SOUND_GAP_MS:
        yield Fault(Code.SOUND_GAPS, found.sound_missing_ms)
    if found.sound_ends_ms < -SOUND_ENDS_MS:
        ended = Stretch(max(0, found.length_ms + found.sound_ends_ms), found.length_ms)
        yield Fault(Code.SOUND_ENDS_EARLY, -found.sound_ends_ms, (ended,))
    if found.sound_ends_ms > SOUND_ENDS_MS:
        yield Fault(Code.SOUND_ENDS_LATE, found.sound_ends_ms)


def _at(code: Code, stretches: Sequence[Stretch], value: float | None = None) -> Fault:
    longest = sorted(stretches, key=lambda one: one.from_ms - one.to_ms)[:SHOWN_AT_MOST]
    total = sum(one.to_ms - one.from_ms for one in stretches)
    shown = tuple(sorted(longest, key=lambda one: one.from_ms))
    return Fault(code, total if value is None else value, shown, len(stretches) - len(shown))
