"""Encodes a lesson's pictures and sound into HLS renditions whose segments begin at the same instants."""

import contextlib
import math
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
import numpy.typing as npt
from PIL import Image

from classroom.courses.rules import RENDITIONS, SEGMENT_MS, Rendition

FRAMES_A_SECOND = 5  # slides: one picture a second changes
SAMPLES_A_SECOND = 24_000
_AUDIO_BITS = 32_000
_AAC_FRAME = 1_024


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture that stands for some frames."""

    picture: Image.Image
    frames: int


def encode(folder: Path, shots: Iterator[Shot], sound: npt.NDArray[np.float32]) -> tuple[int, tuple[int, ...]]:
    """Write ``folder``/{master.m3u8, RENDITION/…}; the answer is the length and the starts of the segments, in ms.

    ``sound`` is mono at 24 kHz; where it is shorter than the pictures, silence follows. A folder appears whole or not.
    """
    draft = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    writers = [RenditionWriter(draft / rendition.name, _slides(rendition)) for rendition in RENDITIONS]
    total = 0
    for shot in shots:
        for writer in writers:
            for frame in _pictures(shot, writer.form):
                writer.show(frame)
        until = (total + shot.frames) * SAMPLES_A_SECOND // FRAMES_A_SECOND
        since = total * SAMPLES_A_SECOND // FRAMES_A_SECOND
        samples = np.zeros((1, until - since), np.float32)
        available = sound[since:until]
        samples[0, : len(available)] = available
        for writer in writers:
            writer.sound(samples)
        total += shot.frames
    starts = close_all(writers, draft)
    replace_folder(draft, folder)
    return total * 1000 // FRAMES_A_SECOND, starts


def close_all(writers: Sequence["RenditionWriter"], folder: Path) -> tuple[int, ...]:
    """Finish the renditions and write the master playlist; the answer is where the segments start. Raises ValueError."""
    starts = {writer.close() for writer in writers}
    if len(starts) != 1:
        raise ValueError("the renditions' segments are not aligned")
    (folder / "master.m3u8").write_text(_master(folder, [writer.form for writer in writers]))
    return starts.pop()


def replace_folder(draft: Path, folder: Path) -> None:
    """What was made takes its place at once."""
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def _slides(rendition: Rendition) -> "Form":
    return Form(
        width=rendition.width,
        height=rendition.height,
        frames_a_second=FRAMES_A_SECOND,
        video_bits=rendition.video_bits,
        samples_a_second=SAMPLES_A_SECOND,
        channels=1,
        audio_bits=_AUDIO_BITS,
        quality=24,
        preset="superfast",
        tune="stillimage",
    )


def _pictures(shot: Shot, form: "Form") -> Iterator[av.VideoFrame]:
    picture = shot.picture
    if picture.size != (form.width, form.height):
        picture = picture.resize((form.width, form.height), Image.Resampling.BOX)
    source = av.VideoFrame.from_ndarray(np.asarray(picture.convert("RGB")), format="rgb24")
    frame = source.reformat(format="yuv420p", dst_colorspace="ITU709")
    yield from (frame for _ in range(shot.frames))


@dataclass(frozen=True, slots=True)
class Form:
    """What a rendition's pictures and sound are like."""

    width: int
    height: int
    frames_a_second: int
    video_bits: int  # a second, at most
    samples_a_second: int
    channels: int
    audio_bits: int
    quality: int  # libx264's crf: lower is better
    preset: str = "veryfast"
    tune: str | None = None


