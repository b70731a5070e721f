"""How a media process is reached: its own addresses, the page's candidates, the configured ICE servers."""

from collections.abc import Sequence
from typing import Any

import aioice.ice
from aiortc import RTCConfiguration, RTCIceServer

from verify.protocol import IceServer as IceServer

MAX_CANDIDATES = 16
_host_addresses = aioice.ice.get_host_addresses


def _host_addresses_or_loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    return _host_addresses(use_ipv4=use_ipv4, use_ipv6=use_ipv6) or ["127.0.0.1"]


def reach_loopback() -> None:
    """Let a machine without any other address connect to itself.

    aioice leaves 127.0.0.1 out of its candidates, so on an offline machine there would be none at all and no check
    could ever begin. This is the one place where aioice is changed.
    """
    aioice.ice.get_host_addresses = _host_addresses_or_loopback


def skip_empty(transport: Any) -> None:
    """Let an ICE transport pass over empty datagrams.

    aiortc looks at a datagram's first byte without asking whether there is one; without this, one empty datagram from
    anybody who knows the port would end the camera's stream.
    """
    receive = transport._recv

    async def receive_something() -> bytes:
        while not (received := await receive()):
            pass
        return bytes(received)

    transport._recv = receive_something


def configuration(servers: Sequence[IceServer]) -> RTCConfiguration:
    """Return the configuration; never None, which would mean aiortc's default, a public STUN server."""
    return RTCConfiguration(
        iceServers=[RTCIceServer(urls=s.urls, username=s.username, credential=s.credential) for s in servers]
    )


def trim(sdp: str) -> str:
    """Return the offer with a bounded number of candidates and none that needs mDNS.

    A browser hides its addresses behind ``.local`` names, which nobody can resolve across networks or offline. It
    reaches us by our candidates all the same, and the pair forms peer-reflexive; for that the end of candidates isn't
    passed on, since aioice would report a failure before the page has even seen the answer.
    """
    lines, candidates = [], 0
    for line in sdp.splitlines():
        if line.startswith("a=end-of-candidates"):
            continue
        if line.startswith("a=candidate:"):
            fields = line.split()
            candidates += 1
            if candidates > MAX_CANDIDATES or len(fields) < 6 or fields[4].endswith(".local"):
                continue
        lines.append(line)
    return "\r\n".join(lines) + "\r\n"
