"""Keeps Django's sessions in the project's own database, asynchronously.

The row holds a hash of the cookie, never the cookie; an ended session stays ended, whoever still holds its key.
"""

import json
from typing import Any

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from classroom.people import web_sessions

ACCOUNT = "account_id"
HALF = "half_signed_in"  # [account id, when]: the password was right, the second factor is missing
HOW = "authenticated"  # by what, for the operation log


class SessionStore(SessionBase):
    """The session of one request."""

    async def aload(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key, when it can't be used."""
        content = await web_sessions.session_content(self.session_key)
        if content is None:
            self._session_key = None
            return {}
        held: dict[str, Any] = json.loads(content)
        return held

    async def aexists(self, session_key: str) -> bool:
        """Whether such a key was ever given out."""
        return await web_sessions.session_key_taken(session_key)

    async def acreate(self) -> None:
        """Begin a new session under a new key."""
        self._session_key = await self._aget_new_session_key()
        await self.asave(must_create=True)
        self.modified = True

    async def asave(self, must_create: bool = False) -> None:
        """Keep the session. Raises UpdateError when it was ended meanwhile."""
        if self.session_key is None:
            await self.acreate()
            return
        held = await self._aget_session(no_load=must_create)
        content = json.dumps(held)
        account_id = held.get(ACCOUNT)
        if must_create:
            if await self.aexists(self.session_key):
                raise CreateError
            await web_sessions.open_session(self.session_key, account_id, content, self.get_session_cookie_age() * 1000)
        elif not await web_sessions.change_session(self.session_key, account_id, content):
            raise UpdateError

    async def adelete(self, session_key: str | None = None) -> None:
        """End a session; its row stays."""
        key = session_key or self.session_key
        if key is not None:
            await web_sessions.end_session(key, "signed_out" if session_key is None else "replaced")

    @classmethod
    async def aclear_expired(cls) -> None:
        """Expired sessions can't be used; their rows are the record of logins (row 38)."""
