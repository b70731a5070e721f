"""Bad input on the sockets of those who watch gets a code or an answer, and nobody else feels it."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import aiohttp
import msgspec
import pytest

from realtime.oversight import protocol as o
from realtime.wall import protocol as w
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.names import CLASS
from tests.live.server import Plan, Server
from tests.live.test_wall import watching

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ANSWER_S = 20.0
HONEST: dict[type[msgspec.Struct], dict[str, Any]] = {
    w.Watch: {
        "type": "watch",
        "version": w.VERSION,
        "classes": [CLASS],
        "since": {CLASS: {"board": "b", "version": 1}},
    },
    w.PersonAttend: {"type": "person_attend", "check_id": "one"},
    w.PersonAnswer: {"type": "person_answer", "check_id": "one", "sdp": "v=0"},
    w.PersonSeen: {"type": "person_seen", "check_id": "one"},
    o.Look: {"type": "look", "version": o.VERSION, "look": 1, "region": "440100", "facet": "", "institution": ""},
}
WRONG: tuple[Any, ...] = ([], [[]], {}, {"a": {}}, 1.5, 10**30, True, "x" * 900, "\ud800", None, -1, "1")
NONSENSE = ("", "\0", "'; DROP TABLE class; --", "../../etc/passwd", "%00", "练习", "x" * 40, "0" * 32)


def _needed(kind: type[msgspec.Struct]) -> set[str]:
    return {field.name for field in msgspec.structs.fields(kind) if field.required} | {"type"}


def bent(kind: type[msgspec.Struct]) -> Iterator[str]:
    """Ways to get a message wrong: each must close the socket or be answered."""
    good = HONEST[kind]
    for name in good:
        if name in _needed(kind):
            yield json.dumps({other: value for other, value in good.items() if other != name})
        for value in WRONG:
            yield json.dumps(good | {name: value})
        yield json.dumps(good | {name: "?"}).replace('"?"', "[" * 400 + "]" * 400)
        yield json.dumps(good | {name: "?"}).replace('"?"', "NaN")
    yield json.dumps(good | {"more": 1})
    yield json.dumps([good])
    yield json.dumps(good)[:-1]
    yield json.dumps(good) + "{}"
    yield '{"type":' * 100


def nonsense(kind: type[msgspec.Struct]) -> Iterator[str]:
    """Well formed, and about nothing that there is."""
    for text in NONSENSE:
        for name, value in HONEST[kind].items():
            if name != "type" and isinstance(value, str):
                yield json.dumps(HONEST[kind] | {name: text})
    if kind is w.Watch:
        for some in ([*NONSENSE], [CLASS] * 200, ["\0"]):
            yield json.dumps(HONEST[kind] | {"classes": some})
        yield json.dumps(HONEST[kind] | {"since": {name: {"board": "\0", "version": -(2**63)} for name in NONSENSE}})


@pytest.fixture(scope="module")
def server(open_server: Open) -> Server:
    return open_server(Plan())


@pytest.mark.parametrize("kind", HONEST, ids=lambda kind: kind.__name__)
async def test_what_is_wrong_closes_or_is_answered_and_the_log_stays_clean(
    server: Server, kind: type[msgspec.Struct]
) -> None:
    path, account = ("/ws/oversight", "regulator-440100") if kind is o.Look else ("/ws/wall", "staff")
    codes = {w.CLOSE_MALFORMED, w.CLOSE_TOO_LARGE, w.CLOSE_VERSION}
    said = len(server.lines())
    async with Learner(server, account) as person:
        await person.sign_in()
        wrong = [(text, codes) for text in bent(kind)] + [(text, set()) for text in nonsense(kind)]
        closed = 0
        for text, may_close in wrong:
            closed_with = await _say(person, server, path, text)
            assert closed_with is None or closed_with in may_close, (text[:200], closed_with)
            closed += closed_with is not None
        assert closed > len(wrong) // 3
        assert await _say(person, server, path, b"\0") == w.CLOSE_MALFORMED
        assert await _say(person, server, path, "x" * 20_000) == w.CLOSE_TOO_LARGE
    assert not re.search(r'"level": "error"|Traceback', server.lines()[said:])
    async with watching(server) as wall:  # and who comes after is served
        await wall.until(lambda: CLASS in wall.page.rows)


def test_every_message_of_both_sockets_is_tried() -> None:
    assert set(HONEST) == {*get_args(w.FromWall), o.FromOversight}


async def _say(person: Learner, server: Server, path: str, text: str | bytes) -> int | None:
    """The code that it closes with; None where it is answered, or where it stays open for what means nothing."""
    async with person._http.ws_connect(server.url.replace("http", "ws") + path, origin=server.url) as socket:
        await (socket.send_bytes(text) if isinstance(text, bytes) else socket.send_str(text))
        async with asyncio.timeout(ANSWER_S):
            frame = await socket.receive()
        return None if frame.type is aiohttp.WSMsgType.TEXT else socket.close_code
