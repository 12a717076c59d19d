"""The schedule of the code and its mirror in the tables of django-celery-beat.

The tables are where administrators change times and switch work off. `write_schedule` creates
rows that are missing, lets a timing that the code changed follow unless an administrator changed
it first, and switches off what the code no longer has.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

from core.clock import database_now
from core.jobs import KINDS
from core.models import Timetable
from core.periodic import SCHEDULE, Periodic
from core.timings import At, Every, Timing

UNITS = {
    IntervalSchedule.DAYS: 86_400,
    IntervalSchedule.HOURS: 3_600,
    IntervalSchedule.MINUTES: 60,
    IntervalSchedule.SECONDS: 1,
}


def timing_of(row: PeriodicTask) -> Timing | None:
    """The timing that a row of django-celery-beat states; None for kinds we do not use."""
    if row.interval is not None and row.interval.period in UNITS:
        return Every(row.interval.every * UNITS[row.interval.period])
    if row.crontab is not None:
        rule = row.crontab
        fields = (rule.minute, rule.hour, rule.day_of_month, rule.month_of_year, rule.day_of_week)
        return At(*fields, zone=str(rule.timezone))
    return None


def enabled_timings(kinds: Collection[str] | None = None) -> Iterator[tuple[str, Timing | None]]:
    """Each kind of the schedule with its timing now; None while an administrator has it off."""
    wanted = [kind for kind in SCHEDULE if kind in KINDS and (kinds is None or kind in kinds)]
    rows = {row.task: row for row in rows_of(wanted)}
    for kind in wanted:
        row = rows.get(kind)
        yield kind, timing_of(row) if row is not None and row.enabled else None


def rows_of(kinds: Iterable[str]) -> list[PeriodicTask]:
    """The rows of these kinds, one each."""
    rows = PeriodicTask.objects.filter(task__in=list(kinds)).select_related("interval", "crontab")
    return list({row.task: row for row in rows.order_by("-pk")}.values())


def write_schedule(entries: Iterable[Periodic], retired: Collection[str] = ()) -> None:
    """Bring the rows in step with the code. Safe to call at any time and twice at once."""
    entries = list(entries)
    with transaction.atomic(), override("en"):
        now = database_now()
        for entry in entries:
            table, _made = Timetable.objects.select_for_update().get_or_create(
                kind=entry.task, defaults={"settled_through": now}
            )
            _write(entry, table)
        known = {entry.task for entry in entries}
        gone = set(Timetable.objects.exclude(kind__in=known).values_list("kind", flat=True))
        off = PeriodicTask.objects.filter(task__in=gone | set(retired), enabled=True)
        if off.update(enabled=False):
            PeriodicTasks.update_changed()


def _write(entry: Periodic, table: Timetable) -> None:
    """Create the row of one kind, or let its words and an untouched timing follow the code."""
    timing = entry.timing
    row = next(iter(rows_of([entry.task])), None)
    facts: dict[str, Any] = {"name": entry.task, "description": str(entry.sentence)}
    if row is None:
        row = PeriodicTask(task=entry.task, queue=entry.queue, **facts, **columns_of(timing))
        row.save()
    else:
        untouched = table.written in ("", str(timing_of(row))) and table.written != str(timing)
        if untouched:
            facts |= columns_of(timing)
        changed = {name: value for name, value in facts.items() if getattr(row, name) != value}
        if changed:
            for name, value in changed.items():
                setattr(row, name, value)
            row.save()
    if table.written != str(timing):
        Timetable.objects.filter(kind=entry.task).update(written=str(timing))


def columns_of(timing: Timing) -> dict[str, Any]:
    """The columns of django-celery-beat that state a timing."""
    if isinstance(timing, Every):
        interval = IntervalSchedule.objects.filter(
            every=timing.seconds, period=IntervalSchedule.SECONDS
        ).first() or IntervalSchedule.objects.create(
            every=timing.seconds, period=IntervalSchedule.SECONDS
        )
        return {"interval": interval, "crontab": None}
    assert isinstance(timing, At)  # noqa: S101  there are two kinds
    fields = {
        "minute": timing.minute,
        "hour": timing.hour,
        "day_of_month": timing.day_of_month,
        "month_of_year": timing.month_of_year,
        "day_of_week": timing.day_of_week,
        "timezone": timing.zone,
    }
    crontab = CrontabSchedule.objects.filter(**fields).first()
    return {"crontab": crontab or CrontabSchedule.objects.create(**fields), "interval": None}


def in_words(timing: Timing | None) -> str:
    """A timing as people say it; an unusual crontab stays a crontab."""
    if timing is None:
        return _("Never")
    if isinstance(timing, Every):
        return _every(timing.seconds)
    assert isinstance(timing, At)  # noqa: S101
    if not (timing.hour.isdecimal() and timing.minute.isdecimal()):
        if timing.hour == "*" and timing.minute.isdecimal() and _each_day(timing):
            return _("Every hour at minute {minute}").format(minute=timing.minute)
        return str(timing)
    clock = f"{int(timing.hour):02d}:{int(timing.minute):02d}"
    if _each_day(timing):
        return _("Every day at {time}").format(time=clock)
    if timing.day_of_month == timing.month_of_year == "*" and timing.day_of_week.isdecimal():
        day = WEEKDAYS[int(timing.day_of_week) % 7]
        return _("Every {weekday} at {time}").format(weekday=_(day), time=clock)
    if timing.month_of_year == timing.day_of_week == "*" and timing.day_of_month.isdecimal():
        sentence = _("On day {day} of every month at {time}")
        return sentence.format(day=timing.day_of_month, time=clock)
    return str(timing)


WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def _each_day(timing: At) -> bool:
    return timing.day_of_month == timing.month_of_year == timing.day_of_week == "*"


def _every(seconds: int) -> str:
    if seconds % 3600 == 0:
        hours = seconds // 3600
        return ngettext("Every hour", "Every {count} hours", hours).format(count=hours)
    if seconds % 60 == 0:
        minutes = seconds // 60
        return ngettext("Every minute", "Every {count} minutes", minutes).format(count=minutes)
    return ngettext("Every second", "Every {count} seconds", seconds).format(count=seconds)


def age_words(age: timedelta) -> str:
    """A length of time in its largest unit, as "3 minutes"."""
    seconds = max(int(age.total_seconds()), 0)
    if seconds < 120:
        return ngettext("{count} second", "{count} seconds", seconds).format(count=seconds)
    if seconds < 7200:
        count = seconds // 60
        return ngettext("{count} minute", "{count} minutes", count).format(count=count)
    if seconds < 172_800:
        count = seconds // 3600
        return ngettext("{count} hour", "{count} hours", count).format(count=count)
    count = seconds // 86_400
    return ngettext("{count} day", "{count} days", count).format(count=count)
