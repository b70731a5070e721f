"""STUN and TURN servers for a page or a check; TURN with credentials that are good for a short time only."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from realtime.protocol import IceServer


def credential(secret: str, username: str) -> str:
    """The password that coturn (``use-auth-secret``) works out for this username by itself."""
    mac = hmac.new(secret.encode(), username.encode(), hashlib.sha1)  # the convention of TURN's REST API names SHA-1
    return base64.b64encode(mac.digest()).decode()


class IceServers:
    """Gives out the configured servers; the shared secret stays here."""

    def __init__(
        self,
        fixed: Sequence[Mapping[str, Any]] = (),
        turn_urls: Sequence[str] = (),
        turn_secret: str = "",
        lifetime_s: int = 3600,
    ) -> None:
        self._fixed = msgspec.convert([_listed(one) for one in fixed], list[IceServer])
        self._turn_urls = list(turn_urls)
        self._turn_secret = turn_secret
        self._lifetime_s = lifetime_s

    @property
    def renew_s(self) -> float | None:
        """After so long a page should have new ones; None when nothing in them ends."""
        return self._lifetime_s / 2 if self._turn_urls else None

    def issue(self, now_ms: int) -> list[IceServer]:
        """Those for one page, or one check, from now on; the username is drawn, so a TURN log names no learner."""
        if not self._turn_urls:
            return self._fixed
        username = f"{now_ms // 1000 + self._lifetime_s}:{secrets.token_hex(8)}"
        return [*self._fixed, IceServer(self._turn_urls, username, credential(self._turn_secret, username))]


def _listed(one: Mapping[str, Any]) -> dict[str, Any]:
    urls = one.get("urls")  # the browser takes one address without a list too, and so does the media process
    return {**one, "urls": [urls]} if isinstance(urls, str) else dict(one)
