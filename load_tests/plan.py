"""What ``load_tests.seed.cohort`` said it made."""

import msgspec

# Staff of a run: who has a wall open, who looks at the counts of the own region, who manages the class.
PROCTORS, REGULATORS, MANAGERS = 4, 2, 1
STAFF = PROCTORS + REGULATORS + MANAGERS


class Account(msgspec.Struct, frozen=True):
    """Somebody who may study, as a seed names them."""

    account: str
    class_id: str
    password: str | None = None
    key: str | None = None  # of a web session that is open already


class Plan(msgspec.Struct, frozen=True):
    """A class and its learners."""

    class_id: str
    password: str
    cookie: str
    staff: str
    proctors: list[str]  # of the class; each may hold so many walls open at a time
    regulators: list[str]  # of the bureau of the city
    authenticators: dict[str, str]  # of staff, by account: the secret of the second factor, base32
    accounts: list[tuple[str, str]]  # with the key of a session

    def people(self) -> list[Account]:
        """Signed in already."""
        return [Account(name, self.class_id, self.password, key) for name, key in self.accounts]
