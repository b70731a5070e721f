"""A media process asks the TURN server that its check names, by the credentials of that check."""

import asyncio
import hashlib
from typing import Any

from aioice import stun

from tests.actor import sender
from tests.actor.frames import Actor
from tests.actor.sender import connect
from tests.verify.conftest import Media, request, three
from verify.protocol import Granted, IceServer

REALM, USERNAME, CREDENTIAL = "turn.test", "1900003600:0011", "xmgeWlsSH1VqrnlsK0t4jOFmtek="


class TurnServer(asyncio.DatagramProtocol):
    """Wants a login, and keeps the first message that brings one."""

    def __init__(self) -> None:
        self.login: asyncio.Future[stun.Message] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        asked = stun.parse_message(data)
        if "USERNAME" in asked.attributes:
            if not self.login.done():
                self.login.set_result(asked)
            return
        answer = stun.Message(asked.message_method, stun.Class.ERROR, asked.transaction_id)
        answer.attributes["ERROR-CODE"] = (401, "Unauthorized")
        answer.attributes["REALM"] = REALM
        answer.attributes["NONCE"] = b"nonce"
        self._transport.sendto(bytes(answer), address)


async def test_it_logs_in_by_the_credentials_of_the_check(media: Media, cast: Actor) -> None:
    loop = asyncio.get_running_loop()
    transport, turn = await loop.create_datagram_endpoint(TurnServer, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    server = IceServer([f"turn:127.0.0.1:{port}?transport=udp"], USERNAME, CREDENTIAL)
    try:
        async with connect(media.url, media.secret) as client:
            await client.say(request(three(3), ice_servers=[server]))
            assert await client.hear() == Granted()
            await client.show(sender.still(cast))
            async with asyncio.timeout(10):
                login = await turn.login
    finally:
        transport.close()

    assert login.attributes["USERNAME"] == USERNAME
    key = hashlib.md5(f"{USERNAME}:{REALM}:{CREDENTIAL}".encode(), usedforsecurity=False).digest()
    assert login.check_message_integrity(key)
