"""Who is asking, when a proxy stands between: its word counts only where the proxy is ours."""

from ipaddress import ip_network
from typing import Any

import pytest

from realtime.forwarded import behind_proxies

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


async def seen(peer: str, forwarded: str | None, proto: str = "https", kind: str = "http") -> tuple[str, str]:
    found: dict[str, Any] = {}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        found.update(scope)

    headers = [(b"x-forwarded-proto", proto.encode())]
    if forwarded is not None:
        headers.append((b"x-forwarded-for", forwarded.encode()))
    scheme = "http" if kind == "http" else "ws"
    scope = {"type": kind, "client": [peer, 1], "scheme": scheme, "headers": headers}
    await behind_proxies(application, PROXIES)(scope, None, None)
    return found["client"][0], found["scheme"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.2", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.2", "1.2.3.4, 203.0.113.7", "203.0.113.7"),  # the first was said by whoever asks
        ("10.0.0.2", "203.0.113.7, 10.9.9.9", "203.0.113.7"),  # two proxies of ours
        ("fd00::2", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.2", "rubbish", "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", None, "10.0.0.2"),
    ],
)
async def test_a_proxy_of_ours_is_believed(peer: str, forwarded: str | None, address: str) -> None:
    assert await seen(peer, forwarded) == (address, "https")
    assert await seen(peer, forwarded, kind="websocket") == (address, "wss")


async def test_a_stranger_who_says_the_same_is_not() -> None:
    assert await seen("203.0.113.9", "10.0.0.1") == ("203.0.113.9", "http")


async def test_a_proxy_that_takes_plain_http_says_so() -> None:
    assert await seen("10.0.0.2", "203.0.113.7", "http") == ("203.0.113.7", "http")
