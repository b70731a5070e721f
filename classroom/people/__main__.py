"""``python -m classroom.people rotate-keys``: wrap every data key by the first key of ANXUE_FACE_KEK."""

import asyncio
import sys

import settings
from classroom.database import close_database, open_database
from classroom.people import service
from classroom.people.rules import PeopleError


async def _rotate() -> int:
    await open_database(settings.DATABASE)
    try:
        moved = await service.rotate_keys()
    except PeopleError as refused:
        print(f"{refused.code}: a key that still wraps data is missing from ANXUE_FACE_KEK or wrong", file=sys.stderr)
        return 1
    finally:
        await close_database()
    print(f"{moved} keys rewrapped; all are wrapped by {next(iter(settings.FACE_KEKS))} now")
    return 0


if __name__ == "__main__":
    if sys.argv[1:] != ["rotate-keys"]:
        sys.exit(__doc__)
    sys.exit(asyncio.run(_rotate()))
