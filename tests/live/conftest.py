"""Real servers for the tests of this folder, shared where they may be."""

from collections.abc import Callable, Iterator

import pytest

from tests.live import story as stories
from tests.live.camera import Drawn
from tests.live.server import Plan, Server

Open = Callable[[Plan], Server]


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Start servers that end with the module."""
    running: list[Server] = []

    def open_one(plan: Plan) -> Server:
        server = Server(tmp_path_factory.mktemp("live"), plan)
        running.append(server)
        server.seed()
        server.start()
        return server

    yield open_one
    for server in running:
        server.close()


def _actor_camera() -> Drawn:
    from tests.actor.frames import actor
    from tests.actor.sender import honest

    return Drawn(lambda: honest(actor()))


@pytest.fixture
def actor_camera() -> Drawn:
    """The enrolled person before a camera, doing what the page asks."""
    return _actor_camera()


@pytest.fixture(scope="session")
def portrait() -> list[float]:
    """The actor's face as the media process would enrol it."""
    from tests.actor.face import landmarks
    from tests.actor.frames import actor
    from verify import models
    from verify.identity import Recogniser

    neutral = actor().pictures()[0]
    embedding = Recogniser(models.EMBEDDING.locate()).embed(neutral, landmarks(neutral)[:, :2])
    assert embedding is not None
    return [float(one) for one in embedding]


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> stories.Story:
    """One whole story, told once for all tests that ask about it."""
    server = Server(tmp_path_factory.mktemp("story"), stories.plan())
    try:
        server.seed()
        server.start()
        return stories.told(server, _actor_camera())
    finally:
        server.close()
