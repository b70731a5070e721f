"""What is copied out of MediaPipe's memory is what its own objects say."""

import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

from tests.actor.frames import Actor
from verify import models
from verify.landmarks import Landmarker
from verify.protocol import Action

EVERY = 3  # frames


def test_the_same_points_and_the_same_turn_as_the_objects_of_mediapipe(cast: Actor) -> None:
    theirs = vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(models.LANDMARKS.locate())),
            running_mode=vision.RunningMode.VIDEO,
            num_faces=2,
            output_facial_transformation_matrixes=True,
        )
    )
    ours = Landmarker(models.LANDMARKS.locate())
    pictures = cast.pictures()
    turned = [pictures[n] for n in cast.sequences[Action.TURN_LEFT]][::EVERY]
    beside = np.ascontiguousarray(np.hstack([turned[0][:, 140:500], turned[0][:, 140:500]]))
    nobody = np.zeros_like(turned[0])
    try:
        for number, picture in enumerate([*turned, beside, nobody], start=1):
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
            said = theirs.detect_for_video(image, number * 100)
            found = ours._faces(picture)
            height, width = picture.shape[:2]
            assert len(found) == len(said.face_landmarks)
            for (points, pose), face, matrix in zip(
                found, said.face_landmarks, said.facial_transformation_matrixes, strict=True
            ):
                np.testing.assert_array_equal(points, [(p.x * width, p.y * height) for p in face])
                np.testing.assert_array_equal(pose, matrix[:3, :3])
        assert ours.read(nobody).points is None
        assert ours.read(beside).faces == 2
    finally:
        theirs.close()
        ours.close()
