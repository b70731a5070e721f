"""A real Firefox, driven over WebDriver BiDi without a driver of its own."""

import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

CLOCK = time.monotonic  # noqa: TID251  # a test's own patience
START_S = 60
PREFERENCES: dict[str, object] = {
    "media.navigator.streams.fake": True,  # a moving pattern without a face
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.autoplay.default": 0,
    "intl.accept_languages": "zh-CN",
    "remote.active-protocols": 1,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.update.auto": False,
    "browser.shell.checkDefaultBrowser": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 1,  # whatever wants to leave this machine finds nobody
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1,localhost",
}


class Firefox:
    """One page of one Firefox."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._sent = 0
        self.version = str(self.do("session.new", capabilities={})["capabilities"]["browserVersion"])
        self._page = self.do("browsingContext.getTree")["contexts"][0]["context"]

    def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command, and its result."""
        heard = self._ask(method, **parameters)
        assert heard["type"] == "success", heard
        return dict(heard["result"])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": parameters}))
        while True:
            heard = json.loads(self._socket.recv(timeout=60))
            if heard.get("id") == self._sent:
                return dict(heard)

    def before_each_page(self, script: str) -> None:
        """Run this before a page's own scripts, from the next page on."""
        self.do("script.addPreloadScript", functionDeclaration=f"() => {{ {script} }}")

    def visit(self, url: str) -> None:
        """Open an address."""
        for _ in range(3):
            answer = self._ask("browsingContext.navigate", context=self._page, url=url, wait="complete")
            if answer["type"] == "success":
                return
            assert "NS_BINDING_ABORTED" in answer["message"], answer  # the page was on its way somewhere by itself
        raise AssertionError(answer)

    def script(self, expression: str) -> Any:
        """The value of an expression in the page: text, a number, a truth, or None."""
        answer = self.do(
            "script.evaluate",
            expression=expression,
            target={"context": self._page},
            awaitPromise=True,
            userActivation=True,
        )
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def wait(self, what: str, found: Callable[[], Any], within_s: float = 30) -> Any:
        """Wait until the condition gives something true."""
        until = CLOCK() + within_s
        while not (value := found()):
            assert CLOCK() < until, f"{what}: not within {within_s} s; {self.script('document.body.innerText')!r}"
            time.sleep(0.1)
        return value

    def attribute(self, name: str, attribute: str) -> Any:
        """A data attribute of an element."""
        return self.script(f"document.querySelector('[data-testid=\"{name}\"]')?.dataset.{attribute} ?? null")

    def click(self, name: str) -> None:
        """Press it once it is there."""
        at = f"document.querySelector('[data-testid=\"{name}\"]')"
        self.wait(f"press {name}", lambda: self.script(f"{at} !== null && !{at}.disabled && ({at}.click(), true)"))

    def write(self, name: str, text: str) -> None:
        """Type into a field."""
        find = f'document.querySelector(\'input[data-testid="{name}"], [data-testid="{name}"] input\')'
        self.wait(name, lambda: self.script(f"{find} !== null"))
        self.script(f"{find}.value = {json.dumps(text)}; {find}.dispatchEvent(new Event('input', {{bubbles: true}}))")


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """A fresh Firefox; the test is skipped where there is none."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("no Firefox: apt-get install firefox-esr")
    profile = folder / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    log = folder / "firefox.log"
    with log.open("wb") as output:
        words = [program, "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(profile)]
        process = subprocess.Popen(words, stdout=output, stderr=output, start_new_session=True)
    try:
        until, found = CLOCK() + START_S, None
        while found is None:
            assert process.poll() is None and CLOCK() < until, log.read_text()[-2000:]
            found = re.search(r"WebDriver BiDi listening on (ws://\S+)", log.read_text())
            time.sleep(0.1)
        with connect(f"{found[1]}/session", max_size=None, open_timeout=30, proxy=None) as socket:
            yield Firefox(socket)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
