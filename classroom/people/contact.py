"""Finds contact data in what a person writes (row 14, article 27): who has none of it has none to leak."""

import re
import unicodedata

from classroom.people.identity import check_of
from classroom.people.rules import PeopleError

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_NUMERALS = str.maketrans("〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两", "0012345678912345678912")
_ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])")
_SEP = r"[\s\-–—_.·•,，、*#/|()（）]{0,2}"
_FAMILIES = {
    "MOBILE": rf"(?<!\d)(?:(?:\+?86|0086){_SEP})?1{_SEP}[3-9](?:{_SEP}\d){{9}}(?!\d)",
    "LANDLINE": r"(?<!\d)(?:\+?86[- ]?)?0(?:10|2\d|[3-9]\d{2})[- ]?[2-9]\d{6,7}(?:[-转x]\d{1,5})?(?!\d)",
    "HOTLINE": r"(?<!\d)[48]00(?:[- ]?\d){7}(?!\d)",
    "EMAIL": r"[\w.%+-]+\s*(?:@|\(at\)|\[at\]|#at#)\s*[\w-]+(?:\s*(?:\.|。|点)\s*[A-Za-z]{2,})+",
    "WECHAT": r"(?:微\s*信|薇信|威信|徽信|v信|vx|wx|weixin|wechat|卫星|[+➕加]\s*v(?![a-z]))\s*(?:号|号码|id)?"
    r"\s*[:是为=\-, ]{0,4}\s*(?:[A-Za-z][-_A-Za-z0-9]{5,19}|1[3-9]\d{9}|[1-9]\d{4,10})",
    "WXID": r"\bwxid_[a-z0-9]{8,}\b",
    "QQ": r"(?:q\s*q|扣\s*扣|企鹅)\s*(?:号|群|号码)?\s*[:是为=\- ]{0,4}\s*[1-9]\d{4,10}(?!\d)",
}
_PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _FAMILIES.items()}


class ContactData(PeopleError):
    """The text holds a way to reach a person; it isn't kept, not even masked: a masked original survives in logs."""

    code = "CONTACT_DATA"

    def __init__(self, families: tuple[str, ...]) -> None:
        super().__init__(", ".join(families))  # what kind, never what
        self.families = families


def families_in(text: str) -> tuple[str, ...]:
    """The families of contact data in a text; none in a clean one."""
    shown = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    found = {name for variant in (shown, shown.translate(_NUMERALS)) for name in _of(_without_id_numbers(variant))}
    return tuple(name for name in _FAMILIES if name in found)


def refuse_contact_data(text: str | None) -> str | None:
    """The text as it is, if a person may write it. Raises ContactData."""
    if text and (families := families_in(text)):
        raise ContactData(families)
    return text


def _of(text: str) -> list[str]:
    return [name for name, pattern in _PATTERNS.items() if pattern.search(text)]


def _without_id_numbers(text: str) -> str:
    """First: an unanchored mobile number is found in nine of ten valid ID numbers."""
    return _ID_NUMBER.sub(lambda match: "＊" if _genuine(match.group().upper()) else match.group(), text)


def _genuine(number: str) -> bool:
    return check_of(number[:17]) == number[17]
