"""Between the password and the second factor: a session that may do nothing yet but bring the code."""

from typing import Any

from django.middleware.csrf import rotate_token

from classroom.clock import now_ms
from classroom.people import second_factor
from classroom.people import service as people
from classroom.people.rules import Account
from classroom.people.second_factor import Missing
from web.errors import Refusal
from web.sessions import ACCOUNT, HALF, HOW

HALF_MS = 300_000  # time to find the telephone


async def sign_in(request: Any, account: Account) -> bool:
    """The password was right; True where nothing more is asked, else the session waits for the second factor."""
    missing = await second_factor.missing(account.id, account.role)
    # What this browser had before is ended, its key too: nobody can be signed in under a key that was planted (fixation).
    await request.session.aflush()
    if missing == "no":
        await request.session.aset(ACCOUNT, account.id)
    else:
        await request.session.aset(HALF, [account.id, now_ms()])
    await request.session.aset(HOW, "password")
    rotate_token(request)
    return missing == "no"


async def finish(request: Any, account: Account) -> None:
    """The second factor was right, too: the session gets a new key once more."""
    await request.session.aflush()
    await request.session.aset(ACCOUNT, account.id)
    await request.session.aset(HOW, "password+totp")
    rotate_token(request)


async def account_of(request: Any) -> Account:
    """Whose password was right a moment ago. Raises 401."""
    half = await request.session.aget(HALF)
    account = None
    if half is not None and now_ms() - half[1] <= HALF_MS:
        account = await people.account(half[0])
    if account is None:
        raise Refusal(401)
    return account


async def missing(request: Any) -> Missing:
    """What the page must ask for now."""
    try:
        account = await account_of(request)
    except Refusal:
        return "no"
    return await second_factor.missing(account.id, account.role)