class RenditionWriter:
    """Writes one rendition; pictures come at its size in yuv420p, sound as floats (channels, samples)."""

    def __init__(self, folder: Path, form: Form) -> None:
        folder.mkdir(parents=True)
        self._playlist = folder / "index.m3u8"
        self._container = av.open(
            str(self._playlist),
            "w",
            format="hls",
            options={
                "hls_time": str(SEGMENT_MS // 1000),
                "hls_playlist_type": "vod",
                "hls_segment_type": "fmp4",
                "hls_flags": "independent_segments",
                "hls_fmp4_init_filename": "init.mp4",
                "hls_segment_filename": str(folder / "%d.m4s"),
            },
        )
        self.form = form
        video = self._container.add_stream("libx264", rate=form.frames_a_second)
        video.width, video.height, video.pix_fmt = form.width, form.height, "yuv420p"
        keyint = form.frames_a_second * SEGMENT_MS // 1000
        video.options = {
            "preset": form.preset,
            "crf": str(form.quality),
            "profile": "main",
            "maxrate": str(form.video_bits),
            "bufsize": str(form.video_bits * 2),
            "threads": "1",  # it runs beside the classroom
            # closed groups of pictures of one length in every rendition: a player may change at any segment
            "x264-params": f"keyint={keyint}:min-keyint={keyint}:scenecut=0:open-gop=0:bframes=0",
        }
        if form.tune is not None:
            video.options |= {"tune": form.tune}
        video.time_base = Fraction(1, form.frames_a_second)
        self._video = video
        layout = "mono" if form.channels == 1 else "stereo"
        audio = self._container.add_stream("aac", rate=form.samples_a_second, layout=layout)
        audio.bit_rate = form.audio_bits
        self._audio, self._layout = audio, layout
        self._samples = np.zeros((form.channels, 0), np.float32)
        self._shown, self._sounded = 0, 0

    def show(self, frame: av.VideoFrame) -> None:
        """The next picture."""
        frame.pts, frame.time_base = self._shown, Fraction(1, self.form.frames_a_second)
        frame.pict_type = 0  # where a picture stands in the source says nothing about ours
        self._shown += 1
        self._container.mux(self._video.encode(frame))

    def sound(self, samples: npt.NDArray[np.float32], last: bool = False) -> None:
        """The next samples."""
        self._samples = np.concatenate((self._samples, samples), axis=1)
        while self._samples.shape[1] >= _AAC_FRAME or (last and self._samples.shape[1]):
            piece, self._samples = self._samples[:, :_AAC_FRAME], self._samples[:, _AAC_FRAME:]
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="fltp", layout=self._layout)
            rate = self.form.samples_a_second
            frame.sample_rate, frame.pts, frame.time_base = rate, self._sounded, Fraction(1, rate)
            self._sounded += piece.shape[1]
            self._container.mux(self._audio.encode(frame))

    def close(self) -> tuple[int, ...]:
        """Write what is left; the answer is where the segments start, in ms."""
        self.sound(np.zeros((self.form.channels, 0), np.float32), last=True)
        self._container.mux(self._video.encode(None))
        self._container.mux(self._audio.encode(None))
        self._container.close()
        return segment_starts(self._playlist.read_text())

    def abandon(self) -> None:
        """Let go of the files; what is written is worth nothing."""
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._container.close()


def segment_starts(playlist: str) -> tuple[int, ...]:
    """Where each segment of a media playlist starts, in ms."""
    lengths = [float(length) for length in re.findall(r"#EXTINF:([\d.]+)", playlist)]
    return tuple(round(1000 * math.fsum(lengths[:index])) for index in range(len(lengths)))


def _master(folder: Path, forms: Sequence[Form]) -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    above = 0
    for rendition, form in zip(RENDITIONS, forms, strict=True):
        largest = max(file.stat().st_size for file in (folder / rendition.name).glob("*.m4s"))
        above = max(largest * 8 * 1000 // SEGMENT_MS, above + 1)  # two of the same would be one to the player
        codecs = f"avc1.{_profile(folder / rendition.name)},mp4a.40.2"
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={above},RESOLUTION={form.width}x{form.height},"
            f'CODECS="{codecs}",FRAME-RATE={form.frames_a_second}.000,NAME="{rendition.label}"'
        )
        lines.append(f"{rendition.name}/index.m3u8")
    return "\n".join(lines) + "\n"


def _profile(folder: Path) -> str:
    """Profile and level of the video, as CODECS writes them: they stand in the header's avcC box."""
    header = (folder / "init.mp4").read_bytes()
    start = header.index(b"avcC") + 5
    return header[start : start + 3].hex()
