"""Every socket and every message it takes, from every role of elsewhere: nothing is shown, nothing changes (rows 14, 20, 29).

The messages come from the protocols' own unions: one that is added is walked. Over HTTP: tests/web/test_scope_walk.py.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal, get_args, get_origin

import aiohttp
import msgspec
import pytest

from realtime import protocol as room
from realtime.oversight import protocol as o
from realtime.wall import protocol as w
from tests.live.conftest import Open
from tests.live.learner import Learner
from tests.live.names import CLASS, INSTITUTION
from tests.live.proctor import Called, proctor
from tests.live.server import BRISK, Plan, Server
from tests.live.steps import study

pytestmark = pytest.mark.slow

STRANGERS = {
    "proctor-beside": "class-beside",
    "learner-beside": "class-beside",
    "staff-next": "class-next",
    "proctor-next": "class-next",
    "learner-next": "class-next",
    "operator-pretended": "class-next",
    "regulator-pretended": "class-next",
    "regulator-440300": "class-next",
}
REGIONS = (None, "440000", "440100", "440106", "440300")
QUIET_S = 0.4  # nothing more is said in answer
TITLES = ("张小安", "现场测试班", "现场测试中心")


async def test_nobody_from_elsewhere_hears_or_changes_anything(open_server: Open) -> None:
    server = open_server(Plan(rules=BRISK | {"drawn_from_ms": 60_000, "drawn_to_ms": 70_000, "camera_ms": 60_000}))
    async with Called(server) as learner, proctor(server) as person:
        ids = await _in_a_call(learner, person)
        told = len(learner.messages)

        for account, own_class in STRANGERS.items():
            said = [text for text, _ in await _walk(server, account, own_class, ids)]
            assert said, account
            for text in said:
                assert not [one for one in (*TITLES, *ids.values()) if one in text], (account, text)

        heard = learner.messages[told:]
        assert {type(one) for one in heard} <= {
            room.Beaten,
            room.View,
        }  # one of the call itself may still be on its way
        views = [learner.view, *(one for one in heard if isinstance(one, room.View))]
        assert {(one.phase, one.here, one.check.check_id) for one in views} == {("challenged", True, ids["check_id"])}
        await person.passes()  # nobody came between the two
        await learner.until_phase("studying")


async def test_the_same_walk_by_who_may_hears_of_it(open_server: Open) -> None:
    """Else the walk above would prove nothing."""
    server = open_server(Plan(rules=BRISK | {"drawn_from_ms": 60_000, "drawn_to_ms": 70_000, "camera_ms": 60_000}))
    async with Called(server) as learner, proctor(server) as person:
        ids = await _in_a_call(learner, person)

        heard = {
            account: await _walk(server, account, CLASS, ids) for account in ("staff", "regulator-440100", "learner-0")
        }

        assert any(ids["learner_id"] in text for text, path in heard["staff"] if path == "/ws/wall")
        counts = [msgspec.json.decode(text) for text, path in heard["regulator-440100"] if path == "/ws/oversight"]
        assert any(one["type"] == "sums" and INSTITUTION in one["institutions"] for one in counts)
        assert any('"here":' in text for text, path in heard["learner-0"] if path == "/ws/classroom")


async def _in_a_call(learner: Called, person: Any) -> dict[str, str]:
    """A learner who is being checked by a person; whom and what strangers then ask about."""
    await study(learner, 0)
    _, me = await learner.ask("GET", "/api/me")
    asked = {"reason": "IT_IS_ME", "class_id": CLASS, "check_id": None}
    assert (await learner.ask("POST", "/api/person-requests", asked))[0] == 200
    await person.call(me["account"]["id"])
    await learner.until(lambda: learner.check is not None)
    assert learner.check is not None
    record = await learner.record()
    return {
        "learner_id": me["account"]["id"],
        "check_id": learner.check.check_id,
        "session_id": record["sessions"][0]["id"],
        "stream": learner.welcome.stream if learner.welcome else "",
    }


async def _walk(server: Server, account: str, own_class: str, ids: dict[str, str]) -> list[tuple[str, str]]:
    """What this account was told by each of the sockets, and by which."""
    said: list[tuple[str, str]] = []
    async with Learner(server, account) as who:
        await who.sign_in()
        async with _socket(who, "/ws/wall", said) as say:
            for message in _all(w.FromWall, ids):
                await say(message)
        async with _socket(who, "/ws/oversight", said) as say:
            for look, region in enumerate(REGIONS):
                await say(o.Look(o.VERSION, look, region))
                await say(o.Look(o.VERSION, look, region, "", INSTITUTION))
        async with _socket(who, "/ws/classroom", said) as say:
            await say(room.Hello(room.VERSION, CLASS, stream=ids["stream"], last_seq=0))
        async with _socket(who, "/ws/classroom", said) as say:
            await say(room.Hello(room.VERSION, own_class))
            for message in _all(room.FromPage, ids):
                if not isinstance(message, room.Hello | room.Begin | room.Rehearse):  # one's own are one's own
                    await say(message)
    return said


@asynccontextmanager
async def _socket(who: Learner, path: str, said: list[tuple[str, str]]) -> AsyncIterator[Any]:
    """Says in order, and hears until it is quiet or closed."""
    async with who._http.ws_connect(who.server.url.replace("http", "ws") + path, origin=who.server.url) as socket:

        async def say(message: msgspec.Struct) -> None:
            if not socket.closed:
                await socket.send_str(msgspec.json.encode(message).decode())

        yield say
        try:
            while (frame := await socket.receive(QUIET_S)).type is aiohttp.WSMsgType.TEXT:
                said.append((frame.data, path))
                if len(said) > 10_000:
                    raise AssertionError("told without end")
                if path == "/ws/oversight" and said[-3:].count(said[-1]) == 3:
                    break
        except TimeoutError:
            pass
        else:
            said.append((f"closed {socket.close_code}", path))


def _all(union: Any, ids: dict[str, str]) -> list[msgspec.Struct]:
    """One of each message of the union, about what isn't one's own."""
    return [
        kind(**{field.name: _filled(field.name, field.type, ids) for field in msgspec.structs.fields(kind)})
        for kind in get_args(union)
    ]


def _filled(name: str, kind: Any, ids: dict[str, str]) -> Any:
    named = {"version": 1, "classes": [CLASS], "since": {}, "class_id": CLASS, "lesson_id": "lesson-1", **ids}
    if name in named:
        return named[name]
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    kinds = {int: 1_000, bool: True, str: "words", bytes: b"\xff\xd8", **dict.fromkeys([None], None)}
    return kinds[next(one for one in (kind, *get_args(kind)) if one in kinds)]
