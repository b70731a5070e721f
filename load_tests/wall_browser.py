"""Opens the wall's real page in headless Chromium and counts the tasks that block its main thread for over 50 ms."""

import shutil
import time
from collections.abc import Callable
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

SETTLE_S = 10.0
PATIENCE_S = 60.0
SIGN_IN = """
const [account, password, done] = arguments;
(async () => {
    const me = await (await fetch('/api/me')).json();
    const headers = {'Content-Type': 'application/json', 'X-CSRFToken': me.csrf};
    const body = JSON.stringify({account, password});
    return (await fetch('/api/login', {method: 'POST', headers, body})).status;
})().then(done, error => done(String(error)));
"""
OBSERVE = """
window.longTasks = [];
new PerformanceObserver(list => list.getEntries().forEach(one => window.longTasks.push(Math.round(one.duration))))
    .observe({type: 'longtask'});
"""
COUNT = "return Number(document.querySelector('[data-testid=wall-count-all]')?.dataset.n ?? 0)"


def look(url: str, account: str, password: str, class_id: str, learners: int, seconds: float) -> dict[str, Any]:
    """For so many seconds in steady state. Raises TimeoutError where the rows don't come."""
    options = Options()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1440,900"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or "chromedriver"))
    try:
        driver.execute_cdp_cmd("Performance.enable", {})
        driver.get(url)
        if (status := driver.execute_async_script(SIGN_IN, account, password)) != 200:
            raise PermissionError(f"sign-in: {status}")
        driver.get(f"{url}/wall?class={class_id}")
        _until(lambda: driver.execute_script(COUNT) == learners)
        time.sleep(SETTLE_S)
        driver.execute_script(OBSERVE)
        before = _busy_s(driver)
        time.sleep(seconds)
        busy_s = _busy_s(driver) - before
        tasks = driver.execute_script("return window.longTasks")
        rows = driver.execute_script("return document.querySelectorAll('[data-testid=wall-row]').length")
    finally:
        driver.quit()
    return {
        "browser_seconds": seconds,
        "browser_long_tasks": len(tasks),
        "browser_longest_task_ms": max(tasks, default=0),
        "browser_main_thread_share": round(busy_s / seconds, 3),
        "browser_rows_drawn": rows,
    }


def _busy_s(driver: webdriver.Chrome) -> float:
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def _until(true: Callable[[], bool]) -> None:
    for _ in range(int(PATIENCE_S / 0.2)):
        if true():
            return
        time.sleep(0.2)
    raise TimeoutError("the rows did not come")
