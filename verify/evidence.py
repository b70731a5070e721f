"""What a check keeps while it runs: embeddings, and the frame that will be evidence."""

import cv2
import numpy as np

from verify.identity import Embedding, centre, cosine
from verify.landmarks import Picture
from verify.measures import Face

JPEG_QUALITY = 88
MAX_EMBEDDINGS = 64


class Evidence:
    """Of the running try; begun anew with each."""

    def __init__(self, portrait: Embedding | None, *, enrolling: bool) -> None:
        self._portrait = portrait
        self._enrolling = enrolling
        self._embeddings: list[Embedding] = []
        self._best: tuple[float, Picture] | None = None
        self._last: Picture | None = None

    def begin_try(self) -> None:
        """Forget the frames of a lost try; the last frame seen stays, for the evidence of a failure."""
        self._embeddings.clear()
        self._best = None

    def see(self, picture: Picture) -> None:
        """Keep the last frame with a face."""
        self._last = picture

    def score(self, picture: Picture, face: Face, embedding: Embedding) -> float | None:
        """Keep a scored frame; return its match, None when there is nothing to match with."""
        if len(self._embeddings) < MAX_EMBEDDINGS:
            self._embeddings.append(embedding)
        # The portrait should be the sharpest frontal frame; otherwise the frame that decided is the last one scored.
        worth = face.sharpness * (1 - abs(face.yaw) / 90) if self._enrolling else float("inf")
        if self._best is None or worth >= self._best[0]:
            self._best = (worth, picture)
        if self._enrolling:
            # No portrait yet: the face must stay that of the gate's own frames.
            return cosine(embedding, centre(self._embeddings[:5]))
        return None if self._portrait is None else cosine(embedding, self._portrait)

    def kin(self, embedding: Embedding) -> float | None:
        """Return how much a frame looks like the scored frames of this try; None before there is one."""
        return cosine(embedding, centre(self._embeddings)) if self._embeddings else None

    def embedding(self) -> list[float]:
        """Return the median embedding of the try's scored frames."""
        return [round(float(x), 6) for x in centre(self._embeddings)]

    def deciding_jpeg(self) -> bytes:
        """Return the frame that decided."""
        assert self._best is not None
        return _jpeg(self._best[1])

    def last_jpeg(self) -> bytes | None:
        """Return the best frame of the try, else the last one with a face."""
        picture = self._best[1] if self._best is not None else self._last
        return None if picture is None else _jpeg(picture)


def _jpeg(picture: Picture) -> bytes:
    done, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    if not done:
        raise ValueError("a frame that can't be encoded")
    return np.asarray(encoded).tobytes()
