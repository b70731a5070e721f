"""The HTTP application, for whoever serves it."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")


def get_http_application() -> Any:
    """Django's ASGI application for scope type http, checked: start refuses what web/checks.py finds."""
    import django
    from django.core.checks import ERROR, run_checks
    from django.core.handlers.asgi import ASGIHandler
    from django.core.management.base import SystemCheckError

    django.setup(set_prefix=False)
    errors = [found for found in run_checks() if found.level >= ERROR and not found.is_silenced()]
    if errors:
        raise SystemCheckError("; ".join(f"{found.id}: {found.msg}" for found in errors))
    return ASGIHandler()
