"""The State Council's notice of a year's holidays, pasted as it was published.

    国务院办公厅关于2026年部分节假日安排的通知
    一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。

The year stands in the title. What the notice says twice (days of the week, numbers of days) is
compared, because a notice read into a wrong year would close offices on the wrong days.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from core.values.base import BadValue
from regions.calendars.publication import (
    HOLIDAY,
    MAKE_UP,
    WEEKDAYS,
    LineProblem,
    read_days,
    read_lines,
    refuse_twice,
)
from regions.models import PublicDay

WEEKDAY_NAMES: Final = "周一 周二 周三 周四 周五 周六 周日".split()
NEW_YEAR, TOMB_SWEEPING = "元旦", "清明"
# Holidays whose date the sun calendar gives: what lies on them is no exchanged day.
FIXED: Final = {
    NEW_YEAR: ((1, 1),),
    "劳动": ((5, 1), (5, 2)),
    "国庆": ((10, 1), (10, 2), (10, 3)),
}
MOON: Final = ("端午", "中秋")

_TITLE: Final = re.compile(r"(\d{4})\s*年[^\d。；]{0,40}(?:节假日|放假|休假)")
_YEAR: Final = re.compile(r"(\d{4})\s*年")
_ORDINAL: Final = re.compile(r"^[一二三四五六七八九十\d]+[、.．]\s*")
_HEAD: Final = re.compile(
    r"([^\s：:。；;，,（）()]{2,30})\s*[：:]\s*(?=(?:\d{4}\s*年\s*)?\d{1,2}\s*月)"
)
_TOKEN: Final = re.compile(
    r"(?:(?P<year>\d{4})\s*年\s*)?(?:(?P<month>\d{1,2})\s*月\s*)?(?P<day>\d{1,2})\s*[日号]"
    r"|(?P<to>至|到|[-~～—–]+)"
    r"|(?P<weekday>(?:周|星期|礼拜)[一二三四五六日天])"
    r"|共\s*(?P<count>\d{1,2})\s*天"
    r"|(?P<free>放假|补休|休息)"
    r"|(?P<work>上班|补班)"
    r"|(?P<stop>[。；;])"
)


@dataclass(slots=True)
class _Item:
    """One holiday of the notice, as far as it has been read."""

    name: str
    year: int
    pending: list[list[date]] = field(default_factory=list)
    free: list[date] = field(default_factory=list)
    work: list[date] = field(default_factory=list)
    run: int = 0  # days of the spans named last
    last: date | None = None
    is_end: bool = False

    def name_day(self, year: str | None, month: str | None, day: str) -> None:
        """A date; what it leaves out is that of the date before it. Raises BadValue."""
        before = self.last
        number = int(month) if month else before.month if before else 0
        whole = int(year) if year else self._year(number)
        try:
            found = date(whole, number, int(day))
        except ValueError as error:
            sentence = _("{name}: there is no {month}-{day} in {year}.")
            words = sentence.format(name=self.name, month=number, day=day, year=whole)
            raise BadValue("date", words) from error
        if self.is_end and self.pending and before and found < before and not year:
            found = found.replace(year=found.year + 1)
        if self.is_end and self.pending:
            self.pending[-1][1] = found
        else:
            self.pending.append([found, found])
        self.last, self.is_end = found, False

    def _year(self, month: int) -> int:
        """The year of a date that names none: New Year's holiday may begin in December."""
        if self.is_end and self.last is not None:
            return self.last.year
        return self.year - (self.name.startswith(NEW_YEAR) and month == 12)

    def check_weekday(self, word: str) -> None:
        """Raises BadValue when the date before was another day of the week."""
        if self.last is not None and WEEKDAYS[word] != self.last.weekday():
            sentence = _("{name}: {day} is a {weekday}, but the notice says {said}.")
            weekday = WEEKDAY_NAMES[self.last.weekday()]
            words = sentence.format(name=self.name, day=self.last, weekday=weekday, said=word)
            raise BadValue("weekday", words)

    def check_count(self, count: int) -> None:
        """Raises BadValue when the span before has another number of days."""
        if self.run and count != self.run:
            sentence = _("{name}: the dates make {found} days, but the notice says {said}.")
            raise BadValue("span", sentence.format(name=self.name, found=self.run, said=count))

    def close(self, kind: str) -> None:
        """The dates named so far are holidays, or worked. Raises BadValue for impossible spans."""
        into = self.free if kind == HOLIDAY else self.work
        days = [
            one.day
            for first, last in self.pending
            for one in read_days(first, last, kind, self.name)
        ]
        into += days
        self.run = len(days) if kind == HOLIDAY else 0
        self.pending.clear()

    def days(self) -> Iterator[PublicDay]:
        """What the notice says of this holiday; a make-up day works as the day it pays for."""
        for day in self.free:
            yield from read_days(day, None, HOLIDAY, self.name)
        exchanged = exchanged_days(self.name, self.free, len(self.work))
        for number, day in enumerate(sorted(self.work)):
            (one,) = read_days(day, None, MAKE_UP, self.name)
            if number < len(exchanged):
                one.hours_as = exchanged[number].weekday()
            yield one


