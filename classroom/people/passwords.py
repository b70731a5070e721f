"""Hashes passwords with argon2id beside the event loop."""

import asyncio
import functools
import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher

from classroom.people.rules import PeopleError

T = TypeVar("T")
_NICE = 10  # whoever studies goes first: a hash is 30 ms of a core, and in the minute before nine they come by hundreds
_WAITING_AT_MOST = 200  # about six seconds of work for two threads; beyond that a quick refusal serves everybody better


class HashingBusy(PeopleError):
    """Too many logins at once; come back in some seconds."""

    code = "BUSY"


class _Hasher(Argon2PasswordHasher):  # type: ignore[misc]  # Django has no types
    # OWASP's second choice of parameters: 10,000 learners who come at nine must not wait minutes for two cores.
    time_cost = 2
    memory_cost = 19_456  # KiB
    parallelism = 1


def _step_back() -> None:
    if sys.platform == "linux":  # where a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


_hasher = _Hasher()
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2", initializer=_step_back)
_waiting = 0


async def hash_password(password: str) -> str:
    """The encoded hash to store."""
    return await _beside(_hasher.encode, password, secrets.token_hex(16))


async def matches(password: str, encoded: str | None) -> bool:
    """Whether the password fits; without a hash to fit the same work is done for a certain no."""
    fits: bool = await _beside(_hasher.verify, password, encoded or _nobody())
    return fits and encoded is not None


@functools.cache
def _nobody() -> str:
    encoded: str = _hasher.encode(secrets.token_hex(16), secrets.token_hex(16))
    return encoded


async def _beside(work: Callable[..., T], *arguments: Any) -> T:
    global _waiting
    if _waiting >= _WAITING_AT_MOST:
        raise HashingBusy
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work, *arguments)
    finally:
        _waiting -= 1
