"""The data keys of persons as they are kept: wrapped by a key encryption key, rewrapped when that is rotated."""

import settings
from classroom.clock import now_ms
from classroom.people import store
from classroom.people.keys import DataKey, new_data_key, unwrap, wrap


async def new_key(account_id: str, purpose: str) -> DataKey:
    """One for this purpose (``identity`` or ``face``), kept wrapped."""
    key = new_data_key()
    kek_id, wrapped = wrap(key)
    await store.keys.add_key(
        id=key.id,
        account_id=account_id,
        purpose=purpose,
        live=purpose,
        kek_id=kek_id,
        wrapped=wrapped,
        created_at_ms=now_ms(),
    )
    return key


async def face_key(learner_id: str) -> DataKey | None:
    """Of a learner's face data; None before consent and after it was withdrawn."""
    row = await store.keys.live_key(learner_id, "face")
    return None if row is None else unwrap(row.id, row.wrapped)


async def rotate_keys() -> int:
    """Wrap every data key by the first key encryption key of the settings; the answer is how many were not.

    Can be stopped and started again. Raises KeyMissing where a key encryption key is needed that isn't configured.
    """
    current, moved = next(iter(settings.FACE_KEKS)), 0
    while rows := await store.keys.keys_not_wrapped_by(current, 200):
        for row in rows:
            kek_id, wrapped = wrap(unwrap(row.id, row.wrapped))
            moved += await store.keys.rewrap_key(row.id, row.kek_id, kek_id, wrapped)
    await store.keys.forget_overwritten()
    return moved
