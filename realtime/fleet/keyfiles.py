"""``python3 -m realtime.fleet.keyfiles FOLDER``: makes every secret that is missing, a file each; never changes one.

The standard library alone, so that a machine that has only containers can run it.
"""

import base64
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

PASSPHRASES = (
    "ANXUE_SECRET_KEY",
    "ANXUE_JOURNAL_KEY",
    "ANXUE_MEDIA_SECRET",
    "ANXUE_INDEX_KEY",
    "ANXUE_TURN_SECRET",
)


def make(folder: Path) -> list[str]:
    """Make what is missing; the answer is the names that were made. The folder is closed, its files are mounted one by one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    made: list[str] = []

    def once(name: str, content: Callable[[], str]) -> None:
        try:
            handle = os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o444)
        except FileExistsError:
            return
        with os.fdopen(handle, "w") as file:
            file.write(content())
        made.append(name)

    for name in PASSPHRASES:
        once(name, lambda: secrets.token_urlsafe(48))
    once("ANXUE_FACE_KEK", fresh_key)
    for name in ("postgres_password", "redis_password"):
        once(name, lambda: secrets.token_urlsafe(32))
    password = (folder / "postgres_password").read_text()
    once("ANXUE_DATABASE", lambda: f"postgres://classroom:{password}@postgres:5432/classroom")
    word = (folder / "redis_password").read_text()
    once("ANXUE_REDIS_URL", lambda: f"redis://:{word}@redis:6379/0")
    return made


def fresh_key() -> str:
    """An entry for the ring ANXUE_FACE_KEK; a new one goes in front of those that are there."""
    return f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def main(arguments: Sequence[str]) -> int:
    """Say what was made, never what is in it."""
    if arguments == ["key"]:
        sys.stdout.write(f"{fresh_key()}\n")
        return 0
    folder = Path(arguments[0] if arguments else "secrets")
    made = make(folder)
    sys.stdout.write(
        "\n".join([*(f"made  {folder / name}" for name in made), f"{len(made)} made, the rest was there\n"])
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
