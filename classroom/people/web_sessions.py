"""Use cases of web sessions: opened, used, ended; only the hash of a cookie is kept."""

from collections.abc import Sequence

from classroom import notices
from classroom.clock import now_ms
from classroom.people import store
from classroom.people.keys import session_key_hash
from classroom.people.rules import SignedIn


async def session_account(session_key: str) -> str | None:
    """The account that is signed in with this cookie; None when it is unknown, expired, ended or nobody's."""
    found = await signed_in(session_key)
    return None if found is None else found.account_id


async def signed_in(session_key: str) -> SignedIn | None:
    """The same, with the instant at which it ends by itself."""
    found = await store.logins.signed_in(session_key_hash(session_key), now_ms())
    return None if found is None else SignedIn(*found)


async def session_content(session_key: str) -> str | None:
    """What the session holds, as JSON; None when it can't be used."""
    row = await store.logins.web_session(session_key_hash(session_key), now_ms())
    return None if row is None else row.content


async def session_key_taken(session_key: str) -> bool:
    """Whether such a key was ever given out."""
    return await store.logins.web_session_exists(session_key_hash(session_key))


async def open_session(session_key: str, account_id: str | None, content: str, age_ms: int) -> None:
    """Keep a new session."""
    now = now_ms()
    await store.logins.add_web_session(
        key_hash=session_key_hash(session_key),
        account_id=account_id,
        content=content,
        created_at_ms=now,
        expires_at_ms=now + age_ms,
    )


async def change_session(session_key: str, account_id: str | None, content: str) -> bool:
    """Keep what a session holds now; False when it was ended meanwhile."""
    return await store.logins.change_web_session(session_key_hash(session_key), account_id, content) == 1


async def end_session(session_key: str, reason: str) -> None:
    """End a session; its sockets hear of it."""
    key_hash = session_key_hash(session_key)
    row = await store.logins.web_session(key_hash, now_ms())
    if row is None or await store.logins.end_web_session(key_hash, now_ms(), reason) == 0:
        return
    if row.account_id is not None:
        await store.accounts.note(now_ms(), row.account_id, "session_ended", detail=reason)
        await notices.publish("session_ended", account_id=row.account_id, session=key_hash)


async def sessions_ended(key_hashes: Sequence[str]) -> set[str]:
    """Those web sessions, of these, that can't be used any more."""
    return set(key_hashes) - await store.logins.usable_web_sessions(key_hashes, now_ms())
