"""``python -m classroom.attendance.allow ACCOUNT``: let a learner try again after the day's failed checks."""

import asyncio
import sys

import settings
from classroom.attendance import service
from classroom.clock import now_ms
from classroom.database import close_database, open_database
from classroom.people import service as people


async def _allow(account_name: str) -> int:
    await open_database(settings.DATABASE)
    try:
        learner = await people.account_id_of(account_name)
        if learner is None:
            print("NO_SUCH_ACCOUNT: nobody has this account", file=sys.stderr)  # noqa: T201  # a command speaks so
            return 1
        await service.allow(learner, "command", now_ms())
    finally:
        await close_database()
    print("Allowed: the next session may begin.")  # noqa: T201
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(asyncio.run(_allow(sys.argv[1])))
