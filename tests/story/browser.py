"""A person at a real Chromium: finds things by what the page calls them, and waits for conditions, never for a time."""

import base64
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import JavascriptException, StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.actor.frames import Actor

CAMERA = Path(__file__).parents[1] / "actor" / "camera.js"
STOPWATCH = Path(__file__).with_name("stopwatch.js")
POLL_S, POLL_MOST_S = 0.1, 0.5
CLOCK = time.monotonic  # noqa: TID251  # a test's own patience
DESKTOP = (1440, 900)
PHONE = (390, 844)


_VISIBLE = """
const shown = (one) => one.getClientRects().length > 0 && one.checkVisibility({opacityProperty: true, visibilityProperty: true});
return [...document.querySelectorAll(`[data-testid="${arguments[0]}"]`)].filter(shown);
"""


class Timeout(AssertionError):
    """Something the person waited for did not come."""


class Person:
    """One browser with its own profile, cookies and camera."""

    def __init__(self, driver: webdriver.Chrome, address: str, shots: Path) -> None:
        self.driver = driver
        self.address = address
        self._shots = shots

    # ------------------------------------------------------------ the browser

    def visit(self, path: str = "/") -> None:
        """Open an address of the page."""
        self.driver.get(self.address + path)

    def act(self, mode: str) -> None:
        """Tell the actor how to behave from now on, in this page and after the next load."""
        self.driver.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": f"window.__actorMode = {json.dumps(mode)};"}
        )
        self.driver.execute_script("window.__actorMode = arguments[0]", mode)

    def take_the_place(self, actor: Actor) -> None:
        """Another one sits before the camera from its next opening on; until the page is loaded anew."""
        self.driver.execute_script("window.__actorFrames = arguments[0]", actor.for_browser())

    @contextmanager
    def another_tab_in_front(self) -> Iterator[None]:
        """Really hide the page: another tab of the same window comes to the front."""
        here = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        other = self.driver.current_window_handle
        try:
            yield
        finally:
            self.driver.switch_to.window(other)
            self.driver.close()
            self.driver.switch_to.window(here)

    def new_tab(self, path: str) -> str:
        """Open a second tab on the page and stay there; the answer is the first one's handle."""
        here = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        self.visit(path)
        return here

    def script(self, code: str, *arguments: Any) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(code, *arguments)

    def fetch(self, path: str, method: str = "GET") -> Any:
        """What the API answers this person, as the page would ask it."""
        return self.driver.execute_async_script(
            """
            const [path, method, done] = arguments;
            (async () => {
                const me = await (await fetch('/api/me')).json();
                const answer = await fetch(path, {method, headers: {'X-CSRFToken': me.csrf}});
                const text = await answer.text();
                return {status: answer.status, body: text ? JSON.parse(text) : null};
            })().then(done, error => done({status: 0, body: String(error)}));
            """,
            path,
            method,
        )

    def shoot(self, name: str) -> None:
        """Keep a screenshot for somebody to look at."""
        self._shots.mkdir(parents=True, exist_ok=True)
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        (self._shots / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))

    # ------------------------------------------------------------ the page

    def find(self, name: str) -> WebElement | None:
        """The visible element of this name, or None."""
        try:
            for element in self.driver.execute_script(_VISIBLE, name):
                if element.is_displayed():  # looks closer, which costs too much to be asked of what isn't there
                    return element  # type: ignore[no-any-return]
        except (JavascriptException, StaleElementReferenceException):  # the page is just being left
            pass
        return None

    def wait(self, what: str, found: Callable[[], Any], within_s: float = 15) -> Any:
        """Wait until the condition gives something true."""
        begun = CLOCK()
        while True:
            try:
                if value := found():
                    return value
            except (StaleElementReferenceException, JavascriptException):
                pass
            waited = CLOCK() - begun
            if waited > within_s:
                self.shoot(f"timeout-{what.replace(' ', '-')[:60]}")
                raise Timeout(f"{what}: not within {within_s} s; the page says: {self.text()[:600]!r}")
            time.sleep(min(POLL_MOST_S, POLL_S + waited / 20))  # each look costs the browser that is looked at

    def see(self, name: str, within_s: float = 15) -> WebElement:
        """Wait for the element."""
        element: WebElement = self.wait(name, lambda: self.find(name), within_s)
        return element

    def click(self, name: str, within_s: float = 15) -> None:
        """Press it once it can be pressed, and stays where it is: a page that is being filled moves it from under the finger."""
        place: dict[str, float] = {}

        def pressed() -> bool:
            nonlocal place
            element = self.find(name)
            if element is None or not element.is_enabled():
                return False
            before, place = place, element.rect
            if place != before:
                return False
            try:
                element.click()
            except WebDriverException:  # something is in front of it for a moment
                return False
            return True

        self.wait(f"press {name}", pressed, within_s)

    def write(self, name: str, text: str) -> None:
        """Type into a field."""
        field = self.see(name)
        field = field if field.tag_name == "input" else field.find_element(By.TAG_NAME, "input")
        field.clear()
        field.send_keys(text)

    def attribute(self, name: str, attribute: str) -> str | None:
        """A data attribute of a visible element."""
        element = self.find(name)
        return None if element is None else element.get_attribute(attribute)

    def phase(self) -> tuple[str | None, str | None]:
        """What the state chip says."""
        return self.attribute("state-chip", "data-phase"), self.attribute("state-chip", "data-reason")

    def milliseconds(self, name: str) -> int:
        """One of the times on screen."""
        return int(self.attribute(name, "data-ms") or -1)

    def text(self) -> str:
        """Everything that can be read."""
        return str(self.driver.find_element(By.TAG_NAME, "body").text)


@contextmanager
def person(
    chromium: Path,
    address: str,
    shots: Path,
    actor: Actor | None,
    *,
    size: tuple[int, int] = DESKTOP,
    arguments: Sequence[str] = (),
) -> Iterator[Person]:
    """A fresh browser whose camera shows the actor; without one it has what the arguments give it."""
    options = Options()
    options.binary_location = str(chromium)
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--autoplay-policy=user-gesture-required",
        "--lang=zh-CN",
        "--accept-lang=zh-CN",  # what the page goes by; without it the machine's own
        f"--window-size={size[0]},{size[1]}",
        *arguments,
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or "chromedriver"))
    try:
        driver.set_script_timeout(20)
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size[0] < 600},
        )
        camera = (
            () if actor is None else (f"window.__actorFrames = {json.dumps(actor.for_browser())};", CAMERA.read_text())
        )
        for source in (*camera, STOPWATCH.read_text()):
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        yield Person(driver, address, shots)
    finally:
        driver.quit()
