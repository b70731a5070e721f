"""Resident ID numbers (regulation 5.1): which are valid, what they say, how they are kept."""

from datetime import date

import pytest
from tortoise import Tortoise

from classroom.people import service as people
from classroom.people.identity import BadIdNumber, Gender, Identity, check_of, identity_of, masked
from classroom.people.rules import Role

TODAY = date(2026, 11, 26)
VALID = (
    "11010519491231002X",  # the standard's own examples
    "440524188001010014",
    "440307199003070017",
    "440106198512310021",
    "440604198811110032",
    "810000199001010019",  # 港澳居民居住证
    "830000199001010012",  # 台湾
)


@pytest.mark.parametrize("number", VALID)
def test_a_valid_number_is_taken(number: str) -> None:
    assert identity_of(number, TODAY).number == number


def test_what_is_derived() -> None:
    assert identity_of("  １１０１０５19491231002x ", TODAY) == Identity(
        "11010519491231002X", Gender.FEMALE, date(1949, 12, 31)
    )
    assert identity_of("440307199003070017", TODAY).gender is Gender.MALE
    assert masked("440307199003070017") == "440307********0017"


def test_every_single_wrong_digit_is_caught() -> None:
    """ISO 7064 MOD 11-2."""
    number = VALID[2]
    for place in range(17):
        for digit in set("0123456789") - {number[place]}:
            with pytest.raises(BadIdNumber):
                identity_of(number[:place] + digit + number[place + 1 :], TODAY)


def with_check(seventeen: str) -> str:
    return seventeen + check_of(seventeen)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "440307900307001",  # fifteen places: an old one
        "44030719900307001",
        "4403071990030700171",
        "44030719900307001七",
        "4403071990030700١7",  # a digit of another script
        with_check("44030719900230001"),  # no such day
        with_check("44030720261127001"),  # not born yet
        with_check("44030700010101001"),
    ],
)
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(BadIdNumber):
        identity_of(number, TODAY)


def test_an_address_that_is_in_no_list_is_no_fault() -> None:
    """Counties that were abolished stay valid for life."""
    assert identity_of(with_check("99999919900307001"), TODAY).born == date(1990, 3, 7)


async def test_a_number_is_kept_sealed_and_found_by_its_blind_index(database: str) -> None:
    """Row 24: the raw database has no ID number."""
    await people.add_institution("school", "学校", "440100")
    account_id = await people.register("school", Role.LEARNER, "one", "某人", "x", "440307199003070017")
    without = await people.register("school", Role.LEARNER, "two", "某人", "x")

    opened, other = await people.account(account_id), await people.account(without)

    assert opened is not None and other is not None
    assert (opened.id_masked, opened.gender, opened.birth_year) == ("440307********0017", "male", 1990)
    assert (other.id_masked, other.gender, other.birth_year) == (None, None, None)
    [row] = await Tortoise.get_connection("default").execute_query_dict(
        f"SELECT * FROM account WHERE id = '{account_id}'"
    )
    assert row["id_index"] == people.id_index(" 440307199003070017") != people.id_index("440106198512310021")
    assert not any("440307199003070017" in str(value) for value in row.values())


async def test_a_wrong_number_makes_no_account(database: str) -> None:
    await people.add_institution("school", "学校", "440100")
    with pytest.raises(BadIdNumber):
        await people.register("school", Role.LEARNER, "one", "某人", "x", "440307199003070018")
    assert await people.account_id_of("one") is None
