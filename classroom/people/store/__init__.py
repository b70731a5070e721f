"""Every query of people, a file a theme: used as ``store.accounts.…``; nothing else of this slice queries."""

from classroom.people.store import accounts as accounts
from classroom.people.store import faces as faces
from classroom.people.store import helped as helped
from classroom.people.store import keys as keys
from classroom.people.store import logins as logins
