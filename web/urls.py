"""Every address of HTTP."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from classroom.database import connection_in_use
from web import media, page
from web.api import api
from web.errors import answer


async def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the database answers."""
    await connection_in_use().execute_query("SELECT 1")
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


urlpatterns = [
    path("healthz", healthz),
    path("api/", api.urls),
    path("media/<str:ticket>/<str:lesson_id>/master.m3u8", media.master),
    path("media/<str:ticket>/<str:lesson_id>/<str:name>", media.beside),
    path("media/<str:ticket>/<str:lesson_id>/<str:rendition>/<str:name>", media.part),
    path("<path:path>", page.page),
    path("", page.page, {"path": "index.html"}),
]


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Malformed, or for a host that isn't ours."""
    return answer(400)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Refused."""
    return answer(403)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such address."""
    return answer(404)


def handler500(request: HttpRequest) -> HttpResponse:
    """A bug, or the database is away."""
    return answer(500)
