"""Dates and times in the notations that Chinese offices use.

All of them give the calendar date in China: ``2021-01-02 2021/1/2 2021.1.2 20210102 2021年1月2日
2021年1月 二〇二一年一月二日``, spreadsheet serial numbers, and time stamps with or without a zone.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from core.values.base import BadValue, Cell, cell_text, is_nothing

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100
CHINA: Final = ZoneInfo("Asia/Shanghai")

#: Day 0 of spreadsheets. Excel's 1900 system believes in 29 February 1900, hence 30 December; only
#: days from March 1900 on come out right, which is why smaller serial numbers are refused anyway.
_EPOCH_1900: Final = dt.date(1899, 12, 30).toordinal()
_EPOCH_1904: Final = dt.date(1904, 1, 1).toordinal()
#: Below are years and other small numbers, not days: 10,000 is 18 May 1927.
_SMALLEST_SERIAL: Final = 10_000
_LARGEST_SERIAL: Final = 99_999

_CLOCK: Final = (
    r"(?P<half>凌晨|早上|上午|中午|下午|傍晚|晚上|AM|PM|am|pm)?\s*(?P<hour>\d{1,2})"
    r"(?:[:时点]\s*(?P<minute>\d{1,2})分?"
    r"(?::?\s*(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?秒?)?|[时点](?:整|(?P<thirty>半))?)"
    r"\s*(?P<half2>AM|PM|am|pm)?"
)
_TIME: Final = rf"(?:[T\s]*{_CLOCK}\s*(?P<zone>Z|[+-]\d{{2}}:?\d{{2}})?)?"
_ONLY_TIME: Final = re.compile(_CLOCK + r"\Z", re.ASCII)
_AFTER_NOON: Final = frozenset({"下午", "傍晚", "晚上", "pm"})
_BEFORE_NOON: Final = frozenset({"凌晨", "早上", "上午", "am"})
_WEEKDAY: Final = r"\s*(?:\(?(?:星期|周|礼拜)[一二三四五六日天]\)?)?\s*"
_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})\s*(?P<mark>[-/.年])\s*(?P<month>\d{1,2})\s*"
    r"(?:[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?|月)?" + _WEEKDAY + _TIME + r"\Z",
    re.ASCII,
)
_YEAR_MONTH: Final = re.compile(r"\d{4}\s*[-/]\s*\d{1,2}\Z", re.ASCII)
_EIGHT_DIGITS: Final = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[T\s]?(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2}))?)?\Z",
    re.ASCII,
)
_SERIAL: Final = re.compile(r"\d{5}(?:\.\d+)?\Z", re.ASCII)
_SHORT_YEAR: Final = re.compile(r"\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?\Z", re.ASCII)

_NUMERAL: Final = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "○": 0, "Ｏ": 0, "O": 0, "两": 2,
}  # fmt: skip
_NUMERALS: Final = re.compile(
    r"(?P<year>[〇○零一二三四五六七八九O]{4})年(?P<month>[一二三四五六七八九十元]{1,2})月"
    r"(?:(?P<day>[一二三四五六七八九十廿卅]{1,3})[日号])?\s*" + _TIME + r"\Z",
    re.ASCII,
)


def parse_date(value: Cell, epoch1904: bool = False) -> dt.date | None:
    """Return a date, or None for an empty cell.

    ``epoch1904`` says that serial numbers count from 1904, as in workbooks of old Macintoshes.
    A month without a day gives its first day. Raises ``BadValue("date")`` for days that do not
    exist, years outside 1900–2100, years of two digits, and everything that is no date.
    """
    if type(value) is str:
        moment = _parse_text(value, epoch1904)
        return None if moment is None else moment.date()
    if type(value) is dt.date:
        return _within(value)
    moment = parse_datetime(value, epoch1904)
    return None if moment is None else moment.date()


def parse_datetime(value: Cell, epoch1904: bool = False) -> dt.datetime | None:
    """Return a local time without a zone, or None for an empty cell; a mere date means midnight.

    Times with a zone are turned into China's. Raises like :func:`parse_date`.
    """
    if value is None:
        return None
    if type(value) is str:
        return _parse_text(value, epoch1904)
    if isinstance(value, dt.datetime):
        local = value.astimezone(CHINA).replace(tzinfo=None) if value.tzinfo else value
        _within(local.date())
        return local
    if isinstance(value, dt.date):
        return dt.datetime.combine(_within(value), dt.time())
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad()
    return _from_number(value, epoch1904)


def parse_time(value: Cell) -> dt.time | None:
    """Return a time of day that stands in a cell of its own, or None for an empty cell.

    Takes ``9:10``, ``上午9点10分``, a time of a spreadsheet and its fraction of a day. Raises
    ``BadValue("date")`` for everything else.
    """
    if isinstance(value, dt.datetime):
        return value.time()
    if isinstance(value, dt.time):
        return value.replace(tzinfo=None)
    if isinstance(value, dt.timedelta):
        value = value.total_seconds() / 86_400
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1:
        minutes, second = divmod(round(value * 86_400) % 86_400, 60)
        return dt.time(minutes // 60, minutes % 60, second)
    text = cell_text(value) if isinstance(value, str) or value is None else "?"
    if is_nothing(text):
        return None
    found = _ONLY_TIME.match(text)
    if found is None:
        raise _bad()
    try:
        return _time(found.groupdict())
    except ValueError:
        raise _bad() from None


def _from_number(value: float, epoch1904: bool) -> dt.datetime:
    """Read a serial number, or eight digits that a spreadsheet took for a number."""
    if _SMALLEST_SERIAL <= value <= _LARGEST_SERIAL:
        days = int(value)
        day = dt.date.fromordinal(days + (_EPOCH_1904 if epoch1904 else _EPOCH_1900))
        # Rounded to the second: 0.1 of a day is a recurring fraction in a float.
        seconds = round((value - days) * 86_400)
        return dt.datetime.combine(_within(day), dt.time()) + dt.timedelta(seconds=seconds)
    # 20260622, 202606220910 and 20260622091000, which a spreadsheet takes for numbers.
    written = 19_000_101 <= value < 10**14 and value == int(value)
    if written and len(str(int(value))) in (8, 12, 14):
        moment = _parse_text(str(int(value)), epoch1904)
        if moment is not None:
            return moment
    raise _bad()


@lru_cache(maxsize=65_536)
def _parse_text(raw: str, epoch1904: bool) -> dt.datetime | None:
    """Read a text; remembered, because a column of dates repeats a few thousand of them."""
    text = cell_text(raw).replace("。", ".").replace("−", "-").replace("–", "-")
    if is_nothing(text):
        return None
    if len(text) > 40:
        raise _bad()
    if found := _WRITTEN.match(text):
        if found["day"] is None and found["mark"] != "年" and not _YEAR_MONTH.match(text):
            raise _bad()
        return _moment(found.groupdict())
    if found := _EIGHT_DIGITS.match(text):
        return _moment(found.groupdict())
    if _SERIAL.match(text):
        return _from_number(float(text), epoch1904)
    if found := _NUMERALS.match(text):
        return _from_numerals(found.groupdict())
    if _SHORT_YEAR.match(text):
        raise BadValue("date", _("Write the year with four digits."))
    raise _bad()


def _moment(parts: dict[str, str | None]) -> dt.datetime:
    """Build the local time from the named groups of a pattern."""
    try:
        day = dt.date(int(parts["year"] or 0), int(parts["month"] or 0), int(parts["day"] or 1))
        time = _time(parts)
    except ValueError:
        raise _no_such_day() from None
    moment = dt.datetime.combine(_within(day), time)
    if zone := parts.get("zone"):
        # Programs export the midnight of China as 16:00 of the day before, in UTC.
        aware = dt.datetime.fromisoformat(moment.isoformat() + ("+00:00" if zone == "Z" else zone))
        moment = aware.astimezone(CHINA).replace(tzinfo=None)
    return moment


def _time(parts: dict[str, str | None]) -> dt.time:
    hour = int(parts.get("hour") or 0)
    half = (parts.get("half") or parts.get("half2") or "").lower()
    if half in _AFTER_NOON and hour < 12 or half == "中午" and hour < 3:
        hour += 12
    elif half in _BEFORE_NOON and hour == 12:
        hour = 0
    minute = 30 if parts.get("thirty") else int(parts.get("minute") or 0)
    fraction = (parts.get("fraction") or "0")[:6].ljust(6, "0")
    return dt.time(hour, minute, int(parts.get("second") or 0), int(fraction))


def _from_numerals(parts: dict[str, str | None]) -> dt.datetime:
    digits = "".join(str(_NUMERAL[numeral]) for numeral in parts["year"] or "")
    month, day = _numeral(parts["month"] or ""), _numeral(parts["day"] or "一")
    return _moment(parts | {"year": digits, "month": str(month), "day": str(day)})


def _numeral(text: str) -> int:
    """Return 1–39 written in Chinese: ``十二``, ``廿一``, ``卅``, ``元`` (the first)."""
    text = text.replace("元", "一").replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = text.rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        return 0  # no such month or day
    if not ten:
        return _NUMERAL[ones]
    return (_NUMERAL[tens] if tens else 1) * 10 + (_NUMERAL[ones] if ones else 0)


def _within(day: dt.date) -> dt.date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadValue("date", _("The year must lie between 1900 and 2100."))
    return day


def _no_such_day() -> BadValue:
    return BadValue("date", _("There is no such day. Write dates like 2021-01-31."))


def _bad() -> BadValue:
    return BadValue("date", _("This is not a date. Write dates like 2021-01-31."))
