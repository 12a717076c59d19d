"""By when a new unit or a change of level must stand in the system (CHG-01, CHG-02)."""

from datetime import date, timedelta

from regions.calendars import add_working_days
from regions.models import ChangeKind, OrgUnit
from regions.policies import policy

ENTRY_RULES = {
    ChangeKind.CREATE: "regions.new_unit_entry",
    ChangeKind.UPGRADE: "regions.level_change_entry",
    ChangeKind.DOWNGRADE: "regions.level_change_entry",
}


def entry_deadline(kind: str, effective_on: date, unit: OrgUnit | None) -> date | None:
    """The last day on which a change of this kind is entered in time; None for other kinds."""
    rule = ENTRY_RULES.get(ChangeKind(kind))
    if rule is None:
        return None
    return last_day(policy(rule, unit=unit, on=effective_on), effective_on, unit)


def last_day(choice: str, day: date, unit: OrgUnit | None) -> date:
    """The last day in time of one of DEADLINES, counted from a day on the unit's calendar."""
    if choice == "same_month":
        return _month_end(day)
    if choice == "month_after":
        return _month_end(_month_end(day) + timedelta(days=1))
    return add_working_days(day, int(choice), unit=unit)


def days_late(kind: str, effective_on: date, unit: OrgUnit | None, *, entered_on: date) -> int:
    """By how many days an entry missed its deadline; 0 when it did not."""
    deadline = entry_deadline(kind, effective_on, unit)
    return max((entered_on - deadline).days, 0) if deadline else 0


def _month_end(day: date) -> date:
    first = day.replace(day=1)
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
