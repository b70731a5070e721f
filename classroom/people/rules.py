"""What a person may do about logins, consent and portraits, decided from values alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# GB/T 22239 8.1.4.1 b: an account is locked after five wrong logins. An address may be a whole training room's.
WRONG_LOGINS_MS = 600_000
WRONG_LOGINS_OF_ACCOUNT = 5
WRONG_LOGINS_OF_ADDRESS = 20

NOTICE_VERSION = "2025-06-01/2"  # 人脸识别技术应用安全管理办法, in force since 2025-06-01; ours, second edition: by a person, too


class Role(StrEnum):
    """Who an account belongs to."""

    LEARNER = "learner"
    STAFF = "staff"  # a class manager of a training institution
    PROCTOR = "proctor"  # watches some classes of the institution
    OPERATOR = "operator"  # of the platform
    REGULATOR = "regulator"  # of the bureau of a province, city or county


class InstitutionKind(StrEnum):
    """What an institution is there for."""

    TRAINING = "training"
    PLATFORM = "platform"
    BUREAU = "bureau"


class InstitutionState(StrEnum):
    """Whether a training institution may teach (vocabulary)."""

    PENDING = "pending"  # 待登记
    ACTIVE = "active"  # 正常
    SUSPENDED = "suspended"  # 暂停: somewhere, by a regulator; never stored, the suspension is
    CANCELLED = "cancelled"  # 注销


class PortraitState(StrEnum):
    """What a portrait is good for (vocabulary)."""

    NONE = "none"
    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"
    DISABLED = "disabled"
    REFUSED = "refused"


# What a check may ask; the same codes as verify/protocol.py, which classroom doesn't know (a test compares).
ACTIONS = ("turn_left", "turn_right", "nod", "open_mouth", "close_eyes")


class AlternativeReason(StrEnum):
    """On what the staff decided that an action isn't asked; never a diagnosis (PIPL 28)."""

    OWN_STATEMENT = "OWN_STATEMENT"
    SEEN_BY_STAFF = "SEEN_BY_STAFF"
    DOCUMENT_SHOWN = "DOCUMENT_SHOWN"  # shown, not kept
    EQUIPMENT = "EQUIPMENT"  # the place or the device allows no other


class RequestReason(StrEnum):
    """Why a learner asks for a person."""

    IT_IS_ME = "IT_IS_ME"
    CANNOT_DO_ACTION = "CANNOT_DO_ACTION"
    NO_CAMERA = "NO_CAMERA"
    NOT_BY_FACE = "NOT_BY_FACE"  # 人脸识别技术应用安全管理办法 10: there is another way
    OTHER = "OTHER"


class RequestOutcome(StrEnum):
    """What the staff did about it."""

    CONFIRMED_IN_PERSON = "CONFIRMED_IN_PERSON"
    NOT_THE_LEARNER = "NOT_THE_LEARNER"
    MAY_TRY_AGAIN = "MAY_TRY_AGAIN"
    MAY_ENROL_AGAIN = "MAY_ENROL_AGAIN"
    ALTERNATIVE_SET = "ALTERNATIVE_SET"
    NOTHING_TO_DO = "NOTHING_TO_DO"
    PASSED_BY_PERSON = "PASSED_BY_PERSON"  # these three are written by a call, or by the learner
    REFUSED_BY_PERSON = "REFUSED_BY_PERSON"
    WITHDRAWN = "WITHDRAWN"


OF_A_CALL = frozenset(
    {RequestOutcome.PASSED_BY_PERSON, RequestOutcome.REFUSED_BY_PERSON, RequestOutcome.WITHDRAWN}
)


class CheckedBy(StrEnum):
    """How a learner's checks are made; it is the learner's own choice (人脸识别技术应用安全管理办法 10)."""

    FACE = "face"
    PERSON = "person"


class PeopleError(Exception):
    """What was asked of a person's record can't be done; ``code`` says why."""

    code = "REFUSED"


class NoConsent(PeopleError):
    """Face data can't be kept without a live consent to the current notice."""

    code = "NO_CONSENT"


class NotAllowed(PeopleError):
    """Another enrolment is the staff's to allow."""

    code = "ENROLMENT_NOT_ALLOWED"


class Unknown(PeopleError):
    """There is no such person or thing, or none that the asking person may know of."""

    code = "NOT_FOUND"


class TooFewActions(PeopleError):
    """Too few actions would remain for a check to mean anything."""

    code = "TOO_FEW_ACTIONS"


class RequestLimit(PeopleError):
    """So many requests for a person were made today; those are being looked at."""

    code = "REQUEST_LIMIT"


class WrongState(PeopleError):
    """The thing is in another state than the caller thought; somebody was faster."""

    code = "WRONG_STATE"


class OutdatedNotice(PeopleError):
    """Consent is given to the notice in force, not to an older one."""

    code = "OUTDATED_NOTICE"


@dataclass(frozen=True, slots=True)
class Institution:
    """A training institution (培训机构), a regulator's bureau or the platform itself."""

    id: str
    name: str
    city_code: str  # GB/T 2260: where it is; of a bureau the region that it looks after
    kind: InstitutionKind = InstitutionKind.TRAINING
    state: InstitutionState = InstitutionState.ACTIVE

    @property
    def is_training(self) -> bool:
        """Whether it teaches."""
        return self.kind is InstitutionKind.TRAINING


@dataclass(frozen=True, slots=True)
class Account:
    """A learner or a member of an institution's staff."""

    id: str
    role: Role
    institution_id: str
    account: str
    display_name: str
    id_masked: str | None = None  # of the resident ID number, where there is one
    gender: str | None = None
    birth_year: int | None = None
    checked_by: CheckedBy = CheckedBy.FACE


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose a web session is, until when."""

    account_id: str
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """The live consent of a person."""

    version: str
    given_at_ms: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What decides whether a person may enrol a portrait."""

    consented_to: str | None
    states: Sequence[PortraitState]  # of all portraits ever submitted, in any order
    allowed: bool  # by the staff, once


def is_locked(wrong_of_account: int, wrong_of_address: int) -> bool:
    """Whether one more login may not even be judged; both count the last ten minutes.

    An account's count includes this login and those being judged, so that a hundred sent at once are no way around it. An
    address' counts wrong ones only: a training room signs in at one moment, and is no attack.
    """
    return wrong_of_account > WRONG_LOGINS_OF_ACCOUNT or wrong_of_address >= WRONG_LOGINS_OF_ADDRESS


def why_not_enrol(enrolment: Enrolment) -> PeopleError | None:
    """None where a portrait may be submitted.

    A first portrait needs consent (PIPL 29). Once one was confirmed, another face could take its place: that is the
    staff's to allow, even after consent was withdrawn and given again.
    """
    if enrolment.consented_to != NOTICE_VERSION:
        return NoConsent()
    if enrolment.allowed:
        return None
    confirmed = {PortraitState.ACTIVE, PortraitState.EXPIRED, PortraitState.DISABLED}
    if PortraitState.PENDING in enrolment.states or confirmed & set(enrolment.states):
        return NotAllowed()
    return None
