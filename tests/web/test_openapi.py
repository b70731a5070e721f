"""The API keeps to its own OpenAPI document, whatever is sent to it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.live.names import CLASS, PASSWORD
from tests.live.server import Plan, Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 16
SET = {"not_asked": ["nod"], "reason": "OWN_STATEMENT"}

# Who is asked as whom, and what that person is let into: each address of the document is in somebody's.
OPEN = ("/api/me", "/api/notice", "/api/login", "/api/logout")
WALKS: dict[str | None, tuple[str, ...]] = {
    None: OPEN,
    "learner-0": (
        "/api/consent",
        "/api/checked-by",
        "/api/classes",
        "/api/person-requests",
        "/api/appeals",
        "/api/notes",
    ),
    "staff": ("/api/staff", "/api/courseware", "/api/wall"),
    "operator": ("/api/capacity", "/api/oversight"),
    "regulator-440100": ("/api/oversight",),
}
ELSEWHERE = ("/api/second-factor", "/api/login/code")  # a demo asks for none: tests/web/test_second_factor.py


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("openapi"), Plan(learners=2))
    try:
        one.seed()
        one.start()
        yield one
    finally:
        one.close()


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    return asked().get(f"{server.url}/api/openapi.json").json()


def asked() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def headers_of(server: Server, account: str | None) -> dict[str, str]:
    """What a signed-in page sends with every request; the cookies stay what they are, whatever is answered."""
    session = asked()
    csrf = session.get(f"{server.url}/api/me").json()["csrf"]
    if account is not None:
        body = {"account": account, "password": PASSWORD}
        answer = session.post(f"{server.url}/api/login", json=body, headers={"X-CSRFToken": csrf})
        assert answer.status_code == 200, answer.text
        csrf = answer.json()["csrf"]
    cookies = "; ".join(f"{one.name}={one.value}" for one in session.cookies)
    return {"Cookie": cookies, "X-CSRFToken": csrf}


def each(operation: Any, headers: dict[str, str], seen: set[int]) -> None:
    """Ask one operation whatever its schema allows."""

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )
    def holds(case: schemathesis.Case) -> None:
        response = case.call(headers=headers, session=asked())
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    holds()


def within(path: str, areas: tuple[str, ...]) -> bool:
    return path.startswith(areas) and path not in ELSEWHERE


def test_every_address_is_walked_by_somebody_who_is_let_in(document: dict[str, Any]) -> None:
    """Whoever adds one says here whose it is; else the walk would find nothing but refusals there."""
    areas = tuple(area for one in WALKS.values() for area in one)
    assert [path for path in document["paths"] if not path.startswith((*areas, *ELSEWHERE))] == []


@pytest.mark.parametrize("account", WALKS)
def test_nothing_sent_to_the_api_is_answered_by_a_failure_or_by_what_the_document_does_not_say(
    server: Server, document: dict[str, Any], account: str | None
) -> None:
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=server.url)
    headers = headers_of(server, account)
    answered: dict[str, set[int]] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        if account is not None and operation.path in ("/api/login", "/api/logout"):
            continue  # they would end the session; they are asked without one
        if account in ("operator", "regulator-440100") and not within(operation.path, WALKS[account]):
            continue  # they are refused there as the others are
        seen = answered.setdefault(operation.label, set())

        each(operation, headers, seen)
    print(answered)
    if account not in ("operator", "regulator-440100"):
        assert len(answered) == sum(len(one) for one in document["paths"].values()) - (2 if account else 0)
    outside = [
        label for label, seen in answered.items() if within(label.split()[1], WALKS[account]) and seen <= {401, 403}
    ]
    assert outside == []  # the walk went past the door
    assert {403} != set().union(*answered.values())  # the CSRF token was taken


def test_every_refusal_is_documented_as_a_code_with_a_reference(document: dict[str, Any]) -> None:
    error = document["components"]["schemas"]["Error"]
    assert set(error["required"]) == {"code", "ref"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            refusals = {status: said for status, said in operation["responses"].items() if int(status) >= 400}
            assert refusals, (method, path)
            for said in refusals.values():
                assert said["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


def test_ids_that_mean_something_are_answered_as_documented_too(server: Server, document: dict[str, Any]) -> None:
    """What is drawn at random finds no class and no learner."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=server.url)
    learner, staff = headers_of(server, "learner-1"), headers_of(server, "staff")
    found = asked().get(f"{server.url}/api/staff/learners", headers=staff).json()
    someone = found[-1]["learner_id"]
    asks = [
        (learner, "/api/classes/{class_id}", "GET", {"class_id": CLASS}, None),
        (learner, "/api/classes/{class_id}/record", "GET", {"class_id": CLASS}, None),
        (staff, "/api/staff/portraits/{learner_id}/confirm", "POST", {"learner_id": someone}, None),
        (staff, "/api/staff/portraits/{learner_id}/refuse", "POST", {"learner_id": someone}, {"reason": "BLURRED"}),
        (staff, "/api/staff/learners/{learner_id}/allow", "POST", {"learner_id": someone}, None),
        (staff, "/api/staff/learners/{learner_id}/allow-enrolment", "POST", {"learner_id": someone}, None),
        (staff, "/api/staff/learners/{learner_id}/actions", "POST", {"learner_id": someone}, SET),
        (learner, "/api/person-requests", "POST", {}, {"reason": "IT_IS_ME", "class_id": CLASS, "check_id": "c" * 32}),
        (learner, "/api/person-requests", "GET", {}, None),
        (staff, "/api/staff/person-requests", "GET", {}, None),
    ]
    statuses = []
    for headers, path, method, parameters, body in asks:
        body_too = {} if body is None else {"body": body, "media_type": "application/json"}
        case = schema[path][method].Case(path_parameters=parameters, **body_too)
        response = case.call(headers=headers, session=asked())
        case.validate_response(response, checks=CHECKS)
        statuses.append(response.status_code)
    assert statuses[:2] == [200, 200]
    assert not {401, 403, 404, 422} & set(statuses)
