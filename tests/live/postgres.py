"""A PostgreSQL of the test's own, which it may stop, kill and start; durable as in production (fsync on)."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from load_tests.servers import free_port

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.partition(".")[0]))
SUPERUSER = "classroom"


class Postgres:
    """One cluster in a folder of its own, on a port of its own."""

    def __init__(self) -> None:
        if not _BINARIES:
            pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
        if os.getuid() == 0 and shutil.which("runuser") is None:
            pytest.skip("PostgreSQL refuses to run as root, and there is no runuser")
        self._folder = Path(tempfile.mkdtemp(prefix="classroom-postgres-"))  # pytest's are closed to other users
        self._data = self._folder / "postgres"
        self._log = self._folder / "postgres.log"
        self._port = free_port()
        self.url = f"postgres://{SUPERUSER}@127.0.0.1:{self._port}/classroom"
        if os.getuid() == 0:  # its files belong to the user that its package made
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "-D", str(self._data), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8")
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", SUPERUSER, "classroom")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self._ctl("start", "-w", "-t", "30", "-l", str(self._log), "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """``fast`` ends every connection, ``immediate`` is a crash: recovery comes with the next start."""
        self._ctl("stop", "-w", "-t", "30", "-m", mode)

    def end_connections(self) -> None:
        """As an administrator, or a failover's proxy, would."""
        self.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def query(self, sql: str) -> str:
        """What ``psql`` answers."""
        where = ("-h", "127.0.0.1", "-p", str(self._port), "-U", SUPERUSER, "-d", "classroom")
        return self._run("psql", "-XqtA", *where, "-c", sql)

    def close(self) -> None:
        """End it for good."""
        if (self._data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self._folder)

    def _ctl(self, *arguments: str) -> str:
        return self._run("pg_ctl", "-D", str(self._data), *arguments)

    def _run(self, program: str, *arguments: str) -> str:
        command = [str(_BINARIES[-1] / program), *arguments]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        # Its output goes to a file: a server that stays behind would hold a pipe open.
        with self._log.with_suffix(".out").open("w+") as out:
            done = subprocess.run(command, check=False, timeout=60, stdout=out, stderr=subprocess.STDOUT, cwd="/")
            out.seek(0)
            said = out.read()
        assert done.returncode == 0, said
        return said
