"""Looks for persons in what must not hold any: names, numbers, accounts, secrets, pictures and what a face comes to."""

import base64
import json
import re
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.live.cluster import Cluster

JPEG = (b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xdb", b"JFIF\0", b"/9j/4AAQ", b"data:image/jpeg")
KEPT = ("courses", "secrets")  # lessons; the keys themselves, which nobody may read anyhow
_HEX = re.compile(rb"\\\\?x((?:[0-9a-f]{2})+)")


class Clear:
    """What is looked for, in each way in which it might be written."""

    def __init__(
        self,
        names: Sequence[str],
        numbers: Sequence[str],
        accounts: Sequence[str],
        secrets: Sequence[str],
        face: Sequence[float],
    ) -> None:
        self._wanted: dict[bytes, str] = dict.fromkeys(JPEG, "a picture")
        for text in (*names, *numbers, *accounts, *secrets):
            escaped = json.dumps(text)[1:-1]
            for written in (text.encode(), text.encode("utf-16-le"), escaped.encode()):
                self._wanted[written] = text
            self._wanted[base64.b64encode(text.encode()).rstrip(b"=")[:-1]] = text
        for few in (face[:3], face[8:11], face[-3:]):
            if any(few):
                self._wanted[struct.pack(f"<{len(few)}f", *few)] = "a face as float32"
                self._wanted[struct.pack(f"<{len(few)}d", *few)] = "a face as float64"
                self._wanted[json.dumps(list(few))[1:-1].encode()] = "a face as text"
        self._any = re.compile(b"|".join(re.escape(one) for one in sorted(self._wanted, key=len, reverse=True)))

    def inside(self, content: bytes) -> str | None:
        """What is there of it, or None; bytes that stand as hexadecimal text are looked into, too."""
        for some in (content, *(bytes.fromhex(one.decode()) for one in _HEX.findall(content))):
            if (found := self._any.search(some)) is not None:
                return f"{self._wanted[found[0]]} in {some[max(0, found.start() - 60) : found.end() + 20]!r}"
        return None


async def rows_of(cluster: Cluster) -> dict[str, list[str]]:
    """Every table of the database, its rows as PostgreSQL prints them."""
    tables = await cluster.rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    found = {}
    for name in (row["name"] for row in tables):
        found[name] = [row["row"] for row in await cluster.rows(f'SELECT one::text AS row FROM "{name}" AS one')]
    return found


def everything(folder: Path) -> Iterator[Path]:
    """Logs and whatever else the processes have left."""
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).parts[0] not in KEPT:
            yield path
