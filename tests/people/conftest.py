"""The cast and its database."""

from tests.cast import cast, database, database_url

__all__ = ["cast", "database", "database_url"]
