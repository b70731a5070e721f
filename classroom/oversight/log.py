"""The operation log as an overseer may read it: acts of persons of institutions and bureaus in the own region (row 22)."""

import asyncio
from dataclasses import dataclass

from classroom.courses.scope import region_seen
from classroom.operations import service as operations
from classroom.operations.rules import Operation
from classroom.people import service as people
from classroom.people.regions import within
from classroom.people.rules import Account, InstitutionKind, PeopleError, Role

READ_AT_MOST = 4_000  # entries looked through for one answer; the next one goes on there
SHOWN_AT_MOST = 100
VERIFY_TIMEOUT_S = 120.0
_verifying = asyncio.Lock()


class Busy(PeopleError):
    """Somebody verifies the log already."""

    code = "BUSY"


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that are set must hold; ``act`` and ``outcome`` are parts of what the entry says."""

    from_ms: int
    to_ms: int
    actor: str | None = None
    act: str = ""
    outcome: str = ""

    def fits(self, one: Operation) -> bool:
        """Whether an entry is wanted, as far as the database wasn't asked."""
        failed = one.outcome != "OK" if self.outcome == "REFUSED" else self.outcome in ("", one.outcome)
        return failed and self.act.lower() in one.act.lower()


async def read(by: Account, wanted: Wanted, before_id: int | None) -> tuple[list[tuple[int, Operation]], int | None]:
    """Entries with their ids, newest first; where there may be more, the id to go on before. Raises Unknown."""
    own = await region_seen(by, None)
    everything = by.role is Role.OPERATOR  # also what nobody signed in tried, and what the platform's own people did
    there = {
        one.id
        for one in await people.institutions()
        if one.kind is not InstitutionKind.PLATFORM and within(one.city_code, own)
    }
    found: list[tuple[int, Operation]] = []
    for _ in range(READ_AT_MOST // operations.PAGE_AT_MOST):
        page = await operations.search(wanted.from_ms, wanted.to_ms, actor=wanted.actor, before_id=before_id)
        for entry, one in page:
            before_id = entry
            if (everything or one.institution in there) and wanted.fits(one):
                found.append((entry, one))
                if len(found) == SHOWN_AT_MOST:
                    return found, before_id
        if len(page) < operations.PAGE_AT_MOST:
            return found, None
    return found, before_id


async def verify(by: Account, key: str) -> tuple[int, list[str]]:
    """How many entries are as they were written, and what isn't; of the whole log. Raises Unknown, Busy."""
    await region_seen(by, None)
    if _verifying.locked():
        raise Busy
    async with _verifying, asyncio.timeout(VERIFY_TIMEOUT_S):
        return await operations.verify(key)
