"""Seals personal data so that destroying one key makes one person's data unreadable.

A sealed value is ``version(1) | length of key id(1) | key id | nonce(12) | AES-256-GCM ciphertext``. Its associated data
is table, row and column: a ciphertext moved elsewhere doesn't open. Data keys are sealed the same way, by a key
encryption key that is not in the database.
"""

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import settings
from classroom.people.rules import PeopleError

_VERSION = 1
_NONCE_BYTES = 12


class KeyMissing(PeopleError):
    """The key that closed this is not here: destroyed, or not configured."""

    code = "KEY_MISSING"


class NotGenuine(PeopleError):
    """The sealed value was changed, or belongs elsewhere."""

    code = "NOT_GENUINE"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value stands."""

    table: str
    row: str
    column: str

    def associated(self) -> bytes:
        """What the ciphertext is bound to."""
        return "\x1f".join((self.table, self.row, self.column)).encode()


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """A person's key for one purpose, unwrapped; it lives as long as one use case, never longer."""

    id: str
    secret: bytes

    def seal(self, plain: bytes, place: Place) -> bytes:
        """Close a value for one place."""
        return _seal(self.id, self.secret, plain, place)

    def open(self, sealed: bytes, place: Place) -> bytes:
        """Open a value of that place. Raises KeyMissing, NotGenuine."""
        if key_id_of(sealed) != self.id:
            raise KeyMissing
        return _open(self.secret, sealed, place)


def new_data_key() -> DataKey:
    """A fresh data key."""
    return DataKey(secrets.token_hex(16), secrets.token_bytes(32))


def wrap(key: DataKey) -> tuple[str, bytes]:
    """The key encryption key's id, with the data key closed by it."""
    kek_id, kek = next(iter(settings.FACE_KEKS.items()))
    return kek_id, _seal(kek_id, kek, key.secret, Place("person_key", key.id, "wrapped"))


def unwrap(key_id: str, wrapped: bytes | None) -> DataKey:
    """The data key of a row of ``person_key``. Raises KeyMissing for a tombstone or an unknown key encryption key."""
    if wrapped is None:
        raise KeyMissing
    kek = settings.FACE_KEKS.get(key_id_of(wrapped))
    if kek is None:
        raise KeyMissing
    return DataKey(key_id, _open(kek, wrapped, Place("person_key", key_id, "wrapped")))


def blind_index(purpose: str, text: str) -> str:
    """What an encrypted text is found by: a keyed hash of its normal form."""
    normal = unicodedata.normalize("NFKC", text).strip().casefold()
    return hmac.digest(settings.INDEX_KEY.encode(), f"{purpose}\x1f{normal}".encode(), "sha256").hex()


def session_key_hash(session_key: str) -> str:
    """What the sessions' table holds instead of the cookie's 165 random bits."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def key_id_of(sealed: bytes) -> str:
    """The id of the key that closed this."""
    if len(sealed) < 2 or sealed[0] != _VERSION or len(sealed) < 2 + sealed[1] + _NONCE_BYTES:
        raise NotGenuine
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")


def _seal(key_id: str, key: bytes, plain: bytes, place: Place) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    head = bytes((_VERSION, len(key_id))) + key_id.encode("ascii") + nonce
    return head + AESGCM(key).encrypt(nonce, plain, place.associated())


def _open(key: bytes, sealed: bytes, place: Place) -> bytes:
    start = 2 + sealed[1]
    nonce, ciphertext = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, place.associated())
    except InvalidTag:
        raise NotGenuine from None
