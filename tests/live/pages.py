"""People at real browsers, in a story that is told on asyncio."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.live.names import CLASS, PASSWORD
from tests.story.browser import Person, person
from tests.story.test_person import CAMERA_AND_MICROPHONE
from tests.story.test_story import sign_in

SEEN = Path(__file__).with_name("pages.js")
READ_S = 0.1
T = TypeVar("T")
_RUNS = "return window.__view !== null && window.__view.session_id !== null && window.__view.phase !== 'signed_out'"


@dataclass(frozen=True, slots=True)
class Browsers:
    """What a browser is opened with."""

    chromium: Path
    shots: Path


class Page:
    """A person at a browser whose waiting holds up nobody else."""

    def __init__(self, one: Person) -> None:
        self._one = one
        self._driver = asyncio.Lock()  # selenium takes one command at a time

    async def do(self, what: Callable[[Person], T]) -> T:
        """Let the person do something."""
        async with self._driver:
            return await asyncio.to_thread(what, self._one)


@asynccontextmanager
async def page(browsers: Browsers, address: str, account: str) -> AsyncIterator[Page]:
    """Signed in, with a fake camera and a fake microphone."""
    opening = person(browsers.chromium, address, browsers.shots, None, arguments=CAMERA_AND_MICROPHONE)
    one = await asyncio.to_thread(opening.__enter__)
    try:
        one.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SEEN.read_text()})
        await asyncio.to_thread(sign_in, one, account, PASSWORD)
        yield Page(one)
    finally:
        await asyncio.to_thread(opening.__exit__, None, None, None)


class Numbers:
    """Every number that a regulator's page has shown, and when."""

    def __init__(self, page: Page) -> None:
        self.told: list[tuple[float, int]] = []
        self._page = page

    async def read(self) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        while True:
            page_ms, shown = await self._page.do(_shown)
            self.told += [(loop.time() - (page_ms - at_ms) / 1000, number) for at_ms, number in shown]
            await asyncio.sleep(READ_S)

    @property
    def online(self) -> int | None:
        """The newest."""
        return self.told[-1][1] if self.told else None


class Seated:
    """Whether a learner's page has a session and is connected, as that page knows it."""

    def __init__(self, page: Page) -> None:
        self.online = False
        self._page = page

    async def read(self) -> None:
        """For ever."""
        while True:
            self.online = await self._page.do(lambda one: bool(one.script(_RUNS)))
            await asyncio.sleep(READ_S)


def _shown(one: Person) -> Any:
    return one.script("return [Date.now(), window.__numbers.splice(0)]")


class Proctor:
    """At the wall."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def watch(self, class_id: str, learners: int) -> None:
        """Open the wall, and see everybody of the class."""

        def opened(one: Person) -> None:
            one.visit(f"/wall?class={class_id}")
            one.wait("all rows", lambda: one.attribute("wall-count-all", "data-n") == str(learners), 30)

        await self._page.do(opened)

    async def online(self) -> int:
        """How many the wall says are connected."""
        return int(await self._page.do(lambda one: one.attribute("wall-count-online", "data-n")) or -1)

    async def act(self, learner_id: str, name: str, act: str) -> None:
        """Find the learner by name, open the panel, act with a reason."""

        def acted(one: Person) -> None:
            _search(one, name)
            row = f'[data-testid="wall-row"][data-learner="{learner_id}"]'
            one.wait("the row", lambda: one.driver.find_elements("css selector", row))[0].click()
            one.wait("the panel", lambda: one.attribute("panel", "data-learner") == learner_id)
            one.click(f"act-{act}")
            one.click("act-reason-SOMEONE_ELSE")
            one.click("act-submit")
            one.see("act-told")
            one.shoot(f"watched-{act}")

        await self._page.do(acted)

    async def panel(self) -> tuple[str | None, str | None]:
        """Phase and reason of who is looked at."""
        return await self._page.do(
            lambda one: (one.attribute("panel-state", "data-phase"), one.attribute("panel-state", "data-reason"))
        )

    async def leave_panel(self) -> None:
        """Close it, and see everybody again."""

        def left(one: Person) -> None:
            one.click("panel-close")
            _search(one, "")

        await self._page.do(left)

    async def take_call(self) -> None:
        """Call whoever waits first."""

        def taken(one: Person) -> None:
            one.wait("somebody waits", lambda: one.attribute("list-persons", "data-n") == "1")
            one.click("list-persons")
            one.click("person-take")
            one.see("person-call")

        await self._page.do(taken)

    async def pass_call(self) -> None:
        """Seen and heard: passed."""

        def passed(one: Person) -> None:
            one.click("person-pass", 30)
            one.wait("nobody waits", lambda: one.attribute("list-persons", "data-n") == "0")
            one.click("list-persons")

        await self._page.do(passed)

    async def propose(self) -> None:
        """Look at the evidence of the one appeal and propose to grant it; a second person decides."""

        def proposed(one: Person) -> None:
            one.wait("the appeal", lambda: one.attribute("list-appeals", "data-n") == "1")
            one.click("list-appeals")
            one.click("appeal-picture")
            one.see("appeal-evidence")
            one.script(
                "const s = document.querySelector('[data-testid=appeal-decision]');"
                "s.value = 'IDENTITY_CONFIRMED'; s.dispatchEvent(new Event('change'))"
            )
            one.shoot("watched-appeal")
            one.click("appeal-grant")
            one.see("appeal-waits")
            assert one.find("appeal-agree") is None
            one.click("list-appeals")

        await self._page.do(proposed)

    async def do(self, what: Callable[[Person], T]) -> T:
        """Anything else."""
        return await self._page.do(what)


def _search(one: Person, name: str) -> None:
    one.script(
        "const field = document.querySelector('.search input'); field.value = arguments[0];"
        "field.dispatchEvent(new Event('input'))",
        name,
    )


def begin_with_a_person(one: Person) -> None:
    """A learner without face data begins; a person makes the check."""
    one.visit(f"/class/{CLASS}")
    one.click("session-begin")
    one.see("awaiting")
