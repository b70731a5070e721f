"""Regions: what lies in what."""

import pytest

from classroom.people.regions import PROVINCE, Level, UnknownRegion, below, parent, region, within


def test_the_province_has_its_twenty_one_cities_and_122_counties() -> None:
    """Article 11: one module a city."""
    cities = below(PROVINCE)
    assert len(cities) == 21
    assert [city.code for city in cities] == sorted(city.code for city in cities)
    assert sum(len(below(city.code)) for city in cities) == 122
    assert {city.name for city in cities if not below(city.code)} == {"东莞市", "中山市"}
    assert {one.level for city in cities for one in below(city.code)} == {Level.COUNTY}


def test_within_follows_the_levels_up_and_never_sideways() -> None:
    """A regulator of 佛山 sees 顺德, not 深圳."""
    assert within("440606", "440600") and within("440606", PROVINCE) and within("440600", "440600")
    assert not within("440606", "440300") and not within("440600", "440606") and not within(PROVINCE, "440600")
    assert parent("440606") == region("440600") and parent("441900") == region(PROVINCE) and parent(PROVINCE) is None


@pytest.mark.parametrize("code", ["", "440699", "110000", "4406", "440600 ", "44060O"])
def test_a_code_that_nobody_has_is_refused(code: str) -> None:
    with pytest.raises(UnknownRegion):
        region(code)
    with pytest.raises(UnknownRegion):
        within("440600", code)
