"""``--lan``: everything over TLS, by a certificate of the server's own, so that a phone's camera can be used."""

import asyncio
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.cookies import SimpleCookie
from pathlib import Path

import aiohttp
import msgspec
import pytest

from realtime import protocol as p
from tests.live.names import CLASS, PASSWORD
from tests.live.server import ROOT, Plan, Server

pytestmark = pytest.mark.slow
START_S = 40.0


class Phone:
    """Trusts that one certificate, as after its browser's warning."""

    def __init__(self, server: Server) -> None:
        self.port = server.port
        self.file = server.folder / "tls" / "lan.pem"
        self.url = f"https://127.0.0.1:{server.port}"

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.file)

    def handshake(self, highest: ssl.TLSVersion) -> str | None:
        """The version agreed upon; raises what the server's refusal raises."""
        context = self.trust()
        context.set_ciphers("ALL:@SECLEVEL=0")  # this side would take anything
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = highest
        raw = socket.create_connection(("127.0.0.1", self.port), 5)
        with context.wrap_socket(raw, server_hostname="localhost") as secure:
            return secure.version()


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def phone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phone]:
    server = Server(tmp_path_factory.mktemp("lan"), Plan())
    server.seed()
    with (server.folder / "lan.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "realtime.launcher", "--lan", "--no-media", "--server", request.param],
            cwd=ROOT, env=server.environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        phone = Phone(server)
        asyncio.run(_answering(phone, process, server.folder / "lan.log"))
        yield phone
        process.terminate()
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()
    lines = [json.loads(line) for line in (server.folder / "lan.log").read_text().splitlines()]
    assert [one["address"] for one in lines if one["event"] == "The classroom is open."] == [
        f"https://0.0.0.0:{server.port}/"
    ]
    assert [one for one in lines if one["level"] in ("error", "critical")] == []


async def _answering(phone: Phone, process: "subprocess.Popen[bytes]", log: Path) -> None:
    async with asyncio.timeout(START_S):
        while True:
            assert process.poll() is None, log.read_text()
            with suppress(OSError, aiohttp.ClientError):
                async with (
                    aiohttp.ClientSession(trust_env=False) as http,
                    http.get(f"{phone.url}/healthz", ssl=phone.trust()) as answer,
                ):
                    assert answer.status == 200
                    return
            await asyncio.sleep(0.1)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_versions_of_tls_are_refused_by_the_server(phone: Phone) -> None:
    assert phone.handshake(ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    assert phone.handshake(ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    with pytest.raises(ssl.SSLError, match=r"(?i)alert.protocol.version|EOF"):  # uvloop drops the alert
        phone.handshake(ssl.TLSVersion.TLSv1_1)


async def test_without_tls_nothing_is_answered(phone: Phone) -> None:
    async with aiohttp.ClientSession(trust_env=False) as http:
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await http.get(f"http://127.0.0.1:{phone.port}/healthz", timeout=aiohttp.ClientTimeout(total=5))


async def test_a_phone_signs_in_by_secure_cookies_and_reaches_the_classroom(phone: Phone) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, trust_env=False) as http:
        async with http.get(f"{phone.url}/api/me", ssl=phone.trust()) as answer:
            csrf = (await answer.json())["csrf"]
            given = answer.headers.getall("Set-Cookie", [])
        headers = {"X-CSRFToken": csrf, "Origin": phone.url, "Referer": f"{phone.url}/"}
        body = {"account": "learner-0", "password": PASSWORD}
        async with http.post(f"{phone.url}/api/login", json=body, headers=headers, ssl=phone.trust()) as answer:
            assert answer.status == 200, await answer.text()
            given += answer.headers.getall("Set-Cookie", [])
        cookies = [(name, bool(one["secure"])) for text in given for name, one in SimpleCookie(text).items()]
        assert {name for name, _ in cookies} == {"csrftoken", "anxue_session"}
        assert all(secure for _, secure in cookies)

        address = f"wss://127.0.0.1:{phone.port}/ws/classroom"
        async with http.ws_connect(address, origin=phone.url, ssl=phone.trust()) as classroom:
            await classroom.send_str(msgspec.json.encode(p.Hello(version=p.VERSION, class_id=CLASS)).decode())
            first = msgspec.json.decode(await classroom.receive_str(timeout=10), type=p.ToPage)
    assert isinstance(first, p.Welcome)


def test_nothing_that_is_secret_can_be_read_by_others(phone: Phone) -> None:
    secret = [phone.file, *(phone.file.parent.parent / "secrets").iterdir()]
    assert {file.stat().st_mode & 0o077 for file in secret} == {0}