def is_notice(text: str) -> bool:
    """Whether a pasted text is a notice rather than a list of dates."""
    return _HEAD.search(text) is not None


def read_text(text: str) -> tuple[list[PublicDay], list[LineProblem]]:
    """What somebody pasted: a notice, or lines."""
    return read_notice(text) if is_notice(text) else read_lines(text)


def read_notice(text: str) -> tuple[list[PublicDay], list[LineProblem]]:
    """The days of a notice, and what is wrong with the others; problems bear the number of the
    holiday in the notice."""
    title = _TITLE.search(text) or _YEAR.search(text)
    if title is None:
        words = _("Please paste the title of the notice as well: it says which year is meant.")
        return [], [LineProblem(1, words)]
    days: dict[date, PublicDay] = {}
    problems: list[LineProblem] = []
    heads = list(_HEAD.finditer(text))
    for number, head in enumerate(heads, start=1):
        until = heads[number].start() if number < len(heads) else len(text)
        try:
            name = _ORDINAL.sub("", head[1])
            found = list(_read_item(name, text[head.end() : until], int(title[1])))
            refuse_twice(found, days)
        except BadValue as bad:
            problems.append(LineProblem(number, str(bad)))
            continue
        days |= {one.day: one for one in found}
    return list(days.values()), problems


def _read_item(name: str, text: str, year: int) -> Iterator[PublicDay]:
    """The days of one holiday. Raises BadValue."""
    item = _Item(name, year)
    for token in _TOKEN.finditer(text):
        if token["day"]:
            item.name_day(token["year"], token["month"], token["day"])
        elif token["to"]:
            item.is_end = bool(item.pending)
        elif token["weekday"]:
            item.check_weekday(token["weekday"])
        elif token["count"]:
            item.check_count(int(token["count"]))
        elif token["stop"]:
            item.pending.clear()
        else:
            item.close(HOLIDAY if token["free"] else MAKE_UP)
    if not item.free and not item.work:
        sentence = _("{name}: please say which days are free ({holiday}) and which are worked.")
        raise BadValue("kind", sentence.format(name=name, holiday=HOLIDAY))
    return item.days()


def exchanged_days(name: str, free: list[date], count: int) -> list[date]:
    """The working days that a holiday took and `count` make-up days pay for, in order.

    The notice does not say which. They are working days of the span that are no holiday by law, and
    those stand at its end: the law's own days come first. Only where a feast of the moon calendar
    is reached after a weekend it stands last itself. Administrators can say otherwise.
    """
    fixed = {day for word, days in FIXED.items() if word in name for day in days}
    if TOMB_SWEEPING in name and free:
        fixed.add((4, _tomb_sweeping(free[0].year)))
    taken = [day for day in sorted(free) if day.weekday() < 5 and (day.month, day.day) not in fixed]
    if name.startswith(MOON) and free and min(free).weekday() > 4:
        taken = taken[:-1]
    return taken[-count:] if count else []


def _tomb_sweeping(year: int) -> int:
    """The day of April on which 清明 falls from 2001 to 2099."""
    short = year % 100
    return int(short * 0.2422 + 4.81) - short // 4
