"""Public days as the State Council announces them: lines or rows, read into days.

2027-02-05 至 2027-02-13 春节 放假
2027-02-14 春节 上班 周五
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _

from core.values.base import BadValue, Cell, cell_text
from core.values.dates import parse_date
from core.values.text import parse_text
from regions.models import PublicDay, PublicDayKind, usual_weekday

LONGEST: Final = 16  # days in a row; a slip of the month would close the office for weeks
HOLIDAY, MAKE_UP = "放假", "上班"
HOLIDAY_WORDS: Final = frozenset(f"{HOLIDAY} 休息 休 假 假期 节假日 法定节假日 holiday off".split())
MAKE_UP_WORDS: Final = frozenset(
    f"{MAKE_UP} 补班 调休 调休上班 班 工作日 补班日 make-up makeup work".split()
)
WEEKDAYS: Final = {
    **{
        f"{word}{day}": n
        for word in ("周", "星期", "礼拜")
        for n, day in enumerate("一二三四五六日")
    },
    **{f"{word}天": 6 for word in ("周", "星期", "礼拜")},
    **{name: n for n, name in enumerate("mon tue wed thu fri sat sun".split())},
}
_DATE: Final = r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?"
_LINE: Final = re.compile(rf"({_DATE})(?:\s*(?:至|到|~|～|—|–|-{{1,2}})?\s*({_DATE}))?\s*(.*)\Z")


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A line that cannot be read: its number from 1, and a sentence."""

    number: int
    message: str


def read_lines(text: str) -> tuple[list[PublicDay], list[LineProblem]]:
    """The days of pasted lines, and what is wrong with the others. Empty lines are left out."""
    days: dict[date, PublicDay] = {}
    problems: list[LineProblem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = read_line(line)
            refuse_twice(found, days)
        except BadValue as bad:
            problems.append(LineProblem(number, str(bad)))
            continue
        days |= {one.day: one for one in found}
    return list(days.values()), problems


def read_line(line: str) -> list[PublicDay]:
    """The days of one line. Raises BadValue."""
    found = _LINE.match(cell_text(line).replace("\t", " "))
    if found is None:
        raise BadValue(
            "line", _("Please begin the line with a date like 2027-01-01, then its name and kind.")
        )
    words = re.split(r"[\s,，、;；()（）]+", found[3].strip())
    kinds = [word for word in words if word.lower() in HOLIDAY_WORDS | MAKE_UP_WORDS]
    weekday = next((word for word in words if word.lower() in WEEKDAYS), "")
    names = [word for word in words if word and word not in kinds and word != weekday]
    return read_days(found[1], found[2] or "", kinds[0] if kinds else "", "".join(names), weekday)


def read_days(
    first: Cell, last: Cell, kind: Cell, name: Cell, weekday: Cell = ""
) -> list[PublicDay]:
    """The unsaved public days of a span; without a last day the first alone. Raises BadValue."""
    begins = parse_date(first)
    ends = parse_date(last) or begins
    if begins is None or ends is None:
        raise BadValue("date", _("Please enter the day, like 2027-01-01."))
    if ends < begins:
        raise BadValue("span", _("The last day must not be before the first."))
    if (ends - begins).days >= LONGEST:
        raise BadValue("span", _("So many public days in a row cannot be; please check the dates."))
    word = cell_text(kind).lower()
    if word not in HOLIDAY_WORDS | MAKE_UP_WORDS:
        sentence = _("Please say whether it is a holiday ({holiday}) or a working day ({work}).")
        raise BadValue("kind", sentence.format(holiday=HOLIDAY, work=MAKE_UP))
    title = parse_text(name)
    if not title:
        raise BadValue("name", _("Please name the holiday the day belongs to."))
    make_up = word in MAKE_UP_WORDS
    hours_as = _weekday(weekday) if make_up else None
    days = (begins + timedelta(days=n) for n in range((ends - begins).days + 1))
    return [
        PublicDay(
            day=day,
            kind=PublicDayKind.MAKE_UP if make_up else PublicDayKind.HOLIDAY,
            name=title[:50],
            hours_as=(usual_weekday(day) if hours_as is None else hours_as) if make_up else None,
        )
        for day in days
    ]


def refuse_twice(found: list[PublicDay], known: dict[date, PublicDay]) -> None:
    """Raises BadValue when a day was given before."""
    twice = next((one.day for one in found if one.day in known), None)
    if twice is not None:
        raise BadValue("twice", _("The day {day} is given twice.").format(day=twice))


def _weekday(value: Cell) -> int | None:
    """A weekday as people write it; None for an empty cell. Raises BadValue."""
    word = cell_text(value).lower()
    if not word:
        return None
    if word not in WEEKDAYS:
        raise BadValue(
            "weekday", _("Please write the weekday like {example}.").format(example="周五")
        )
    return WEEKDAYS[word]
