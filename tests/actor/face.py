"""A portrait animated on its own landmarks: turned, bowed, eyes shut, mouth opened."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from verify import models

Picture = NDArray[np.uint8]  # RGB, 640x480
Points = NDArray[np.float64]  # x, y, z

WIDTH, HEIGHT = 640, 480
FACE_HEIGHT = 250  # pixels from the top of the brow to the chin
RELIEF = 1.3  # MediaPipe's depth is flat: drawn as it is, a turn of 40 degrees is tracked as 26

# MediaPipe's canonical point numbers.
OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
        148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]  # fmt: skip
UPPER_LIDS = [246, 161, 160, 159, 158, 157, 173, 466, 388, 387, 386, 385, 384, 398]
LOWER_LIDS = [7, 163, 144, 145, 153, 154, 155, 249, 390, 373, 374, 380, 381, 382]
LASHES = ([33, 7, 163, 144, 145, 153, 154, 155, 133], [263, 249, 390, 373, 374, 380, 381, 382, 362])
EYES = (
    ([33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246], 50),
    ([263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466], 280),
)  # the rim, and a point of the cheek below
INNER_UPPER = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308]
INNER_LOWER = [95, 88, 178, 87, 14, 317, 402, 318, 324]


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees (yaw negative = the subject's own right, pitch positive = down) and shares (0 open eyes, 1 open mouth)."""

    yaw: float = 0.0
    pitch: float = 0.0
    eyes_shut: float = 0.0
    mouth_open: float = 0.0


