"""One entry of the operation log (操作日志, row 22): who did what to what, when, from where, with what outcome (pure)."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8))  # China keeps one time, without summer time
ROLL = "roll"  # the chain that names every chain, so that a whole one can't vanish
TEXT_AT_MOST = 200


class NotAnOperation(ValueError):
    """An entry that can't be read; the database was written to by somebody else."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What was done; ids and codes only, never a name, a number or words of a person."""

    at_ms: int
    actor: str | None  # the account; None where nobody was signed in
    role: str | None
    institution: str | None
    address: str  # the peer's IP, as row 22 asks
    authenticated: str  # how: none | password
    act: str  # e.g. "POST /api/staff/learners/{learner_id}/allow"
    touched: str  # e.g. "learner_id=4f…"; empty where the act names nothing
    outcome: str  # OK, or the refusal's code
    ref: str | None = None  # of a refusal: finds the log line


def text_of(operation: Operation) -> str:
    """Canonical JSON, what the chain's hashes stand over. Long texts are cut: they come from addresses."""
    fields = {
        name: value[:TEXT_AT_MOST] if isinstance(value, str) else value for name, value in asdict(operation).items()
    }
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def operation_of(text: str) -> Operation:
    """The entry again. Raises NotAnOperation."""
    try:
        return Operation(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise NotAnOperation(str(error)) from None


def day_of(at_ms: int) -> str:
    """The day in China, as 20261124."""
    return datetime.fromtimestamp(at_ms / 1000, SHANGHAI).strftime("%Y%m%d")


def chain_of(process: str, at_ms: int) -> str:
    """A chain a process and day: processes need not wait for each other, and a day can be verified and handed out alone."""
    return f"{day_of(at_ms)}-{process}"


def csv_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def csv_row(operation: Operation) -> Sequence[str]:
    """One line of the export, in the order of COLUMNS."""
    at = datetime.fromtimestamp(operation.at_ms / 1000, SHANGHAI).isoformat(timespec="milliseconds")
    rest = (getattr(operation, name) for name in COLUMNS[1:])
    return [at, *(csv_cell(value) for value in rest)]


COLUMNS = ("at", "actor", "role", "institution", "address", "authenticated", "act", "touched", "outcome", "ref")
