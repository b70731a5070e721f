"""A classroom socket on a real server, with the people, courses and seats behind it played by fakes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext

import pytest
import pytest_asyncio
import uvicorn

from classroom.people.rules import ACTIONS, NOTICE_VERSION, ConsentGiven, SignedIn
from realtime.connection import Connections
from realtime.consumer import ClassroomConsumer
from realtime.rehearsal import Rehearsals
from realtime.wiring import Wiring
from tests.realtime.fakes import FakePlane
from tests.realtime.room import CLASS, COOKIE, EXPIRES_AT_MS, LEARNER, FakeSeats, Room


@pytest.fixture(autouse=True)
def everybody_is_asked_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no database behind these tests."""

    async def asked_actions(learner_id: str) -> tuple[str, ...]:
        return ACTIONS

    monkeypatch.setattr("classroom.people.alternatives.asked_actions", asked_actions)


@pytest_asyncio.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    consent: list[ConsentGiven | None] = [ConsentGiven(NOTICE_VERSION, 0)]

    async def signed_in(session_key: str) -> SignedIn | None:
        return SignedIn(LEARNER, EXPIRES_AT_MS) if session_key == "good" else None

    async def consent_of(account_id: str) -> ConsentGiven | None:
        return consent[0]

    async def way_of(learner_id: str, class_id: str) -> None:
        return None

    async def is_enrolled(learner_id: str, class_id: str) -> bool:
        return (learner_id, class_id) == (LEARNER, CLASS)

    async def may_enrol(learner_id: str) -> bool:
        return True

    monkeypatch.setattr("classroom.people.web_sessions.signed_in", signed_in)
    monkeypatch.setattr("classroom.people.faces.consent_of", consent_of)
    monkeypatch.setattr("classroom.people.faces.may_enrol", may_enrol)
    monkeypatch.setattr("classroom.people.queue.way_of", way_of)
    monkeypatch.setattr("classroom.courses.service.is_enrolled", is_enrolled)
    seats, media, connections = FakeSeats(), FakePlane(), Connections()
    wiring = Wiring(
        seats=seats,
        rehearsals=Rehearsals(media),
        connections=connections,
        cookie=COOKIE,
        device_key=b"k" * 32,
        allowed_hosts=["127.0.0.1"],
    )
    config = uvicorn.Config(
        ClassroomConsumer.as_asgi(wiring=wiring),
        host="127.0.0.1",
        port=0,
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        ws_max_size=2**20,
    )
    server = uvicorn.Server(config)
    monkeypatch.setattr(server, "capture_signals", nullcontext)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Room(f"ws://127.0.0.1:{port}/ws/classroom", seats, media, connections, consent)
    server.should_exit = True
    await serving
