"""Makes films by code: a good one, and one for every way in which a film can be bad."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 48_000
Picture = Callable[[float, int, int], np.ndarray]
Sound = Callable[[np.ndarray], np.ndarray]


def moving(at_s: float, width: int, height: int) -> np.ndarray:
    """A ramp with a bright square that wanders: something changes in every fifth of a second."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = (np.arange(width) * 120 // width + 60)[None, :, None]
    side = max(8, height // 6)
    left = int(at_s * width / 4) % max(1, width - side)
    top = int(at_s * height / 7) % max(1, height - side)
    picture[top : top + side, left : left + side] = (240, 200, int(at_s * 40) % 200)
    return picture


def speech(at_s: np.ndarray) -> np.ndarray:
    """Something about as loud as a lecture."""
    return 0.16 * np.sin(2 * np.pi * 220 * at_s) * (0.6 + 0.4 * np.sin(2 * np.pi * 1.7 * at_s))


@dataclass
class Film:
    """What is to be made."""

    seconds: float = 14
    size: tuple[int, int] = (320, 180)
    rate: int = 10
    picture: Picture = moving
    sound: Sound | None = speech
    sound_from_s: float = 0.0
    sound_seconds: float | None = None
    channels: int = 1
    rotation: int = 0
    instants_s: Sequence[float] | None = None  # of the pictures, else evenly
    codec: str = "libx264"
    audio_codec: str = "aac"
    options: dict[str, str] = field(default_factory=dict)  # of the container
    _tick: Fraction = Fraction(1, 1000)

    def make(self, path: Path) -> Path:
        """Write it."""
        with av.open(str(path), "w", options=self.options) as container:
            video = container.add_stream(self.codec, rate=self.rate)
            video.width, video.height, video.pix_fmt = *self.size, "yuv420p"
            if self.codec == "libx264":
                video.options = {"preset": "ultrafast", "crf": "20", "g": str(self.rate * 2)}
            self._tick = Fraction(1, 1000) if self.instants_s or path.suffix != ".avi" else Fraction(1, self.rate)
            video.time_base = video.codec_context.time_base = self._tick
            if self.rotation:
                video.set_display_rotation(self.rotation)
            audio = None
            if self.sound is not None:
                audio = container.add_stream(
                    self.audio_codec, rate=RATE, layout="mono" if self.channels == 1 else "stereo"
                )
            self._mux(container, video, audio)
        return path

    def _mux(
        self, container: av.container.OutputContainer, video: av.VideoStream, audio: av.AudioStream | None
    ) -> None:
        heard = iter(()) if audio is None else self._sound()
        piece = next(heard, None)
        for at_s in self._instants():
            while piece is not None and piece.pts / RATE <= at_s:
                container.mux(audio.encode(piece))
                piece = next(heard, None)
            frame = av.VideoFrame.from_ndarray(self.picture(at_s, *self.size), format="rgb24").reformat(
                format="yuv420p"
            )
            frame.pts, frame.time_base = round(at_s / self._tick), self._tick
            container.mux(video.encode(frame))
        while piece is not None:
            container.mux(audio.encode(piece))
            piece = next(heard, None)
        container.mux(video.encode(None))
        if audio is not None:
            container.mux(audio.encode(None))

    def _instants(self) -> Sequence[float]:
        if self.instants_s is not None:
            return self.instants_s
        return [number / self.rate for number in range(round(self.seconds * self.rate))]

    def _sound(self) -> Iterator[av.AudioFrame]:
        assert self.sound is not None
        seconds = self.seconds - self.sound_from_s if self.sound_seconds is None else self.sound_seconds
        for at in range(0, int(seconds * RATE), 1024):
            at_s = (np.arange(at, at + 1024) / RATE + self.sound_from_s).astype(np.float64)
            samples = np.tile(self.sound(at_s).astype(np.float32), (self.channels, 1))
            frame = av.AudioFrame.from_ndarray(
                samples, format="fltp", layout="mono" if self.channels == 1 else "stereo"
            )
            frame.sample_rate, frame.pts, frame.time_base = (
                RATE,
                at + round(self.sound_from_s * RATE),
                Fraction(1, RATE),
            )
            yield frame
