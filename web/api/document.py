"""The OpenAPI document says of every address how it refuses."""

from typing import Any

_ERROR = {"$ref": "#/components/schemas/Error"}
_OPEN_TO_ALL = {
    "/api/me",
    "/api/notice",
    "/api/login",
    "/api/logout",
    "/api/login/code",
    "/api/second-factor",
    "/api/second-factor/new",
}


def refusals(path: str, method: str, operation: dict[str, Any]) -> set[int]:
    """The statuses that an operation may refuse with, besides those that it declares."""
    found = {400, 413}
    if path not in _OPEN_TO_ALL:
        found |= {401, 403}
    if method != "get":
        found.add(403)  # no CSRF token
    if method != "get" or path.startswith(
        ("/api/staff/", "/api/wall/", "/api/oversight/learners", "/api/oversight/operations")
    ):
        found.add(503)  # what can't be kept in the operation log isn't answered
    if operation.get("parameters"):
        found |= {404, 422}
    if "requestBody" in operation:
        found.add(422)
    return found


def with_refusals(document: dict[str, Any]) -> dict[str, Any]:
    """Write them into the document."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status in sorted(refusals(path, method, operation)):
                said = {"description": "Refused", "content": {"application/json": {"schema": _ERROR}}}
                operation["responses"].setdefault(status, said)
    return document
