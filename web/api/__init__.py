"""The HTTP API; its OpenAPI document is at /api/openapi.json."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from web.api import (
    acts,
    appeals,
    capacity,
    classes,
    courseware,
    learners,
    looks,
    me,
    operation_log,
    oversight,
    persons,
    requests,
    second_factor,
    staff,
    suspensions,
    wall,
)
from web.api.document import with_refusals
from web.errors import answer, answer_to


class _Api(NinjaAPI):
    def create_response(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        response = super().create_response(request, *arguments, **named)
        response["Cache-Control"] = "no-store"  # every answer is about one person
        return response

    def get_openapi_schema(self, **named: Any) -> Any:
        return with_refusals(super().get_openapi_schema(**named))


api = _Api(title="安学课堂 classroom", version="1", docs_url=None, urls_namespace="api")
api.add_router("", me.router)
api.add_router("", second_factor.router)
api.add_router("", classes.router)
api.add_router("", requests.router)
api.add_router("/staff", staff.router)
api.add_router("/courseware", courseware.router)
api.add_router("", acts.notes)
api.add_router("", appeals.router)
api.add_router("/wall", wall.router)
api.add_router("/capacity", capacity.router)
api.add_router("/wall", looks.router)
api.add_router("/oversight", suspensions.router)
api.add_router("/oversight", oversight.router)
api.add_router("/oversight", operation_log.router)
api.add_router("/oversight", learners.router)
api.add_router("/wall", acts.router)
api.add_router("/wall", appeals.wall)
api.add_router("/wall", persons.router)
api.exception_handler(Exception)(lambda request, error: answer_to(error))
api.exception_handler(HttpError)(lambda request, error: answer(error.status_code))
api.exception_handler(ValidationError)(lambda request, error: answer(422))
api.exception_handler(AuthenticationError)(lambda request, error: answer(401))
