"""Every query of signing in: web sessions, wrong logins, second factors."""

from collections.abc import Sequence
from typing import Any

from tortoise.expressions import Q, Subquery

from classroom.people.tables import Account, LoginTry, SecondFactor, WebSession

SecondFactorRow = SecondFactor


async def web_session(key_hash: str, now_ms: int) -> WebSession | None:
    """One that can be used now."""
    return await WebSession.get_or_none(key_hash=key_hash, ended_at_ms=None, expires_at_ms__gt=now_ms)


async def signed_in(key_hash: str, now_ms: int) -> tuple[str, int] | None:
    """(account in use, when the session ends) of one that can be used now."""
    in_use = Subquery(Account.filter(disabled_at_ms=None).values("id"))
    usable = WebSession.filter(key_hash=key_hash, ended_at_ms=None, expires_at_ms__gt=now_ms, account_id__in=in_use)
    found = await usable.values_list("account_id", "expires_at_ms")
    return (str(found[0][0]), int(found[0][1])) if found else None


async def usable_web_sessions(key_hashes: Sequence[str], now_ms: int) -> set[str]:
    """Those of them that can be used now."""
    rows = WebSession.filter(key_hash__in=list(key_hashes), ended_at_ms=None, expires_at_ms__gt=now_ms)
    return {str(one) for one in await rows.values_list("key_hash", flat=True)}


async def web_session_exists(key_hash: str) -> bool:
    """Also ended and expired ones."""
    return await WebSession.filter(key_hash=key_hash).exists()


async def add_web_session(**columns: Any) -> None:
    """A new row."""
    await WebSession.create(**columns)


async def change_web_session(key_hash: str, account_id: str | None, content: str) -> int:
    """The rows changed: 0 when it was ended."""
    rows = WebSession.filter(key_hash=key_hash, ended_at_ms=None)
    return await rows.update(account_id=account_id, content=content)


async def end_web_session(key_hash: str, at_ms: int, reason: str) -> int:
    """The rows changed: 0 when it had been ended before."""
    return await WebSession.filter(key_hash=key_hash, ended_at_ms=None).update(ended_at_ms=at_ms, ended_reason=reason)


async def add_login_try(at_ms: int, account_index: str, address_index: str) -> int:
    """Its id."""
    row = await LoginTry.create(at_ms=at_ms, account_index=account_index, address_index=address_index)
    try_id: int = row.id
    return try_id


async def login_tries(account_index: str, address_index: str, since_ms: int) -> tuple[int, int]:
    """(of the account, those being judged included; wrong ones of the address) since that instant."""
    recent = LoginTry.filter(at_ms__gt=since_ms)
    return (
        await recent.filter(account_index=account_index).count(),
        await recent.filter(address_index=address_index, wrong=True).count(),
    )


async def login_was_wrong(try_id: int) -> None:
    """It has been judged."""
    await LoginTry.filter(id=try_id).update(wrong=True)


async def drop_login_tries(before_ms: int, try_id: int | None = None, account_index: str | None = None) -> None:
    """Those that can't lock any more; besides them one try, or all of one account."""
    which = Q(at_ms__lte=before_ms)
    if try_id is not None:
        which |= Q(id=try_id)
    if account_index is not None:
        which |= Q(account_index=account_index)
    await LoginTry.filter(which).delete()


async def second_factor(account_id: str) -> SecondFactor | None:
    """Confirmed or not."""
    return await SecondFactor.get_or_none(account_id=account_id)


async def add_second_factor(**columns: Any) -> None:
    """A new row in place of one that was never confirmed."""
    await SecondFactor.filter(account_id=columns["account_id"], confirmed_at_ms=None).delete()
    await SecondFactor.create(**columns)


async def take_step(account_id: str, step: int, confirmed_at_ms: int | None) -> int:
    """Note the newest code; 0 where it, or a newer one, was taken before."""
    columns = {"last_step": step} | ({} if confirmed_at_ms is None else {"confirmed_at_ms": confirmed_at_ms})
    return await SecondFactor.filter(account_id=account_id, last_step__lt=step).update(**columns)


async def drop_second_factor(account_id: str) -> int:
    """1 where there was one."""
    return await SecondFactor.filter(account_id=account_id).delete()
