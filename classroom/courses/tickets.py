"""Signs the addresses of a lesson's media for one session of one learner."""

import base64
import binascii
import hmac
from dataclasses import dataclass

import msgspec

import settings

PREVIEW = ""  # the session of a ticket by which nobody earns anything
TICKET_MS = 6 * 3_600_000  # longer than any lesson with its pauses; a new one comes with each opening of the lesson
_MAC_BYTES = 32


class TicketRefused(Exception):
    """This address was not signed by us, or for somebody or something else, or too long ago."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who may fetch what, on whose account it is noted, and until when."""

    session_id: str
    learner_id: str
    lesson_id: str
    expires_ms: int


def sign(ticket: Ticket) -> str:
    """The ticket as a part of an address."""
    body = msgspec.msgpack.encode((ticket.session_id, ticket.learner_id, ticket.lesson_id, ticket.expires_ms))
    return base64.urlsafe_b64encode(body + _mac(body)).decode().rstrip("=")


def read(text: str, now_ms: int) -> Ticket:
    """The ticket behind a part of an address. Raises TicketRefused."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise TicketRefused from None
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(body)):
        raise TicketRefused
    ticket = Ticket(*msgspec.msgpack.decode(body, type=tuple[str, str, str, int]))
    if now_ms >= ticket.expires_ms:
        raise TicketRefused
    return ticket


def _mac(body: bytes) -> bytes:
    return hmac.digest(settings.MEDIA_SECRET.encode(), b"course ticket\x1f" + body, "sha256")
