"""Opens a stranger's file as nothing but a video file, and decodes it whatever stands in it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import av.container
import av.error
from av.stream import Disposition

from classroom.courses.film.quality import (
    LONGEST_MS,
    MOST_CHANNELS,
    MOST_SAMPLES_A_SECOND,
    Code,
    FilmRefused,
    refuse_shape,
)

# Playlists and the like are no videos: they would have us open other files and addresses.
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpegts,mpeg,asf,ogg"
_CODECS = (
    "h264,hevc,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,mpeg4,msmpeg4,msmpeg4v2,mpeg2video,mpeg1video,mjpeg,wmv1,wmv2,wmv3,vc1,"
    "flv,prores,dnxhd,theora,aac,mp3,mp3float,mp2,mp2float,ac3,eac3,opus,libopus,vorbis,libvorbis,wmav1,wmav2,wmapro,flac,"
    "alac,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s32le,pcm_f32le,pcm_u8,pcm_alaw,pcm_mulaw,amrnb,amrwb,libopencore_amrnb"
)
_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file", "codec_whitelist": _CODECS}
_HDR = {16, 18}  # AVCOL_TRC_SMPTE2084 and ARIB_STD_B67: PQ and HLG
_OPEN_S, _READ_S = 20, 60
_DAMAGE_AT_MOST = 5_000  # packets; more and there is nothing to see
_DAMAGE_MS = 200
_LOOKED_THROUGH_BYTES = 4 << 20
_BOXES_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture, with its instant in ms after the film's begin."""

    at_ms: float
    frame: av.VideoFrame


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece of sound, with its instant in ms after the film's begin."""

    at_ms: float
    frame: av.AudioFrame


@dataclass(slots=True)
class Source:
    """An open file: its first real picture stream and its first sound."""

    container: av.container.InputContainer
    picture: "av.VideoStream"
    sound: "av.AudioStream | None"
    damaged_ms: list[float] = field(default_factory=list)
    begin_s: Fraction | None = None  # what the film's clock says at its begin
    at_ms: float = 0.0  # how far it was decoded

    @property
    def declared_ms(self) -> int:
        """How long it says it is; 0 where it doesn't."""
        length = self.container.duration
        if length is None or length < 0:
            return 0
        return round(length / 1000)

    @property
    def declared_rate(self) -> float:
        """Frames a second, as it says; 0 where it doesn't."""
        rate = self.picture.average_rate or self.picture.guessed_rate
        return float(rate) if rate else 0.0

    def shown(self, frame: av.VideoFrame) -> tuple[int, int, int]:
        """Width and height as a player shows them, upright with square pixels; and by how much it is turned clockwise."""
        pixel = self.picture.sample_aspect_ratio
        width = round(frame.width * pixel) if pixel and Fraction(1, 4) < pixel < 4 else frame.width
        turned = round(-frame.rotation / 90) % 4 * 90
        return (frame.height, width, turned) if turned in (90, 270) else (width, frame.height, turned)

    def close(self) -> None:
        """Let go of the file."""
        self.container.close()

    def decoded(self) -> Iterator[Seen | Heard]:
        """Everything, in the file's order; what can't be decoded is left out and noted. Raises FilmRefused."""
        waiting: list[tuple[Fraction, av.VideoFrame | av.AudioFrame]] = []
        for at_s, frame in self._frames():
            if self.begin_s is None:
                waiting.append((at_s, frame))  # the begin is the earliest of both streams' first frames
                kinds = {type(one) for _, one in waiting}
                if len(kinds) < (1 if self.sound is None else 2) and len(waiting) < 50:
                    continue
                self.begin_s = min(one for one, _ in waiting)
                yield from (self._placed(one, held) for one, held in waiting)
                waiting = []
            else:
                yield self._placed(at_s, frame)
        if waiting:
            self.begin_s = min(one for one, _ in waiting)
            yield from (self._placed(one, held) for one, held in waiting)

    def _placed(self, at_s: Fraction, frame: av.VideoFrame | av.AudioFrame) -> Seen | Heard:
        at_ms = float(1000 * (at_s - (self.begin_s or 0)))
        if at_ms > LONGEST_MS + 60_000:
            raise FilmRefused(Code.TOO_LONG)  # a stamp far away would have us fill the hours before it
        self.at_ms = max(self.at_ms, at_ms)
        return Seen(at_ms, frame) if isinstance(frame, av.VideoFrame) else Heard(at_ms, frame)

    def _frames(self) -> Iterator[tuple[Fraction, av.VideoFrame | av.AudioFrame]]:
        streams: list[av.VideoStream | av.AudioStream] = [self.picture]
        if self.sound is not None:
            streams.append(self.sound)
        after: dict[int, Fraction] = {}  # where the next frame of a stream would be, if it doesn't say
        packets = self.container.demux(streams)
        while True:
            try:
                packet = next(packets)
                frames = packet.decode()
            except StopIteration:
                return
            except av.error.EOFError:
                continue
            except av.error.FFmpegError:
                self._note_damage()
                continue
            for frame in frames:
                if not isinstance(frame, av.VideoFrame | av.AudioFrame):
                    continue
                _refuse_frame(frame)
                if isinstance(frame, av.VideoFrame) and frame.is_corrupt:
                    self._note_damage()
                at_s = after.get(packet.stream.index, Fraction(0))
                if frame.pts is not None and frame.time_base is not None:
                    at_s = frame.pts * frame.time_base
                after[packet.stream.index] = at_s + _length_s(frame, self.declared_rate)
                yield at_s, frame

    def _note_damage(self) -> None:
        self.damaged_ms.append(self.at_ms)
        if len(self.damaged_ms) > _DAMAGE_AT_MOST:
            raise FilmRefused(Code.BROKEN)


