"""``python -m classroom.backup make FILE`` or ``restore FILE`` (into an empty database). Exit 1: findings; 2: refused."""

import argparse
import asyncio
import sys
from pathlib import Path

import settings
from classroom.backup import service
from classroom.backup.archive import BackupRefused


def main() -> int:
    """Read the command line, show progress."""
    parser = argparse.ArgumentParser(prog="python -m classroom.backup", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, about in (("make", "write the database into a new file"), ("restore", "fill an empty database")):
        commands.add_parser(name, help=about).add_argument("file", type=Path)
    chosen = parser.parse_args()
    try:
        return asyncio.run(_make(chosen.file) if chosen.command == "make" else _restore(chosen.file))
    except BackupRefused as refused:
        print(refused, file=sys.stderr)
        return 2


async def _make(file: Path) -> int:
    manifest = await service.make(file, _say)
    print(f"{file.name}: {sum(one.rows for one in manifest.tables)} rows of one instant")
    print(f"not in it: the secrets (keys {', '.join(manifest.key_ids)} and the others), and the files of")
    print(
        f"  {len(manifest.courseware)} lessons in {settings.MEDIA_ROOT.name}/; back both up apart (docs/operations.md)"
    )
    return 0


async def _restore(file: Path) -> int:
    manifest, findings = await service.restore(file, _say)
    for finding in findings:
        print(finding)
    missing = [one for one in manifest.courseware if not (settings.MEDIA_ROOT / one).is_dir()]
    if missing:
        print(f"the files of {len(missing)} lessons are missing here: {', '.join(missing[:5])}")
    print(f"{sum(one.rows for one in manifest.tables)} rows restored")
    return 1 if findings else 0


def _say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
