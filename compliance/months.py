"""Months, by their first day."""

import calendar
from datetime import date


def month_of(day: date) -> date:
    """The first day of the month of a day."""
    return day.replace(day=1)


def month_end(month: date) -> date:
    """The last day of a month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def months_later(month: date, count: int) -> date:
    """The first day of the month so many months later, or earlier when negative."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def months_before(month: date, count: int) -> list[date]:
    """`count` months up to this one, oldest first."""
    return [months_later(month, back - count + 1) for back in range(count)]


def read_month(text: str) -> date | None:
    """The month written as "2026-11", None for anything else."""
    try:
        return date.fromisoformat(f"{text}-01") if len(text) == 7 else None
    except ValueError:
        return None
