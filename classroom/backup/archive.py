"""The file of a backup: a ZIP with a JSON line for each row, a manifest of hashes, and a seal over the manifest.

The seal's key isn't in the file: whoever changes a row can hash it anew, and can't seal it.
"""

import base64
import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from classroom.attendance.chain import seal, sealed

FORMAT = 1
_DOMAIN = "backup"


class BackupRefused(Exception):
    """A file or a database that won't do; ``code`` names why, the text says what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Table:
    """What the manifest says of one table."""

    name: str
    columns: list[str]
    rows: int
    sha256: str  # of its lines


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in the file, and what it needs that isn't."""

    format: int
    version: str
    dialect: str
    made_at_ms: int
    tables: list[Table]
    key_ids: list[str]  # of ANXUE_FACE_KEK: without them the sealed data doesn't open
    courseware: list[str]  # lessons whose files are backed up apart


def _plain(value: Any) -> Any:
    return {"b": base64.b64encode(value).decode()} if isinstance(value, bytes | memoryview) else value


def _value(plain: Any) -> Any:
    return base64.b64decode(plain["b"]) if isinstance(plain, dict) else plain


class Writer:
    """Writes beside the place and moves there whole; a backup that was cut off is not one."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._draft = file.with_name(f"{file.name}.part")

    def __enter__(self) -> Self:
        if self._file.exists():
            raise BackupRefused("FILE_EXISTS", f"{self._file.name} is there already; name another file.")
        handle = os.open(self._draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        self._raw = os.fdopen(handle, "wb")
        self._zip = zipfile.ZipFile(self._raw, "w", zipfile.ZIP_DEFLATED)
        return self

    def table(self, name: str, columns: list[str]) -> "TableWriter":
        """Begin a table; one at a time."""
        return TableWriter(self._zip, name, columns)

    def seal(self, manifest: Manifest, key: str) -> None:
        """Close the file; nothing comes after."""
        text = json.dumps(asdict(manifest), ensure_ascii=False, sort_keys=True)
        self._zip.writestr("manifest.json", text)
        self._zip.writestr("manifest.seal", seal(key, _DOMAIN, text))
        self._zip.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._draft.rename(self._file)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._raw.close()
        if kind is not None:
            with suppress(FileNotFoundError):
                self._draft.unlink()


class TableWriter:
    """The rows of one table."""

    def __init__(self, archive: zipfile.ZipFile, name: str, columns: list[str]) -> None:
        self._name, self._columns, self._rows = name, columns, 0
        self._sha256 = hashlib.sha256()
        self._out = archive.open(f"tables/{name}.jsonl", "w", force_zip64=True)

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """More rows, values in the order of the columns."""
        for row in rows:
            line = json.dumps([_plain(one) for one in row], ensure_ascii=False).encode() + b"\n"
            self._sha256.update(line)
            self._out.write(line)
            self._rows += 1

    def end(self) -> Table:
        """What the manifest says of it."""
        self._out.close()
        return Table(self._name, self._columns, self._rows, self._sha256.hexdigest())


class Reader:
    """A backup that was verified from its first byte to its last before it is handed out."""

    def __init__(self, file: Path, key: str) -> None:
        """Raises BackupRefused: cut, altered, or sealed by another platform."""
        try:
            self._zip = zipfile.ZipFile(file)
            text = self._zip.read("manifest.json").decode()
            mac = self._zip.read("manifest.seal").decode()
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as broken:
            raise BackupRefused(
                "NOT_A_BACKUP", "The file isn't a backup, or was cut off; take another one."
            ) from broken
        if not sealed(mac, key, _DOMAIN, text):
            raise BackupRefused(
                "NOT_SEALED",
                "It was altered, or made with another ANXUE_JOURNAL_KEY; put that key back, or take another file.",
            )
        said = json.loads(text)
        if said["format"] != FORMAT:
            raise BackupRefused(
                "OTHER_FORMAT", f"It has format {said['format']}; restore it with version {said['version']}."
            )
        self.manifest = Manifest(**{**said, "tables": [Table(**one) for one in said["tables"]]})
        for table in self.manifest.tables:
            self._verify(table)

    def _verify(self, table: Table) -> None:
        sha256, count = hashlib.sha256(), 0
        try:
            with self._zip.open(f"tables/{table.name}.jsonl") as lines:
                for line in lines:
                    sha256.update(line)
                    count += 1
        except (OSError, KeyError, EOFError, zipfile.BadZipFile, ValueError) as broken:
            raise BackupRefused("ALTERED", f"Table {table.name} can't be read; take another file.") from broken
        if (sha256.hexdigest(), count) != (table.sha256, table.rows):
            raise BackupRefused("ALTERED", f"Table {table.name} isn't what was written; take another file.")

    def rows(self, table: Table, at_once: int) -> Iterator[list[list[Any]]]:
        """Its rows, so many at a time."""
        with self._zip.open(f"tables/{table.name}.jsonl") as lines:
            batch: list[list[Any]] = []
            for line in lines:
                batch.append([_value(one) for one in json.loads(line)])
                if len(batch) == at_once:
                    yield batch
                    batch = []
            if batch:
                yield batch
