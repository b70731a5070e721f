"""What a start is refused for."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def no_django_database(app_configs: Any, **named: Any) -> list[CheckMessage]:
    """Django's ORM is not used: behind ``DATABASES`` every query would be a hop to a thread."""
    # Django itself may put its dummy there, so that every query fails.
    engines = {one.get("ENGINE", "") for one in settings.DATABASES.values()} - {"", "django.db.backends.dummy"}
    if not engines:
        return []
    return [Error("DATABASES is set; the database is ANXUE_DATABASE", id="web.E001")]
