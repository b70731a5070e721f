"""Several control processes on a PostgreSQL database and a Redis of their own, with one stand-in for the media plane."""

import asyncio
import shutil
import socket
import subprocess
import uuid
from dataclasses import replace
from pathlib import Path

import asyncpg

from load_tests.servers import free_port
from tests.live.server import Plan, Server, until


class Redis:
    """A Redis that may be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    @staticmethod
    def available() -> bool:
        """Whether one can be started here."""
        return shutil.which("redis-server") is not None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        arguments = ("--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder))
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(["redis-server", *arguments], stdout=log, stderr=log)
        until(self._listens, "Redis did not start")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class Cluster:
    """The processes share one folder, one database, one channel layer."""

    def __init__(self, folder: Path, plan: Plan, *, postgres_url: str, redis_url: str, processes: int = 2) -> None:
        """``postgres_url`` may create databases; ``redis_url`` is shared with others under a prefix of our own."""
        self.folder = folder
        self._admin_url = postgres_url
        self._database = f"classroom_test_{uuid.uuid4().hex}"
        self.redis: Redis | None = None
        if Redis.available():
            self.redis = Redis(folder)
            redis_url = self.redis.url
        environment = {
            **plan.environment,
            "ANXUE_DATABASE": postgres_url.rpartition("/")[0] + f"/{self._database}",
            "ANXUE_REDIS_URL": redis_url,
            "ANXUE_REDIS_PREFIX": f"test-{uuid.uuid4().hex[:12]}",
        }
        first = Server(folder, replace(plan, environment=environment))
        self.servers = [first, *(Server(folder, first.plan, beside=first) for _ in range(processes - 1))]

    def start(self) -> None:
        """Make the database, start what isn't running."""
        asyncio.run(self._sql(f'CREATE DATABASE "{self._database}"'))
        if self.redis is not None:
            self.redis.start()
        self.servers[0].seed()
        self.start_servers()

    def start_servers(self) -> None:
        """Start the processes that aren't running."""
        for server in self.servers:
            if not server.running:
                server.start()

    def close(self) -> None:
        """End everything, and drop the database."""
        for server in reversed(self.servers):
            server.close()
        if self.redis is not None:
            self.redis.stop()
        asyncio.run(self._sql(f'DROP DATABASE IF EXISTS "{self._database}" WITH (FORCE)'))

    async def rows(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Ask the database as its owner."""
        connection = await asyncpg.connect(self._admin_url.rpartition("/")[0] + f"/{self._database}")
        try:
            return list(await connection.fetch(sql, *arguments))
        finally:
            await connection.close()

    async def _sql(self, statement: str) -> None:
        connection = await asyncpg.connect(self._admin_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
