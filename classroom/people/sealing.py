"""Words about a person, sealed by that person's key: erasing the person erases them."""

from classroom.people import store
from classroom.people.keys import KeyMissing, Place, unwrap


async def seal_words(person_id: str, words: str, place: Place) -> bytes:
    """Close a text for its place. Raises KeyMissing where the person was erased."""
    row = await store.keys.live_key(person_id, "identity")
    if row is None:
        raise KeyMissing
    return unwrap(row.id, row.wrapped).seal(words.encode(), place)


async def open_words(person_id: str, sealed: bytes | None, place: Place) -> str | None:
    """The text; None where there is none, or its person was erased."""
    row = None if sealed is None else await store.keys.live_key(person_id, "identity")
    if sealed is None or row is None:
        return None
    return unwrap(row.id, row.wrapped).open(sealed, place).decode()
