"""The client of the media plane against a server that plays a script."""

import asyncio
import base64
import gc

import pytest
from aiohttp import ClientWebSocketResponse, web

from realtime.media import MediaBusy, MediaDown, MediaOverloaded, MediaPlane
from realtime.scripts import draw_scripts
from tests.realtime.fakes import GRANTED, SECRET, MediaServer
from verify.protocol import Answer, Busy, Failed, FirstFrame, FromMedia, Hint, Open, Passed, Reason

PASSED = Passed(evidence_jpeg=b"\xff\xd8", embedding=[0.25] * 128, score=0.7, threshold=0.45, model="m")
FAILED = Failed(reason=Reason.TOO_LATE, missed=True, evidence_jpeg=None, score=None, threshold=None, model="m")


def request(**changed: int) -> Open:
    return Open(check_id="check-1", purpose="check", scripts=draw_scripts(3), portrait=[0.1] * 128, **changed)


async def read_all(check: object) -> list[FromMedia]:
    async with asyncio.timeout(5):
        return [message async for message in check]  # type: ignore[attr-defined]


async def test_a_check_runs_from_its_grant_to_its_verdict() -> None:
    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, GRANTED)
        await server.hear(socket)
        await server.say(socket, Answer(sdp="answer"), FirstFrame(), PASSED)

    opened = request()
    async with MediaServer(play) as server, MediaPlane(server.url, SECRET) as plane:
        check = await plane.open(opened)
        await check.offer("offer")
        messages = await read_all(check)
    assert messages == [Answer(sdp="answer"), FirstFrame(), PASSED]
    assert server.opened == [opened]
    assert server.heard == [{"type": "offer", "sdp": "offer"}]


async def test_a_check_leaves_no_socket_to_the_collector() -> None:
    """While it collects, no learner is served; a hundred checks left enough for it to begin."""

    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, GRANTED)
        await server.hear(socket)
        await server.say(socket, PASSED)

    async def whole(plane: MediaPlane) -> None:
        check = await plane.open(request())
        await check.offer("offer")
        assert await read_all(check) == [PASSED]

    gc.collect()
    gc.disable()
    try:
        async with MediaServer(play) as server, MediaPlane(server.url, SECRET) as plane:
            for _ in range(3):
                await whole(plane)
            assert sum(type(one) is ClientWebSocketResponse for one in gc.get_objects()) == 0
    finally:
        gc.enable()


async def test_how_many_checks_run_at_once_is_for_the_slots_to_say_and_the_probe_is_answered_meanwhile() -> None:
    """A client's usual limit of 100 connections made a class of 500 wait up to a minute for its login checks."""

    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, GRANTED)
        await server.hear(socket)

    async with MediaServer(play) as server, MediaPlane(server.url, SECRET) as plane:
        checks = await asyncio.gather(*(plane.open(request()) for _ in range(120)))
        assert await plane.answers()
        await asyncio.gather(*(check.abort() for check in checks))


async def test_no_slot_is_busy_with_the_time_to_wait() -> None:
    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, Busy(retry_after_ms=7000))

    async with MediaServer(play) as server, MediaPlane(server.url, SECRET) as plane:
        with pytest.raises(MediaBusy) as busy:
            await plane.open(request())
    assert busy.value.retry_after_ms == 7000


async def test_a_wrong_secret_or_nobody_there_is_down() -> None:
    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        raise AssertionError("the secret was not looked at")

    async with MediaServer(play) as server:
        async with MediaPlane(server.url, "another") as plane:
            with pytest.raises(MediaDown):
                await plane.open(request())
        url = server.url
    async with MediaPlane(url, SECRET) as plane:
        with pytest.raises(MediaDown):
            await plane.open(request())


async def test_a_process_that_takes_the_socket_and_says_nothing_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.media.OPEN_TIMEOUT_S", 0.1)

    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.hear(socket)

    async with MediaServer(play) as server, MediaPlane(server.url, SECRET) as plane:
        with pytest.raises(MediaDown):
            await plane.open(request())


