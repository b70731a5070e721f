"""The cast and its database."""

from tests.cast import backend, cast, database, database_url, postgres_template, sqlite_template

__all__ = ["backend", "cast", "database", "database_url", "postgres_template", "sqlite_template"]
