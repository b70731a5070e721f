"""Makes a backup of the running platform, restores one into an empty database."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tortoise.transactions import in_transaction

import settings
from classroom.attendance import replay
from classroom.attendance.service import reading_store
from classroom.backup import store
from classroom.backup.archive import FORMAT, BackupRefused, Manifest, Reader, Table, Writer
from classroom.clock import now_ms
from classroom.database import close_database, connection_in_use, install, open_database
from classroom.operations import service as operations

Tell = Callable[[str], None]


async def make(file: Path, tell: Tell) -> Manifest:
    """One instant of the whole database; learners go on meanwhile. Raises BackupRefused."""
    await open_database(settings.DATABASE)
    try:
        with Writer(file) as writer:
            async with store.snapshot() as connection:
                tables: list[Table] = []
                for model in store.models():
                    out = writer.table(model._meta.db_table, store.columns(model))
                    async for rows in store.pages(connection, model):
                        await asyncio.to_thread(out.add, rows)
                    tables.append(out.end())
                    tell(f"  {tables[-1].name:24} {tables[-1].rows:>9} rows")
                manifest = Manifest(
                    format=FORMAT,
                    version=settings.VERSION,
                    dialect=store.dialect(connection),
                    made_at_ms=now_ms(),
                    tables=tables,
                    key_ids=list(settings.FACE_KEKS),
                    courseware=_lessons(),
                )
            await asyncio.to_thread(writer.seal, manifest, settings.JOURNAL_KEY)
    finally:
        await close_database()
    return manifest


async def restore(file: Path, tell: Tell) -> tuple[Manifest, list[str]]:
    """All of it or nothing; the answer's second part is what the verifiers found in it. Raises BackupRefused."""
    reader = await asyncio.to_thread(Reader, file, settings.JOURNAL_KEY)
    manifest = reader.manifest
    tell("the file is whole and sealed by this platform's key")
    if missing := sorted(set(manifest.key_ids) - set(settings.FACE_KEKS)):
        raise BackupRefused("KEY_MISSING", f"ANXUE_FACE_KEK lacks {', '.join(missing)}; put it back first.")
    await install(settings.DATABASE)
    await open_database(settings.DATABASE, as_owner=True)
    try:
        await _fill(reader, tell)
    finally:
        await close_database()
    await open_database(settings.DATABASE)
    try:
        return manifest, await verify(tell)
    finally:
        await close_database()


async def _fill(reader: Reader, tell: Tell) -> None:
    manifest = reader.manifest
    if manifest.dialect != store.dialect(connection_in_use()):
        raise BackupRefused("OTHER_DATABASE", f"It was made of {manifest.dialect}; name such a one in ANXUE_DATABASE.")
    models = {model._meta.db_table: model for model in store.models()}
    here = {name: store.columns(model) for name, model in models.items()}
    if here != {table.name: table.columns for table in manifest.tables}:
        raise BackupRefused(
            "OTHER_VERSION",
            f"It was made by version {manifest.version} with other tables; restore it with that version, then upgrade.",
        )
    async with in_transaction("default") as connection:
        if (taken := await store.first_with_rows(connection)) is not None:
            raise BackupRefused("NOT_EMPTY", f"Table {taken} has rows; name an empty database in ANXUE_DATABASE.")
        tables = {table.name: table for table in manifest.tables}
        for name, model in models.items():
            for rows in reader.rows(tables[name], store.PAGE):
                await store.insert(connection, model, tables[name].columns, rows)
            await store.follow_on(connection, model)
            tell(f"  {name:24} {tables[name].rows:>9} rows")


async def verify(tell: Tell) -> list[str]:
    """Every journal replayed, every chain of the operation log followed."""
    attendances, found = await replay.verify(reading_store(), settings.JOURNAL_KEY)
    tell(f"{attendances} attendances verified, {len(found)} findings")
    entries, broken = await operations.verify(settings.JOURNAL_KEY)
    tell(f"{entries} entries of the operation log verified, {len(broken)} findings")
    return [*(f"attendance {one.attendance}: {one.what}" for one in found), *broken]


def _lessons() -> list[str]:
    if not settings.MEDIA_ROOT.is_dir():
        return []
    folders = [folder for folder in settings.MEDIA_ROOT.iterdir() if folder.is_dir()]
    return sorted(folder.name for folder in folders if not folder.name.startswith("."))  # those are being made
