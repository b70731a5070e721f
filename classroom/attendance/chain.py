"""Hashes that link the journal's rows, and the MACs that seal its heads (pure).

Whoever edits the database can compute hashes anew; the key of the MACs isn't in the database.
"""

import hashlib
import hmac

GENESIS = "0" * 64
ROLL = "roll"  # the chain that names every attendance, so that a whole one can't vanish


def row_hash(previous: str, attendance: str, seq: int, at: int, payload: str) -> str:
    """SHA-256 over the link and all columns; parts are length-prefixed so that none can flow into the next."""
    digest = hashlib.sha256()
    for part in (previous, attendance, str(seq), str(at), payload):
        raw = part.encode()
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()


def seal(key: str, kind: str, *parts: object) -> str:
    """HMAC-SHA256 of a head (attendance, seq, hash) or a checkpoint (attendance, epoch, seq, payload)."""
    said: list[bytes] = []
    for part in (kind, *parts):
        raw = str(part).encode()
        said += (len(raw).to_bytes(8, "big"), raw)
    return hmac.digest(key.encode(), b"".join(said), "sha256").hex()


def sealed(mac: str, key: str, kind: str, *parts: object) -> bool:
    """Whether the MAC fits, in constant time."""
    return hmac.compare_digest(mac, seal(key, kind, *parts))
