"""Who is asking: the signed-in account behind a request, asked for in one place."""

from typing import Any

from django.http import HttpRequest

from classroom.courses.scope import scope_of
from classroom.people import service as people
from classroom.people.rules import Account, Role
from web.errors import Refusal
from web.sessions import ACCOUNT


async def signed_in(request: Any) -> Account:
    """The account of the request. Raises 401."""
    account = await maybe_signed_in(request)
    if account is None:
        raise Refusal(401)
    return account


async def maybe_signed_in(request: Any) -> Account | None:
    """The account of the request, if it has one."""
    account_id = await request.session.aget(ACCOUNT)
    return None if account_id is None else await people.account(account_id)


async def learner(request: HttpRequest) -> Account:
    """The learner of the request. Raises 401, 403."""
    return await _of_role(request, Role.LEARNER)


async def staff(request: HttpRequest) -> Account:
    """The member of staff of the request; what they may do to whom is checked by ``people.staff_of``. Raises 401, 403."""
    return await _of_role(request, Role.STAFF)


async def watcher(request: HttpRequest) -> Account:
    """Whoever may look at learners: anybody but a learner; at which classes is decided by ``courses.scope``. Raises 401, 403."""
    account = await signed_in(request)
    if account.role is Role.LEARNER:
        raise Refusal(403)
    return account


async def overseer(request: HttpRequest) -> Account:
    """Whoever looks at regions: regulators and operators; at which is decided by ``courses.scope``. Raises 401, 403."""
    account = await signed_in(request)
    if account.role not in (Role.REGULATOR, Role.OPERATOR):
        raise Refusal(403)
    return account


async def operator(request: HttpRequest) -> Account:
    """Who runs the platform: an operator of the platform itself, not of an institution. Raises 401, 403."""
    account = await _of_role(request, Role.OPERATOR)
    if not (await scope_of(account)).everything:
        raise Refusal(403)
    return account


async def _of_role(request: HttpRequest, role: Role) -> Account:
    account = await signed_in(request)
    if account.role is not role:
        raise Refusal(403)
    return account
