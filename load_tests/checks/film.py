"""A film of one subject: numbered frames, and which of them make a rest, an action, a recording."""

import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from aiortc.codecs.vpx import Vp8Decoder, Vp8Encoder, vp8_depayload
from aiortc.jitterbuffer import JitterFrame
from av import VideoFrame

from tests.actor.face import Picture
from verify import models
from verify.identity import Embedding, Recogniser
from verify.landmarks import Landmarker, sample_of
from verify.measures import Face

FPS = 10
CLOCK = 90_000
ROOT = Path(__file__).resolve().parents[2]
REST = "rest"
SCORED_YAW_DEG = 45.0  # beyond, no rule asks for a score
JPEG = [cv2.IMWRITE_JPEG_QUALITY, 95]


@dataclass(frozen=True, slots=True)
class Film:
    """Frames as a camera would send them, in the order shown; ``parts`` name stretches of them."""

    jpegs: list[bytes]
    parts: dict[str, list[list[int]]]

    def picture(self, number: int) -> Picture:
        """Return one frame, 640x480 RGB."""
        decoded = cv2.imdecode(np.frombuffer(self.jpegs[number], np.uint8), cv2.IMREAD_COLOR)
        return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


@dataclass(slots=True)
class Cutter:
    """Builds a film piece by piece."""

    film: Film = field(default_factory=lambda: Film([], {}))

    def add(self, part: str | None, pictures: Iterable[Picture]) -> list[int]:
        """Append frames; return their numbers."""
        first = len(self.film.jpegs)
        for picture in pictures:
            done, encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), JPEG)
            assert done
            self.film.jpegs.append(np.asarray(encoded).tobytes())
        numbers = list(range(first, len(self.film.jpegs)))
        if part is not None:
            self.film.parts.setdefault(part, []).append(numbers)
        return numbers


@dataclass(frozen=True, slots=True)
class Reading:
    """What the media plane measures of one frame, at no time yet."""

    faces: int
    face: Face | None
    embedding: Embedding | None


def encoded(film: Film) -> list[bytes]:
    """Return the frames as aiortc's own encoder sends them, at its usual bitrate."""
    encoder, sent = Vp8Encoder(), []
    for number in range(len(film.jpegs)):
        frame = VideoFrame.from_ndarray(film.picture(number), format="rgb24")
        frame.pts, frame.time_base = number * CLOCK // FPS, Fraction(1, CLOCK)
        payloads, _ = encoder.encode(frame, force_keyframe=number == 0)
        sent.append(b"".join(vp8_depayload(payload) for payload in payloads))
    return sent


def decoded(sent: Sequence[bytes]) -> Iterator[Picture]:
    """Yield the frames as the far end decodes them; one that the encoder dropped shows the last again."""
    decoder, last = Vp8Decoder(), None
    for number, data in enumerate(sent):
        frames = decoder.decode(JitterFrame(data=data, timestamp=number * CLOCK // FPS)) if data else []
        last = np.ascontiguousarray(frames[-1].to_ndarray(format="rgb24")) if frames else last
        assert last is not None
        yield last


def read(pictures: Iterable[Picture]) -> list[Reading]:
    """Measure frames in the order of one stream, each with the embedding that a rule might ask for."""
    landmarker, recogniser = Landmarker(models.LANDMARKS.locate()), Recogniser(models.EMBEDDING.locate())
    readings = []
    for picture in pictures:
        reading = landmarker.read(picture)
        sample = sample_of(reading, 0)
        embedding = None
        if sample.face is not None and reading.points is not None and abs(sample.face.yaw) < SCORED_YAW_DEG:
            embedding = recogniser.embed(picture, reading.points)
        readings.append(Reading(sample.faces, sample.face, embedding))
    landmarker.close()
    return readings


class Cache:
    """Keeps what took long, under names that change with whatever it was made from."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(os.environ.get("ANXUE_BENCH_CACHE") or Path(tempfile.gettempdir(), "anxue-bench"))
        self._folder.mkdir(parents=True, exist_ok=True)

    def once(self, name: str, sources: Sequence[Path], make: Callable[[], Any]) -> Any:
        """Return what ``make`` makes, from the cache while name and sources are the same."""
        stamp = hashlib.sha256(name.encode() + b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
        path = self._folder / f"{stamp}.pickle"
        if path.is_file():
            return pickle.loads(path.read_bytes())
        made = make()
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(pickle.dumps(made))
        fresh.rename(path)
        return made


HERE = Path(__file__).parent
ACTOR = ROOT / "tests" / "actor"
DRAWN_BY = [ACTOR / "face.py", ROOT / "tests" / "verify" / "print_attack.py", HERE / "faces.py"]
MEASURED_BY = [ROOT / "verify" / name for name in ("landmarks.py", "identity.py", "models.py")]


def filmed(cache: Cache, name: str, make: Callable[[], Film], *sources: Path) -> Film:
    """Return a film, drawn once."""
    film: Film = cache.once(f"film {name}", [*DRAWN_BY, *sources], make)
    return film


def measured(cache: Cache, film: Film) -> list[Reading]:
    """Return the readings of a film after VP8, taken once."""
    digest = hashlib.sha256(b"".join(film.jpegs)).hexdigest()
    shape = " ".join(f.name for f in fields(Face))

    def make() -> list[Reading]:
        return read(decoded(cache.once(f"vp8 {digest}", [], lambda: encoded(film))))

    readings: list[Reading] = cache.once(f"readings {digest} {shape}", MEASURED_BY, make)
    return readings
