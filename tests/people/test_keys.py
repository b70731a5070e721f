"""What is sealed opens with its own key in its own place only."""

import pytest

import settings
from classroom.people.keys import (
    KeyMissing,
    NotGenuine,
    Place,
    blind_index,
    key_id_of,
    new_data_key,
    unwrap,
    wrap,
)

PLACE = Place("portrait", "row-1", "picture_sealed")


def test_a_sealed_value_names_its_key_and_opens_in_its_place() -> None:
    key = new_data_key()

    sealed = key.seal(b"a face", PLACE)

    assert b"a face" not in sealed
    assert key_id_of(sealed) == key.id
    assert key.open(sealed, PLACE) == b"a face"


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("evidence", "row-1", "picture_sealed"),
        Place("portrait", "row-2", "picture_sealed"),
        Place("portrait", "row-1", "embedding_sealed"),
    ],
)
def test_a_sealed_value_that_was_moved_doesnt_open(elsewhere: Place) -> None:
    key = new_data_key()
    sealed = key.seal(b"a face", PLACE)

    with pytest.raises(NotGenuine):
        key.open(sealed, elsewhere)


@pytest.mark.parametrize("position", [0, 1, 40, -1])
def test_a_sealed_value_that_was_changed_doesnt_open(position: int) -> None:
    key = new_data_key()
    sealed = bytearray(key.seal(b"a face", PLACE))
    sealed[position] ^= 1

    with pytest.raises((NotGenuine, KeyMissing)):
        key.open(bytes(sealed), PLACE)


def test_another_persons_key_doesnt_open_it() -> None:
    sealed = new_data_key().seal(b"a face", PLACE)

    with pytest.raises(KeyMissing):
        new_data_key().open(sealed, PLACE)


def test_a_data_key_comes_back_from_its_wrapping_but_not_for_another_row() -> None:
    key = new_data_key()
    kek_id, wrapped = wrap(key)

    assert kek_id in settings.FACE_KEKS
    assert key.secret not in wrapped
    assert unwrap(key.id, wrapped) == key
    with pytest.raises(NotGenuine):
        unwrap(new_data_key().id, wrapped)


def test_a_missing_key_encryption_key_is_a_clear_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_data_key()
    _, wrapped = wrap(key)
    monkeypatch.setattr(settings, "FACE_KEKS", {"another": bytes(range(32))})

    with pytest.raises(KeyMissing):
        unwrap(key.id, wrapped)


def test_a_key_says_nothing_of_its_secret_when_printed() -> None:
    key = new_data_key()

    assert repr(key.secret) not in repr(key)


def test_a_blind_index_finds_the_same_text_however_it_is_typed_and_says_nothing_of_it() -> None:
    assert blind_index("account", "ＬＥＡＲＮＥＲ ") == blind_index("account", "learner")
    assert blind_index("account", "learner") != blind_index("name", "learner")
    assert blind_index("account", "learner") != blind_index("account", "learner2")
    assert "learner" not in blind_index("account", "learner")
