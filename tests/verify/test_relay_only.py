"""Where only a TURN server joins the page and the media plane, a check passes through it; a bad login is refused.

Three network namespaces of the test's own: page - relay - media. The relay forwards nothing by itself.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from realtime.ice import IceServers
from tests.verify.conftest import ROOT
from verify import models

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

TURN_PORT, MEDIA_PORT, CONTROL_PORT = 3478, 8090, 8091  # in namespaces of our own every port is free
PAGE, RELAY_PAGE, RELAY_MEDIA, MEDIA = "10.77.1.2", "10.77.1.1", "10.77.2.1", "10.77.2.2"
FORWARD = f"""
import asyncio
async def carry(reader, writer):
    back, far = await asyncio.open_connection("{MEDIA}", {MEDIA_PORT})
    async def way(one, other):
        while data := await one.read(65536):
            other.write(data)
            await other.drain()
        other.close()
    await asyncio.gather(way(reader, far), way(back, writer), return_exceptions=True)
async def main():
    async with await asyncio.start_server(carry, "{RELAY_PAGE}", {CONTROL_PORT}) as server:
        await server.serve_forever()
asyncio.run(main())
"""


def _now_ms() -> int:
    return int(time.time() * 1000)  # noqa: TID251  # coturn looks at the machine's clock


@dataclass(slots=True)
class Place:
    """The three namespaces and what runs in them."""

    names: dict[str, str]
    secret: str
    media_secret: str

    def ask(self, **about: Any) -> dict[str, Any]:
        """What the page behind the wall finds."""
        about |= {
            "turn": [RELAY_PAGE, TURN_PORT],
            "url": f"http://{RELAY_PAGE}:{CONTROL_PORT}",
            "secret": self.media_secret,
            "media_host": MEDIA,
        }
        done = subprocess.run(
            ["ip", "netns", "exec", self.names["page"], sys.executable, "-m", "tests.verify.relay_page"],
            cwd=ROOT, input=json.dumps(about), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        answers = [line for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
        assert answers, done.stderr[-3000:]
        return dict(json.loads(answers[-1].removeprefix("ANSWER ")))

    def servers(self, host: str, *, earlier_ms: int = 0, secret: str | None = None) -> list[dict[str, Any]]:
        """As the control plane would issue them."""
        turn = IceServers((), [f"turn:{host}:{TURN_PORT}?transport=udp"], secret or self.secret, 600)
        [issued] = turn.issue(_now_ms() - earlier_ms)
        return [{"urls": issued.urls, "username": issued.username, "credential": issued.credential}]


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=10)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and iproute2")
    if shutil.which("turnserver") is None:
        pytest.skip("no coturn: apt-get install coturn")
    stamp = secrets.token_hex(2)
    names = {role: f"anxue-{stamp}-{role}" for role in ("page", "relay", "media")}
    try:
        _ip("netns", "add", names["page"])
    except (subprocess.CalledProcessError, OSError) as refused:
        pytest.skip(f"no network namespaces here: {refused}")
    folder = tmp_path_factory.mktemp("relay")
    running: list[subprocess.Popen[bytes]] = []

    def start(role: str, *command: str, **env: str) -> None:
        with (folder / f"{role}-{len(running)}.log").open("wb") as log:
            words = ["ip", "netns", "exec", names[role], *command]
            running.append(
                subprocess.Popen(words, cwd=ROOT, env=os.environ | env, stdout=log, stderr=log, start_new_session=True)
            )

    try:
        _ip("netns", "add", names["relay"])
        _ip("netns", "add", names["media"])
        for end, near, far in (("page", RELAY_PAGE, PAGE), ("media", RELAY_MEDIA, MEDIA)):
            one, other = f"ax{stamp}{end[0]}0", f"ax{stamp}{end[0]}1"
            _ip("link", "add", one, "netns", names["relay"], "type", "veth", "peer", "name", other, "netns", names[end])
            for space, link, address in ((names["relay"], one, near), (names[end], other, far)):
                _ip("-n", space, "addr", "add", f"{address}/24", "dev", link)
                _ip("-n", space, "link", "set", link, "up")
                _ip("-n", space, "link", "set", "lo", "up")
        place = Place(names, secrets.token_hex(16), secrets.token_hex(24))
        start(
            "relay", "turnserver", "-n", "--no-cli", "--no-tls", "--no-dtls", "--use-auth-secret",
            f"--static-auth-secret={place.secret}", "--realm=turn.test", f"--listening-port={TURN_PORT}",
            f"--listening-ip={RELAY_PAGE}", f"--listening-ip={RELAY_MEDIA}", f"--relay-ip={RELAY_MEDIA}",
            f"--userdb={folder}/turn.db", f"--pidfile={folder}/turn.pid", "--log-file=stdout",
        )  # fmt: skip
        start("relay", sys.executable, "-c", FORWARD)
        models.LANDMARKS.locate()
        start(
            "media", sys.executable, "-m", "verify", ANXUE_MEDIA_URL=f"http://{MEDIA}:{MEDIA_PORT}",
            ANXUE_MEDIA_SECRET=place.media_secret, ANXUE_MEDIA_SLOTS="4",
        )  # fmt: skip
        _until_ready(place, folder)
        yield place
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for name in names.values():
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True, timeout=10)


def _until_ready(place: Place, folder: Path) -> None:
    ask = f"import urllib.request as u; u.urlopen('http://{RELAY_PAGE}:{CONTROL_PORT}/healthz', timeout=2)"
    for _ in range(150):
        words = ["ip", "netns", "exec", place.names["page"], sys.executable, "-c", ask]
        if subprocess.run(words, capture_output=True, timeout=20, check=False).returncode == 0:
            return
        time.sleep(0.3)
    raise AssertionError([log.read_text()[-800:] for log in Path(folder).glob("*.log")])


def test_a_check_passes_through_the_relay_and_only_with_a_login_that_holds(place: Place) -> None:
    good = {"page_servers": place.servers(RELAY_PAGE), "media_servers": place.servers(RELAY_MEDIA), "camera_ms": 30_000}
    expired = place.servers(RELAY_PAGE, earlier_ms=3_600_000)
    forged = place.servers(RELAY_PAGE, secret="guessed")
    [valid] = good["page_servers"]  # type: ignore[misc]
    later = f"{int(valid['username'].split(':')[0]) + 86_400}:{valid['username'].split(':')[1]}"  # type: ignore[index]
    logins = [
        [one["username"], one["credential"]]
        for one in (valid, *expired, *forged, {"username": later, "credential": valid["credential"]})  # type: ignore[index]
    ]
    found = place.ask(
        logins=logins,
        checks=[
            good,
            good | {"page_servers": [], "media_servers": [], "camera_ms": 6_000},
            good | {"media_servers": place.servers(RELAY_MEDIA, secret="guessed")},
        ],
    )
    assert found["direct"] is False  # no way but the relay
    assert found["logins"][0] == "allocated"
    assert "allocated" not in found["logins"][1:], found["logins"]
    through, without, media_refused = found["checks"]
    assert through["passed"], through["words"]
    assert through["by"] == ["relay"]
    assert not without["seen"]
    assert media_refused["passed"], media_refused[
        "words"
    ]  # a bad login of ours costs the page nothing while it has its own
