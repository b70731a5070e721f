"""The database of every store test, and how long hypothesis looks."""

from hypothesis import HealthCheck, settings

from tests.cast import backend, database, database_url, postgres_template, sqlite_template

__all__ = ["backend", "database", "database_url", "postgres_template", "sqlite_template"]

_common = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
settings.register_profile("modest", _common, max_examples=60, stateful_step_count=60, derandomize=True)
settings.register_profile("thorough", _common, max_examples=2_000, stateful_step_count=120)
settings.load_profile("modest")
