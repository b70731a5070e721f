"""Addresses that only we can sign."""

import base64

import pytest

import settings
from classroom.courses import service
from classroom.courses.tickets import TICKET_MS, Ticket, TicketRefused

NOW = 1_800_000_000_000


def test_a_ticket_says_for_whom_it_was_signed() -> None:
    text = service.sign_ticket("session", "learner", "lesson", NOW)

    assert service.read_ticket(text, NOW + TICKET_MS - 1) == Ticket("session", "learner", "lesson", NOW + TICKET_MS)
    assert text.replace("-", "").replace("_", "").isalnum()  # one part of an address


def test_an_expired_ticket_is_refused() -> None:
    text = service.sign_ticket("session", "learner", "lesson", NOW)

    with pytest.raises(TicketRefused):
        service.read_ticket(text, NOW + TICKET_MS)


def test_a_ticket_changed_anywhere_is_refused() -> None:
    text = service.sign_ticket("session", "learner", "lesson", NOW)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    for position in range(len(raw)):
        forged = bytearray(raw)
        forged[position] ^= 1
        with pytest.raises(TicketRefused):
            service.read_ticket(base64.urlsafe_b64encode(forged).decode().rstrip("="), NOW)


@pytest.mark.parametrize("text", ["", "x", "=", "..", "课", "A" * 5_000, "A" * 43, "%00"])
def test_what_isnt_a_ticket_is_refused(text: str) -> None:
    with pytest.raises(TicketRefused):
        service.read_ticket(text, NOW)


def test_another_installations_ticket_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    text = service.sign_ticket("session", "learner", "lesson", NOW)

    monkeypatch.setattr(settings, "MEDIA_SECRET", "another secret, as long as the first one was")

    with pytest.raises(TicketRefused):
        service.read_ticket(text, NOW)
