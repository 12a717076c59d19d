"""The duty roster: who is on duty, which days have nobody."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from accounts.models import UserState
from complaints.models import ContactSheet, DutyShift
from regions.models import OrgUnit

DAYS_SHOWN = 14


@dataclass(frozen=True, slots=True)
class RosterDay:
    """A day with its shifts, and whether any hour of it has nobody."""

    day: date
    shifts: list[DutyShift]
    is_whole: bool


def on_duty(moment: datetime, units: Iterable[int] | None = None) -> dict[int, list[int]]:
    """Keys of the people on duty at a moment by unit, of these units or of all. One query."""
    rows = DutyShift.objects.at(moment).filter(user__state=UserState.ACTIVE)
    if units is not None:
        rows = rows.filter(unit__in=list(units))
    found: dict[int, list[int]] = defaultdict(list)
    for unit, user in rows.values_list("unit_id", "user_id"):
        found[unit].append(user)
    return found


def roster_of(unit: OrgUnit, first: date) -> list[RosterDay]:
    """Two weeks of a unit from a day on."""
    begin = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    end = begin + timedelta(days=DAYS_SHOWN)
    shifts = list(
        DutyShift.objects.filter(unit=unit, starts_at__lt=end, ends_at__gt=begin).select_related(
            "user"
        )
    )
    days = []
    for number in range(DAYS_SHOWN):
        start = begin + timedelta(days=number)
        stop = start + timedelta(days=1)
        here = [shift for shift in shifts if shift.starts_at < stop and shift.ends_at > start]
        whole = covers([(shift.starts_at, shift.ends_at) for shift in here], start, stop)
        days.append(RosterDay(first + timedelta(days=number), here, whole))
    return days


def covers(spans: Iterable[tuple[datetime, datetime]], start: datetime, stop: datetime) -> bool:
    """Whether somebody is there at every moment from `start` to `stop`."""
    reached = start
    for begin, end in sorted(spans):
        if begin > reached:
            return False
        reached = max(reached, end)
    return reached >= stop


def sheet_of(unit: OrgUnit) -> ContactSheet | None:
    """The contact sheet of a unit, else that of the nearest above."""
    keys = unit.ancestor_ids()
    sheets = {sheet.unit_id: sheet for sheet in ContactSheet.objects.filter(unit__in=keys)}
    return next((sheets[key] for key in reversed(keys) if key in sheets), None)