@pytest.mark.parametrize("text", ["{}", '{"type": "unheard of"}', "not json"])
async def test_a_process_that_speaks_another_protocol_is_down(text: str) -> None:
    async def first(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await socket.send_str(text)
        await server.hear(socket)

    async def later(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, GRANTED)
        await first(server, socket)

    async with MediaServer(first) as server, MediaPlane(server.url, SECRET) as plane:
        with pytest.raises(MediaDown):
            await plane.open(request())
    async with MediaServer(later) as server, MediaPlane(server.url, SECRET) as plane:
        check = await plane.open(request())
        with pytest.raises(MediaDown):
            await read_all(check)


async def test_a_process_that_dies_mid_check_is_down_at_once() -> None:
    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, GRANTED, FirstFrame())
        await server.hear(socket)
        assert socket._req is not None
        assert socket._req.transport is not None
        socket._req.transport.abort()  # what the kernel does for a killed process

    async with MediaServer(play) as server, MediaPlane(server.url, SECRET) as plane:
        check = await plane.open(request())
        messages = aiter(check)
        assert await anext(messages) == FirstFrame()
        await check.offer("offer")
        async with asyncio.timeout(1):
            with pytest.raises(MediaDown):
                await anext(messages)
        with pytest.raises(MediaDown):
            await check.offer("again")


async def test_a_process_that_hangs_mid_check_is_down_within_three_seconds() -> None:
    """The socket stays open and nothing comes: stopped, swapped out, or its loop is stuck."""
    hang = asyncio.Event()

    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, GRANTED)
        await hang.wait()  # reads nothing, so answers no ping

    async with MediaServer(play) as server, MediaPlane(server.url, SECRET) as plane:
        check = await plane.open(request())
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(MediaDown):
            await read_all(check)
        assert loop.time() - began < 3.5
        hang.set()


async def test_a_process_that_lives_and_gives_no_verdict_is_down_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.media.GRACE_S", 0.05)

    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, GRANTED)
        await server.hear(socket)

    async with MediaServer(play) as server, MediaPlane(server.url, SECRET) as plane:
        check = await plane.open(request(camera_ms=20, window_ms=30))
        with pytest.raises(MediaDown):
            await read_all(check)


async def test_an_aborted_check_just_ends_and_its_process_hears_of_it() -> None:
    gone = asyncio.Event()

    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, GRANTED)
        while await server.hear(socket) is not None:
            pass
        gone.set()

    async with MediaServer(play) as server, MediaPlane(server.url, SECRET) as plane:
        check = await plane.open(request())
        reading = asyncio.create_task(read_all(check))
        await asyncio.sleep(0)
        await check.abort()
        assert await reading == []
        async with asyncio.timeout(2):
            await gone.wait()
        await check.abort()  # again is nothing
    assert server.heard == [{"type": "abort"}]


async def test_hints_nobody_reads_are_dropped_and_the_verdict_still_comes() -> None:
    said = asyncio.Event()

    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, GRANTED)
        await server.say(socket, *[Hint(reason=Reason.NO_FACE)] * 200)
        said.set()
        await server.hear(socket)
        await server.say(socket, FAILED)

    async with MediaServer(play) as server, MediaPlane(server.url, SECRET) as plane:
        check = await plane.open(request())
        await said.wait()
        messages = aiter(check)
        assert await anext(messages) == Hint(reason=Reason.NO_FACE)
        await check.offer("offer")
        rest = [message async for message in messages]
    assert rest[-1] == FAILED
    assert len(rest) <= 200


async def test_a_process_that_is_too_slow_says_so_and_is_not_down() -> None:
    """Its own word that it can't judge fairly (close code 1013) is told apart from its death."""

    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, GRANTED, FirstFrame())
        await socket.close(code=1013)

    async with MediaServer(play) as server, MediaPlane(server.url, SECRET) as plane:
        check = await plane.open(request())
        with pytest.raises(MediaOverloaded):
            await read_all(check)


async def test_of_pictures_that_come_faster_than_they_are_taken_only_the_newest_goes_on() -> None:
    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, GRANTED)
        while (heard := await server.hear(socket)) is not None and heard["type"] != "abort":
            pass

    async with MediaServer(play) as server, MediaPlane(server.url, SECRET) as plane:
        check = await plane.open(request())
        for n in range(50):  # in one turn of the loop: nothing can be sent between
            check.frame(bytes([n]))
        async with asyncio.timeout(5):
            while not server.heard:
                await asyncio.sleep(0.01)
        check.frame(b"later")
        async with asyncio.timeout(5):
            while len(server.heard) < 2:
                await asyncio.sleep(0.01)
        await check.abort()
        check.frame(b"after the end")
        await asyncio.sleep(0)
    sent = [base64.b64decode(str(one["jpeg"])) for one in server.heard if one["type"] == "frame"]
    assert sent == [bytes([49]), b"later"]
