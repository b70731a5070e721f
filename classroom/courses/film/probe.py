"""Measures a video file by decoding all of it once: what it is, where it stands still, is dark, silent, distorted."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import av.error
import av.filter
import numpy as np
import numpy.typing as npt
from av.video.reformatter import Interpolation

from classroom.courses.film.quality import (
    BLACK_MS,
    FASTEST,
    FROZEN_MS,
    SILENT_MS,
    Code,
    FilmRefused,
    Measures,
    Stretch,
    refuse,
)
from classroom.courses.film.source import Heard, Seen, Source, is_high_dynamic_range, merged, open_source

LOOKED_AT_EVERY_MS = 200
_SIZE = (160, 90)  # each picture as it is compared
_BLOCK = 10  # pixels of it: a pointer that moves shows in one block, and nowhere in the mean
_STILL = 3.0  # of 255, in the block that changed most: coding noise is below
_BLACK, _BLACK_SHARE = 40, 0.98  # of 255; of the pixels
_HURRY = 500  # pictures, before their rate says anything
_SILENT_DBFS = -55.0
_LOUD = 0.7  # of full scale; below it nothing was cut off here
_BINS, _TOP = 64, 1.28  # a histogram of the levels of one second
_CUT_SHARE, _CUT_RATIO = 0.005, 3  # of the samples within 7 % of the peak; times those within the next 13 %

Gray = npt.NDArray[np.int16]
Progress = Callable[[float], None]


def probe(path: Path, progress: Progress = lambda share: None) -> Measures:
    """What the file is. Raises FilmRefused."""
    source = open_source(path)
    try:
        found = Measures(
            container=source.container.format.name.split(",")[0],
            video_codec=source.picture.codec_context.name,
            audio_codec="" if source.sound is None else source.sound.codec_context.name,
            declared_rate=source.declared_rate,
            declared_ms=source.declared_ms,
        )
        eye, ear = _Eye(found, source), _Ear(found)
        for number, one in enumerate(source.decoded()):
            if isinstance(one, Seen):
                eye.see(one)
            else:
                ear.hear(one)
            if number % 100 == 0 and found.declared_ms:
                progress(min(1.0, one.at_ms / found.declared_ms))
        eye.close()
        ear.close(eye)
        _note_damage(found, source)
    finally:
        source.close()
    refuse(found)
    return found


def _note_damage(found: Measures, source: Source) -> None:
    found.damaged_packets = len(source.damaged_ms)
    found.damaged = [Stretch(*one) for one in merged(source.damaged_ms)]


class _Eye:
    """Looks at the pictures: all of them count, five a second are compared."""

    def __init__(self, found: Measures, source: Source) -> None:
        self._found = found
        self._source = source
        self.first_ms: float | None = None
        self.last_ms = 0.0
        self._step_ms, self._shortest, self._longest = 0.0, float("inf"), 0.0
        self._next_look_ms = 0.0
        self._still_since: float | None = None
        self._still: Gray | None = None
        self._dark_since: float | None = None

    def see(self, seen: Seen) -> None:
        frame, at_ms = seen.frame, seen.at_ms
        if self.first_ms is None:
            self._first(frame, at_ms)
        elif at_ms <= self.last_ms:
            return  # stamped before the one before it: a player leaves it out
        else:
            self._step_ms = at_ms - self.last_ms
            self._shortest, self._longest = min(self._shortest, self._step_ms), max(self._longest, self._step_ms)
        self._found.frames += 1
        if self._found.frames > _HURRY + FASTEST * at_ms / 1000:
            raise FilmRefused(Code.TOO_FAST)
        self.last_ms = at_ms
        if at_ms >= self._next_look_ms:
            self._next_look_ms = at_ms + LOOKED_AT_EVERY_MS
            self._look(frame, at_ms)

    @property
    def end_ms(self) -> float:
        """When the last picture has been shown as long as the one before it."""
        return self.last_ms + (self._step_ms or 1000 / (self._found.declared_rate or 25))

    def close(self) -> None:
        if self.first_ms is None:
            return
        end_ms = self.end_ms
        self._bright(end_ms)
        self._moved(end_ms)
        self._found.length_ms = round(end_ms)
        if self._found.frames > 1:
            self._found.shortest_frame_ms, self._found.longest_frame_ms = self._shortest, self._longest

    def _first(self, frame: av.VideoFrame, at_ms: float) -> None:
        self.first_ms = at_ms
        self._found.width, self._found.height, self._found.rotation = self._source.shown(frame)
        self._found.interlaced = bool(frame.interlaced_frame)
        self._found.high_dynamic_range = is_high_dynamic_range(frame)

    def _look(self, frame: av.VideoFrame, at_ms: float) -> None:
        small = frame.reformat(*_SIZE, format="gray", interpolation=Interpolation.FAST_BILINEAR)
        gray: Gray = small.to_ndarray().astype(np.int16)
        if float((gray < _BLACK).mean()) >= _BLACK_SHARE:
            self._dark_since = at_ms if self._dark_since is None else self._dark_since
        else:
            self._bright(at_ms)
        if self._still is None or _difference(self._still, gray) > _STILL:
            self._moved(at_ms)
            self._still, self._still_since = gray, at_ms

    def _bright(self, at_ms: float) -> None:
        if self._dark_since is not None and at_ms - self._dark_since >= BLACK_MS:
            self._found.black.append(Stretch(round(self._dark_since), round(at_ms)))
        self._dark_since = None

    def _moved(self, at_ms: float) -> None:
        since = self._still_since
        if since is not None and at_ms - since >= FROZEN_MS:
            self._found.frozen.append(Stretch(round(since), round(at_ms)))
        self._still_since = None


def _difference(one: Gray, other: Gray) -> float:
    rows, columns = _SIZE[1] // _BLOCK, _SIZE[0] // _BLOCK
    blocks = np.abs(one - other).reshape(rows, _BLOCK, columns, _BLOCK).mean(axis=(1, 3))
    return float(blocks.max())


class _Ear:
    """Listens to the sound: silence and cut-off waves by numpy, loudness by EBU R128."""

    def __init__(self, found: Measures) -> None:
        self._found = found
        self._first_ms: float | None = None
        self._end_ms = 0.0
        self._samples_ms = 0.0
        self._silent_since: float | None = None
        self._second = 0
        self._levels = np.zeros(_BINS, np.int64)
        self._meter: av.filter.Graph | None = None
        self._meter_form: tuple[str, str, int] | None = None

    def hear(self, heard: Heard) -> None:
        frame, at_ms = heard.frame, heard.at_ms
        length_ms = 1000 * frame.samples / frame.sample_rate
        self._first_ms = at_ms if self._first_ms is None else self._first_ms
        self._samples_ms += length_ms
        samples = _as_floats(frame)
        level = float(np.sqrt(np.mean(np.square(samples)))) if samples.size else 0.0
        if 20 * np.log10(max(level, 1e-9)) < _SILENT_DBFS:
            self._silent_since = at_ms if self._silent_since is None else self._silent_since
        else:
            self._loud(at_ms)
        self._count_clipped(samples, at_ms)
        self._measure_loudness(frame)
        self._end_ms = max(self._end_ms, at_ms + length_ms)

    def close(self, eye: _Eye) -> None:
        if self._first_ms is None:
            self._found.audio_codec = ""  # a stream without anything in it
            return
        self._loud(self._end_ms)
        self._close_second()
        self._found.sound_starts_ms = round(self._first_ms - (eye.first_ms or 0))
        self._found.sound_ends_ms = round(self._end_ms - eye.end_ms)
        self._found.sound_missing_ms = max(0, round(self._end_ms - self._first_ms - self._samples_ms))

    def _loud(self, at_ms: float) -> None:
        if self._silent_since is not None and at_ms - self._silent_since >= SILENT_MS:
            self._found.silent.append(Stretch(round(self._silent_since), round(at_ms)))
        self._silent_since = None

    def _count_clipped(self, samples: npt.NDArray[np.float32], at_ms: float) -> None:
        second = int(at_ms // 1000)
        if second != self._second:
            self._close_second()
            self._second = second
        self._levels += np.histogram(np.minimum(np.abs(samples), _TOP - 0.001), _BINS, (0, _TOP))[0]

    def _close_second(self) -> None:
        if _is_cut_off(self._levels):
            begin, clipped = self._second * 1000, self._found.clipped
            if clipped and clipped[-1].to_ms == begin:
                clipped[-1] = Stretch(clipped[-1].from_ms, begin + 1000)
            else:
                clipped.append(Stretch(begin, begin + 1000))
        self._levels[:] = 0

    def _measure_loudness(self, frame: av.AudioFrame) -> None:
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._meter is None or form != self._meter_form:
            self._meter, self._meter_form = _loudness_meter(form), form
        frame.pts = None  # the meter counts samples; gaps are another matter
        self._meter.push(frame)
        while True:
            try:
                measured = self._meter.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            integrated = float(measured.metadata.get("lavfi.r128.I", "nan"))
            if np.isfinite(integrated) and integrated > -69.9:  # -70 is the gate: nothing was loud enough to count
                self._found.loudness_lufs = integrated


def _is_cut_off(levels: npt.NDArray[np.int64]) -> bool:
    """A cut-off wave stays near its peak; coding has rippled it, so that no two samples are equal any more.

    Of a full tone 24 % are within 7 % of the peak, 17 % within the next 13 %; of speech a hundredth of that.
    """
    heard = np.flatnonzero(levels)
    if heard.size == 0 or (peak := (heard[-1] + 1) * _TOP / _BINS) < _LOUD:
        return False
    highest, next_ones = round(0.93 * peak / _TOP * _BINS), round(0.80 * peak / _TOP * _BINS)
    top, below = int(levels[highest:].sum()), int(levels[next_ones:highest].sum())
    return top > _CUT_SHARE * int(levels.sum()) and top > _CUT_RATIO * below


def _loudness_meter(form: tuple[str, str, int]) -> av.filter.Graph:
    name, layout, rate = form
    graph = av.filter.Graph()
    source = graph.add_abuffer(format=name, layout=layout, sample_rate=rate, time_base=Fraction(1, rate))
    meter = graph.add("ebur128", "metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    return graph


def _as_floats(frame: av.AudioFrame) -> npt.NDArray[np.float32]:
    """(channels, samples), full scale = 1."""
    raw = frame.to_ndarray()
    if not frame.format.is_planar:
        raw = raw.reshape(-1, frame.layout.nb_channels).T
    floats: npt.NDArray[np.float32] = raw.astype(np.float32)
    if raw.dtype == np.uint8:
        floats = floats / np.float32(128) - np.float32(1)
    elif raw.dtype.kind == "i":
        floats = floats / np.float32(2 ** (8 * raw.dtype.itemsize - 1))
    return np.nan_to_num(floats)
