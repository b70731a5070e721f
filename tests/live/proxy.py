"""The real proxy before several control processes."""

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from load_tests.servers import free_port
from tests.live.server import ROOT, until

SITE = "localhost"
CADDYFILE = ROOT / "docs" / "operations" / "Caddyfile"


def need_caddy() -> None:
    """Skip the test where there is none."""
    if shutil.which("caddy") is None or shutil.which("openssl") is None:
        pytest.skip("no caddy (Debian: caddy) or no openssl")


class Proxy:
    """Caddy with the file that production has."""

    def __init__(self, folder: Path, upstreams: Iterable[int]) -> None:
        """With a certificate of its own."""
        certificate, key = folder / "site.pem", folder / "site.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={SITE}",
             "-addext", f"subjectAltName=DNS:{SITE}", "-keyout", str(key), "-out", str(certificate)],
            check=True, capture_output=True,
        )  # fmt: skip
        self.trusted = ssl.create_default_context(cafile=certificate)
        self.http, self.https = free_port(), free_port()
        self.url = f"https://{SITE}:{self.https}"
        self._start(folder, upstreams, CADDYFILE, CERTIFICATE=f"{certificate} {key}")

    def _start(self, folder: Path, upstreams: Iterable[int], config: Path, **more: str) -> None:
        environment = os.environ | more | {
            "SITE": self.url, "HTTP_PORT": str(self.http), "HTTPS_PORT": str(self.https), "HOME": str(folder),
            "UPSTREAMS": " ".join(f"127.0.0.1:{port}" for port in upstreams),
            "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
        }  # fmt: skip
        self.log = folder / "caddy.log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["caddy", "run", "--adapter", "caddyfile", "--config", str(config)],
                env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        until(self._listens, f"caddy did not start: {self.log}")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self.url.rpartition(":")[2]))) == 0

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)


class InOrder(Proxy):
    """The same without TLS (this machine is a secure context); the first that lives gets everybody, so that a test knows who."""

    def __init__(self, folder: Path, upstreams: Iterable[int]) -> None:
        self.http, self.https = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.http}"
        config, changes = CADDYFILE.read_text(), ((r"\ttls (.|\n)*?\n\t}\n", ""), ("least_conn", "first"))
        for what, by in changes:
            config, found = re.subn(what, by, config)
            assert found == 1, what
        file = folder / "Caddyfile"
        file.write_text(config)
        self._start(folder, upstreams, file)
