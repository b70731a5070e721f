"""Drives headless Chromium for the benches that look at the real page."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter, sleep
from typing import Any, TypeVar

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

PATIENCE_S = 60.0
POLL_S = 0.1
T = TypeVar("T")
SIGN_IN = """
const [account, password, done] = arguments;
(async () => {
    const me = await (await fetch('/api/me')).json();
    const headers = {'Content-Type': 'application/json', 'X-CSRFToken': me.csrf};
    const body = JSON.stringify({account, password});
    return (await fetch('/api/login', {method: 'POST', headers, body})).status;
})().then(done, error => done(String(error)));
"""


@contextmanager
def chromium(scripts: Sequence[str] = (), size: tuple[int, int] = (1440, 900)) -> Iterator[webdriver.Chrome]:
    """A browser with an empty profile; the scripts run in every page before its own."""
    options = Options()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--lang=zh-CN",
        "--accept-lang=zh-CN",
        f"--window-size={size[0]},{size[1]}",
    ):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or "chromedriver"))
    try:
        driver.set_script_timeout(PATIENCE_S)
        for source in scripts:
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        yield driver
    finally:
        driver.quit()


def sign_in(driver: webdriver.Chrome, url: str, account: str, password: str) -> None:
    """On a page of this server. Raises PermissionError where it refuses."""
    driver.get(f"{url}/login")
    if (status := driver.execute_async_script(SIGN_IN, account, password)) != 200:
        raise PermissionError(f"sign-in of {account}: {status}")


def until(what: str, found: Callable[[], T], within_s: float = PATIENCE_S) -> T:
    """The first true value. Raises TimeoutError where none comes."""
    ends = perf_counter() + within_s
    while perf_counter() < ends:
        try:
            if value := found():
                return value
        except StaleElementReferenceException:
            pass
        sleep(POLL_S)
    raise TimeoutError(f"{what}: not within {within_s:.0f} s")


def find(driver: webdriver.Chrome, name: str) -> WebElement | None:
    """What the page calls so, where it can be seen."""
    elements = driver.find_elements(By.CSS_SELECTOR, f'[data-testid="{name}"]')
    return next((one for one in elements if one.is_displayed()), None)


def see(driver: webdriver.Chrome, name: str, within_s: float = PATIENCE_S) -> Any:
    """Wait for it."""
    return until(name, lambda: find(driver, name), within_s)


def press(driver: webdriver.Chrome, name: str) -> None:
    """Once it can be pressed."""

    def pressed() -> bool:
        element = find(driver, name)
        if element is None or not element.is_enabled():
            return False
        try:
            element.click()
        except WebDriverException:  # something is in front of it for a moment
            return False
        return True

    until(f"press {name}", pressed)
