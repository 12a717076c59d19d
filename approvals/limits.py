"""By when a step is to be decided: plain calculation over the working calendar."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from regions.calendars import WorkTime, worktime_of
from regions.policies.types import Span


def due_at(start: datetime, span: Span, unit: int | WorkTime) -> datetime:
    """The instant at which a span has passed since `start`, by the calendar of a unit (its key, or
    its working time for who asks often)."""
    clock = unit if isinstance(unit, WorkTime) else worktime_of(unit)
    if span.unit == "working_days":
        # A working day has the length of the week's longest day.
        return clock.add(start, int(Decimal(span.amount) * clock.day(_day(clock, start)).full))
    if span.working:
        return clock.add(start, span.minutes)
    return start + timedelta(minutes=span.minutes)


def last_day_of(start: datetime, span: Span, unit: int | WorkTime) -> datetime:
    """The end of the last of so many days after the day of `start`: whoever comes back on Monday
    and has three working days has all of Thursday."""
    clock = unit if isinstance(unit, WorkTime) else worktime_of(unit)
    day = _day(clock, start)
    whole = int(Decimal(span.amount).to_integral_value(rounding="ROUND_CEILING"))
    if span.unit == "working_days":
        last = clock.add_working_days(day, whole)
    else:
        last = day + timedelta(days=whole)
    midnight = datetime.combine(last + timedelta(days=1), time.min)
    return midnight.replace(tzinfo=clock.local(start).tzinfo)


def _day(clock: WorkTime, moment: datetime) -> date:
    return clock.local(moment).date()
