"""When a mail may reach somebody: not in his quiet hours, not on his days off.

The working calendar belongs to an app to the right of this one, which hands its question in by
`register_working_days`.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from core.models import NoticePreference

WorkingDay = Callable[[int | None, date], bool]
MORNING = time(8, 0)
LONGEST_HOLIDAY = 30  # days looked ahead; a calendar without a single working day ends the search


def _monday_to_friday(unit: int | None, day: date) -> bool:
    return day.weekday() < 5


_working_day: list[WorkingDay] = [_monday_to_friday]


def register_working_days(question: WorkingDay) -> None:
    """Let the working calendar answer whether a unit (its key, or None) works on a day."""
    _working_day[0] = question


def is_working_day(unit: int | None, day: date) -> bool:
    """Whether people of a unit work on a day."""
    return _working_day[0](unit, day)


class Doors:
    """When mails may go out to whom; days of a unit are asked for once."""

    def __init__(self) -> None:
        self._days: dict[tuple[int | None, date], bool] = {}

    def works(self, unit: int | None, day: date) -> bool:
        """`is_working_day`, remembered."""
        if (unit, day) not in self._days:
            self._days[unit, day] = is_working_day(unit, day)
        return self._days[unit, day]

    def opens_at(self, now: datetime, wish: NoticePreference, unit: int | None) -> datetime:
        """The first instant from `now` on at which a mail that can wait may go out."""
        at = timezone.localtime(now)
        for _step in range(LONGEST_HOLIDAY):
            later = self._later(at, wish, unit)
            if later is None:
                break
            at = later
        return at

    def _later(self, at: datetime, wish: NoticePreference, unit: int | None) -> datetime | None:
        """The next instant to try, or None when `at` is free."""
        if wish.working_days_only and not self.works(unit, at.date()):
            return _on(at.date() + timedelta(days=1), wish.quiet_until or MORNING)
        begin, end = wish.quiet_from, wish.quiet_until
        if begin is None or end is None or begin == end:
            return None
        clock = at.time()
        if begin < end:
            return _on(at.date(), end) if begin <= clock < end else None
        if clock >= begin:
            return _on(at.date() + timedelta(days=1), end)
        return _on(at.date(), end) if clock < end else None


def _on(day: date, clock: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, clock))
