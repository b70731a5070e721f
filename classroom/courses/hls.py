"""Encodes a lesson's pictures and sound into HLS renditions whose segments begin at the same instants."""

import math
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.container
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
    writers = [_Writer(draft / rendition.name, rendition) for rendition in RENDITIONS]
    total = 0
    for shot in shots:
        for writer in writers:
            writer.show(shot, total)
        until = (total + shot.frames) * SAMPLES_A_SECOND // FRAMES_A_SECOND
        since = total * SAMPLES_A_SECOND // FRAMES_A_SECOND
        samples = np.zeros(until - since, np.float32)
        available = sound[since:until]
        samples[: len(available)] = available
        for writer in writers:
            writer.sound(samples)
        total += shot.frames
    starts = {writer.close() for writer in writers}
    if len(starts) != 1:
        raise ValueError("the renditions' segments are not aligned")
    (draft / "master.m3u8").write_text(_master(draft))
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return total * 1000 // FRAMES_A_SECOND, starts.pop()


class _Writer:
    def __init__(self, folder: Path, rendition: Rendition) -> None:
        folder.mkdir()
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
        self._size = (rendition.width, rendition.height)
        video = self._container.add_stream("libx264", rate=FRAMES_A_SECOND)
        video.width, video.height, video.pix_fmt = rendition.width, rendition.height, "yuv420p"
        keyint = FRAMES_A_SECOND * SEGMENT_MS // 1000
        video.options = {
            "preset": "superfast",
            "tune": "stillimage",
            "crf": "24",
            "profile": "main",
            "maxrate": str(rendition.video_bits),
            "bufsize": str(rendition.video_bits * 2),
            # closed groups of pictures of one length in every rendition: a player may change at any segment
            "x264-params": f"keyint={keyint}:min-keyint={keyint}:scenecut=0:open-gop=0:bframes=0",
        }
        video.time_base = Fraction(1, FRAMES_A_SECOND)
        self._video = video
        audio = self._container.add_stream("aac", rate=SAMPLES_A_SECOND, layout="mono")
        audio.bit_rate = _AUDIO_BITS
        self._audio = audio
        self._samples = np.zeros(0, np.float32)
        self._sounded = 0

    def show(self, shot: Shot, first: int) -> None:
        picture = shot.picture
        if picture.size != self._size:
            picture = picture.resize(self._size, Image.Resampling.BOX)
        source = av.VideoFrame.from_ndarray(np.asarray(picture.convert("RGB")), format="rgb24")
        frame = source.reformat(format="yuv420p", dst_colorspace="ITU709")
        for index in range(first, first + shot.frames):
            frame.pts, frame.time_base = index, Fraction(1, FRAMES_A_SECOND)
            self._container.mux(self._video.encode(frame))

    def sound(self, samples: npt.NDArray[np.float32], last: bool = False) -> None:
        self._samples = np.concatenate((self._samples, samples))
        while len(self._samples) >= _AAC_FRAME or (last and len(self._samples)):
            piece, self._samples = self._samples[:_AAC_FRAME], self._samples[_AAC_FRAME:]
            frame = av.AudioFrame.from_ndarray(piece[np.newaxis, :], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = SAMPLES_A_SECOND, self._sounded
            frame.time_base = Fraction(1, SAMPLES_A_SECOND)
            self._sounded += len(piece)
            self._container.mux(self._audio.encode(frame))

    def close(self) -> tuple[int, ...]:
        self.sound(np.zeros(0, np.float32), last=True)
        self._container.mux(self._video.encode(None))
        self._container.mux(self._audio.encode(None))
        self._container.close()
        return segment_starts(self._playlist.read_text())


def segment_starts(playlist: str) -> tuple[int, ...]:
    """Where each segment of a media playlist starts, in ms."""
    lengths = [float(length) for length in re.findall(r"#EXTINF:([\d.]+)", playlist)]
    return tuple(round(1000 * math.fsum(lengths[:index])) for index in range(len(lengths)))


def _master(folder: Path) -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for rendition in RENDITIONS:
        largest = max(file.stat().st_size for file in (folder / rendition.name).glob("*.m4s"))
        bandwidth = largest * 8 * 1000 // SEGMENT_MS
        codecs = f"avc1.{_profile(folder / rendition.name)},mp4a.40.2"
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},RESOLUTION={rendition.width}x{rendition.height},"
            f'CODECS="{codecs}",FRAME-RATE={FRAMES_A_SECOND}.000,NAME="{rendition.label}"'
        )
        lines.append(f"{rendition.name}/index.m3u8")
    return "\n".join(lines) + "\n"


def _profile(folder: Path) -> str:
    """Profile and level of the video, as CODECS writes them: they stand in the header's avcC box."""
    header = (folder / "init.mp4").read_bytes()
    start = header.index(b"avcC") + 5
    return header[start : start + 3].hex()