class Mesh:
    """A portrait with its landmarks, ready to be drawn in any pose."""

    def __init__(self, portrait: Picture) -> None:
        found = landmarks(portrait)
        scale = FACE_HEIGHT / np.linalg.norm(found[10, :2] - found[152, :2])
        centre = found[:468, :2].mean(axis=0)
        move = np.array([[scale, 0, WIDTH / 2 - scale * centre[0]], [0, scale, HEIGHT * 0.52 - scale * centre[1]]])
        self._picture = cv2.warpAffine(
            portrait, move, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        face = landmarks(self._picture)[:468] * [1.0, 1.0, RELIEF]
        self._pivot = np.array([*face[:, :2].mean(axis=0), face[:, 2].max() + 0.15 * FACE_HEIGHT])
        oval = face[OVAL]
        ring = self._pivot + (oval - self._pivot) * [1.45, 1.45, 1.0]
        xs, ys = np.linspace(0, WIDTH - 1, 9), np.linspace(0, HEIGHT - 1, 7)
        edge = [(x, y) for x in xs for y in ys if x in (xs[0], xs[-1]) or y in (ys[0], ys[-1])]
        inside = (ring[:, 0] > 2) & (ring[:, 0] < WIDTH - 3) & (ring[:, 1] > 2) & (ring[:, 1] < HEIGHT - 3)
        self._ring = ring[inside]
        self._edge = np.array([(x, y, self._pivot[2]) for x, y in edge])
        self._face = face
        self._source = np.vstack([face, self._ring, self._edge])
        self._triangles = Delaunay(self._source[:, :2]).simplices

    def draw(self, pose: Pose) -> Picture:
        """Return the portrait in this pose, 640x480 RGB."""
        face = self._expression(pose)
        turned = np.vstack([self._turn(face, pose, 1.0), self._turn(self._ring, pose, 0.55), self._edge])
        picture = self._warp(turned)
        if pose.mouth_open > 0.05:
            mouth = turned[INNER_UPPER + INNER_LOWER[::-1]]
            picture = _blend(picture, (52, 20, 22), _mask([mouth]), min(1.0, 2 * pose.mouth_open))
        if pose.eyes_shut > 0.6:
            self._shut(picture, turned)
        return picture

    def _shut(self, picture: Picture, turned: Points) -> None:
        """Paint the lids in the cheek's colour, with a line of lashes along the lower one."""
        for (rim, cheek), lashes in zip(EYES, LASHES, strict=True):
            x, y = np.round(turned[cheek, :2]).astype(int)
            colour = np.median(picture[y - 4 : y + 5, x - 4 : x + 5].reshape(-1, 3), axis=0)
            eye = self._face[rim]
            grown = eye.mean(axis=0) + (eye - eye.mean(axis=0)) * [1.1, 1.35, 1.0]
            mask = cv2.GaussianBlur(_mask([grown]), (0, 0), 2.0)
            picture[:] = _blend(picture, tuple(colour), mask, 0.9)
            line = np.round(turned[lashes][:, :2] * 8).astype(np.int32)
            cv2.polylines(picture, [line], False, (58, 38, 34), 2, cv2.LINE_AA, 3)

    def _expression(self, pose: Pose) -> Points:
        face = self._face.copy()
        upper, lower = face[UPPER_LIDS], face[LOWER_LIDS]
        face[UPPER_LIDS] = upper + (lower - upper) * 0.96 * pose.eyes_shut
        if pose.mouth_open:
            mouth = face[[78, 308]].mean(axis=0)
            half = np.linalg.norm(face[78, :2] - face[308, :2])
            below = face[:, 1] - mouth[1]
            near = np.exp(-(((face[:, 0] - mouth[0]) / (0.95 * half)) ** 2))
            drop = near * np.clip(below / (0.10 * FACE_HEIGHT), 0, 1)
            drop[INNER_LOWER] = near[INNER_LOWER]
            drop[INNER_UPPER] = 0
            face[:, 1] += 0.22 * FACE_HEIGHT * pose.mouth_open * drop
        return face

    def _turn(self, points: Points, pose: Pose, share: float) -> Points:
        yaw, pitch = np.radians(share * pose.yaw), np.radians(share * pose.pitch)
        about_y = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
        about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
        return (points - self._pivot) @ (about_x @ about_y).T + self._pivot

    def _warp(self, target: Points) -> Picture:
        """Draw every triangle where its corners went, the far ones first."""
        grid = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        map_y, map_x = grid[0].copy(), grid[1].copy()
        order = np.argsort(-target[self._triangles, 2].mean(axis=1))
        for corners in self._triangles[order]:
            to = target[corners, :2]
            left, top = np.maximum(np.floor(to.min(axis=0)).astype(int), 0)
            right, bottom = np.minimum(np.ceil(to.max(axis=0)).astype(int) + 1, (WIDTH, HEIGHT))
            (ax, ay), (bx, by), (cx, cy) = to
            area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
            if right <= left or bottom <= top or abs(area) < 1e-6:
                continue
            xs, ys = grid[1][top:bottom, left:right], grid[0][top:bottom, left:right]
            b = ((xs - ax) * (cy - ay) - (cx - ax) * (ys - ay)) / area
            c = ((bx - ax) * (ys - ay) - (xs - ax) * (by - ay)) / area
            a = 1 - b - c
            inside = (a >= -1e-4) & (b >= -1e-4) & (c >= -1e-4)
            source = self._source[corners, :2]
            map_x[top:bottom, left:right][inside] = (a * source[0, 0] + b * source[1, 0] + c * source[2, 0])[inside]
            map_y[top:bottom, left:right][inside] = (a * source[0, 1] + b * source[1, 1] + c * source[2, 1])[inside]
        return cv2.remap(self._picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _mask(polygons: list[Points]) -> NDArray[np.uint8]:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(mask, [np.round(polygon[:, :2] * 8).astype(np.int32) for polygon in polygons], 255, cv2.LINE_AA, 3)
    return mask


def _blend(picture: Picture, colour: Iterable[float], mask: NDArray[np.uint8], share: float) -> Picture:
    weight = mask[..., None] / 255 * share
    return np.asarray(picture * (1 - weight) + np.array(tuple(colour)) * weight, np.uint8)


def landmarks(picture: Picture) -> Points:
    """Return the 478 points of the only face, x, y, z in pixels (smaller z is nearer)."""
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(models.LANDMARKS.locate())), num_faces=1
    )
    with vision.FaceLandmarker.create_from_options(options) as task:
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
        found = task.detect(image).face_landmarks
    if not found:
        raise ValueError("a portrait without a face")
    height, width = picture.shape[:2]
    return np.array([(p.x * width, p.y * height, p.z * width) for p in found[0]])
