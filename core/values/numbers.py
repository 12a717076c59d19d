"""Numbers with the units that people write behind them: areas, households, people."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.values.base import BadValue, Cell, cell_text, is_nothing

#: Factors of the Chinese counting words, also as units of a column: ``资产状况(万元)``.
FACTORS: Final = {"": 1, "十": 10, "百": 100, "千": 1000, "万": 10_000, "百万": 10**6}
FACTORS.update({"千万": 10**7, "亿": 10**8, "万亿": 10**12})
#: Beyond this nothing is an area, a count or an amount, but a code that slipped columns.
LARGEST: Final = Decimal(10) ** 15

_UNITS: Final = re.compile(
    r"\s*(?:平方米|平米|平方|㎡|m2|m²|M2|sqm|户|套|人|个|间|名|家|次|天|年|米|亩|公顷)\Z"
)
#: Thousands or groups of four, or no grouping at all; never a comma for a decimal point.
_NUMBER: Final = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>\d+|\d{1,3}(?:,\d{3})+|\d{1,4}(?:,\d{4})+)?(?P<rest>\.\d*)?"
    r"(?:[eE](?P<exponent>[+-]?\d{1,2}))?\s*(?P<factor>万亿|千万|百万|[十百千万亿])?\Z",
    re.ASCII,
)


def parse_number(
    value: Cell, *, places: int = 2, unit: str = "", code: str = "number"
) -> Decimal | None:
    """Return a number rounded half up to ``places`` decimals, or None for an empty cell.

    Takes ``1,234.5``, ``1.2万``, full-width digits and a unit behind the number (``89.5㎡``).
    ``unit`` is the unit of the column where its head names one: ``万元`` or ``万㎡`` multiply.
    Raises :class:`BadValue` with ``code`` for everything else, and from 10¹⁵ on.
    """
    if isinstance(value, bool):
        raise _bad(code)
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise _bad(code)
        # By its shortest text: 1.005 then is 1.005; noise as in 7441900.000000001 is rounded off.
        number = Decimal(str(value))
    else:
        text = cell_text(value)
        if is_nothing(text):
            return None
        number = _read(_UNITS.sub("", text), code)
    return rounded(number * column_factor(unit), places, code)


def parse_integer(value: Cell, *, code: str = "number") -> int | None:
    """Return a whole number (``1,200户`` is 1200), or None for an empty cell; refuse fractions."""
    number = parse_number(value, places=6, code=code)
    if number is None:
        return None
    if number != int(number):
        raise BadValue(code, _("This must be a whole number."))
    return int(number)


def column_factor(unit: str) -> int:
    """Return by how much the numbers of a column are too small: 10,000 for ``万元``, else 1."""
    for word in ("万亿", "千万", "百万", "亿", "万", "千", "百"):
        if unit.startswith(word):
            return FACTORS[word]
    return 1


def rounded(number: Decimal, places: int, code: str) -> Decimal:
    """Round half up to ``places`` decimals; refuse what is too large to be meant."""
    if abs(number) >= LARGEST:
        raise BadValue(code, _("This number is too large."))
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _read(text: str, code: str) -> Decimal:
    found = _NUMBER.match(text.replace("−", "-").replace("，", ","))
    if not found or not (found["whole"] or (found["rest"] or "").strip(".")):
        raise _bad(code)
    digits = (found["whole"] or "0").replace(",", "") + (found["rest"] or "")
    if len(digits) > 30:
        raise _bad(code)
    number = Decimal(f"{found['sign']}{digits}E{found['exponent'] or 0}")
    return number * FACTORS[found["factor"] or ""]


def _bad(code: str) -> BadValue:
    return BadValue(code, _("This is not a number. Write numbers like 1234.50."))
