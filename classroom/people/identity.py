"""Resident ID numbers (GB 11643-1999): what one says about a person, and how it may be shown (pure).

An address code that is in no list of today's is no fault: counties that were abolished stay in numbers for life.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from classroom.people.rules import PeopleError

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # ISO 7064 MOD 11-2: 2 to the 17th … 1st, mod 11
_CHECKS = "10X98765432"
_OLDEST = 1850  # nobody who was born before learns anything any more


class BadIdNumber(PeopleError):
    """Not a resident ID number of eighteen places: mistyped, or an old one of fifteen."""

    code = "BAD_ID_NUMBER"


class Gender(StrEnum):
    """As the number's sequence says it: odd is male."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True)
class Identity:
    """A valid number with what is derived from it, never asked."""

    number: str
    gender: Gender
    born: date


def identity_of(text: str, today: date) -> Identity:
    """Read a number as somebody typed it. Raises BadIdNumber."""
    number = normal(text)
    if (
        len(number) != 18
        or not (number[:17].isascii() and number[:17].isdigit())
        or check_of(number[:17]) != number[17]
    ):
        raise BadIdNumber
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise BadIdNumber from None
    if born.year < _OLDEST or born > today:
        raise BadIdNumber
    return Identity(number, Gender.MALE if int(number[16]) % 2 else Gender.FEMALE, born)


def normal(text: str) -> str:
    """Without spaces around it, full-width signs made narrow, the check letter a capital."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def check_of(seventeen: str) -> str:
    """The eighteenth place."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(seventeen, _WEIGHTS, strict=True)) % 11]


def masked(number: str) -> str:
    """The first six and the last four places, enough to tell apart whom one already knows."""
    return f"{number[:6]}{'*' * 8}{number[-4:]}"
