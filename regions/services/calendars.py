"""Verbs of working calendars. Each tells those who stored deadlines (`on_calendar_change`)."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, ProtectedError
from django.utils.translation import gettext as _

from audit.services import record
from core.display import DASH
from core.errors import Refused, Stale
from core.scope import scope_of
from regions.calendars.changes import CalendarChange, tell
from regions.calendars.loading import forget
from regions.models import (
    CalendarException,
    CalendarState,
    CalendarUse,
    CalendarWeek,
    OrgUnit,
    PublicDay,
    PublicDayKind,
    WorkingCalendar,
)

CHANGE = "regions.change_workingcalendar"


def _begin(by: Any, unit: OrgUnit | None = None, *, of: Model | None = None) -> None:
    """Every verb's first step: one writer at a time, who reaches what he changes.

    That is a unit with what lies below it, or without one what the whole group uses. `of` is the
    row to be changed, which somebody may have removed meanwhile. Raises Refused.
    """
    # What is looked for before it is written is then still true when it is written.
    CalendarState.objects.select_for_update().first()
    if by is not None and unit is None and not scope_of(by, CHANGE).everything:
        raise Refused(_("Calendars are changed by administrators of the whole group."))
    if by is not None and unit is not None:
        reached = OrgUnit.objects.visible_to(by, CHANGE)
        if not reached.filter(pk=unit.pk).exists():
            raise Refused(_("You may only change units within your own reach."))
    if of is not None and not type(of)._base_manager.filter(pk=of.pk).exists():
        raise Stale(_("Somebody else removed this already."))


@transaction.atomic
def create_calendar(
    *, name: str, hours: Mapping[str, str], by: Any, keeps_public_days: bool = True
) -> WorkingCalendar:
    """A new calendar with its weekly hours (`hours`: "monday" → "09:00-12:00 …"; absent: no work).

    Raises ValidationError for a name that exists and for hours that cannot be read.
    """
    _begin(by)
    calendar = WorkingCalendar(name=name, keeps_public_days=keeps_public_days)
    calendar.full_clean()
    calendar.save()
    week = CalendarWeek(calendar=calendar, **hours)
    week.full_clean()
    week.save()
    record("calendar.created", subject=calendar, by=by, name=name)
    forget()
    return calendar


@transaction.atomic
def change_calendar(calendar: WorkingCalendar, *, by: Any, **fields: Any) -> WorkingCalendar:
    """Another name, or other manners with public holidays. Raises ValidationError."""
    _begin(by, of=calendar)
    for name, value in fields.items():
        setattr(calendar, name, value)
    calendar.full_clean()
    calendar.save(update_fields=list(fields))
    record("calendar.changed", subject=calendar, by=by, name=calendar.name)
    _changed(_of(calendar))
    return calendar


@transaction.atomic
def delete_calendar(calendar: WorkingCalendar, *, by: Any) -> None:
    """Remove a calendar that no unit ever used. Refuses the standard one and those in use."""
    _begin(by, of=calendar)
    if calendar.is_standard:
        raise Refused(_("The standard calendar cannot be deleted; every unit falls back on it."))
    try:
        with transaction.atomic():
            calendar.delete()
    except ProtectedError as error:
        sentence = _("This calendar is in use; give its units another calendar first.")
        raise Refused(sentence) from error
    record("calendar.deleted", by=by, name=calendar.name)
    forget()


@transaction.atomic
def set_weekly_hours(
    calendar: WorkingCalendar, *, hours: Mapping[str, str], by: Any, valid_from: date | None = None
) -> CalendarWeek:
    """The hours of each weekday from a day on (None: always), in place of those from that day.

    Earlier weeks stay, so that what was counted before keeps its hours. Raises ValidationError.
    """
    _begin(by, of=calendar)
    week = CalendarWeek.objects.filter(calendar=calendar, valid_from=valid_from).first()
    week = week or CalendarWeek(calendar=calendar, valid_from=valid_from)
    for name, text in hours.items():
        setattr(week, name, text)
    week.full_clean()
    week.save()
    record(
        "calendar.hours_set",
        subject=calendar,
        by=by,
        name=calendar.name,
        on=valid_from.isoformat() if valid_from else DASH,
    )
    _changed(_of(calendar, first=valid_from))
    return week


@transaction.atomic
def drop_weekly_hours(week: CalendarWeek, *, by: Any) -> None:
    """Take weekly hours back, so that the ones before go on. Refuses the last ones."""
    _begin(by, of=week)
    if not CalendarWeek.objects.filter(calendar=week.calendar).exclude(pk=week.pk).exists():
        raise Refused(_("A calendar needs weekly hours; please change them instead."))
    calendar, first = week.calendar, week.valid_from
    week.delete()
    record(
        "calendar.hours_dropped",
        subject=calendar,
        by=by,
        name=calendar.name,
        on=first.isoformat() if first else DASH,
    )
    _changed(_of(calendar, first=first))


@transaction.atomic
def use_calendar(
    unit: OrgUnit, *, calendar: WorkingCalendar | None, valid_from: date, by: Any
) -> CalendarUse:
    """Give a unit and what lies below it a calendar from a day on; None: what the unit above uses.

    Units below with a calendar of their own keep it. Raises ValidationError.
    """
    _begin(by, unit)
    use = CalendarUse.objects.filter(unit=unit, valid_from=valid_from).first()
    use = use or CalendarUse(unit=unit, valid_from=valid_from)
    use.calendar = calendar
    use.full_clean()
    use.save()
    record(
        "calendar.used",
        subject=unit,
        by=by,
        code=unit.code,
        name=calendar.name if calendar else DASH,
        on=valid_from.isoformat(),
    )
    _changed(CalendarChange(unit.pk, valid_from))
    return use


@transaction.atomic
def drop_use(use: CalendarUse, *, by: Any) -> None:
    """Take back that a unit uses a calendar from a day on."""
    _begin(by, use.unit, of=use)
    unit, first = use.unit, use.valid_from
    use.delete()
    record("calendar.use_dropped", subject=unit, by=by, code=unit.code, on=first.isoformat())
    _changed(CalendarChange(unit.pk, first))


@transaction.atomic
def add_exception(
    *,
    first_day: date,
    last_day: date,
    reason: str,
    by: Any,
    hours: str = "",
    calendar: WorkingCalendar | None = None,
    unit: OrgUnit | None = None,
) -> CalendarException:
    """Other hours, or none, on some days: for a calendar, or for a unit and what lies below it.

    Raises ValidationError, also when the very same hours are entered for these days already.
    """
    _begin(by, unit if calendar is None else None)
    same = CalendarException.objects.filter(
        calendar=calendar, unit=unit, first_day=first_day, last_day=last_day, hours=hours
    )
    if same.exists():
        raise ValidationError(_("These hours are entered for these days already."))
    exception = CalendarException(
        calendar=calendar,
        unit=unit,
        first_day=first_day,
        last_day=last_day,
        hours=hours,
        reason=reason,
        by=by,
    )
    exception.full_clean()
    exception.save()
    _record_exception("calendar.exception_added", exception, by)
    return exception


@transaction.atomic
def remove_exception(exception: CalendarException, *, by: Any) -> None:
    """Take an exception back; the audit log keeps that it was there."""
    _begin(by, exception.unit, of=exception)
    _record_exception("calendar.exception_removed", exception, by)
    exception.delete()
    forget()


@transaction.atomic
def enter_public_days(days: Iterable[PublicDay], *, by: Any) -> tuple[int, int]:
    """Enter public days, in place of what was said of the same days. Returns (new, changed).

    Raises ValidationError. A day that is given as it stands already counts as neither.
    """
    _begin(by)
    given = {one.day: one for one in days}
    before = PublicDay.objects.in_bulk(list(given))
    fresh = [one for day, one in given.items() if day not in before]
    other = [
        one for day, one in given.items() if day in before and not one.says_the_same(before[day])
    ]
    for one in (*fresh, *other):
        one.clean()
        one.full_clean(validate_unique=False)
    PublicDay.objects.bulk_create(fresh)
    PublicDay.objects.bulk_update(other, ["kind", "name", "hours_as"])
    changed = sorted(one.day for one in (*fresh, *other))
    if changed:
        first, last = changed[0], changed[-1]
        record(
            "calendar.public_days",
            by=by,
            count=len(changed),
            first=first.isoformat(),
            last=last.isoformat(),
        )
        _changed(CalendarChange(None, first, last))
    return len(fresh), len(other)


@transaction.atomic
def remove_public_day(public_day: PublicDay, *, by: Any) -> None:
    """Make a public day an ordinary one again."""
    _begin(by, of=public_day)
    day = public_day.day
    public_day.delete()
    record("calendar.public_day_removed", by=by, name=public_day.name, on=day.isoformat())
    _changed(CalendarChange(None, day, day))


def holidays_of_span(first: date, last: date, name: str) -> list[PublicDay]:
    """One holiday a day from `first` through `last`, unsaved."""
    return [
        PublicDay(day=first + timedelta(days=n), kind=PublicDayKind.HOLIDAY, name=name)
        for n in range((last - first).days + 1)
    ]


def _record_exception(action: str, exception: CalendarException, by: Any) -> None:
    owner = exception.calendar or exception.unit
    record(
        action,
        subject=owner,
        by=by,
        name=str(owner),
        first=exception.first_day.isoformat(),
        last=exception.last_day.isoformat(),
        reason=exception.reason,
    )
    days = {"first": exception.first_day, "last": exception.last_day}
    if exception.calendar is not None:
        _changed(_of(exception.calendar, **days))
    else:
        _changed(CalendarChange(exception.unit_id, **days))


def _of(
    calendar: WorkingCalendar, first: date | None = None, last: date | None = None
) -> CalendarChange:
    """What a change of a calendar touches: the one unit that uses it, else possibly everybody."""
    units = set(CalendarUse.objects.filter(calendar=calendar).values_list("unit", flat=True))
    only = units.pop() if len(units) == 1 and not calendar.is_standard else None
    return CalendarChange(only, first, last)


def _changed(change: CalendarChange) -> None:
    forget()
    tell(change)
