"""Devices on which a learner may not study; every other one stays open to them."""

from classroom.supervision import store


async def blocked(learner_id: str, device: str) -> bool:
    """Whether staff keep this learner from this device."""
    return await store.is_blocked(learner_id, device)
