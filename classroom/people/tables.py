"""Institutions, accounts, their keys, consent, portraits, evidence, web sessions and logins.

Names and pictures stand here sealed only (keys.py); there is no column for a phone number or a WeChat name (row 14).
"""

from tortoise import fields
from tortoise.models import Model


class Institution(Model):
    """A training institution (培训机构), a regulator's bureau or the platform itself."""

    id = fields.CharField(32, primary_key=True)
    name = fields.CharField(120)
    city_code = fields.CharField(6)  # GB/T 2260: where it is; of a bureau the region that it looks after
    kind = fields.CharField(16, db_default="training")  # training | platform | bureau
    state = fields.CharField(16, db_default="active")  # pending | active | cancelled; suspended is the courses' to say

    class Meta:
        table = "institution"


class InstitutionCity(Model):
    """A city in which a training institution is registered, beside the one it is in (article 13)."""

    id = fields.BigIntField(primary_key=True, generated=True)
    institution_id = fields.CharField(32)
    city_code = fields.CharField(6, db_index=True)

    class Meta:
        table = "institution_city"
        unique_together = (("institution_id", "city_code"),)


class Account(Model):
    """A learner or a member of an institution's staff."""

    id = fields.CharField(32, primary_key=True)
    institution: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "people.Institution", related_name="accounts", on_delete=fields.RESTRICT
    )
    institution_id: str
    role = fields.CharField(16)  # learner | staff | proctor | operator | regulator
    account_index = fields.CharField(64, unique=True)  # blind index of the account name
    account_sealed = fields.BinaryField()
    name_index = fields.CharField(64, db_index=True)  # blind index of the real name
    name_sealed = fields.BinaryField()
    id_index = fields.CharField(64, null=True, db_index=True)  # blind index of the resident ID number
    id_sealed = fields.BinaryField(null=True)
    gender = fields.CharField(8, null=True)  # both as the number says
    birth_year = fields.IntField(null=True)
    password = fields.CharField(200)  # argon2
    disabled_at_ms = fields.BigIntField(null=True)
    enrolment_allowed_at_ms = fields.BigIntField(null=True)  # the staff allowed one more enrolment
    checked_by = fields.CharField(8, db_default="face")  # face | person: this learner's own choice

    class Meta:
        table = "account"


class PersonKey(Model):
    """One data key of one person for one purpose, wrapped, without ``wrapped`` the row is the tombstone of an erasure."""

    id = fields.CharField(32, primary_key=True)
    account_id = fields.CharField(32, db_index=True)
    purpose = fields.CharField(16)  # identity | face
    live = fields.CharField(16, null=True)  # the purpose while the key lives: one live key a purpose
    kek_id = fields.CharField(16)
    wrapped = fields.BinaryField(null=True)
    created_at_ms = fields.BigIntField()
    destroyed_at_ms = fields.BigIntField(null=True)

    class Meta:
        table = "person_key"
        unique_together = (("account_id", "live"),)


class Consent(Model):
    """A separate consent to the processing of face data (PIPL 29), to one version of the notice."""

    id = fields.CharField(32, primary_key=True)
    account_id = fields.CharField(32, db_index=True)
    version = fields.CharField(32)
    given_at_ms = fields.BigIntField()
    withdrawn_at_ms = fields.BigIntField(null=True)
    live = fields.CharField(1, null=True)  # "1" until withdrawn or replaced

    class Meta:
        table = "consent"
        unique_together = (("account_id", "live"),)


class Portrait(Model):
    """An enrolled picture with the embedding of its face."""

    id = fields.CharField(32, primary_key=True)
    learner_id = fields.CharField(32, db_index=True)
    state = fields.CharField(16)  # pending | active | expired | disabled | refused
    live = fields.CharField(16, null=True)  # the state while it is pending or active: one of each a learner
    picture_sealed = fields.BinaryField()
    embedding_sealed = fields.BinaryField()
    submitted_at_ms = fields.BigIntField()
    decided_at_ms = fields.BigIntField(null=True)
    decided_by = fields.CharField(32, null=True)
    refused_reason = fields.CharField(64, null=True)

    class Meta:
        table = "portrait"
        unique_together = (("learner_id", "live"),)


