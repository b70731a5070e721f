"""Faces that move: the actor with a person's spread, the same as a rendered face, and what a camera adds."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from load_tests.checks.film import REST, Cutter, Film
from tests.actor.face import HEIGHT, OVAL, WIDTH, Mesh, Picture, Points, Pose
from verify.protocol import Action

Rng = np.random.Generator
NOISE = 2.5  # of a usual webcam indoors, grey levels
RESTS, TAKES = 4, 6
REST_FRAMES = 25
BETWEEN = 6  # frames of rest before and after a take: the landmarker follows a face, it doesn't start anew


def camera(picture: Picture, rng: Rng, light: float = 1.0) -> Picture:
    """Return the picture with a sensor's noise."""
    noisy = picture * light + rng.normal(0, NOISE, picture.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def swing(up: int, hold: int, down: int) -> list[float]:
    """Return the shares of a movement from rest to rest, eased."""
    rise = [float(np.sin(np.pi / 2 * (i + 1) / (up + 1))) for i in range(up)]
    return [*rise, *[1.0] * hold, *[float(np.sin(np.pi / 2 * (1 - (i + 1) / (down + 1)))) for i in range(down)]]


def rest(rng: Rng, frames: int = REST_FRAMES, sway: float = 1.0) -> list[Pose]:
    """Return somebody who holds still, never quite, and blinks now and then."""
    phase, blink = rng.uniform(0, 6.28, 3), int(rng.integers(5, 40))
    return [
        Pose(
            yaw=sway * 1.5 * float(np.sin(t / 15 * 6.28 + phase[0])),
            pitch=sway * 1.0 * float(np.sin(t / 11 * 6.28 + phase[1])),
            eyes_shut=float(t in (blink, blink + 1)),
        )
        for t in range(frames)
    ]


def take(action: Action, rng: Rng, low: float, high: float) -> list[Pose]:
    """Return one performance: its size between low and high of the usual one, its pace a person's."""
    size = float(rng.uniform(low, high))
    up, down = int(rng.integers(2, 5)), int(rng.integers(2, 5))
    aside = float(rng.uniform(-3, 3))
    match action:
        case Action.TURN_LEFT | Action.TURN_RIGHT:
            sign = 1 if action is Action.TURN_LEFT else -1
            return [Pose(yaw=sign * 40 * size * s, pitch=aside * s) for s in swing(up, int(rng.integers(3, 10)), down)]
        case Action.NOD:
            return [Pose(pitch=26 * size * s, yaw=aside * s) for s in swing(up, int(rng.integers(2, 5)), down)]
        case Action.OPEN_MOUTH:
            return [Pose(mouth_open=size * s, pitch=aside * s / 2) for s in swing(up, int(rng.integers(4, 10)), down)]
        case Action.CLOSE_EYES:  # "for a second": between .8 and 1.5
            return [Pose(eyes_shut=min(1.0, 1.2 * s)) for s in swing(1, int(rng.integers(8, 15)), 1)]


def performed(
    mesh: Mesh, seed: int, *, takes: int = TAKES, low: float = 0.85, high: float = 1.1, light: float = 1.0
) -> Film:
    """Return a film of this face: rests, and takes of every action."""
    rng, cutter = np.random.default_rng(seed), Cutter()
    drawn: dict[Pose, Picture] = {}

    def show(poses: Sequence[Pose]) -> Iterator[Picture]:
        for pose in poses:
            if pose not in drawn:
                drawn[pose] = mesh.draw(pose)
            yield camera(drawn[pose], rng, light)

    for _ in range(RESTS):
        cutter.add(REST, show(rest(rng)))
    for action in Action:
        for _ in range(takes):
            cutter.add(None, show(rest(rng, BETWEEN)))
            cutter.add(action, show(take(action, rng, low, high)))
    return cutter.film


class Rendered(Mesh):
    """The face as a renderer shows it: a shaded surface before a plain ground, no hair, no shoulders."""

    LIGHT = np.array([0.35, -0.45, -0.82])
    GROUND = (96, 104, 112)

    def draw(self, pose: Pose) -> Picture:
        """Return the rendered face in this pose, 640x480 RGB."""
        picture = super().draw(pose)
        turned = self._turn(self._expression(pose), pose, 1.0)
        shade = cv2.GaussianBlur(self._shade(turned), (0, 0), 4.0)
        hull = cv2.convexHull(np.round(turned[OVAL, :2]).astype(np.int32))
        mask = np.zeros((HEIGHT, WIDTH), np.float32)
        cv2.fillConvexPoly(mask, hull, 1.0)
        weight = cv2.GaussianBlur(mask, (0, 0), 1.5)[..., None]
        lit = picture * shade[..., None]
        return np.asarray(np.clip(lit * weight + np.array(self.GROUND) * (1 - weight), 0, 255), np.uint8)

    def _shade(self, turned: Points) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        shade = np.ones((HEIGHT, WIDTH), np.float32)
        triangles = self._triangles[(self._triangles < len(turned)).all(axis=1)]
        now, before = self._normals(turned, triangles), self._normals(self._face, triangles)
        light = self.LIGHT / np.linalg.norm(self.LIGHT)
        factors = (0.35 + np.clip(now @ light, 0, 1)) / (0.35 + np.clip(before @ light, 0, 1))
        for number in np.argsort(-turned[triangles, 2].mean(axis=1)):
            corners = np.round(turned[triangles[number], :2]).astype(np.int32)
            cv2.fillConvexPoly(shade, corners, float(np.clip(factors[number], 0.5, 1.6)))
        return shade

    @staticmethod
    def _normals(points: Points, triangles: np.ndarray[tuple[int, ...], np.dtype[np.int32]]) -> Points:
        a, b, c = (points[triangles[:, i]] for i in range(3))
        normals = np.cross(b - a, c - a)
        normals *= -np.sign(normals[:, 2:])  # towards the camera
        return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9))
