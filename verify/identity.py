"""Face embeddings by SFace; cosine tells same from different persons."""

from pathlib import Path
from threading import local

import cv2
import numpy as np
from numpy.typing import NDArray

from verify.landmarks import Picture, Points

Embedding = NDArray[np.float64]  # 128, of length 1

# The five points SFace was trained with (pupils, nose, corners of the mouth), in its 112x112 crop, and MediaPipe's
# points for the same five: they stand in for YuNet's, so no second detector runs.
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
POINTS = (468, 473, 1, 61, 291)
SIDE = 112


class Recogniser:
    """SFace; a network per thread, because OpenCV's isn't safe to share."""

    def __init__(self, model: Path) -> None:
        self._model = str(model)
        self._nets = local()

    def embed(self, picture: Picture, points: Points) -> Embedding | None:
        """Return the embedding of the face at these landmarks (about 17 ms of a core); None where none can be made."""
        # cv2.FaceRecognizerSF crashes on this file with OpenCV 5; the plain network doesn't.
        net = getattr(self._nets, "net", None)
        if net is None:
            net = self._nets.net = cv2.dnn.readNetFromONNX(self._model)
        move, _ = cv2.estimateAffinePartial2D(points[list(POINTS)].astype(np.float32), TEMPLATE, method=cv2.LMEDS)
        if move is None:
            return None
        crop = cv2.warpAffine(picture, move, (SIDE, SIDE))
        net.setInput(cv2.dnn.blobFromImage(crop, 1.0, (SIDE, SIDE)), "data")
        return unit(net.forward().flatten().astype(np.float64))


def unit(vector: Embedding) -> Embedding:
    """Return the vector at length 1."""
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def centre(embeddings: list[Embedding]) -> Embedding:
    """Return the median embedding."""
    return unit(np.median(np.stack(embeddings), axis=0))


def cosine(a: Embedding, b: Embedding) -> float:
    """Return the similarity of two embeddings of length 1."""
    return float(a @ b)
