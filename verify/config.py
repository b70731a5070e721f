"""Settings of a media process, from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from verify.ice import IceServer

SECRET_LENGTH = 32


class ConfigError(Exception):
    """A setting is missing or makes no sense; names it, never shows a secret."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a media process needs to start."""

    host: str
    port: int
    secret: str
    slots: int
    ice_servers: tuple[IceServer, ...]


def config_from_env(env: Mapping[str, str]) -> Config:
    """Read the settings; raises ConfigError."""
    url = urlsplit(env.get("ANXUE_MEDIA_URL", "http://127.0.0.1:8901"))
    if url.scheme not in ("http", "https") or not url.hostname or not url.port:
        raise ConfigError("ANXUE_MEDIA_URL: expected http://HOST:PORT")
    secret = _secret(env)
    if len(secret) < SECRET_LENGTH:
        raise ConfigError(f"ANXUE_MEDIA_SECRET: expected at least {SECRET_LENGTH} characters")
    return Config(url.hostname, url.port, secret, _slots(env), _ice_servers(env))


def _secret(env: Mapping[str, str]) -> str:
    """The environment's value, else the file of that name in ANXUE_SECRETS (as containers mount them)."""
    file = Path(env.get("ANXUE_SECRETS", "")) / "ANXUE_MEDIA_SECRET"
    given = env.get("ANXUE_MEDIA_SECRET", "")
    return given or (file.read_text().strip() if env.get("ANXUE_SECRETS") and file.is_file() else "")


def _slots(env: Mapping[str, str]) -> int:
    # A check takes about an eighth of a core (see docs/adr); four a core leave room for decoding and for bursts.
    text = env.get("ANXUE_MEDIA_SLOTS", str(4 * (os.cpu_count() or 1)))
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise ConfigError("ANXUE_MEDIA_SLOTS: expected a number from 1 to 1000")
    return int(text)


def _ice_servers(env: Mapping[str, str]) -> tuple[IceServer, ...]:
    try:
        return tuple(msgspec.json.decode(env.get("ANXUE_ICE_SERVERS", "[]"), type=list[IceServer]))
    except msgspec.DecodeError as error:
        raise ConfigError("ANXUE_ICE_SERVERS: expected a JSON list of {urls, username, credential}") from error
