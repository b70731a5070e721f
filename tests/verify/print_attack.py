"""A printed photo before the camera: shifted, scaled, tilted, with holes for live eyes and a live mouth."""

import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from tests.actor.face import HEIGHT, WIDTH, Mesh, Picture, Pose
from verify.vocabulary import Action

FOCAL = 1.2 * HEIGHT  # of a usual webcam, pixels
GREY = (118, 118, 118)
TILT_DEG = 40.0  # beyond, the face is found no more, or is squeezed to half its width


class Print:
    """A sheet of paper with a face on it."""

    def __init__(self, portrait: Picture) -> None:
        mesh = Mesh(portrait)
        self._sheet = mesh.draw(Pose())
        self._eyes = mesh.draw(Pose(eyes_shut=1))  # somebody shuts real eyes behind the holes
        self._mouth = mesh.draw(Pose(mouth_open=1))

    def shown(
        self, *, yaw: float = 0, pitch: float = 0, roll: float = 0, x: float = 0, y: float = 0, zoom: float = 1,
        eyes: bool = False, mouth: bool = False,
    ) -> Picture:  # fmt: skip
        """Return the camera's picture of the sheet; degrees, shares of the picture, and which holes are in use."""
        sheet = self._eyes if eyes else self._mouth if mouth else self._sheet
        a, b, c = np.radians((yaw, pitch, roll))
        about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
        about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
        corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * [WIDTH / 2, HEIGHT / 2, 0]
        placed = corners @ (about_x @ about_y @ about_z).T + [0, 0, FOCAL / zoom]
        seen = placed[:, :2] / placed[:, 2:] * FOCAL + [WIDTH * (0.5 + x), HEIGHT * (0.5 + y)]
        flat = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
        move = cv2.getPerspectiveTransform(flat, seen.astype(np.float32))
        return np.asarray(cv2.warpPerspective(sheet, move, (WIDTH, HEIGHT), borderValue=GREY), np.uint8)


def wave(t: int, period: int) -> float:
    """Return a swing between -1 and 1."""
    return math.sin(2 * math.pi * t / period)


Variant = Callable[[Print, int], Picture]

# What the hand does while the print is held up, frame by frame. ``holes`` go through open, shut eyes, open, mouth.
VARIANTS: dict[str, Variant] = {
    "plain": lambda p, t: p.shown(),
    "shifted": lambda p, t: p.shown(x=0.15 * wave(t, 40), y=0.08 * wave(t, 24)),
    "scaled": lambda p, t: p.shown(zoom=1 + 0.35 * wave(t, 40)),
    "turned": lambda p, t: p.shown(yaw=TILT_DEG * wave(t, 40)),
    "bowed": lambda p, t: p.shown(pitch=TILT_DEG * wave(t, 30)),
    "tilted": lambda p, t: p.shown(yaw=TILT_DEG * wave(t, 40), pitch=TILT_DEG * wave(t, 26), roll=15 * wave(t, 33)),
    "eyes_cut_out": lambda p, t: p.shown(eyes=t % 30 >= 18),
    "all_cut_out": lambda p, t: p.shown(
        yaw=TILT_DEG * wave(t, 40), pitch=TILT_DEG * wave(t, 26), eyes=20 <= t % 60 < 32, mouth=45 <= t % 60 < 55
    ),
}  # fmt: skip
FRAMES = 60


def film(variant: Variant, sheet: Print) -> list[Picture]:
    """Return six seconds of a variant."""
    return [variant(sheet, t) for t in range(FRAMES)]


REST, ACT = 12, 16


def answers(sheet: Print) -> list[Picture]:
    """Return a film of the best answer to each action, with a rest before each: who holds the print hears the prompt."""
    shares = [math.sin(math.pi * (i + 0.5) / ACT) for i in range(ACT)]
    moves: dict[Action, Sequence[Picture]] = {
        Action.TURN_LEFT: [sheet.shown(yaw=-TILT_DEG * s) for s in shares],
        Action.TURN_RIGHT: [sheet.shown(yaw=TILT_DEG * s) for s in shares],
        Action.NOD: [sheet.shown(pitch=TILT_DEG * s) for s in shares],
        Action.OPEN_MOUTH: [sheet.shown(mouth=s > 0.5) for s in shares],
        Action.CLOSE_EYES: [sheet.shown(eyes=s > 0.3) for s in shares],
    }
    rest = [sheet.shown()] * REST
    return [picture for action in Action for picture in [*rest, *moves[action]]] + rest
