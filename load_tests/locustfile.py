"""The real mix for locust: a sign-in wave, lessons with checks, takeovers, staff, and a storm of reconnects.

``python -m load_tests.verdict`` starts it with everything it needs; docs/load.md says how to run it by hand, with the
web page of locust, or distributed. It reads LOAD_PLAN (a file that ``load_tests.seed.cohort`` printed) and LOAD_STUDY_S,
and writes LOAD_RESULT.
"""

import json
import os
from pathlib import Path
from time import perf_counter
from typing import Any

import gevent
import msgspec
import numpy as np
from locust import FastHttpUser, events, task
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from load_tests.learner.habits import Habits
from load_tests.learner.page import Page, earned_ms
from load_tests.learner.rider import Rider
from load_tests.plan import Plan

PLAN = msgspec.json.decode(Path(os.environ["LOAD_PLAN"]).read_bytes(), type=Plan)
STUDY_S = float(os.environ.get("LOAD_STUDY_S", "300"))
WORKERS = int(os.environ.get("LOAD_WORKERS", "1"))
TAKEOVERS = float(os.environ.get("LOAD_TAKEOVERS", "0.02"))  # so many of the learners go on at another device
STORM_AT = 0.6  # of the time of study
STORM_SHARE = 0.5  # of the learners lose their line
STORM_S = 5.0  # within so long
ENDING_S = 90.0
STAFF_EVERY_S = 10.0
HEARTBEAT_MS = 5_000

# Each of them must have been asked: else the mix wasn't what it says.
EXPECTED = (
    "GET /api/me", "POST /api/login", "GET /api/classes/{class_id}", "GET /api/classes/{class_id}/record",
    "GET /api/staff/learners", "GET /api/staff/portraits", "GET /api/staff/person-requests", "media playlist",
    "media segment", "ws connect", "ws hello", "ws begin", "ws open_lesson", "ws play", "ws beat", "ws check_offer",
    "ws sign_out",
)  # fmt: skip


class Found:
    """What the stats of locust don't know."""

    def __init__(self) -> None:
        self.started_at = perf_counter()
        self.ledger: list[list[float]] = []  # by learner: shown, earned, what may lie between them; ms
        self.checks: list[list[str]] = []  # kind, outcome
        self.ends: list[str] = []  # why each learner's last page was over
        self.sent_away = 0
        self.taken_over = 0
        self.broken = 0  # lines, in the storm
        self.refusals: list[str] = []
        self.next = 0
        self.riders: list[Rider] = []

    def content(self) -> dict[str, Any]:
        """As JSON."""
        names = ("ledger", "checks", "ends", "sent_away", "taken_over", "broken", "refusals")
        return {name: getattr(self, name) for name in names}

    def add(self, content: dict[str, Any]) -> None:
        """Another worker's."""
        for name, value in content.items():
            setattr(self, name, getattr(self, name) + value)


FOUND = Found()


class Visitor(FastHttpUser):
    """Whoever signs in."""

    abstract = True
    network_timeout = connection_timeout = 60.0

    def sign_in(self, account: str) -> None:
        """By account and password."""
        self.csrf = ""
        self.account = account
        self.api("GET", "/api/me")
        self.api("POST", "/api/login", {"account": account, "password": PLAN.password})

    def api(self, method: str, path: str, body: object = None, name: str | None = None) -> Any:
        """One request; its JSON."""
        headers = {"X-CSRFToken": self.csrf}
        with self.rest(method, path, json=body, headers=headers, name=name or f"{method} {path}") as answer:
            content: Any = answer.js
            if isinstance(content, dict) and "csrf" in content:
                self.csrf = content["csrf"]
            return content

    def fetch(self, address: str, name: str) -> bytes | None:
        """A piece of media."""
        answer = self.client.get(address, name=name)
        return bytes(answer.content) if answer.status_code == 200 else None

    def noted(self, kind: str, what: str, seconds: float, wrong: str | None) -> None:
        """Something that isn't HTTP was answered."""
        self.environment.events.request.fire(
            request_type=kind, name=what, response_time=seconds * 1000, response_length=0, context={},
            exception=None if wrong is None else ConnectionError(wrong),
        )  # fmt: skip

    def page(self, draws: np.random.Generator, *, takes_over: bool = False) -> tuple[Page, Rider]:
        """A tab of this learner's."""
        habits = Habits(reacts_s=float(draws.uniform(1, 4)), acts_s=float(draws.uniform(5, 12)))
        page = Page(PLAN.class_id, habits, draws, takes_over=takes_over)
        cookies = "; ".join(f"{one.name}={one.value}" for one in self.client.cookiejar)
        rider = Rider(str(self.host), cookies, page, self.noted, self.fetch)
        FOUND.riders.append(rider)
        return page, rider


