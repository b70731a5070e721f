"""Frames that real VP8 carried: footage made fit for a check, and landmark series taken once."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import av
import cv2
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from tests.actor.face import HEIGHT, WIDTH, Picture
from tests.actor.frames import FPS, cache
from tests.actor.sender import Camera, Script
from verify import models
from verify.landmarks import Landmarker, sample_of
from verify.measures import Face, Sample
from verify.peer import Peer


def frames(path: Path, from_s: float = 0.0, to_s: float = 1e9, size: float = 1.0) -> list[Picture]:
    """Return a clip at ten frames a second, fitted into 640x480."""
    taken: list[Picture] = []
    with av.open(str(path)) as clip:
        for frame in clip.decode(video=0):
            at_s = float(frame.time or 0.0)
            if from_s <= at_s <= to_s and at_s >= from_s + len(taken) / FPS - 1e-3:
                taken.append(fit(frame.to_ndarray(format="rgb24"), size))
    return taken


def fit(picture: Picture, size: float = 1.0) -> Picture:
    """Return the picture in the middle of 640x480; with size > 1 its edges are cut."""
    height, width = picture.shape[:2]
    scale = size * min(WIDTH / width, HEIGHT / height)
    move = np.array([[scale, 0, (WIDTH - scale * width) / 2], [0, scale, (HEIGHT - scale * height) / 2]])
    return np.asarray(cv2.warpAffine(picture, move, (WIDTH, HEIGHT), flags=cv2.INTER_AREA), np.uint8)


async def series(shown: Sequence[Picture]) -> list[Sample]:
    """Send the frames over VP8 to a peer of ours; return what the landmarker saw, times from 0."""
    page, peer = RTCPeerConnection(RTCConfiguration(iceServers=[])), Peer(RTCConfiguration(iceServers=[]))
    page.addTransceiver(Camera(Script(rest=shown)), direction="sendonly")
    landmarker = Landmarker(models.LANDMARKS.locate())
    samples: list[Sample] = []
    try:
        await page.setLocalDescription(await page.createOffer())
        answer = await peer.answer(page.localDescription.sdp)
        await page.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        async with asyncio.timeout(20 + 2 * len(shown) / FPS):
            while len(samples) < len(shown):
                frame = peer.take()
                if frame is None:
                    await asyncio.sleep(0.01)
                    continue
                picture = np.ascontiguousarray(frame.to_ndarray(format="rgb24"))
                reading = await asyncio.to_thread(landmarker.read, picture)
                samples.append(sample_of(reading, len(samples) * 1000 // FPS))
    finally:
        await page.close()
        await peer.close()
        landmarker.close()
    return samples


async def series_once(name: str, source: Path, make: Callable[[], Sequence[Picture]]) -> list[Sample]:
    """Return a series, from the cache when the same was taken before."""
    root = Path(__file__).resolve().parents[2]
    code = [root / "verify" / "landmarks.py", root / "verify" / "peer.py", Path(__file__), source]
    stamp = hashlib.sha256(name.encode() + b"".join(path.read_bytes() for path in code)).hexdigest()[:16]
    path = cache() / f"series-{stamp}.json"
    if path.is_file():
        return [
            Sample(s["at_ms"], s["faces"], Face(**s["face"]) if s["face"] else None)
            for s in json.loads(path.read_text())
        ]
    samples = await series(make())
    fresh = path.with_suffix(f".{id(samples)}")
    fresh.write_text(json.dumps([asdict(sample) for sample in samples]))
    fresh.rename(path)
    return samples


Taking = Awaitable[list[Sample]]
