"""The bench of the start: pages are weighed and timed as a browser has them, and the watch sees a check come."""

import json
from pathlib import Path

import pytest

from load_tests import start
from load_tests.browser import chromium as browser
from load_tests.browser import find, sign_in
from load_tests.servers import Servers

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]
PUSH = '{"type": "check_pushed", "seq": 3, "check": {"kind": "%s"}}'
# A page that is pushed a check, and draws it a little later.
PLAY = """
const socket = new WebSocket('ws://127.0.0.1:9/');
socket.dispatchEvent(new MessageEvent('message', {data: arguments[0]}));
setTimeout(() => {
    document.body.innerHTML = '<div data-testid="check-overlay"><p data-testid="check-prompt">x</p></div>';
}, 200);
"""


def test_a_page_weighs_more_than_the_reference_and_what_was_packed_weighs_less(chromium: Path) -> None:
    if not (start.ROOT / "web" / "ui" / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: python3 run.py test builds it")
    with Servers() as servers, browser() as driver:
        status, said = servers.run(
            "load_tests.seed.cohort", stdin=json.dumps({"learners": 1, "lessons": [[600_000, 4_000]]})
        )
        assert status == 0, said
        servers.start()
        login = start.load(driver, f"{servers.url}/login", 1)
        reference = start.load(driver, f"{servers.url}{start.REFERENCE}", 1)
        with pytest.raises(PermissionError):
            sign_in(driver, servers.url, "nobody", "Nothing-2026")
        assert find(driver, "login-submit") is not None
    assert reference["requests"] in (1, 2)  # a browser may ask for an icon
    assert login["requests"] > 3
    assert 10_000 < login["wire_bytes"] < login["bare_bytes"]
    assert login["paint_ms"] > reference["paint_ms"] > 0


@pytest.mark.parametrize(("kind", "seen"), [("drawn", {"pushed", "overlay", "prompt"}), ("login", set())])
def test_the_watch_sees_a_drawn_check_and_no_other(chromium: Path, kind: str, seen: set[str]) -> None:
    with browser([start.WATCH]) as driver:
        driver.get("data:text/html,<p>lesson")
        driver.execute_script(PLAY, PUSH % kind)
        driver.execute_async_script("setTimeout(arguments[0], 600)")
        marks = driver.execute_script("return window.__check")
    assert set(marks) == seen
    if seen:
        assert 150 < marks["prompt"] - marks["pushed"] < 5_000
