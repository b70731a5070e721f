"""The Django app of the HTTP edge; it exists for its checks."""

from django.apps import AppConfig
from django.core.checks import register


class WebConfig(AppConfig):
    """Registers the checks."""

    name = "web"

    def ready(self) -> None:
        """Called by django.setup()."""
        from web.checks import no_django_database

        register(no_django_database)
