"""Turns every refusal and failure of HTTP into a code with a reference.

The sentence is made by the page; the reference finds the log line.
"""

import secrets

import structlog
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse

from classroom.appeals.rules import AppealLimit, SecondPerson
from classroom.attendance.reach import Unreachable
from classroom.courses.rules import BadCaptions, CoursewareError, DiskFull, FileTooLarge
from classroom.courses.tickets import TicketRefused
from classroom.people import rules
from classroom.people.contact import ContactData
from classroom.people.keys import KeyMissing, NotGenuine
from classroom.people.passwords import HashingBusy
from classroom.people.service import TooManyTries, WrongCode
from classroom.supervision.rules import Forbidden

_log = structlog.get_logger(__name__)
_OF_STATUS = {
    400: "BAD_REQUEST",
    401: "NOT_SIGNED_IN",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "TOO_LARGE",
    416: "BAD_RANGE",
    422: "BAD_REQUEST",
    429: "TOO_MANY_TRIES",
    500: "INTERNAL",
    503: "BUSY",
}
_STATUS_OF: dict[type[Exception], int] = {
    rules.Unknown: 404,
    rules.NoConsent: 409,
    rules.NotAllowed: 409,
    rules.OutdatedNotice: 409,
    rules.WrongState: 409,
    rules.TooFewActions: 409,
    rules.RequestLimit: 429,
    TooManyTries: 429,
    WrongCode: 401,
    HashingBusy: 503,
    Unreachable: 503,
    Forbidden: 403,
    SecondPerson: 403,
    AppealLimit: 429,
    ContactData: 422,
    KeyMissing: 410,
    NotGenuine: 500,
    FileTooLarge: 413,
    BadCaptions: 422,
    DiskFull: 507,
}


# Every code that HTTP may refuse with; the page has words for each (tests/web/test_words.py).
CODES = frozenset(_OF_STATUS.values()) | {
    "ALERT_TAKEN",
    "APPEAL_LIMIT",
    "APPEAL_MOVED",
    "BAD_CAPTIONS",
    "BAD_CREDENTIALS",
    "BAD_ID_NUMBER",
    "CONTACT_DATA",
    "COURSE_SHARED",
    "CSRF",
    "DISK_FULL",
    "ENROLMENT_NOT_ALLOWED",
    "FILE_TOO_LARGE",
    "KEY_MISSING",
    "NOT_ACCEPTED",
    "NOT_DISPUTABLE",
    "NOT_GENUINE",
    "NOT_NOW",
    "NOT_REGISTERED_THERE",
    "NO_CONSENT",
    "NO_SESSION",
    "OUTDATED_NOTICE",
    "PAGE_NOT_BUILT",
    "REFUSED",
    "REQUEST_LIMIT",
    "SECOND_PERSON",
    "SUSPENDED",
    "TICKET_REFUSED",
    "TOO_FEW_ACTIONS",
    "TOO_MANY_UPLOADS",
    "TOO_WIDE",
    "WORDS_NEEDED",
    "WRONG_CODE",
    "WRONG_OFFSET",
    "WRONG_STATE",
}


class Refusal(Exception):
    """A request that is answered with a code."""

    def __init__(self, status: int, code: str | None = None) -> None:
        super().__init__(code or _OF_STATUS[status])
        self.status = status
        self.code = code or _OF_STATUS.get(status, "REFUSED")


class Answer(JsonResponse):
    """A response that is {code, ref} already."""


def answer(status: int, code: str | None = None, ref: str | None = None) -> Answer:
    """The answer of a refusal."""
    return Answer(
        {"code": code or _OF_STATUS.get(status, "REFUSED"), "ref": ref or secrets.token_hex(4)},
        status=status,
        headers={"Cache-Control": "no-store"},
    )


def answer_to(error: Exception) -> Answer:
    """The answer to what was raised; only what nobody expected is logged as a failure."""
    ref = secrets.token_hex(4)
    match error:
        case Refusal():
            return answer(error.status, error.code, ref)
        case TicketRefused():
            return answer(403, "TICKET_REFUSED", ref)
        case rules.PeopleError() | CoursewareError():
            return answer(_STATUS_OF.get(type(error), 409), error.code, ref)
        case RequestDataTooBig():
            return answer(413, ref=ref)
        case SuspiciousOperation() | BadRequest():
            return answer(400, ref=ref)
        case _:
            pass
    _log.error("A request failed.", ref=ref, exc_info=error)
    return answer(500, ref=ref)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django asks here when a request carries no valid CSRF token."""
    return answer(403, "CSRF")