def open_source(path: Path) -> Source:
    """Open it, refuse what it says of itself. Raises FilmRefused."""
    try:
        container = av.open(str(path), options=dict(_OPTIONS), timeout=(_OPEN_S, _READ_S), metadata_errors="replace")
    except av.error.FFmpegError:
        # A film whose index is missing was cut, or is being uploaded still; anything else is no film.
        raise FilmRefused(Code.BROKEN if _looks_like_film(path) else Code.NOT_A_VIDEO) from None
    try:
        return _chosen(container, path)
    except BaseException:
        container.close()
        raise


def _chosen(container: av.container.InputContainer, path: Path) -> Source:
    pictures = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
    if not pictures:
        raise FilmRefused(Code.NO_PICTURE)
    if _is_encrypted(path):
        raise FilmRefused(Code.ENCRYPTED)
    source = Source(container, pictures[0], next(iter(container.streams.audio), None))
    picture = source.picture.codec_context
    if picture.width == 0 or picture.height == 0:
        raise FilmRefused(Code.BROKEN)  # its first pictures are missing, or it is of a kind that isn't decoded here
    refuse_shape(picture.width, picture.height, source.declared_ms)
    source.picture.thread_count = 1  # it runs beside the classroom
    return source


def _refuse_frame(frame: av.VideoFrame | av.AudioFrame) -> None:
    """A frame may be of another size than the file said."""
    if isinstance(frame, av.VideoFrame):
        refuse_shape(frame.width, frame.height)
    elif frame.layout.nb_channels > MOST_CHANNELS or frame.sample_rate > MOST_SAMPLES_A_SECOND:
        raise FilmRefused(Code.BROKEN)


def _length_s(frame: av.VideoFrame | av.AudioFrame, rate: float) -> Fraction:
    if isinstance(frame, av.AudioFrame):
        return Fraction(frame.samples, max(1, frame.sample_rate))
    if frame.duration and frame.time_base:
        return Fraction(frame.duration * frame.time_base)
    return Fraction(1) / Fraction(rate or 25).limit_denominator(100_000)


def is_high_dynamic_range(frame: av.VideoFrame) -> bool:
    """Whether its brightness is coded for HDR screens."""
    return int(frame.color_trc) in _HDR


def merged(instants_ms: list[float]) -> list[tuple[int, int]]:
    """Instants that lie close together as stretches."""
    found: list[tuple[int, int]] = []
    for one in sorted(instants_ms):
        if found and one - found[-1][1] < 1_000:
            found[-1] = (found[-1][0], round(one + _DAMAGE_MS))
        else:
            found.append((round(one), round(one + _DAMAGE_MS)))
    return found


def _looks_like_film(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(16)
    return head[4:8] in (b"ftyp", b"moov", b"mdat") or head[:4] in (b"\x1aE\xdf\xa3", b"RIFF", b"FLV\x01", b"0&\xb2u")


def _is_encrypted(path: Path) -> bool:
    """Whether an MP4's pictures need a key (ISO 23001-7: a sample entry "encv" with its scheme)."""
    with path.open("rb") as file:
        if file.read(8)[4:] != b"ftyp":
            return False
        for kind, begin, size in _boxes(file.fileno(), path.stat().st_size):
            if kind == b"moov":
                inside = os.pread(file.fileno(), min(size, _LOOKED_THROUGH_BYTES), begin)
                return b"encv" in inside and b"schm" in inside
    return False


def _boxes(descriptor: int, size_bytes: int) -> Iterator[tuple[bytes, int, int]]:
    """The file's own boxes: kind, where its content begins, how long it is."""
    at = 0
    for _ in range(_BOXES_AT_MOST):
        head = os.pread(descriptor, 16, at)
        if len(head) < 8:
            return
        length, kind, skipped = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1 and len(head) == 16:
            length, skipped = int.from_bytes(head[8:], "big"), 16
        if length == 0:  # to the file's end
            length = size_bytes - at
        if length < skipped:
            return
        yield kind, at + skipped, length - skipped
        at += length
