"""``python -m classroom.operations verify`` or ``export FROM TO`` (days in China as 2026-11-24, CSV on stdout).

``verify`` prints each finding; exit status 1 when there is any, 2 when the command or the database makes no sense.
"""

import argparse
import asyncio
import csv
import sys
from datetime import date, datetime, time, timedelta

import settings
from classroom.database import close_database, open_database
from classroom.operations import service
from classroom.operations.rules import COLUMNS, SHANGHAI, csv_row


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m classroom.operations", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("verify", help="verify every chain of the operation log")
    export = commands.add_parser("export", help="the entries of some days as CSV")
    export.add_argument("first", type=date.fromisoformat)
    export.add_argument("last", type=date.fromisoformat)
    options = parser.parse_args()
    return asyncio.run(_verify() if options.command == "verify" else _export(options.first, options.last))


async def _verify() -> int:
    await open_database(settings.DATABASE)
    try:
        count, findings = await service.verify(settings.JOURNAL_KEY)
    finally:
        await close_database()
    print("\n".join([*findings, f"{count} entries verified, {len(findings)} findings"]))
    return 1 if findings else 0


async def _export(first: date, last: date) -> int:
    def midnight(day: date) -> int:
        return int(datetime.combine(day, time(), SHANGHAI).timestamp() * 1000)

    lines = csv.writer(sys.stdout)
    lines.writerow(COLUMNS)
    before: int | None = None
    await open_database(settings.DATABASE)
    try:
        while page := await service.search(midnight(first), midnight(last + timedelta(days=1)), before_id=before):
            lines.writerows(csv_row(operation) for _, operation in page)
            before = page[-1][0]
    finally:
        await close_database()
    return 0


if __name__ == "__main__":
    sys.exit(main())
