"""The database of the log."""

from tests.cast import backend, database, database_url, postgres_template, sqlite_template

__all__ = ["backend", "database", "database_url", "postgres_template", "sqlite_template"]
