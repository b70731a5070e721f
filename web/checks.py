"""What a start is refused for."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def no_django_database(app_configs: Any, **named: Any) -> list[CheckMessage]:
    """Django's ORM is not used: behind ``DATABASES`` every query would be a hop to a thread."""
    configured = any(settings_of.get("ENGINE") for settings_of in settings.DATABASES.values())
    if not configured or settings.DATABASES == {"default": {"ENGINE": "django.db.backends.dummy"}}:
        return []
    return [Error("DATABASES is set; the database is ANXUE_DATABASE", id="web.E001")]
