"""Telephone numbers: whatever people write into a cell becomes E.164.

Mainland mobile numbers, nearly all there are, go by the number plan (``1[3-9]`` and nine digits)
without the library; it is asked for landlines, service numbers and foreign numbers, with mainland
China as the country when none is given.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

import phonenumbers
from django.utils.translation import gettext_lazy as _

from core.values.base import BadValue, Cell, cell_text, is_nothing

COUNTRY: Final = "CN"
_EXTENSION_MARK: Final = ";ext="

_MOBILE: Final = re.compile(r"1[3-9]\d{9}\Z", re.ASCII)
_PREFIXED_MOBILE: Final = re.compile(r"(?:\+?86|0086|0)(1[3-9]\d{9})\Z", re.ASCII)
_SEPARATORS: Final = re.compile(r"[\s\-‐‑‒–—―−_.()\[\]【】〔〕﹣]+")
_LABEL: Final = re.compile(
    r"\A(?:电话|手机|手机号|手机号码|联系电话|联系方式|座机|tel|phone|mobile)[:\s.]*", re.IGNORECASE
)
_SCIENTIFIC: Final = re.compile(r"(\d)(?:\.(\d+))?[eE]\+?(\d{1,2})\Z")
_EXTENSION: Final = re.compile(
    r"\A(.*?\d.*?)\s*(?:转|分机|;ext=|ext\.?|x|#)\s*[:.]?\s*(\d{1,6})\Z", re.I
)
_DASHED_EXTENSION: Final = re.compile(r"\A(0\d{2,3}[-\s]?\d{7,8})-(\d{1,6})\Z")
#: Hong Kong, Macao and Taiwan written without a plus sign: ``852-91234567``.
_NEIGHBOUR: Final = re.compile(r"\A(?:852|853|886)[-\s]\d")
_BETWEEN: Final = re.compile(r"(?:[、,，；/／|｜\n\r]|;(?!ext=))+")
#: Digits beyond which a float no longer holds every one of them.
_EXACT: Final = 1e15


def parse_phone(value: Cell) -> str:
    """Return a telephone number in E.164 (``+8613800138000``), or ``""`` for an empty cell.

    A landline's extension follows as ``;ext=8001``; see :func:`without_extension`. Raises
    ``BadValue("phone")`` for what is no valid number and for numbers whose last digits a
    spreadsheet has rounded away (``1.78E+10``).
    """
    if type(value) is str and _MOBILE.match(value):
        return "+86" + value
    text = _from_number(value) if isinstance(value, int | float) else cell_text(value)
    if _MOBILE.match(text):
        return "+86" + text
    return _parse_text(text)


def parse_phones(value: Cell) -> list[str]:
    """Return every number of a cell that may hold several (``13800138000/027-87654321``).

    Each is E.164 and listed once; an empty cell gives an empty list. One bad number makes the
    whole cell bad: raises :class:`BadValue` like :func:`parse_phone`.
    """
    if type(value) is not str:
        single = parse_phone(value)
        return [single] if single else []
    found = (parse_phone(piece) for piece in _BETWEEN.split(value))
    return list(dict.fromkeys(number for number in found if number))


def national_format(number: str) -> str:
    """Return an E.164 number as people at home write it.

    ``13800138000``, ``027-87654321``, ``027-87654321-8001``, ``400-123-4567``; numbers of other
    countries keep their country code (``+852 9123 4567``). Anything else comes back unchanged.
    """
    if number.startswith("+861") and _MOBILE.match(number[3:]):
        return number[3:]
    return _national_format(number)


def without_extension(number: str) -> str:
    """Return an E.164 number without ``;ext=…``; what a search by telephone number compares."""
    return number.partition(_EXTENSION_MARK)[0]


def _from_number(value: float) -> str:
    """Return the digits of a number cell; refuse what cannot be a telephone number."""
    if isinstance(value, bool) or value <= 0 or value >= _EXACT or value != int(value):
        raise _bad()
    return str(int(value))


@lru_cache(maxsize=16_384)
def _parse_text(text: str) -> str:
    text = _LABEL.sub("", text)
    if is_nothing(text):
        return ""
    if len(text) > 60:
        raise _bad()
    joined = _SEPARATORS.sub("", text)
    if _MOBILE.match(joined):
        return "+86" + joined
    if prefixed := _PREFIXED_MOBILE.match(joined):
        return "+86" + prefixed.group(1)
    if scientific := _SCIENTIFIC.match(text):
        return _parse_text(_unscientific(*scientific.groups()))
    if _BETWEEN.search(text):
        raise BadValue("phone", _("The cell holds more than one number. Give one number a cell."))
    return _by_library(text)


def _unscientific(first: str, rest: str | None, exponent: str) -> str:
    """Return the digits of ``1.7747625915E+10``; refuse it when digits were rounded away."""
    if 1 + len(rest or "") <= int(exponent):
        raise BadValue(
            "phone",
            _("The spreadsheet has rounded this number. Format the column as text and retype it."),
        )
    return str(int(Decimal(f"{first}.{rest or 0}E{exponent}")))


def _by_library(text: str) -> str:
    text, extension = _cut_extension(text)
    if re.search(r"[A-Za-z\u3400-\u9fff]", text):
        # The library reads letters as the keys they share with digits; nobody here means that.
        raise _bad()
    if _NEIGHBOUR.match(text):
        text = "+" + text
    try:
        number = phonenumbers.parse(text, COUNTRY)
    except phonenumbers.NumberParseException:
        raise _bad() from None
    if not phonenumbers.is_valid_number(number):
        raise _bad()
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{e164}{_EXTENSION_MARK}{extension}" if extension else e164


def _cut_extension(text: str) -> tuple[str, str]:
    if found := _EXTENSION.match(text) or _DASHED_EXTENSION.match(
        text.replace("(", "").replace(")", "-")
    ):
        return found.group(1), found.group(2)
    return text, ""


@lru_cache(maxsize=4096)
def _national_format(number: str) -> str:
    base, _mark, extension = number.partition(_EXTENSION_MARK)
    try:
        parsed = phonenumbers.parse(base, None)
    except phonenumbers.NumberParseException:
        return number
    if parsed.country_code != 86:
        text = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    else:
        text = _mainland_format(parsed)
    return f"{text}-{extension}" if extension else text


def _mainland_format(number: phonenumbers.PhoneNumber) -> str:
    digits = phonenumbers.national_significant_number(number)
    area = phonenumbers.length_of_geographical_area_code(number)
    if area:
        return f"0{digits[:area]}-{digits[area:]}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL).replace(
        " ", "-"
    )


def _bad() -> BadValue:
    return BadValue(
        "phone",
        _("This is not a valid telephone number. Give a mobile number, or area code and number."),
    )
