"""How long hypothesis looks: modestly by default, more with ``--hypothesis-profile=thorough``."""

from hypothesis import HealthCheck, settings

_slow_is_fine = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
_common = settings(deadline=None, suppress_health_check=_slow_is_fine)
settings.register_profile("modest", _common, max_examples=140, stateful_step_count=50, derandomize=True)
settings.register_profile("thorough", _common, max_examples=2_000, stateful_step_count=100)


def effort() -> settings:
    """What was chosen; only this folder's default is changed."""
    chosen = settings.get_current_profile_name()
    return settings.get_profile("modest" if chosen == "default" else chosen)