class Evidence(Model):
    """The frame that decided a check (抓拍, row 38)."""

    id = fields.CharField(32, primary_key=True)
    learner_id = fields.CharField(32, db_index=True)
    check_id = fields.CharField(64, db_index=True)
    picture_sealed = fields.BinaryField()
    sha256 = fields.CharField(64)  # of the ciphertext; what the journal quotes
    taken_at_ms = fields.BigIntField()

    class Meta:
        table = "evidence"


class Alternative(Model):
    """Which actions aren't asked of a learner, what was set before keeps its row."""

    id = fields.CharField(32, primary_key=True)
    learner_id = fields.CharField(32, db_index=True)
    live = fields.CharField(1, null=True)  # "1" until replaced or ended
    sealed = fields.BinaryField()  # actions and reason, JSON
    set_at_ms = fields.BigIntField()
    set_by = fields.CharField(32)
    ended_at_ms = fields.BigIntField(null=True)
    ended_by = fields.CharField(32, null=True)

    class Meta:
        table = "alternative"
        unique_together = (("learner_id", "live"),)


class PersonRequest(Model):
    """A learner asks that a person look at their case (申请人工核验)."""

    id = fields.CharField(32, primary_key=True)
    learner_id = fields.CharField(32)
    class_id = fields.CharField(32, null=True)
    check_id = fields.CharField(32, null=True)
    reason = fields.CharField(32)
    requested_at_ms = fields.BigIntField()
    due_at_ms = fields.BigIntField(null=True)  # a check is due and waits for a person; nobody tells the learner by it
    taken_by = fields.CharField(32, null=True)  # who calls the learner now
    taken_at_ms = fields.BigIntField(null=True)
    call_check = fields.CharField(32, null=True)  # the check that this call is
    handled_at_ms = fields.BigIntField(null=True)
    handled_by = fields.CharField(32, null=True)
    outcome = fields.CharField(32, null=True)

    class Meta:
        table = "person_request"
        indexes = (("learner_id", "requested_at_ms"), ("class_id", "handled_at_ms", "requested_at_ms"))


class WebSession(Model):
    """A signed-in browser, an ended session keeps its row (row 38: login times)."""

    key_hash = fields.CharField(64, primary_key=True)
    account_id = fields.CharField(32, null=True, db_index=True)
    content = fields.TextField()  # JSON
    created_at_ms = fields.BigIntField()
    expires_at_ms = fields.BigIntField(db_index=True)
    ended_at_ms = fields.BigIntField(null=True)
    ended_reason = fields.CharField(32, null=True)

    class Meta:
        table = "web_session"


class LoginTry(Model):
    """A wrong login, or one not judged yet, kept for as long as it can lock."""

    id = fields.BigIntField(primary_key=True, generated=True)
    at_ms = fields.BigIntField(db_index=True)
    account_index = fields.CharField(64)
    address_index = fields.CharField(64)
    wrong = fields.BooleanField(db_default=False)  # judged; one that isn't yet counts for its account only

    class Meta:
        table = "login_try"
        indexes = (("account_index", "at_ms"), ("address_index", "at_ms"))


class SecondFactor(Model):
    """The secret that a member of staff's authenticator shares with us (GB/T 22239 8.1.4.1 d)."""

    account_id = fields.CharField(32, primary_key=True)
    secret_sealed = fields.BinaryField()
    made_at_ms = fields.BigIntField()
    confirmed_at_ms = fields.BigIntField(null=True)  # its first code was right
    last_step = fields.BigIntField(default=0)  # of the newest code taken: none is taken twice

    class Meta:
        table = "second_factor"


class PersonEvent(Model):
    """What was done to or by a person: who, what, when, never changed (rows 22 and 38)."""

    id = fields.BigIntField(primary_key=True, generated=True)
    at_ms = fields.BigIntField()
    account_id = fields.CharField(32, db_index=True)
    kind = fields.CharField(32)
    by_id = fields.CharField(32, null=True)
    detail = fields.CharField(64, null=True)  # a code or an id

    class Meta:
        table = "person_event"
