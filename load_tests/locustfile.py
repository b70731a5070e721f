"""The real mix for locust: a sign-in wave, lessons with checks, takeovers, walls, regulators, and a storm of reconnects.

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
import pyotp
from locust import FastHttpUser, events, task
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from load_tests.learner.habits import Habits
from load_tests.learner.page import Page, earned_ms
from load_tests.learner.rider import Rider
from load_tests.plan import MANAGERS, PROCTORS, REGULATORS, Plan
from load_tests.watching import Sums, Wall, Watching

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
UNDER_WAY_MS = 150  # a heartbeat that was on its way when the line broke, on a busy machine (docs/faults.md)

# Each of them must have been asked: else the mix wasn't what it says.
EXPECTED = (
    "GET /api/me", "POST /api/login", "GET /api/classes/{class_id}", "GET /api/classes/{class_id}/record",
    "GET /api/staff/learners", "GET /api/staff/portraits", "GET /api/staff/person-requests", "media playlist",
    "media segment", "ws connect", "ws hello", "ws begin", "ws open_lesson", "ws play", "ws beat", "ws check_offer",
    "ws sign_out", "POST /api/login/code", "GET /api/wall/classes", "ws connect /ws/wall", "ws wall class",
    "GET /api/oversight/places", "GET /api/oversight/curve", "POST /api/oversight/learners/search",
    "GET /api/oversight/learners/{learner_id}/classes/{class_id}", "GET /api/oversight/operations",
    "ws connect /ws/oversight", "ws oversight sums",
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
        self.walls: list[list[int]] = []  # by wall: rows, deltas heard, versions missed
        self.regulators: list[list[int]] = []  # by regulator: counts heard, the most online
        self.next: dict[str, int] = {}  # by kind of user
        self.riders: list[Rider] = []
        self.watching: list[Watching] = []

    def content(self) -> dict[str, Any]:
        """As JSON."""
        names = ("ledger", "checks", "ends", "sent_away", "taken_over", "broken", "refusals", "walls", "regulators")
        return {name: getattr(self, name) for name in names}

    def place(self, kind: str) -> int:
        """One after the other, within this worker."""
        self.next[kind] = self.next.get(kind, -1) + 1
        return self.next[kind]

    @property
    def until(self) -> float:
        """When study ends."""
        return self.started_at + STUDY_S

    def add(self, content: dict[str, Any]) -> None:
        """Another worker's."""
        for name, value in content.items():
            setattr(self, name, getattr(self, name) + value)


FOUND = Found()
SHOWN: dict[str, str] = {}  # by account: the code that was used last; each is good once


class Visitor(FastHttpUser):
    """Whoever signs in."""

    abstract = True
    network_timeout = connection_timeout = 60.0

    def sign_in(self, account: str) -> None:
        """By account and password, and by an authenticator's code where one is asked for."""
        self.csrf = ""
        self.account = account
        self.api("GET", "/api/me")
        said = self.api("POST", "/api/login", {"account": account, "password": PLAN.password})
        if isinstance(said, dict) and said.get("second_factor") == "code":
            self.api("POST", "/api/login/code", {"code": self._code()})

    def _code(self) -> str:
        """What the authenticator shows; one that was used already is waited out, as a person does."""
        authenticator = pyotp.TOTP(PLAN.authenticators[self.account])
        while (code := authenticator.now()) == SHOWN.get(self.account):
            gevent.sleep(1)
        SHOWN[self.account] = code
        return code

    @property
    def worker(self) -> int:
        """Which of LOAD_WORKERS this is."""
        return getattr(self.environment.runner, "worker_index", 0) if WORKERS > 1 else 0

    @property
    def cookies(self) -> str:
        """As a header."""
        return "; ".join(f"{one.name}={one.value}" for one in self.client.cookiejar)

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
        rider = Rider(str(self.host), self.cookies, page, self.noted, self.fetch)
        FOUND.riders.append(rider)
        return page, rider


