"""When key dates come round."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from expenses.models import KeyDate


def next_day(row: KeyDate, today: date) -> date | None:
    """The next occurrence from today on; None for a day that has passed and comes once. 29
    February is kept on the 28th of other years."""
    if row.on is not None:
        return row.on if row.on >= today else None
    if row.month is None or row.day is None:
        return None
    for year in (today.year, today.year + 1):
        last = calendar.monthrange(year, row.month)[1]
        day = date(year, row.month, min(row.day, last))
        if day >= today:
            return day
    return None


@dataclass(frozen=True, slots=True)
class Coming:
    """A key date and the day on which it comes."""

    row: KeyDate
    on: date


def coming(reader: Any, today: date, *, days: int = 30, most: int = 500) -> list[Coming]:
    """Key dates of a reader's scope within some days, the soonest first. One query."""
    rows = (
        KeyDate.objects.visible_to(reader)
        .filter(is_active=True)
        .select_related("customer", "contact", "unit", "owner", "category")
    )
    until = today + timedelta(days=days)
    found = [Coming(row, day) for row in rows if (day := next_day(row, today)) is not None]
    near = [one for one in found if one.on <= until]
    return sorted(near, key=lambda one: (one.on, one.row.pk))[:most]
