"""Consent, portraits and evidence: who may read a face, until when."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise

import settings
from classroom import notices
from classroom.people import faces, keyring, service, store
from classroom.people.keys import KeyMissing, NotGenuine, Place, unwrap
from classroom.people.rules import (
    NOTICE_VERSION,
    ConsentGiven,
    NoConsent,
    NotAllowed,
    OutdatedNotice,
    Unknown,
    WrongState,
)
from tests.cast import EMBEDDING, JPEG, Cast, with_portrait

ATTEMPT = "check-1"


def raw_bytes(database: str) -> bytes:
    """All that stands on the disk of an embedded database, its log included."""
    file = Path(database.removeprefix("sqlite://"))
    return b"".join(one.read_bytes() for one in sorted(file.parent.glob(file.name + "*")))


async def everything_that_opens(place: Place, sealed: bytes) -> list[bytes]:
    """What somebody with the whole database and the key encryption key can read of a ciphertext."""
    connection = Tortoise.get_connection("default")
    opened = []
    for row in await connection.execute_query_dict("SELECT id, wrapped FROM person_key"):
        try:
            opened.append(unwrap(row["id"], row["wrapped"]).open(sealed, place))
        except (KeyMissing, NotGenuine):
            continue
    return opened


async def rows(sql: str) -> list[dict[str, Any]]:
    return await Tortoise.get_connection("default").execute_query_dict(sql)


async def test_consent_is_given_to_the_notice_in_force_only(cast: Cast) -> None:
    """PIPL 29; 人脸识别技术应用安全管理办法 6."""
    with pytest.raises(OutdatedNotice):
        await faces.give_consent(cast.learner, "2020-01-01/1")
    assert await faces.consent_of(cast.learner) is None

    await faces.give_consent(cast.learner, NOTICE_VERSION)
    first = await faces.consent_of(cast.learner)
    await faces.give_consent(cast.learner, NOTICE_VERSION)

    assert isinstance(first, ConsentGiven)
    assert first.version == NOTICE_VERSION
    assert await faces.consent_of(cast.learner) == first
    assert await faces.consent_of(cast.learner2) is None


async def test_a_submitted_portrait_waits_and_is_good_for_nothing(cast: Cast) -> None:
    """An upload alone never enrols."""
    await faces.give_consent(cast.learner, NOTICE_VERSION)

    await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)

    assert await faces.portrait_state(cast.learner) == "pending"
    assert await faces.portrait_embedding(cast.learner) is None
    assert not await faces.may_enrol(cast.learner)


async def test_without_consent_no_portrait_is_kept(cast: Cast) -> None:
    with pytest.raises(NoConsent):
        await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)

    assert await rows("SELECT * FROM portrait") == []


@pytest.mark.parametrize(
    ("jpeg", "embedding"), [(b"", EMBEDDING), (JPEG, EMBEDDING[:-1]), (b"x" * 2_000_001, EMBEDDING)]
)
async def test_what_isnt_a_portrait_isnt_taken(cast: Cast, jpeg: bytes, embedding: list[float]) -> None:
    await faces.give_consent(cast.learner, NOTICE_VERSION)

    with pytest.raises(ValueError, match="not a portrait"):
        await faces.submit_portrait(cast.learner, jpeg, embedding)


async def test_the_institutions_staff_confirm_a_portrait(cast: Cast) -> None:
    await faces.give_consent(cast.learner, NOTICE_VERSION)
    await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)
    [waiting] = await faces.pending_portraits(cast.staff)

    await faces.confirm_portrait(cast.learner, cast.staff)

    assert (waiting.learner_id, waiting.display_name, waiting.jpeg) == (cast.learner, "欧阳测试", JPEG)
    assert await faces.portrait_state(cast.learner) == "active"
    assert await faces.portrait_embedding(cast.learner) == EMBEDDING
    assert await faces.pending_portraits(cast.staff) == []
    kinds = [(row.kind, row.by_id) for row in await store.accounts.notes_of(cast.learner)]
    assert kinds[-2:] == [("portrait_submitted", None), ("portrait_confirmed", cast.staff)]


async def test_staff_of_another_institution_neither_see_nor_decide_nor_allow(cast: Cast) -> None:
    """GB/T 22239 8.1.4.2: least privilege, by the institution."""
    await faces.give_consent(cast.learner, NOTICE_VERSION)
    await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)

    for stranger in (cast.other_staff, cast.learner2, cast.learner, "nobody"):
        with pytest.raises(Unknown):
            await faces.confirm_portrait(cast.learner, stranger)
        with pytest.raises(Unknown):
            await faces.refuse_portrait(cast.learner, stranger, "NOT_THE_LEARNER")
        with pytest.raises(Unknown):
            await faces.allow_enrolment(cast.learner, stranger)
    assert await faces.pending_portraits(cast.other_staff) == []
    assert [one.id for one in await service.learners_seen_by(cast.other_staff)] == [cast.other_learner]
    for not_staff in (cast.learner, "nobody"):
        with pytest.raises(Unknown):
            await faces.pending_portraits(not_staff)
        with pytest.raises(Unknown):
            await service.learners_seen_by(not_staff)
    assert await faces.portrait_state(cast.learner) == "pending"


async def test_a_refused_learner_is_told_why_and_may_enrol_again(cast: Cast) -> None:
    await faces.give_consent(cast.learner, NOTICE_VERSION)
    await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)

    await faces.refuse_portrait(cast.learner, cast.staff, "NOT_CLEAR")

    assert await faces.portrait_state(cast.learner) == "none"
    assert await faces.refused_reason(cast.learner) == "NOT_CLEAR"
    await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)
    assert await faces.portrait_state(cast.learner) == "pending"
    assert await faces.refused_reason(cast.learner) is None


async def test_of_two_decisions_at_once_one_counts(cast: Cast) -> None:
    await faces.give_consent(cast.learner, NOTICE_VERSION)
    await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)

    answers = await asyncio.gather(
        faces.confirm_portrait(cast.learner, cast.staff),
        faces.refuse_portrait(cast.learner, cast.staff, "NOT_CLEAR"),
        faces.confirm_portrait(cast.learner, cast.staff),
        return_exceptions=True,
    )

    assert answers.count(None) == 1
    assert [type(answer) for answer in answers if answer is not None] == [WrongState, WrongState]


async def test_another_face_needs_the_staffs_word_and_gets_one_try(cast: Cast) -> None:
    await with_portrait(cast, cast.learner, cast.staff)
    with pytest.raises(NotAllowed):
        await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)

    await faces.allow_enrolment(cast.learner, cast.staff)
    other = [value + 0.001 for value in EMBEDDING]
    await faces.submit_portrait(cast.learner, JPEG, other)

    assert await faces.portrait_embedding(cast.learner) == EMBEDDING  # the confirmed one stays until the decision
    assert await faces.portrait_state(cast.learner) == "active"
    await faces.confirm_portrait(cast.learner, cast.staff)
    assert await faces.portrait_embedding(cast.learner) == other
    with pytest.raises(NotAllowed):
        await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)


async def test_withdrawal_destroys_what_could_read_the_face_even_for_who_holds_everything(
    cast: Cast, database: str
) -> None:
    """PIPL 15 and 47: withdrawing is as easy as giving, and what was kept is gone."""
    await with_portrait(cast, cast.learner, cast.staff)
    evidence_id = await faces.save_evidence(cast.learner, ATTEMPT, JPEG)
    evidence, portrait = (await rows("SELECT * FROM evidence"))[0], (await rows("SELECT * FROM portrait"))[0]
    evidence_place = Place("evidence", evidence_id, "picture_sealed")
    portrait_place = Place("portrait", portrait["id"], "picture_sealed")
    [key] = await rows(f"SELECT wrapped FROM person_key WHERE account_id = '{cast.learner}' AND purpose = 'face'")
    assert await faces.read_evidence(evidence_id) == JPEG
    assert await everything_that_opens(evidence_place, evidence["picture_sealed"]) == [JPEG]
    assert await everything_that_opens(portrait_place, portrait["picture_sealed"]) == [JPEG]
    heard: list[str] = []

    async def hear(learner_id: str) -> None:
        heard.append(learner_id)

    unsubscribe = notices.subscribe("consent_withdrawn", hear)
    await faces.withdraw_consent(cast.learner)
    unsubscribe()

    assert await faces.consent_of(cast.learner) is None
    assert await faces.portrait_state(cast.learner) == "none"
    assert await faces.portrait_embedding(cast.learner) is None
    with pytest.raises(KeyMissing):
        await faces.read_evidence(evidence_id)
    assert await everything_that_opens(evidence_place, evidence["picture_sealed"]) == []
    assert await everything_that_opens(portrait_place, portrait["picture_sealed"]) == []
    if database.startswith("sqlite"):
        assert evidence["picture_sealed"] in raw_bytes(database)  # the ciphertext may stay; it says nothing
        assert key["wrapped"] not in raw_bytes(database)  # not in the file, not in its log
    [tombstone] = await rows(f"SELECT * FROM person_key WHERE account_id = '{cast.learner}' AND purpose = 'face'")
    assert tombstone["wrapped"] is None
    assert tombstone["destroyed_at_ms"] is not None
    assert "face_key_destroyed" in [row.kind for row in await store.accounts.notes_of(cast.learner)]
    assert heard == [cast.learner]
    assert (await service.account(cast.learner)) is not None  # the name has a key of its own


async def test_consenting_again_brings_nothing_back(cast: Cast) -> None:
    await with_portrait(cast, cast.learner, cast.staff)
    evidence_id = await faces.save_evidence(cast.learner, ATTEMPT, JPEG)
    await faces.withdraw_consent(cast.learner)

    await faces.give_consent(cast.learner, NOTICE_VERSION)

    assert await faces.portrait_state(cast.learner) == "none"
    with pytest.raises(KeyMissing):
        await faces.read_evidence(evidence_id)
    with pytest.raises(NotAllowed):  # else withdrawing would be the way to another face
        await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)
    await faces.allow_enrolment(cast.learner, cast.staff)
    await faces.submit_portrait(cast.learner, JPEG, EMBEDDING)


async def test_evidence_needs_consent_and_its_hash_is_of_what_is_stored(cast: Cast) -> None:
    """Row 38: 抓拍图像可追溯."""
    with pytest.raises(NoConsent):
        await faces.save_evidence(cast.learner, ATTEMPT, JPEG)
    await faces.give_consent(cast.learner, NOTICE_VERSION)

    evidence_id = await faces.save_evidence(cast.learner, ATTEMPT, JPEG)

    [row] = await rows("SELECT * FROM evidence")
    assert await faces.evidence_sha256(evidence_id) == hashlib.sha256(row["picture_sealed"]).hexdigest()
    with pytest.raises(Unknown):
        await faces.read_evidence("nothing")


async def test_rotated_keys_open_what_they_opened_and_need_the_old_one_no_more(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_portrait(cast, cast.learner, cast.staff)
    await faces.give_consent(cast.learner2, NOTICE_VERSION)
    await faces.withdraw_consent(cast.learner2)
    old, new = dict(settings.FACE_KEKS), {"new": bytes(range(32))}

    monkeypatch.setattr(settings, "FACE_KEKS", new)
    with pytest.raises(KeyMissing):  # without the old key nothing can be rewrapped, and nothing is lost
        await keyring.rotate_keys()
    monkeypatch.setattr(settings, "FACE_KEKS", new | old)
    assert await keyring.rotate_keys() == 6  # five names, one face; the tombstone stays one
    assert await keyring.rotate_keys() == 0
    monkeypatch.setattr(settings, "FACE_KEKS", new)

    assert await faces.portrait_embedding(cast.learner) == EMBEDDING
    assert [one.display_name for one in await service.learners_seen_by(cast.other_staff)] == ["上官测试"]
    assert {row["kek_id"] for row in await rows("SELECT kek_id FROM person_key WHERE wrapped IS NOT NULL")} == {"new"}


async def test_nobodys_name_account_or_face_stands_in_the_database(cast: Cast, database: str) -> None:
    """GB/T 22239 8.1.4.8; row 24: personal data is encrypted at rest."""
    await with_portrait(cast, cast.learner, cast.staff)
    await faces.save_evidence(cast.learner, ATTEMPT, JPEG)
    await service.authenticate("learner", "wrong", "203.0.113.77")

    if database.startswith("sqlite"):
        content = raw_bytes(database)
    else:
        tables = [row["tablename"] for row in await rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        stored = [value for table in tables for row in await rows(f'SELECT * FROM "{table}"') for value in row.values()]
        content = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in stored)

    assert "广州市测试培训中心".encode() in content  # an institution is no person: the search works
    for secret in ("欧阳测试".encode(), b"other_learner", b"other_staff", JPEG[:40], b"203.0.113.77"):
        assert secret not in content


async def test_there_is_no_column_for_a_phone_or_wechat_and_none_is_named_so(cast: Cast, database: str) -> None:
    """Row 14: no phone number, no WeChat."""
    if database.startswith("sqlite"):
        found = await rows("SELECT m.name || '.' || p.name AS c FROM sqlite_master m, pragma_table_info(m.name) p")
    else:
        found = await rows(
            "SELECT table_name || '.' || column_name AS c FROM information_schema.columns WHERE table_schema = 'public'"
        )
    names = [row["c"].lower() for row in found]

    assert "account.name_sealed" in names
    assert [
        name for name in names if any(word in name for word in ("phone", "mobile", "wechat", "weixin", "tel"))
    ] == []
