"""The actor's frames: neutral and every action, at ten a second, drawn once and kept outside the repository."""

import base64
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from tests.actor.face import Mesh, Picture, Pose
from verify.protocol import Action

FPS = 10
NEUTRAL = "neutral"


def _sway() -> list[Pose]:
    """A second and a half of holding still, as people do: never quite."""
    return [
        Pose(yaw=1.2 * float(np.sin(t / 15 * 2 * np.pi)), pitch=0.8 * float(np.cos(t / 15 * 4 * np.pi)))
        for t in range(15)
    ]


def _turn(sign: int) -> list[Pose]:
    return [Pose(yaw=sign * yaw) for yaw in (8, 20, 32, 40, 40, 40, 40, 40, 40, 32, 20, 8)]


POSES: dict[str, list[Pose]] = {
    NEUTRAL: _sway(),
    Action.TURN_LEFT: _turn(+1),
    Action.TURN_RIGHT: _turn(-1),
    Action.NOD: [Pose(pitch=pitch) for pitch in (8, 18, 26, 26, 26, 18, 8)],
    Action.OPEN_MOUTH: [Pose(mouth_open=share) for share in (0.3, 0.7, 1, 1, 1, 1, 1, 0.7, 0.3)],
    Action.CLOSE_EYES: [Pose(eyes_shut=share) for share in (0.5, *[1.0] * 11, 0.5)],
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Drawn frames, and which of them make an action."""

    jpegs: list[bytes]
    sequences: dict[str, list[int]]

    def pictures(self) -> list[Picture]:
        """Return the frames, 640x480 RGB."""
        decoded = [cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) for jpeg in self.jpegs]
        return [np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8) for picture in decoded]

    def for_browser(self) -> dict[str, object]:
        """Return what ``camera.js`` expects in ``window.__actorFrames``."""
        pictures = ["data:image/jpeg;base64," + base64.b64encode(jpeg).decode() for jpeg in self.jpegs]
        return {"pictures": pictures, "sequences": self.sequences}


def actor(portrait: Path | None = None) -> Actor:
    """Return the actor with this face (a jpg), or with that of ``skimage.data.astronaut()`` (NASA, public domain)."""
    folder = cache() / _stamp(portrait)
    if not folder.is_dir():
        _draw(portrait, folder)
    index = json.loads((folder / "index.json").read_text())
    return Actor([(folder / f"{n}.jpg").read_bytes() for n in range(index["pictures"])], index["sequences"])


def cache() -> Path:
    path = Path(os.environ.get("ANXUE_TEST_CACHE") or Path(tempfile.gettempdir(), "anxue-test-cache"))
    path.mkdir(parents=True, exist_ok=True)
    return path


def _stamp(portrait: Path | None) -> str:
    sources = [Path(__file__), Path(__file__).with_name("face.py"), *([portrait] if portrait else [])]
    return "actor-" + hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]


def _draw(portrait: Path | None, folder: Path) -> None:
    source = data.astronaut() if portrait is None else cv2.cvtColor(cv2.imread(str(portrait)), cv2.COLOR_BGR2RGB)
    mesh = Mesh(np.ascontiguousarray(source[..., :3]))
    drawn: dict[Pose, int] = {}
    sequences = {str(name): [drawn.setdefault(pose, len(drawn)) for pose in poses] for name, poses in POSES.items()}
    fresh = Path(tempfile.mkdtemp(dir=folder.parent))
    for pose, number in drawn.items():
        picture = cv2.cvtColor(mesh.draw(pose), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(fresh / f"{number}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
    (fresh / "index.json").write_text(json.dumps({"pictures": len(drawn), "sequences": sequences}))
    try:
        fresh.rename(folder)
    except OSError:  # another process drew the same
        shutil.rmtree(fresh)
