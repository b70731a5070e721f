"""Believes a proxy of ours, and nobody else, about who is asking and whether they came over TLS."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]
_SECURE = {"http": "https", "ws": "wss"}


def behind_proxies(application: Application, proxies: Sequence[IPv4Network | IPv6Network]) -> Application:
    """``X-Forwarded-For`` and ``-Proto`` count where the peer is one of ``proxies``; else a stranger could choose an address."""

    async def handle(scope: Scope, receive: Any, send: Any) -> None:
        peer = scope.get("client")
        if scope["type"] in ("http", "websocket") and peer and _ours(str(peer[0]), proxies):
            scope = {**scope, "client": [_learner(scope, str(peer[0]), proxies), 0]}
            if _header(scope, b"x-forwarded-proto").strip() == "https":
                scope["scheme"] = _SECURE.get(scope.get("scheme", "http"), scope.get("scheme"))
        await application(scope, receive, send)

    return handle if proxies else application


def _learner(scope: Scope, peer: str, proxies: Sequence[IPv4Network | IPv6Network]) -> str:
    """The last address that isn't a proxy of ours: what stands before it was said by whoever asks."""
    found = peer
    for one in reversed(_header(scope, b"x-forwarded-for").split(",")):
        try:
            found = str(ip_address(one.strip()))
        except ValueError:
            break
        if not _ours(found, proxies):
            break
    return found


def _ours(address: str, proxies: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        return any(ip_address(address) in network for network in proxies)
    except ValueError:
        return False


def _header(scope: Scope, name: bytes) -> str:
    """All of that name, in their order."""
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)