class Learner(Visitor):
    """Studies until the time is over, signs out, and compares what was shown with what was earned."""

    def on_start(self) -> None:
        worker = getattr(self.environment.runner, "worker_index", 0) if WORKERS > 1 else 0
        self.number = worker + FOUND.next * WORKERS
        FOUND.next += 1

    @task
    def lesson(self) -> None:
        """Once a user."""
        if self.number >= len(PLAN.accounts):
            gevent.sleep(3600)
        draws = np.random.default_rng(self.number)
        self.sign_in(PLAN.accounts[self.number][0])
        self.api("GET", f"/api/classes/{PLAN.class_id}", name="GET /api/classes/{class_id}")
        first, rider = self.page(draws)
        pages = [first]
        gevent.spawn_later(max(1.0, FOUND.started_at + STUDY_S - perf_counter()), _end, pages)
        if self.number == 0 or draws.random() < TAKEOVERS:  # somebody always does
            gevent.spawn_later(STUDY_S * float(draws.uniform(0.2, 0.5)), self._go_elsewhere, pages, draws)
        rider.study()
        if pages[-1] is not first:
            while pages[-1].over is None:
                gevent.sleep(0.5)
        self._compare(pages)
        gevent.sleep(3600)

    def _go_elsewhere(self, pages: list[Page], draws: np.random.Generator) -> None:
        page, rider = self.page(draws, takes_over=True)
        pages.append(page)
        FOUND.taken_over += 1
        rider.study()

    def _compare(self, pages: list[Page]) -> None:
        record = self.api("GET", f"/api/classes/{PLAN.class_id}/record", name="GET /api/classes/{class_id}/record")
        now = perf_counter()
        shown = sum(page.video.shown_ms(now) for page in pages)
        faults = sum(page.told.breaks for page in pages) - 1  # the last page closes its own line
        earned = earned_ms(record) if isinstance(record, dict) and "sessions" in record else -1
        FOUND.ledger.append([round(shown), earned, HEARTBEAT_MS * max(1, faults)])
        FOUND.checks += [list(one) for page in pages for one in page.told.checks]
        FOUND.refusals += [code for page in pages for code in page.told.refusals]
        FOUND.ends.append(str(pages[-1].over))


def _end(pages: list[Page]) -> None:
    for page in pages:
        page.sign_out(perf_counter())


class ClassManager(Visitor):
    """Looks at learners, portraits and requests all the time."""

    fixed_count = 1

    @task
    def look(self) -> None:
        """Until the end."""
        self.sign_in(PLAN.staff)
        while True:
            for path in ("/api/staff/portraits", "/api/staff/person-requests", "/api/staff/learners"):
                self.api("GET", path)
            gevent.sleep(STAFF_EVERY_S)


def _storm() -> None:
    riders = FOUND.riders[:: round(1 / STORM_SHARE)]
    for rider in riders:
        rider.break_line()
        FOUND.broken += 1
        gevent.sleep(STORM_S / max(1, len(riders)))


@events.test_start.add_listener
def _on_start(environment: Environment, **_: Any) -> None:
    FOUND.__init__()  # type: ignore[misc]  # the web page may start it again
    if not isinstance(environment.runner, MasterRunner):
        gevent.spawn_later(STUDY_S * STORM_AT, _storm)
    if not isinstance(environment.runner, WorkerRunner):
        gevent.spawn(_quit_when_all_ended, environment)


def _quit_when_all_ended(environment: Environment) -> None:
    """The users of a run by hand go on until its own end; a verdict's run ends when the last learner has."""
    until = perf_counter() + STUDY_S + ENDING_S
    while len(FOUND.ledger) < len(PLAN.accounts) and perf_counter() < until:
        gevent.sleep(1)
    if os.environ.get("LOAD_RESULT") and environment.runner is not None:
        environment.runner.quit()


@events.report_to_master.add_listener
def _report(client_id: str, data: dict[str, Any], **_: Any) -> None:
    FOUND.sent_away = sum(rider.sent_away for rider in FOUND.riders)
    data["found"] = FOUND.content()
    FOUND.__dict__.update(Found().content())
    for rider in FOUND.riders:
        rider.sent_away = 0


@events.worker_report.add_listener
def _reported(client_id: str, data: dict[str, Any], **_: Any) -> None:
    FOUND.add(data.get("found", {}))


@events.quitting.add_listener
def _write(environment: Environment, **_: Any) -> None:
    place = os.environ.get("LOAD_RESULT")
    if place is None or isinstance(environment.runner, WorkerRunner):
        return
    FOUND.sent_away += sum(rider.sent_away for rider in FOUND.riders)
    entries = [*environment.stats.entries.values(), environment.stats.total]
    rows = [
        {
            "name": one.name,
            "count": one.num_requests,
            "failures": one.num_failures,
            "mean": one.avg_response_time,
            "p50": one.get_response_time_percentile(0.5) or 0,
            "p95": one.get_response_time_percentile(0.95) or 0,
            "p99": one.get_response_time_percentile(0.99) or 0,
            "max": one.max_response_time,
        }
        for one in entries
    ]
    errors = [f"{one.name}: {one.error} ({one.occurrences})" for one in environment.stats.errors.values()]
    result = {
        "rows": rows,
        "errors": errors,
        "expected": EXPECTED,
        "found": FOUND.content(),
        "history": _history(environment),
    }
    Path(place).write_text(json.dumps(result))


def _history(environment: Environment) -> list[dict[str, Any]]:
    found = []
    for one in environment.stats.history:
        flat = {name: value[1] if isinstance(value, tuple | list) else value for name, value in one.items()}
        found.append(flat)
    return found
