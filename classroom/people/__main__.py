"""``python -m classroom.people rotate-keys``: wrap every data key by the first key of ANXUE_FACE_KEK.

``python -m classroom.people reset-second-factor ACCOUNT``: a lost telephone; the next sign-in sets a new one up.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import settings
from classroom.database import close_database, open_database
from classroom.people import keyring, second_factor
from classroom.people.rules import PeopleError, Unknown


async def _rotate() -> str:
    moved = await keyring.rotate_keys()
    return f"{moved} keys rewrapped; all are wrapped by {next(iter(settings.FACE_KEKS))} now"


async def _reset(account: str) -> str:
    await second_factor.reset(account)
    return f"{account} sets up a new authenticator at the next sign-in"


async def _main(command: Callable[[], Awaitable[str]]) -> int:
    await open_database(settings.DATABASE)
    try:
        print(await command())
    except Unknown:
        print("NOT_FOUND: no such account, or it has no second factor", file=sys.stderr)
        return 1
    except PeopleError as refused:
        print(f"{refused.code}: a key that still wraps data is missing from ANXUE_FACE_KEK or wrong", file=sys.stderr)
        return 1
    finally:
        await close_database()
    return 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["rotate-keys"]:
            sys.exit(asyncio.run(_main(_rotate)))
        case ["reset-second-factor", account]:
            sys.exit(asyncio.run(_main(lambda: _reset(account))))
        case _:
            sys.exit(__doc__)
