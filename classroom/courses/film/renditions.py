"""Encodes a video file into the lesson's renditions, whose segments begin at the same instants."""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import av.filter
import numpy as np
import numpy.typing as npt

from classroom.courses.film.probe import Progress
from classroom.courses.film.quality import Measures, measure_of
from classroom.courses.film.source import Heard, Seen, Source, open_source
from classroom.courses.film.thumbnails import Thumbnails
from classroom.courses.hls import Form, RenditionWriter, close_all
from classroom.courses.rules import RENDITIONS

SAMPLES_A_SECOND = 48_000
RATES = (10, 12, 15, 20, 24, 25, 30)  # whole ones: four seconds must be a whole number of pictures
_QUALITY = {"smooth": 27, "standard": 25, "high": 23}
_AUDIO_BITS = {1: 64_000, 2: 96_000}
_QUEUED_S = 30  # of sound that came before its picture; a film that is put together worse than that loses some


@dataclass(frozen=True, slots=True)
class Encoded:
    """What came of it."""

    length_ms: int
    segments: tuple[int, ...]
    sizes: tuple[tuple[int, int], ...]  # width and height of each rendition


def encode_film(path: Path, folder: Path, measures: Measures, progress: Progress = lambda share: None) -> Encoded:
    """Write the renditions, poster and thumbnails into ``folder``, which must not exist. Raises FilmRefused."""
    folder.mkdir(parents=True)
    rate = rate_of(measures)
    source = open_source(path)
    writers: list[RenditionWriter] = []
    try:
        channels = 1 if source.sound is None or source.sound.codec_context.channels == 1 else 2
        sizes = [fit(measures.width, measures.height, one.width, one.height) for one in RENDITIONS]
        for rendition, (width, height) in zip(RENDITIONS, sizes, strict=True):
            form = Form(
                width=width,
                height=height,
                frames_a_second=rate,
                video_bits=rendition.video_bits,
                samples_a_second=SAMPLES_A_SECOND,
                channels=channels,
                audio_bits=_AUDIO_BITS[channels],
                quality=_QUALITY[rendition.name],
            )
            writers.append(RenditionWriter(folder / rendition.name, form))
        thumbnails = Thumbnails(measures.length_ms, sizes[-1])
        pictures = _write(source, writers, rate, measures, thumbnails, progress)
        starts = close_all(writers, folder)
        writers = []
        thumbnails.save(folder)
    except BaseException:
        for writer in writers:
            writer.abandon()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        source.close()
    return Encoded(pictures * 1000 // rate, starts, tuple(sizes))


def rate_of(measures: Measures) -> int:
    """The whole number of pictures a second that is nearest; of 50 and 60 the half."""
    rate = measure_of(measures.declared_rate, measures.frames, measures.length_ms)
    while rate > 31:
        rate /= 2
    return min(RATES, key=lambda one: abs(one - rate))


def fit(width: int, height: int, within_long: int, within_short: int) -> tuple[int, int]:
    """The size in a rendition: upright or wide as it is, never larger than it is, even numbers as the codec wants."""
    long, short = max(width, height), min(width, height)
    scale = min(1.0, within_long / long, within_short / short)
    new_width, new_height = (min(2 * round(side * scale / 2), side // 2 * 2) for side in (width, height))
    return max(2, new_width), max(2, new_height)


def _write(
    source: Source,
    writers: list[RenditionWriter],
    rate: int,
    measures: Measures,
    thumbnails: Thumbnails,
    progress: Progress,
) -> int:
    pictures = 0
    steady = _Steady(source, rate)
    sound = _Sound(writers[0].form.channels)
    for number, one in enumerate(source.decoded()):
        if isinstance(one, Heard):
            sound.hear(one)
            continue
        for frame in steady.see(one):
            _show(frame, writers)
            thumbnails.see(frame, pictures * 1000 // rate)
            pictures += 1
        _sound_until(pictures, rate, sound, writers)
        if number % 25 == 0:
            progress(min(1.0, one.at_ms / max(1, measures.length_ms)))
    for frame in steady.close():
        _show(frame, writers)
        pictures += 1
    sound.close()
    _sound_until(pictures, rate, sound, writers)
    _pad_sound(pictures, rate, sound, writers)
    return pictures


def _show(frame: av.VideoFrame, writers: list[RenditionWriter]) -> None:
    """From the largest down: scaling a small picture from a 4K one thrice would take longer than encoding it."""
    for writer in reversed(writers):
        form = writer.form
        frame = frame.reformat(form.width, form.height, "yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        writer.show(frame)


def _sound_until(pictures: int, rate: int, sound: "_Sound", writers: list[RenditionWriter]) -> None:
    samples = sound.take(pictures * SAMPLES_A_SECOND // rate)
    if samples.shape[1]:
        for writer in writers:
            writer.sound(samples)


def _pad_sound(pictures: int, rate: int, sound: "_Sound", writers: list[RenditionWriter]) -> None:
    """Silence to the picture's end, so that the renditions of every film are alike."""
    missing = pictures * SAMPLES_A_SECOND // rate - sound.taken
    while missing > 0:
        some = min(missing, SAMPLES_A_SECOND)
        for writer in writers:
            writer.sound(np.zeros((writer.form.channels, some), np.float32))
        missing -= some


class _Steady:
    """Turns pictures upright, and makes so many a second of however many there are."""

    def __init__(self, source: Source, rate: int) -> None:
        self._source = source
        self._rate = rate
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[int, int, str] | None = None
        self._last_ms = -1.0

    def see(self, seen: Seen) -> Iterator[av.VideoFrame]:
        frame = seen.frame
        if seen.at_ms <= self._last_ms:
            return
        step_ms = seen.at_ms - self._last_ms if self._last_ms >= 0 else 1000 / self._rate
        self._last_ms = seen.at_ms
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is None:
            self._graph, self._shape = self._made(frame), shape
        elif shape != self._shape:  # a film that changes its size in the middle
            frame = frame.reformat(*(self._shape or shape))
        frame.pts, frame.time_base, frame.duration = round(seen.at_ms), Fraction(1, 1000), round(step_ms)
        self._graph.push(frame)
        yield from self._ready()

    def close(self) -> Iterator[av.VideoFrame]:
        if self._graph is not None:
            self._graph.push(None)
            yield from self._ready()

    def _ready(self) -> Iterator[av.VideoFrame]:
        assert self._graph is not None
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, av.VideoFrame)
            yield frame

    def _made(self, frame: av.VideoFrame) -> av.filter.Graph:
        turned = self._source.shown(frame)[2]
        graph = av.filter.Graph()
        graph.threads = 1
        steps = [
            graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000))
        ]
        if frame.interlaced_frame:
            steps.append(graph.add("yadif"))
        steps.append(graph.add("fps", f"fps={self._rate}:start_time=0"))
        if turned == 180:
            steps += [graph.add("hflip"), graph.add("vflip")]
        elif turned:
            steps.append(graph.add("transpose", "clock" if turned == 90 else "cclock"))
        steps.append(graph.add("buffersink"))
        for one, after in itertools.pairwise(steps):
            one.link_to(after)
        graph.configure()
        return graph


class _Sound:
    """The film's sound at 48 kHz from its begin, with silence where there is none."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._graph: av.filter.Graph | None = None
        self._form: tuple[str, str, int] | None = None
        self._queue = np.zeros((channels, 0), np.float32)
        self._pieces: list[npt.NDArray[np.float32]] = []
        self._queued = 0
        self.taken = 0

    def hear(self, heard: Heard) -> None:
        frame = heard.frame
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._graph is not None and form != self._form:
            self.close()
        if self._graph is None:
            self._graph, self._form = self._made(form), form
        frame.pts, frame.time_base = round(heard.at_ms * frame.sample_rate / 1000), Fraction(1, frame.sample_rate)
        self._graph.push(frame)
        self._pull()

    def close(self) -> None:
        """What the resampler still holds."""
        if self._graph is not None:
            self._graph.push(None)
            self._pull()
            self._graph = None

    def take(self, until: int) -> npt.NDArray[np.float32]:
        """The samples that aren't taken yet, up to this one, as far as they are here."""
        if self._pieces:
            self._queue = np.concatenate((self._queue, *self._pieces), axis=1)
            self._pieces = []
        taken, self._queue = np.split(self._queue, [max(0, min(until - self.taken, self._queue.shape[1]))], axis=1)
        self.taken += taken.shape[1]
        self._queued = self._queue.shape[1]
        return taken

    def _pull(self) -> None:
        assert self._graph is not None
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if self._queued < _QUEUED_S * SAMPLES_A_SECOND:
                samples = frame.to_ndarray().astype(np.float32)
                self._pieces.append(samples)
                self._queued += samples.shape[1]

    def _made(self, form: tuple[str, str, int]) -> av.filter.Graph:
        name, layout, rate = form
        graph = av.filter.Graph()
        source = graph.add_abuffer(format=name, layout=layout, sample_rate=rate, time_base=Fraction(1, rate))
        kept = "mono" if self._channels == 1 else "stereo"
        first = f":first_pts={self.taken + self._queued}"
        # async: what is missing between the stamps becomes silence, what is too much is left out
        even = graph.add("aresample", f"{SAMPLES_A_SECOND}:async=1:min_hard_comp=0.05{first}")
        shaped = graph.add("aformat", f"sample_fmts=fltp:sample_rates={SAMPLES_A_SECOND}:channel_layouts={kept}")
        sink = graph.add("abuffersink")
        for one, after in ((source, even), (even, shaped), (shaped, sink)):
            one.link_to(after)
        graph.configure()
        return graph
