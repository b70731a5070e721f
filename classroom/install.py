"""``python -m classroom.install``: makes what is missing of the schema and its guards; safe to repeat, so an upgrade runs it."""

import asyncio
import sys

import settings
from classroom.database import install


def main() -> int:
    """Install and say so."""
    asyncio.run(install(settings.DATABASE))
    sys.stdout.write("The schema and its guards are in place.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
