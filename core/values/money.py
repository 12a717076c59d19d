"""Amounts of money in yuan."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.values.base import BadValue, Cell, cell_text, is_nothing
from core.values.capitals import is_capital_sum, parse_capital_sum
from core.values.numbers import column_factor, parse_number, rounded

_CURRENCY: Final = re.compile(r"\A(?:人民币|RMB|CNY|CN¥|[¥￥])\s*", re.IGNORECASE)
_YUAN: Final = re.compile(r"\s*(?:元整|元|圆整|圆|整|RMB|CNY)\Z", re.IGNORECASE)
_IN_BRACKETS: Final = re.compile(r"\A\((.+)\)\Z")


def parse_money(value: Cell, *, unit: str = "") -> Decimal | None:
    """Return an amount in yuan with two decimals, or None for an empty cell.

    Takes ``1234.5``, ``¥1,234.50``, ``1234.50元``, ``12.3万``, ``(1,234.50)`` for a negative
    amount, 壹佰贰拾圆整 in capital letters, and floats with their noise. ``unit`` is the unit that
    the column's head names: ``万元`` multiplies by 10,000. Raises ``BadValue("money")`` for
    everything else.
    """
    if isinstance(value, str):
        text = cell_text(value)
        if is_nothing(text):
            return None
        if is_capital_sum(text):
            return parse_capital_sum(text)
        return rounded(_read(text) * column_factor(unit), 2, "money")
    return parse_number(value, unit=unit, code="money")


def _read(text: str) -> Decimal:
    """Read an amount as text; signs may stand before or behind the currency sign."""
    sign = 1
    if inner := _IN_BRACKETS.match(text):
        sign, text = -1, inner.group(1)
    text = text.replace("−", "-")
    if text.startswith("-"):
        sign, text = -sign, text[1:]
    text = _YUAN.sub("", _CURRENCY.sub("", text.strip()))
    try:
        number = parse_number(text, places=6, code="money") if text else None
    except BadValue as problem:
        raise _bad(problem) from None
    if number is None or (number < 0 and sign < 0):
        raise _bad()
    return number * sign


def _bad(problem: BadValue | None = None) -> BadValue:
    message = _("This is not an amount. Write amounts like 1234.50.")
    return BadValue("money", message if problem is None else problem.message)
