"""The database of every store test."""

from tests.attendance import effort  # registers the profiles before pytest chooses one
from tests.cast import backend, database, database_url, postgres_template, sqlite_template

__all__ = ["backend", "database", "database_url", "effort", "postgres_template", "sqlite_template"]
