"""A test client that holds every answer of the API against its OpenAPI document, whatever a test asks."""

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs  # schemathesis brings it
from django.http import HttpResponse
from django.test import AsyncClient

Operation = tuple[re.Pattern[str], str, dict[str, Any]]


class UndocumentedError(AssertionError):
    """An answer that the document doesn't say."""


@cache
def _document() -> dict[str, Any]:
    from web.api import api

    return dict(api.get_openapi_schema())


@cache
def _operations() -> list[Operation]:
    """Pattern of an address, method, what the document says of it; an address without a parameter comes first."""
    paths = sorted(_document()["paths"].items(), key=lambda one: one[0].count("{"))
    return [
        (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), method.upper(), operation)
        for path, operations in paths
        for method, operation in operations.items()
    ]


@cache
def _schema(said: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator({**json.loads(said), "components": _document()["components"]})


def hold(method: str, path: str, response: HttpResponse) -> None:
    """Raises UndocumentedError; an address or a method that isn't in the document is passed over."""
    operation = next((found for its, way, found in _operations() if way == method and its.fullmatch(path)), None)
    if operation is None:
        return
    responses = {str(status): said for status, said in operation["responses"].items()}
    asked = f"{method} {path}: {response.status_code}"
    said = responses.get(str(response.status_code))
    if said is None:
        raise UndocumentedError(f"{asked} is not in {sorted(responses)}")
    content = said.get("content", {})
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if response.content and kind not in content:
        raise UndocumentedError(f"{asked} came as {kind}, not {sorted(content)}")
    if content and not response.content:
        raise UndocumentedError(f"{asked} has no content")
    if kind == "application/json" and response.content:
        wrong = next(_schema(json.dumps(content[kind]["schema"])).iter_errors(response.json()), None)
        if wrong is not None:
            raise UndocumentedError(f"{asked}: {wrong.message} at {wrong.instance_path}")


class Documented(AsyncClient):
    """As Django's; what it is answered keeps to the document."""

    async def request(self, **request: Any) -> HttpResponse:
        response: HttpResponse = await super().request(**request)
        hold(request["method"], request["path"], response)
        return response
