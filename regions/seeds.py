"""What every property group starts with: names of levels with the naming rule ORG-02, the standard
working calendar, and the public days that are known."""

from datetime import date, timedelta

from core.values.hours import write_hours
from regions.calendars.rules import ORDINARY_WEEK
from regions.models import (
    WEEK,
    CalendarWeek,
    Kind,
    PublicDay,
    PublicDayKind,
    UnitLevel,
    WorkingCalendar,
    usual_weekday,
)

LEVELS: tuple[tuple[str, str, list[str], bool], ...] = (
    (Kind.GROUP, "集团", [], False),
    (Kind.REGION, "区域", ["客户关系中心", "客户关系部"], True),
    (Kind.CITY, "城市", ["客户关系部"], True),
    (Kind.PROJECT, "项目", ["客户关系部"], False),
)


def seed_regions() -> None:
    """Create missing levels; names an administrator changed stay."""
    for kind, name, department_names, required in LEVELS:
        UnitLevel.objects.get_or_create(
            kind=kind,
            defaults={
                "name": name,
                "department_names": department_names,
                "department_required": required,
            },
        )
    seed_calendars()


def seed_calendars() -> None:
    """The standard calendar, and public days of years of which no day was ever entered.

    A year that somebody entered or changed is his: it is left alone, even where the package that
    knows the days (chinesecalendar) says something else later.
    """
    standard, created = WorkingCalendar.objects.get_or_create(
        is_standard=True, defaults={"name": "标准工作日历"}
    )
    if created:
        hours = {name: write_hours(ORDINARY_WEEK[index]) for index, name in enumerate(WEEK)}
        CalendarWeek.objects.create(calendar=standard, **hours)
    entered = {day.year for day in PublicDay.objects.dates("day", "year")}
    days = [one for one in known_public_days() if one.day.year not in entered]
    PublicDay.objects.bulk_create(days, ignore_conflicts=True)


def known_public_days() -> list[PublicDay]:
    """The holidays and make-up days that chinesecalendar knows (2004 to 2026 in 1.11)."""
    from chinese_calendar.constants import Holiday, holidays, in_lieu_days, workdays

    chinese = {one.value: one.chinese for one in Holiday}
    days = [
        PublicDay(day=day, kind=PublicDayKind.HOLIDAY, name=chinese.get(name, name))
        for day, name in holidays.items()
    ]
    exchanged = exchanged_days(workdays, in_lieu_days)
    days += [
        PublicDay(
            day=day,
            kind=PublicDayKind.MAKE_UP,
            name=chinese.get(name, name),
            hours_as=exchanged[day].weekday() if day in exchanged else usual_weekday(day),
        )
        for day, name in workdays.items()
    ]
    return sorted(days, key=lambda one: one.day)


def exchanged_days(workdays: dict[date, str], in_lieu: dict[date, str]) -> dict[date, date]:
    """Which day off each make-up day pays for: of one holiday the first for the first, in order."""
    exchanged: dict[date, date] = {}
    for name, near in {(name, _season(day)) for day, name in workdays.items()}:
        worked = sorted(d for d, n in workdays.items() if (n, _season(d)) == (name, near))
        free = sorted(
            d for d, n in in_lieu.items() if (n, _season(d)) == (name, near) and d.weekday() < 5
        )
        if len(worked) == len(free):
            exchanged |= dict(zip(worked, free, strict=True))
    return exchanged


def _season(day: date) -> int:
    """The year a holiday belongs to: New Year's make-up days may stand in December."""
    return (day + timedelta(days=20)).year
