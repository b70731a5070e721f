"""A browser of each person of the cast, against the real application on a real database."""

from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from django.http import HttpResponse

import settings
from classroom.database import close_database, open_database
from classroom.operations.service import OperationLog
from tests.cast import PASSWORD, cast, database_url, sqlite_template
from tests.web.documented import Documented
from web.http import get_http_application

__all__ = ["cast", "database_url", "sqlite_template"]


@pytest.fixture
def backend(sqlite_template: Path) -> tuple[str, str]:
    """One backend will do here: what is stored is tested where it is stored."""
    return "", str(sqlite_template)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """Open, with the operation log, without which nothing is answered that changes something."""
    await open_database(database_url)
    log = OperationLog("tests", settings.JOURNAL_KEY)
    log.open()
    try:
        yield database_url
    finally:
        await log.close()
        await close_database()


@cache
def application() -> Any:
    """Django is set up once a process."""
    settings.ALLOWED_HOSTS.append("testserver")  # what Django's test client calls itself
    return get_http_application()


class Browser:
    """Keeps its cookies and sends the CSRF token as the page does; what isn't in the API's document is no answer."""

    def __init__(self) -> None:
        application()
        self.client = Documented(enforce_csrf_checks=True)
        self.csrf = ""

    async def get(self, path: str, **headers: str) -> HttpResponse:
        return await self.client.get(path, headers=headers)

    async def send(self, method: str, path: str, body: object = None) -> HttpResponse:
        if not self.csrf:
            self.csrf = (await self.get("/api/me")).json()["csrf"]
        response = await self.client.generic(
            method,
            path,
            "" if body is None else _json(body),
            "application/json",
            headers={"X-CSRFToken": self.csrf},
        )
        if response.status_code == 200 and "csrf" in response.json():
            self.csrf = response.json()["csrf"]
        return response

    async def sign_in(self, account: str, password: str = PASSWORD) -> HttpResponse:
        return await self.send("POST", "/api/login", {"account": account, "password": password})

    @property
    def cookie(self) -> str | None:
        held = self.client.cookies.get(settings.SESSION_COOKIE_NAME)
        return None if held is None else held.value


def _json(body: object) -> bytes:
    import json

    return json.dumps(body).encode()


@pytest.fixture
def browser() -> Callable[[], Browser]:
    return Browser
