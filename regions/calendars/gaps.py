"""Years whose public days nobody has entered. Until then the weekly hours stand in for them."""

from datetime import date

from django.utils import timezone

from regions.calendars.loading import compiled
from regions.policies import policy


def calendar_gaps(on: date, *, months: int) -> list[int]:
    """The years from `on` through `months` later that have no public days."""
    last_year = on.year + (on.month - 1 + months) // 12
    entered = compiled().book.years
    return [year for year in range(on.year, last_year + 1) if year not in entered]


def missing_years(on: date | None = None) -> list[int]:
    """The years to warn of today (policy regions.calendar_warning_months)."""
    return calendar_gaps(
        on or timezone.localdate(), months=policy("regions.calendar_warning_months")
    )
