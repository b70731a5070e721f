"""The real proxy before two real control processes: TLS, the redirect, the socket, whose address is seen, who gets new pages."""

import asyncio
import socket
import ssl
from collections.abc import Iterator

import aiohttp
import pytest

from tests.live.cluster import Cluster
from tests.live.names import PASSWORD
from tests.live.proxy import SITE, Proxy, need_caddy
from tests.live.server import BRISK, Plan

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, postgres_url: str, redis_url: str) -> Iterator[Cluster]:
    need_caddy()
    environment = {"ANXUE_HTTPS": "1", "ANXUE_PROXIES": "127.0.0.1/32", "ANXUE_ALLOWED_HOSTS": f"{SITE},127.0.0.1"}
    plan = Plan(rules=BRISK, environment=environment)
    one = Cluster(tmp_path_factory.mktemp("proxied"), plan, postgres_url=postgres_url, redis_url=redis_url)
    try:
        one.start()
        yield one
    finally:
        one.close()


@pytest.fixture(scope="module")
def proxy(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    one = Proxy(tmp_path_factory.mktemp("caddy"), [server.port for server in cluster.servers])
    yield one
    one.close()


def _greeted(proxy: Proxy, least: ssl.TLSVersion, most: ssl.TLSVersion) -> str | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version, context.maximum_version = least, most
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        with (
            socket.create_connection(("127.0.0.1", proxy.https), 5) as plain,
            context.wrap_socket(plain, server_hostname=SITE) as secured,
        ):
            return secured.version()
    except (ssl.SSLError, ConnectionError):
        return None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_1_2_and_up_and_nothing_below(proxy: Proxy) -> None:
    """Row 24: old versions are refused, not only avoided."""
    versions = ssl.TLSVersion
    assert _greeted(proxy, versions.TLSv1_3, versions.TLSv1_3) == "TLSv1.3"
    assert _greeted(proxy, versions.TLSv1_2, versions.TLSv1_2) == "TLSv1.2"
    assert _greeted(proxy, versions.TLSv1_1, versions.TLSv1_1) is None
    assert _greeted(proxy, versions.TLSv1, versions.TLSv1) is None


async def test_plain_http_is_sent_to_https(proxy: Proxy) -> None:
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.get(f"http://{SITE}:{proxy.http}/login?next=/x", allow_redirects=False) as answer,
    ):
        assert answer.status in (301, 302, 308)
        assert answer.headers["Location"].startswith(f"https://{SITE}")


async def test_a_learner_signs_in_and_opens_the_socket_through_it(proxy: Proxy, cluster: Cluster) -> None:
    """CSRF, secure cookies and the origin hold behind TLS; the log has the learner's address, and no invented one."""
    async with aiohttp.ClientSession(trust_env=False, connector=aiohttp.TCPConnector(ssl=proxy.trusted)) as session:
        async with session.get(f"{proxy.url}/api/me") as answer:
            csrf = (await answer.json())["csrf"]
            assert answer.headers["Strict-Transport-Security"]
        headers = {
            "X-CSRFToken": csrf,
            "Origin": proxy.url,
            "Referer": f"{proxy.url}/",
            "X-Forwarded-For": "203.0.113.9",
        }
        body = {"account": "learner-0", "password": PASSWORD}
        async with session.post(f"{proxy.url}/api/login", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            assert "Secure" in str(answer.headers.getall("Set-Cookie"))
        async with session.ws_connect(f"{proxy.url.replace('https', 'wss')}/ws/classroom", origin=proxy.url) as page:
            await page.send_str("rubbish")
            message = await page.receive(10)
            assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.CLOSE)
            assert page.close_code != 4401
    rows = await cluster.rows("SELECT payload FROM operation WHERE payload LIKE '%/api/login%'")
    assert rows
    assert not any("203.0.113.9" in row["payload"] for row in rows)


async def test_a_process_that_says_503_gets_no_new_page(proxy: Proxy, cluster: Cluster) -> None:
    """It hangs, drains or is gone: within moments every new page is answered by the other one."""
    here, there = cluster.servers
    assert await asyncio.to_thread(here.stop, 30) == 0
    async with aiohttp.ClientSession(trust_env=False, connector=aiohttp.TCPConnector(ssl=proxy.trusted)) as session:
        async with asyncio.timeout(10):
            while f"127.0.0.1:{here.port}" not in proxy.log.read_text():
                await asyncio.sleep(0.1)
        for _ in range(20):
            async with session.get(f"{proxy.url}/readyz") as answer:
                assert answer.status == 200
    assert there.running
