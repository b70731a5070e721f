"""The catalogue has what the list of the province prints."""

import pytest

from classroom.courses.catalogue import ITEMS, LABELS, Qualification, UnknownItem, item_of


def test_forty_one_special_operations_and_seven_trades() -> None:
    assert sum(not item.managed for item in ITEMS.values()) == 41
    assert sum(item.managed for item in ITEMS.values()) == 7
    assert set(LABELS) == set(Qualification)


def test_a_code_is_text() -> None:
    """8.10 isn't 8.1, and 5.3-2 is one."""
    special = Qualification.SPECIAL_OPERATION
    assert item_of(special, "8.10").label == "氧化工艺作业"
    assert item_of(special, "8.1").label == "光气及光气化工艺作业"
    assert item_of(special, "5.3-2").label == "安全检查作业（小型露天采石场）"
    assert item_of(Qualification.PRINCIPAL, "smelting") == item_of(Qualification.SAFETY_MANAGER, "smelting")


@pytest.mark.parametrize(
    ("qualification", "code"),
    [(Qualification.SPECIAL_OPERATION, "6.1"), (Qualification.SPECIAL_OPERATION, "smelting"), (Qualification.PRINCIPAL, "1.1")],
)  # fmt: skip
def test_what_the_catalogue_does_not_have_is_refused(qualification: Qualification, code: str) -> None:
    with pytest.raises(UnknownItem):
        item_of(qualification, code)
