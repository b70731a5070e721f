"""A PostgreSQL and a Redis of our own under {DATA}, for a machine where none was named."""

import asyncio
import os
import shutil
from pathlib import Path


class Missing(RuntimeError):
    """Something isn't installed here; the text says what to do."""


def postgres_programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: float(one.parent.name))
    return folders[-1] if folders else None


class Services:
    """What was started here, to be ended here."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._redis: asyncio.subprocess.Process | None = None
        self._postgres: Path | None = None

    async def postgres(self, port: int) -> str:
        """Start one (made the first time); its address. Raises Missing."""
        programs = postgres_programs()
        if programs is None:
            raise Missing("No PostgreSQL: set ANXUE_DATABASE to postgres://…, or install it (Debian: postgresql).")
        if os.getuid() == 0:
            raise Missing("PostgreSQL refuses to run as root: run this as another user, or set ANXUE_DATABASE.")
        folder = self._data / "postgres"
        if not (folder / "PG_VERSION").exists():
            await _run(
                programs / "initdb", "-D", folder, "-U", "classroom", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8"
            )
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        log = self._data / "postgres.log"
        await _run(programs / "pg_ctl", "-D", folder, "-w", "-t", "30", "-l", log, "-o", options, "start")
        self._postgres = folder
        where = ("-h", "127.0.0.1", "-p", str(port), "-U", "classroom")
        if "1" not in await _run(programs / "psql", "-XqtA", *where, "-d", "postgres", "-c", _IS_THERE):
            await _run(programs / "createdb", *where, "classroom")
        return f"postgres://classroom@127.0.0.1:{port}/classroom"

    async def redis(self, port: int) -> str:
        """Start one that keeps nothing; its address. Raises Missing."""
        program = shutil.which("redis-server")
        if program is None:
            raise Missing("No Redis: set ANXUE_REDIS_URL to redis://…, or install it (Debian: redis-server).")
        arguments = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._data))
        self._redis = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        return f"redis://127.0.0.1:{port}/0"

    async def close(self) -> None:
        """End what was started here."""
        if self._redis is not None and self._redis.returncode is None:
            self._redis.terminate()
            await self._redis.wait()
        programs = postgres_programs()
        if self._postgres is not None and programs is not None:
            await _run(programs / "pg_ctl", "-D", self._postgres, "-m", "fast", "-w", "stop")


_IS_THERE = "SELECT 1 FROM pg_database WHERE datname = 'classroom'"


async def _run(program: Path, *arguments: object) -> str:
    words = [str(one) for one in arguments]
    # pg_ctl leaves a server behind that would hold a pipe open: its output goes nowhere.
    piped = asyncio.subprocess.DEVNULL if program.name == "pg_ctl" else asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(program, *words, stdout=piped, stderr=asyncio.subprocess.STDOUT)
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise Missing(f"{program.name} failed: {(said or b'').decode(errors='replace').strip()}")
    return (said or b"").decode()
