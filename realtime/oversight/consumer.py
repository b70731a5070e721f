"""The socket of a regulator's page: it says what it looks at in the own region, and is told how many are there (row 20)."""

import asyncio

import msgspec
import structlog

from classroom.courses.catalogue import FACETS
from classroom.courses.scope import region_seen
from classroom.people import service as people
from classroom.people.rules import Unknown
from realtime.oversight import protocol as p
from realtime.oversight.page import Page
from realtime.oversight.view import Narrowed
from realtime.watcher import OUTSIDE_TIMEOUT_S, Watcher

_log = structlog.get_logger(__name__)


class OversightConsumer(Watcher[Page]):
    """What a regulator's page says: where it looks."""

    decoder = msgspec.json.Decoder(p.FromOversight)
    max_message_bytes = p.MAX_MESSAGE_BYTES
    messages_a_minute = 120

    def page_of(self, *, account_id: str, session: str, expires_at_ms: int) -> Page | None:
        views = self.wiring.views
        if views is None:
            return None
        return Page(views, account_id=account_id, session=session, expires_at_ms=expires_at_ms)

    async def take(self, message: p.Look, page: Page) -> None:
        if message.version != p.VERSION:
            page.close(p.CLOSE_VERSION)
            return
        try:
            async with asyncio.timeout(OUTSIDE_TIMEOUT_S):
                account = await people.account(page.learner_id)
                if account is None or (message.facet and message.facet not in FACETS):
                    raise Unknown
                region = await region_seen(account, message.region)
            page.look(message.look, Narrowed(region, message.facet, message.institution[:32]))
        except Unknown:
            page.refuse(message.look)
        except Exception:
            _log.exception("Counts could not be shown.")
            page.close(p.CLOSE_RESTART)
