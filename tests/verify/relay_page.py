"""A page behind a wall: ``python -m tests.verify.relay_page`` reads JSON, tries logins at a TURN server, runs a check."""

import asyncio
import json
import socket
import sys
from typing import Any

from aioice import stun, turn
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection

from tests.actor import sender
from tests.actor.frames import actor
from tests.actor.sender import Camera, connect
from tests.verify.conftest import request
from verify.protocol import Action, FirstFrame, Granted, IceServer, Offer, Passed


class _Nothing(asyncio.DatagramProtocol):
    pass


async def login(host: str, port: int, username: str, password: str) -> str:
    """What the TURN server makes of this login: "allocated", or its error code."""
    try:
        async with asyncio.timeout(10):
            transport, _ = await turn.create_turn_endpoint(
                _Nothing, server_addr=(host, port), username=username, password=password
            )
    except stun.TransactionFailed as refused:
        return str(refused.response.attributes["ERROR-CODE"][0])
    except (ConnectionError, TimeoutError) as failed:
        return type(failed).__name__
    transport.close()
    return "allocated"


def direct(host: str) -> bool:
    """Whether a datagram finds any way there by itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))
        except OSError:
            return False
        return True


async def check(about: dict[str, Any]) -> dict[str, Any]:
    """One check whose stream has no way but the relay."""
    script = sender.honest(actor())
    servers = [RTCIceServer(**one) for one in about["page_servers"]]
    async with connect(about["url"], about["secret"]) as client:
        media_servers = [IceServer(**one) for one in about["media_servers"]]
        await client.say(request((Action.NOD,), ice_servers=media_servers, camera_ms=about["camera_ms"]))
        assert await client.hear() == Granted()
        client.peer = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        client.peer.addTransceiver(Camera(script), direction="sendonly")
        await client.peer.setLocalDescription(await client.peer.createOffer())
        await client.say(Offer(client.peer.localDescription.sdp))
        [transceiver] = client.peer.getTransceivers()
        found: list[str] = []

        async def look() -> None:
            while not (pairs := transceiver.sender.transport.transport._connection._nominated):
                await asyncio.sleep(0.1)
            found.extend(pair.local_candidate.type for pair in pairs.values())

        looking = asyncio.create_task(look())
        outcome = await client.play(script)
        looking.cancel()
        return {
            "passed": isinstance(outcome.messages[-1], Passed),
            "seen": FirstFrame() in outcome.messages,
            "by": found,
            "words": outcome.words(),
        }


async def main(about: dict[str, Any]) -> None:
    logins = [await login(*about["turn"], *one) for one in about["logins"]]
    checks = [await check(about | one) for one in about["checks"]]
    print("ANSWER " + json.dumps({"logins": logins, "direct": direct(about["media_host"]), "checks": checks}))


if __name__ == "__main__":
    asyncio.run(main(json.load(sys.stdin)))
