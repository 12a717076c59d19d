"""Identity documents of persons and credit codes of organisations.

Resident identity cards: GB 11643, check digit by ISO 7064 MOD 11-2. Unified social credit codes:
GB 32100. Other documents have no public check digit; only their shape is looked at.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.values.base import BadValue, Cell, cell_text, is_nothing


class IdentityKind(StrEnum):
    """Kinds of identity documents, by what their numbers look like."""

    RESIDENT = "resident"
    PASSPORT = "passport"
    HK_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    MILITARY = "military"
    CREDIT_CODE = "credit_code"
    OTHER = "other"


#: The words of files for each kind. The residence permits of Hong Kong, Macao and Taiwan residents
#: and the cards of foreign permanent residents are numbered like resident identity cards.
_KIND_WORDS: Final = {
    IdentityKind.RESIDENT: (
        "身份证", "居民身份证", "二代身份证", "第二代身份证", "二代证", "身份证号", "中国身份证",
        "港澳台居民居住证", "港澳居民居住证", "台湾居民居住证", "外国人永久居留身份证",
        "外国人永久居留证", "户口簿", "户口本", "临时身份证",
    ),
    IdentityKind.PASSPORT: ("护照", "中国护照", "外国护照", "因私护照", "普通护照"),
    IdentityKind.HK_MACAO_PERMIT: (
        "港澳居民来往内地通行证", "港澳通行证", "港澳居民通行证", "回乡证", "来往内地通行证",
    ),
    IdentityKind.TAIWAN_PERMIT: (
        "台胞证", "台湾居民来往大陆通行证", "台湾居民通行证", "台湾通行证", "来往大陆通行证",
    ),
    IdentityKind.MILITARY: ("军官证", "士兵证", "军人证", "警官证", "武警证", "文职干部证"),
    IdentityKind.CREDIT_CODE: (
        "统一社会信用代码", "社会信用代码", "统一信用代码", "信用代码", "营业执照", "营业执照号",
    ),
}  # fmt: skip
_KIND_OF: Final = {word: kind for kind, words in _KIND_WORDS.items() for word in words} | {
    kind.value: kind for kind in IdentityKind
}

_SHAPES: Final = {
    IdentityKind.PASSPORT: re.compile(r"(?=[A-Z0-9]*\d)[A-Z0-9]{6,15}\Z"),
    IdentityKind.HK_MACAO_PERMIT: re.compile(r"[HM]\d{8}(?:\d{2})?\Z"),
    IdentityKind.TAIWAN_PERMIT: re.compile(r"\d{8}(?:\d{2})?[A-Z]?\Z|T\d{8}\Z"),
    IdentityKind.MILITARY: re.compile(r"[A-Z\u4e00-\u9fff]{0,6}\d{4,9}号?\Z"),
    IdentityKind.OTHER: re.compile(r"[A-Z0-9\u4e00-\u9fff]{4,30}\Z"),
}

_SEPARATORS: Final = re.compile(r"[\s\-‐‑–—_.·*()\[\]]+")
_EIGHTEEN: Final = re.compile(r"\d{17}[\dX]\Z", re.ASCII)
_FIFTEEN: Final = re.compile(r"\d{15}\Z", re.ASCII)
_SCIENTIFIC: Final = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,2}\Z")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"
#: Provinces (GB/T 2260); 71 and 81–83 for Taiwan, Hong Kong, Macao and their residence permits.
#: Cards of foreign permanent residents begin with 9 and hold the country where the county is.
_PROVINCES: Final = frozenset(
    f"{code}"
    for code in [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47)]
    + [*range(50, 55), *range(61, 66), 71, 81, 82, 83, *range(91, 100)]
)
_OLDEST: Final = 1850

_CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_VALUE: Final = {character: value for value, character in enumerate(_CREDIT_ALPHABET)}
_CREDIT_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))
_CREDIT_SHAPE: Final = re.compile(rf"[{_CREDIT_ALPHABET}]{{2}}\d{{6}}[{_CREDIT_ALPHABET}]{{10}}\Z")

_CHECKSUM: Final = "id_checksum"


def identity_kind(word: Cell) -> IdentityKind:
    """Return the kind that a file's word for it means (``身份证``, ``护照`` …).

    The empty word means a resident identity card; an unknown word gives ``OTHER``.
    """
    text = cell_text(word)
    if is_nothing(text):
        return IdentityKind.RESIDENT
    return _KIND_OF.get(text) or _KIND_OF.get(re.sub(r"[\s(].*\Z", "", text), IdentityKind.OTHER)


def parse_identity(value: Cell, kind: str = "身份证") -> str:
    """Return an identity number as it is stored, or ``""`` for an empty cell.

    ``kind`` is a file's word or an :class:`IdentityKind`. Resident numbers come back with
    18 characters: those of 15 digits, issued until 1999, are completed. Raises
    ``BadValue("id_checksum")`` for a wrong number; for a resident card that is a wrong length,
    province, date of birth or check digit. A number that a spreadsheet has rounded gets a
    message of its own, since nobody can restore its last digits.
    """
    if type(value) is str and kind == "身份证" and _EIGHTEEN.match(value):
        return _checked_resident(value)
    shape = kind if isinstance(kind, IdentityKind) else identity_kind(kind)
    if shape is IdentityKind.CREDIT_CODE:
        return parse_credit_code(value)
    text = _clean(value)
    if not text:
        return ""
    if shape is IdentityKind.RESIDENT:
        return _parse_resident(text)
    if not _SHAPES[shape].match(text):
        raise BadValue(_CHECKSUM, _("This is not a valid number for this kind of document."))
    return text


def parse_credit_code(value: Cell) -> str:
    """Return a unified social credit code of 18 characters, or ``""`` for an empty cell.

    Raises ``BadValue("credit_code")`` when the shape or the check character is wrong.
    """
    text = _clean(value, code="credit_code")
    if not text:
        return ""
    if not _CREDIT_SHAPE.match(text):
        raise BadValue(
            "credit_code", _("A credit code has 18 digits and capital letters without I O S V Z.")
        )
    total = sum(_CREDIT_VALUE[c] * w for c, w in zip(text, _CREDIT_WEIGHTS, strict=False))
    if _CREDIT_ALPHABET[-total % 31] != text[17]:
        raise BadValue("credit_code", _("The check character of the credit code does not match."))
    return text


def resident_check_digit(first_seventeen: str) -> str:
    """Return the check digit (0–9 or X) of the first 17 digits, by ISO 7064 MOD 11-2."""
    total = sum(int(digit) * w for digit, w in zip(first_seventeen, _WEIGHTS, strict=True))
    return _CHECK_DIGITS[total % 11]


def birth_date_of(identity: str) -> dt.date | None:
    """Return the date of birth in a resident number of 18 characters, None for other numbers."""
    return _birth_date(identity[6:14]) if _EIGHTEEN.match(identity) else None


def _clean(value: Cell, *, code: str = _CHECKSUM) -> str:
    """Return the bare upper-case text of a number; refuse numbers that lost digits."""
    if isinstance(value, bool | dt.date | dt.time | dt.timedelta):
        raise BadValue(code, _("This is a date or a logical value, not the number of a document."))
    if isinstance(value, int | float) and not 0 <= value < 1e15:
        # From 16 digits on a spreadsheet keeps only the first 15 and fills up with zeros.
        raise _rounded(code)
    text = cell_text(value)
    if is_nothing(text):
        return ""
    if _SCIENTIFIC.match(text):
        raise _rounded(code)
    text = _SEPARATORS.sub("", text).upper()
    # The Cyrillic and Greek letters and the multiplication sign look like the X of the check digit.
    return text.replace("Х", "X").replace("Χ", "X").replace("×", "X")


def _parse_resident(text: str) -> str:
    if _EIGHTEEN.match(text):
        return _checked_resident(text)
    if _FIFTEEN.match(text):
        first = text[:6] + "19" + text[6:]
        return _checked_resident(first + resident_check_digit(first))
    raise BadValue(
        _CHECKSUM, _("An identity card number has 18 characters: 17 digits and a digit or X.")
    )


def _checked_resident(text: str) -> str:
    d = text.encode("ascii")
    # Written out because every row of an import comes here. "0" is 48, the weights add up to 100.
    total = (
        d[0] * 7 + d[1] * 9 + d[2] * 10 + d[3] * 5 + d[4] * 8 + d[5] * 4 + d[6] * 2 + d[7]
        + d[8] * 6 + d[9] * 3 + d[10] * 7 + d[11] * 9 + d[12] * 10 + d[13] * 5 + d[14] * 8
        + d[15] * 4 + d[16] * 2
    )  # fmt: skip
    if _CHECK_DIGITS[(total - 4800) % 11] != text[17]:
        raise BadValue(
            _CHECKSUM, _("The check digit of the identity card number does not match its digits.")
        )
    if text[:2] not in _PROVINCES:
        raise BadValue(_CHECKSUM, _("The identity card number begins with no known province."))
    if _birth_date(text[6:14]) is None:
        raise BadValue(_CHECKSUM, _("The identity card number contains no possible date of birth."))
    return text


def _birth_date(digits: str) -> dt.date | None:
    """Return ``YYYYMMDD`` as a date, None when there is no such day or it lies ahead."""
    try:
        born = dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    # One day of grace: at midnight in China it is still yesterday in UTC.
    tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).date()
    return born if born.year >= _OLDEST and born <= tomorrow else None


def _rounded(code: str) -> BadValue:
    return BadValue(
        code,
        _("The spreadsheet has rounded this number. Format the column as text and retype it."),
    )