class Learner(Visitor):
    """Studies until the time is over, signs out, and compares what was shown with what was earned."""

    def on_start(self) -> None:
        self.number = self.worker + FOUND.place("learner") * WORKERS

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
        gevent.spawn_later(max(1.0, FOUND.until - perf_counter()), _end, pages)
        if self.number == 0 or draws.random() < TAKEOVERS:  # somebody always does
            gevent.spawn_later(STUDY_S * float(draws.uniform(0.2, 0.5)), self._go_elsewhere, pages, draws)
        rider.study()
        if pages[-1] is not first:
            while pages[-1].over is None:
                gevent.sleep(0.5)
        self._compare(pages)
        gevent.sleep(3600)

    def _go_elsewhere(self, pages: list[Page], draws: np.random.Generator) -> None:
        while not pages[0].step_aside(perf_counter()):  # nobody walks away from an open check
            gevent.sleep(0.5)
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
        FOUND.ledger.append([round(shown), earned, (HEARTBEAT_MS + UNDER_WAY_MS) * max(1, faults)])
        FOUND.checks += [list(one) for page in pages for one in page.told.checks]
        FOUND.refusals += [code for page in pages for code in page.told.refusals]
        FOUND.ends.append(str(pages[-1].over))


def _end(pages: list[Page]) -> None:
    for page in pages:
        page.sign_out(perf_counter())


class ClassManager(Visitor):
    """Looks at learners, portraits and requests all the time."""

    fixed_count = MANAGERS

    @task
    def look(self) -> None:
        """Until the end."""
        self.sign_in(PLAN.staff)
        while True:
            for path in ("/api/staff/portraits", "/api/staff/person-requests", "/api/staff/learners"):
                self.api("GET", path)
            gevent.sleep(STAFF_EVERY_S)


class Proctor(Visitor):
    """Has the class' wall open all the time (row 20)."""

    fixed_count = PROCTORS

    @task
    def wall(self) -> None:
        """Until study ends."""
        number = self.worker * PROCTORS + FOUND.place("proctor")
        self.sign_in(PLAN.proctors[number % len(PLAN.proctors)])
        self.api("GET", "/api/wall/classes")
        wall = Wall(str(self.host), self.cookies, self.noted, PLAN.class_id)
        FOUND.watching.append(wall)
        wall.watch(FOUND.until)
        FOUND.walls.append([len(wall.rows), wall.deltas, wall.gaps])
        gevent.sleep(3600)


class Regulator(Visitor):
    """Has the counts of the own region open, and looks a learner up now and then (rows 20, 22)."""

    fixed_count = REGULATORS

    @task
    def oversee(self) -> None:
        """Until study ends."""
        number = self.worker * REGULATORS + FOUND.place("regulator")
        self.sign_in(PLAN.regulators[number % len(PLAN.regulators)])
        sums = Sums(str(self.host), self.cookies, self.noted)
        FOUND.watching.append(sums)
        looking = gevent.spawn(self._look, np.random.default_rng(number))
        sums.watch(FOUND.until)
        looking.kill()
        FOUND.regulators.append([sums.heard, sums.most])
        gevent.sleep(3600)

    def _look(self, draws: np.random.Generator) -> None:
        self.api("GET", "/api/oversight/places")
        while True:
            self.api("GET", "/api/oversight/curve?span=hour", name="GET /api/oversight/curve")
            wanted = {"name": f"学员{draws.integers(len(PLAN.accounts))}"}
            found = self.api("POST", "/api/oversight/learners/search", wanted)
            for one in (found or {}).get("learners", []):
                address = f"/api/oversight/learners/{one['learner_id']}/classes/{one['class_id']}"
                self.api("GET", address, name="GET /api/oversight/learners/{learner_id}/classes/{class_id}")
            self.api(
                "GET", f"/api/oversight/operations?from_ms=0&to_ms={2**53 - 1}", name="GET /api/oversight/operations"
            )
            gevent.sleep(STAFF_EVERY_S)


def _storm() -> None:
    lines = [one for kind in (FOUND.riders, FOUND.watching) for one in kind[:: round(1 / STORM_SHARE)]]
    for line in lines:
        line.break_line()
        FOUND.broken += 1
        gevent.sleep(STORM_S / max(1, len(lines)))


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
    all_of = ((FOUND.ledger, len(PLAN.accounts)), (FOUND.walls, PROCTORS), (FOUND.regulators, REGULATORS))
    while any(len(found) < count for found, count in all_of) and perf_counter() < until:
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
        "watchers": {"walls": PROCTORS, "regulators": REGULATORS},
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
