"""Face landmarks of a frame by MediaPipe, in a pool of landmarkers."""

import ctypes
import math
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import cv2
import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from mediapipe.tasks.python.components.containers.landmark_c import MpNormalizedLandmarkC, MpNormalizedLandmarksC
from mediapipe.tasks.python.vision.face_landmarker import MpFaceLandmarkerResultC
from numpy.typing import NDArray

from verify.measures import Face, Sample

Picture = NDArray[np.uint8]  # RGB
Points = NDArray[np.float64]  # 478 x 2, pixels
Pose = NDArray[np.float32]  # 3 x 3, a rotation

BYSTANDER = 0.3  # a second face smaller than this share of the first is a poster, not a person
CROP = 128  # the face is measured for sharpness at this size


@dataclass(frozen=True, slots=True)
class Reading:
    """What one frame shows."""

    faces: int
    face: Face | None
    points: Points | None


class Landmarker:
    """One MediaPipe landmarker in VIDEO mode; it follows one stream at a time."""

    def __init__(self, model: Path) -> None:
        self._task = vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=str(model)),
                running_mode=vision.RunningMode.VIDEO,
                num_faces=2,
                output_facial_transformation_matrixes=True,
            )
        )
        self._stamp_ms = 0

    def read(self, picture: Picture) -> Reading:
        """Measure one frame (about 9 ms of a core; the GIL is released)."""
        faces = self._faces(picture)
        if not faces:
            return Reading(0, None, None)
        heights = [_distance(points, 10, 152) for points, _ in faces]
        main = int(np.argmax(heights))
        others = sum(1 for i, h in enumerate(heights) if i != main and h >= BYSTANDER * heights[main])
        points, pose = faces[main]
        return Reading(1 + others, _face(points, pose, picture), points)

    def _faces(self, picture: Picture) -> list[tuple[Points, Pose]]:
        """Return each face's points and how it is turned, as ``detect_for_video`` does.

        That makes an object of each of 478 points, a seventh of the time of finding them. Here they are copied out
        of the task's own memory at once (tests/verify/test_landmarks.py compares the two).
        """
        self._stamp_ms += 100  # its own clock: a pooled landmarker outlives its streams
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
        task, found = self._task, MpFaceLandmarkerResultC()
        task._lib.MpFaceLandmarkerDetectForVideo(
            task._handle, image._image_ptr, None, self._stamp_ms, ctypes.byref(found)
        )
        try:
            size = np.array((picture.shape[1], picture.shape[0]), np.float64)
            return [
                (_points(found.face_landmarks[i]) * size, found.facial_transformation_matrixes[i].to_numpy()[:3, :3])
                for i in range(min(found.face_landmarks_count, found.facial_transformation_matrixes_count))
            ]
        finally:
            task._lib.MpFaceLandmarkerCloseResult(ctypes.byref(found))

    def forget(self) -> None:
        """Lose the face that was followed, so that the next stream starts clean."""
        self.read(np.zeros((64, 64, 3), np.uint8))

    def close(self) -> None:
        """Free the native graph."""
        self._task.close()


class LandmarkerPool:
    """As many landmarkers as there are slots (26 MB each), made when first needed, owned to the end.

    None is ever left to the garbage collector: MediaPipe's ``__del__`` waits for its own worker thread, which may be
    collected in the same sweep, and then the whole process stands still.
    """

    def __init__(self, model: Path) -> None:
        self._model = model
        self._made: list[Landmarker] = []
        self._idle: list[Landmarker] = []
        self._lock = Lock()

    def take(self) -> Landmarker:
        """Return a landmarker that follows nobody; the caller's slot bounds how many there are."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        made = Landmarker(self._model)
        with self._lock:
            self._made.append(made)
        return made

    def warm(self) -> None:
        """Make the first one now: a native library that is missing shows at the start, not in a check."""
        self.give_back(self.take())

    def give_back(self, landmarker: Landmarker) -> None:
        """Take a landmarker back."""
        landmarker.forget()
        with self._lock:
            self._idle.append(landmarker)

    def close(self) -> None:
        """Free all landmarkers; one that reads finishes its frame first."""
        with self._lock:
            made, self._made, self._idle = self._made, [], []
        for landmarker in made:
            landmarker.close()


def sample_of(reading: Reading, at_ms: int) -> Sample:
    """Return what the verdict needs."""
    return Sample(at_ms, reading.faces, reading.face)


def _distance(points: Points, a: int, b: int) -> float:
    return float(np.linalg.norm(points[a] - points[b]))


def _share(point: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]) -> float:
    """Return how far along the way from start to end the point stands."""
    way = end - start
    return float((point - start) @ way / max(float(way @ way), 1e-9))


def _points(landmarks: MpNormalizedLandmarksC) -> NDArray[np.float32]:
    """Return x and y of each landmark, in shares of the picture; a view of the task's memory."""
    floats = ctypes.cast(landmarks.landmarks, ctypes.POINTER(ctypes.c_float))
    each = ctypes.sizeof(MpNormalizedLandmarkC) // ctypes.sizeof(ctypes.c_float)
    return np.ctypeslib.as_array(floats, (landmarks.landmarks_count, each))[:, :2]


def _face(points: Points, pose: Pose, picture: Picture) -> Face:
    height, width = picture.shape[:2]
    face_height = max(_distance(points, 10, 152), 1.0)
    centre = points.mean(axis=0)
    left, top = np.clip(points.min(axis=0), 0, (width - 2, height - 2)).astype(int)
    right, bottom = np.clip(points.max(axis=0), (left + 2, top + 2), (width, height)).astype(int)
    grey = cv2.cvtColor(picture[top:bottom, left:right], cv2.COLOR_RGB2GRAY)
    crop = cv2.resize(grey, (CROP, CROP), interpolation=cv2.INTER_AREA)
    return Face(
        yaw=math.degrees(math.atan2(-pose[2, 0], math.hypot(pose[0, 0], pose[1, 0]))),
        pitch=math.degrees(math.atan2(pose[2, 1], pose[2, 2])),
        roll=math.degrees(math.atan2(pose[1, 0], pose[0, 0])),
        nose_side=_share(points[1], points[[33, 61]].mean(axis=0), points[[263, 291]].mean(axis=0)),
        nose_drop=_share(points[1], points[[33, 133, 263, 362]].mean(axis=0), points[[61, 291]].mean(axis=0)),
        breadth=math.sqrt(_distance(points, 33, 263) * _distance(points, 127, 356))
        / max(_distance(points, 10, 2), 1.0),
        eye_opening=(_distance(points, 159, 145) + _distance(points, 386, 374)) / 2 / face_height,
        mouth_gap=_distance(points, 13, 14) / face_height,
        height=face_height / min(height, width),
        x=float(centre[0]) / width,
        y=float(centre[1]) / height,
        brightness=float(grey.mean()),
        sharpness=float(cv2.Laplacian(crop, cv2.CV_64F).var()),
    )
