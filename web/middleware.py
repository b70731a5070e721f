"""What surrounds every request: errors as codes, security headers, the session, CSRF; all without a thread."""

from collections.abc import Callable, Coroutine
from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import async_only_middleware

import settings
from classroom.database import whole
from web.errors import Answer, answer
from web.sessions import SessionStore

GetResponse = Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse]]

# Nothing but our own files; hls.js works in a blob: worker and feeds blob: media; the check shows its own camera.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self' {sockets}; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()",
}


@async_only_middleware
def errors_as_codes(get_response: GetResponse) -> GetResponse:
    """Every status from 400 up is answered with {code, ref}."""

    async def handle(request: HttpRequest) -> HttpResponse:
        # A client that hangs up cancels its request; cut off inside a transaction, it would stop everybody's.
        response = await whole(get_response(request))
        if response.status_code < 400 or isinstance(response, Answer):
            return response
        return answer(response.status_code)

    return handle


@async_only_middleware
def security_headers(get_response: GetResponse) -> GetResponse:
    """Headers that keep strangers' scripts, frames and guesses out."""

    async def handle(request: HttpRequest) -> HttpResponse:
        try:
            host = request.get_host()
        except DisallowedHost:  # one that isn't ours
            host, response = "", answer(400)
        else:
            response = await get_response(request)
        sockets = f"ws://{host} wss://{host}" if host else ""  # older browsers don't count sockets as 'self'
        response.headers.setdefault("Content-Security-Policy", _POLICY.format(sockets=sockets))
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.HTTPS:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response

    return handle


@async_only_middleware
def sessions(get_response: GetResponse) -> GetResponse:
    """``request.session``, loaded when it is asked for and saved when it was changed."""

    async def handle(request: Any) -> HttpResponse:
        cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        request.session = SessionStore(cookie)
        response = await get_response(request)
        session: SessionStore = request.session
        if session.is_empty():
            if cookie is not None:
                response.delete_cookie(settings.SESSION_COOKIE_NAME, samesite=settings.SESSION_COOKIE_SAMESITE)
        elif session.modified and response.status_code < 500:
            try:
                await session.asave()
            except UpdateError:
                return answer(401)  # it was ended while this request ran
            response.set_cookie(
                settings.SESSION_COOKIE_NAME,
                session.session_key,
                max_age=settings.SESSION_COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=settings.SESSION_COOKIE_HTTPONLY,
                samesite=settings.SESSION_COOKIE_SAMESITE,
            )
        return response

    return handle


class Csrf(CsrfViewMiddleware):
    """Django's CSRF check, without its thread and without exemptions: nothing of ours may be posted to from elsewhere."""

    async def __acall__(self, request: HttpRequest) -> HttpResponse:
        self.process_request(request)
        response = await self.get_response(request)
        done: HttpResponse = self.process_response(request, response)
        return done

    async def process_view(
        self, request: HttpRequest, callback: object, callback_args: object, callback_kwargs: object
    ) -> HttpResponse | None:
        """Called before the view; the answer of a refusal, or None."""
        # django-ninja marks all its views exempt; a callback without that mark is checked.
        refused: HttpResponse | None = super().process_view(request, lambda: None, callback_args, callback_kwargs)
        return refused
