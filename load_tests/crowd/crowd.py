"""Runs many learners at once, and counts what they do."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from load_tests.learner.habits import HONEST, Habits, somebody
from load_tests.learner.page import Page
from load_tests.learner.wire import Noted, Wire, nobody
from load_tests.plan import Account


@dataclass(slots=True)
class Studying:
    """One of the crowd, at work."""

    account: Account
    page: Page
    task: "asyncio.Task[None]"


class Crowd:
    """Learners who arrive over a while and study until they are asked to end."""

    def __init__(
        self, urls: Sequence[str], *, cookie: str = "anxue_session", noted: Noted = nobody, honest: bool = False,
        locals_: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """``honest``: nobody fails, misses or pauses; else as a class is. ``locals_``: the addresses to come from."""
        self._urls = urls
        self._cookie = cookie
        self._noted = noted
        self._honest = honest
        self._locals = locals_
        self.learners: list[Studying] = []

    async def arrive(self, accounts: Sequence[Account], over_s: float) -> None:
        """Let them come, one after the other."""
        for number, account in enumerate(accounts):
            self.add(account, number)
            await asyncio.sleep(over_s / max(1, len(accounts)))

    def add(self, account: Account, number: int, habits: Habits | None = None) -> Studying:
        """One more."""
        draws = np.random.default_rng(number)
        chosen = habits or (HONEST if self._honest else somebody(draws))
        page = Page(account.class_id, chosen, draws)
        url = self._urls[number % len(self._urls)]
        local = self._locals[number % len(self._locals)] if self._locals else None
        others = [one for one in self._urls if one != url]
        wire = Wire(url, page, noted=self._noted, local=local, others=others)
        task = asyncio.create_task(self._study(account, wire), name="learner")
        studying = Studying(account, page, task)
        self.learners.append(studying)
        return studying

    async def _study(self, account: Account, wire: Wire) -> None:
        async with wire:
            if account.key is not None:
                wire.take_session(self._cookie, account.key)
            else:
                await wire.sign_in(account.account, account.password or "")
            await wire.study()

    async def end(self, within_s: float) -> None:
        """Everybody signs out, in their own time."""
        loop = asyncio.get_running_loop()
        for one in self.learners:
            one.page.sign_out(loop.time())
            # A page that waits for the server wakes by the next message; nobody waits longer than a heartbeat.
        tasks = [one.task for one in self.learners]
        if tasks:
            await asyncio.wait(tasks, timeout=within_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def told(self) -> str:
        """One line about now."""
        phases = Counter(
            one.page.over or ("offline" if not one.page.online or one.page.view is None else one.page.view.phase)
            for one in self.learners
        )
        checks = Counter(outcome for one in self.learners for _, outcome in one.page.told.checks)
        said = ", ".join(f"{phase} {count}" for phase, count in sorted(phases.items()))
        return f"{said}; checks: {', '.join(f'{name} {count}' for name, count in sorted(checks.items())) or 'none yet'}"
