"""Opens the wall's real page in headless Chromium and counts the tasks that block its main thread for over 50 ms."""

import time
from typing import Any

from selenium import webdriver

from load_tests.browser import chromium, sign_in, until

SETTLE_S = 10.0
OBSERVE = """
window.longTasks = [];
new PerformanceObserver(list => list.getEntries().forEach(one => window.longTasks.push(Math.round(one.duration))))
    .observe({type: 'longtask'});
"""
COUNT = "return Number(document.querySelector('[data-testid=wall-count-all]')?.dataset.n ?? 0)"


def look(url: str, account: str, password: str, class_id: str, learners: int, seconds: float) -> dict[str, Any]:
    """For so many seconds in steady state. Raises TimeoutError where the rows don't come."""
    with chromium() as driver:
        driver.execute_cdp_cmd("Performance.enable", {})
        sign_in(driver, url, account, password)
        driver.get(f"{url}/wall?class={class_id}")
        until("the rows", lambda: driver.execute_script(COUNT) == learners)
        time.sleep(SETTLE_S)
        driver.execute_script(OBSERVE)
        before = _busy_s(driver)
        time.sleep(seconds)
        busy_s = _busy_s(driver) - before
        tasks = driver.execute_script("return window.longTasks")
        rows = driver.execute_script("return document.querySelectorAll('[data-testid=wall-row]').length")
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
