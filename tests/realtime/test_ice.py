"""TURN credentials: worked out as the TURN server does, good for a short time, drawn anew for each socket and check."""

import asyncio
import json
from typing import Any

import looptime
import msgspec
import pytest
from aiohttp import web

from realtime.connection import Connection
from realtime.ice import IceServers, credential
from realtime.media import MediaPlane
from realtime.protocol import IceServer
from realtime.scripts import draw_scripts
from realtime.seats import Seats
from tests.realtime.fakes import GRANTED, SECRET, FakePlane, MediaServer
from verify.protocol import Open

NOW_MS = 1_900_000_000_999
STUN = {"urls": "stun:stun.test"}
TURN = IceServers([STUN], ["turn:turn.test"], "north", 3600)


@pytest.mark.parametrize(
    ("secret", "username", "password"),
    [
        ("Jefe", "what do ya want for nothing?", "7/zfauXrL6LSdBbV8YTfnCWafHk="),  # RFC 2202, HMAC-SHA1, case 2
        (
            "north",
            "1900003600:0011",
            "xmgeWlsSH1VqrnlsK0t4jOFmtek=",
        ),  # openssl dgst -sha1 -hmac, as coturn's manual has it
    ],
)
def test_a_password_is_what_the_turn_server_works_out_by_itself(secret: str, username: str, password: str) -> None:
    assert credential(secret, username) == password


def test_credentials_end_after_their_lifetime_and_are_drawn_anew_each_time() -> None:
    (stun, one), (_, other) = TURN.issue(NOW_MS), TURN.issue(NOW_MS)

    expiry, _, opaque = one.username.partition(":")
    assert stun == IceServer(["stun:stun.test"])
    assert (one.urls, int(expiry), len(opaque)) == (["turn:turn.test"], 1_900_003_600, 16)
    assert one.credential == credential("north", one.username)
    assert one.username != other.username


def test_without_turn_nothing_is_given_out_but_what_is_configured() -> None:
    servers = IceServers([STUN])
    assert (servers.issue(NOW_MS), servers.renew_s) == ([IceServer(["stun:stun.test"])], None)
    assert IceServers().issue(NOW_MS) == []


def welcomes(connection: Connection) -> list[dict[str, Any]]:
    return [message for text in connection._outbox if (message := json.loads(text))["type"] == "welcome"]


@pytest.mark.looptime
async def test_a_page_hears_of_new_credentials_before_its_old_ones_end(looptime: looptime.LoopTimeProxy) -> None:
    """A socket lives for hours; the check of its third hour needs a relay as much as the first one."""
    page = Connection(learner_id="learner-7", device="d", session="s")
    Seats(media=FakePlane(), ice=TURN).welcome(page, "token")
    await asyncio.sleep(3_700)

    said = welcomes(page)
    assert len(said) == 3
    assert {one["seat_token"] for one in said} == {"token"}
    assert len({one["ice_servers"][1]["username"] for one in said}) == 3
    assert not any("learner-7" in text or "north" in text for text in page._outbox)

    page.close(1000)
    await asyncio.sleep(10_000)
    assert len(welcomes(page)) == 3


async def test_each_check_gets_credentials_of_its_own_and_the_media_process_never_the_secret() -> None:
    async def play(server: MediaServer, socket: web.WebSocketResponse) -> None:
        await server.say(socket, GRANTED)

    request = Open(check_id="c", purpose="check", scripts=draw_scripts(3), portrait=None)
    turn = IceServers((), ["turn:turn.test"], "north", 3600)
    async with MediaServer(play) as server, MediaPlane(server.url, SECRET, turn=turn) as plane:
        for _ in range(2):
            await (await plane.open(request)).close()
    servers = [one for opened in server.opened for one in opened.ice_servers]
    assert [one.urls for one in servers] == [["turn:turn.test"]] * 2
    assert [one.credential for one in servers] == [credential("north", str(one.username)) for one in servers]
    assert servers[0].username != servers[1].username
    assert b"north" not in msgspec.json.encode(server.opened)
