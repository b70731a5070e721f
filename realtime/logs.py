"""Logs as JSON lines on stderr: a constant sentence plus fields, and nothing personal in either."""

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

_PERSONAL = frozenset(
    {"account", "name", "display_name", "password", "portrait", "embedding", "jpeg", "evidence", "sdp", "cookie",
     "ticket", "session_key", "id_number", "phone", "secret", "script", "scripts", "score"}
)  # fmt: skip


def _without_personal(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A last net: a field of such a name is a defect where it was logged, and must not become a leak."""
    for key in _PERSONAL.intersection(event):
        event[key] = "withheld"
    return event


def configure(level: int = logging.INFO) -> None:
    """Send structlog's and the libraries' records to stderr, one JSON object a line."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_personal,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # These write request paths (signed tickets), peers' addresses or SDP at lower levels.
    for noisy in ("daphne", "uvicorn", "asyncio", "aiosqlite", "tortoise", "aiohttp", "django", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # uvicorn tells each page that sends no UTF-8, with a traceback: anybody could fill the disk.
    logging.getLogger("uvicorn.error").addFilter(lambda record: "Invalid UTF-8" not in str(record.msg))
    logging.getLogger("django.request").setLevel(logging.CRITICAL)  # names the path of a 5xx: web/errors.py logs those
    logging.getLogger("django.security").setLevel(logging.ERROR)
