"""Sums in Chinese capital letters, as contracts, cheques and vouchers write them.

壹仟零伍拾圆整 cannot be changed by a stroke, as 1,050 can.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.values.base import BadValue

DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ("", "万", "亿", "万亿")  # of four digits, from the right
LARGEST: Final = Decimal(10) ** 16  # nobody agrees on names beyond it
CENT: Final = Decimal("0.01")

# Whatever else people write for the same sign: shorter ones, 元, 正 and the letters of daily use.
_SAME: Final = str.maketrans(
    "〇○一二两三四五六七八九十百千貳弐參叄陸萬億圓元正",
    "零零壹贰贰叁肆伍陆柒捌玖拾佰仟贰贰叁叁陆万亿圆圆整",
)
_HEAD: Final = re.compile(r"\A(?:人民币|RMB)?[\s::]*(?:[((]?大写[))]?[\s::]*)?", re.IGNORECASE)
_LETTERS: Final = re.compile(rf"\A负?[{DIGITS}拾佰仟万亿圆角分整]+\Z")
_PART: Final = re.compile(
    rf"\A零?(?:([{DIGITS[1:]}])仟)?零?(?:([{DIGITS[1:]}])佰)?零?(?:([{DIGITS[1:]}])拾)?零?"
    rf"([{DIGITS[1:]}])?\Z"
)
_SUM: Final = re.compile(
    r"\A(负)?(?:([^圆角分整]+)圆)?零?(?:(.)角)?零?(?:(.)分)?整?\Z",
)
# A nought behind a whole group or behind 圆 is written by some and left out by others.
_FREE_NOUGHT: Final = re.compile(r"(?<=[亿万圆])零(?=.[仟角])")


def capital_sum(amount: Decimal) -> str:
    """A sum of yuan in capital letters: 1001.1 gives 壹仟零壹圆壹角整. Rounded to whole fen.

    Raises ValueError from 10¹⁶ on.
    """
    cents = int((abs(amount) / CENT).to_integral_value("ROUND_HALF_UP"))
    yuan, rest = divmod(cents, 100)
    if yuan >= LARGEST:
        raise ValueError("too large for capital letters")
    jiao, fen = divmod(rest, 10)
    text = f"{_whole(yuan)}圆" if yuan or not rest else ""
    if jiao:
        text += f"{DIGITS[jiao]}角"
    elif fen and yuan:
        text += "零"
    text += f"{DIGITS[fen]}分" if fen else "整"
    return f"负{text}" if amount < 0 and cents else text


def _whole(yuan: int) -> str:
    """Groups of four digits with 万 and 亿; one nought for any row of noughts between digits."""
    if not yuan:
        return DIGITS[0]
    text, missing = "", False
    for place in reversed(range(len(_GROUPS))):
        group = yuan // 10 ** (4 * place) % 10_000
        if not group:
            missing = bool(text)
        else:
            nought = text and (missing or group < 1000)
            text += (DIGITS[0] if nought else "") + _group(group) + _GROUPS[place]
            missing = False
        if place == 3 and group and yuan // 10**8 % 10_000:
            text = text.removesuffix("亿")  # 壹万贰仟亿 says 亿 once
    return text


def _group(group: int) -> str:
    """Up to four digits with their places."""
    text, missing = "", False
    for place in reversed(range(4)):
        digit = group // 10**place % 10
        if digit:
            text += (DIGITS[0] if missing and text else "") + DIGITS[digit] + _PLACES[place]
        missing = not digit
    return text


def is_capital_sum(text: str) -> bool:
    """Whether a text looks like a sum in letters: it has a unit of money and no digit at all."""
    letters = _plain(text)
    return bool(_LETTERS.match(letters)) and any(unit in letters for unit in "圆角分")


def parse_capital_sum(text: str) -> Decimal:
    """The sum that capital letters (or those of daily use) say, in yuan with two places.

    What is not written as the rules of vouchers have it is refused: a nought that lacks makes
    another sum of it. Raises ``BadValue("money")``.
    """
    letters = _plain(text)
    found = _SUM.match(letters)
    if not found or not _LETTERS.match(letters):
        raise _bad()
    minus, whole, jiao, fen = found.groups()
    value = Decimal(_read(whole) if whole else 0)
    for letter, worth in ((jiao, Decimal("0.1")), (fen, CENT)):
        value += DIGITS.find(letter) * worth if letter else 0
    value = (-value if minus else value).quantize(CENT)
    if _strict(letters) != _strict(capital_sum(value)):
        raise _bad()
    return value


def _plain(text: str) -> str:
    """One sign for each meaning, without the words in front."""
    letters = "".join(_HEAD.sub("", text.strip()).split()).translate(_SAME)
    # 拾万 is 壹拾万; the same behind a group or a nought.
    return re.sub(rf"(?<![{DIGITS[1:]}])拾", "壹拾", letters)


def _strict(letters: str) -> str:
    """The letters without what may be written or left out: noughts behind a group, 整, 零角."""
    return _FREE_NOUGHT.sub("", letters.removesuffix("整"))


def _read(whole: str) -> int:
    """Yuan before 圆."""
    if whole == DIGITS[0]:
        return 0
    high, _mark, low = whole.rpartition("亿")
    above = _groups(high) if high else 0
    return above * 10**8 + _groups(low)


def _groups(text: str) -> int:
    """A number below 10⁸."""
    high, _mark, low = text.rpartition("万")
    return _part(high) * 10_000 + _part(low)


def _part(text: str) -> int:
    """A number below 10⁴."""
    found = _PART.match(text)
    if found is None:
        raise _bad()
    value = 0
    for letter in found.groups():
        value = value * 10 + (DIGITS.find(letter) if letter else 0)
    return value


def _bad() -> BadValue:
    return BadValue(
        "money", _("This is not a sum in capital letters. Please write it like 1050.00.")
    )
