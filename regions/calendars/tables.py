"""Working time for a million rows at once: tables worked out from the calendars, and SQL on them.

`CalendarSpan` holds every stretch of work of a line with the minutes before it, so that a due
instant is two look-ups and an addition. `refresh_lines` brings the tables into step; everything
here calls it first, so that no writer of calendars can forget to.

Set-based answers equal those of `regions.calendars`; tests compare them. They reach from 2004 to
the end of the tenth year from now; outside they are NULL.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from core.values.dates import CHINA
from regions.calendars.loading import Compiled, compiled, forget
from regions.calendars.rules import Line
from regions.calendars.worktime import Day, WorkTime
from regions.models import CalendarDay, CalendarLine, CalendarSpan, CalendarState, OrgUnit

FIRST_DAY: Final = date(2004, 1, 1)
YEARS_AHEAD: Final = 10

#: A relation (unit_id, line): whose working time holds for which unit.
UNIT_LINES: Final = """
SELECT u.id AS unit_id, coalesce(
  (SELECT a.id FROM regions_orgunit a
   WHERE starts_with(u.path, a.path)
     AND (a.id IN (SELECT unit_id FROM regions_calendaruse)
          OR a.id IN (SELECT unit_id FROM regions_calendarexception WHERE unit_id IS NOT NULL))
   ORDER BY length(a.path) DESC LIMIT 1), 0) AS line
FROM regions_orgunit u"""

# The tables of a line hold whole days; an instant counts from its next full minute. OFFSET keeps
# the planner from working the target out again wherever it is named.
_STARTS: Final = """
SELECT s.key, s.minutes, l.line, r.at,
  CASE WHEN r.at >= t.begins AND r.at < t.ends THEN s.minutes + coalesce(
    (SELECT c.before + (extract(epoch FROM least(r.at, c.ends_at) - c.starts_at) / 60)::int
     FROM regions_calendarspan c
     WHERE c.line = l.line AND c.starts_at <= r.at ORDER BY c.starts_at DESC LIMIT 1), 0)
  END AS target
FROM ({source}) s
JOIN unit_lines l ON l.unit_id = s.unit_id
JOIN lines t ON t.line = l.line
CROSS JOIN LATERAL (SELECT date_trunc('minute', s.start + interval '59.999999 seconds') AS at) r
OFFSET 0"""

_DUE: Final = """
WITH unit_lines AS MATERIALIZED ({unit_lines}),
lines AS MATERIALIZED (
  SELECT line, first_day::timestamp AT TIME ZONE 'Asia/Shanghai' AS begins,
         (last_day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS ends
  FROM regions_calendarline)
SELECT w.key, CASE
  WHEN w.minutes > 0 THEN
    (SELECT CASE WHEN d.due <= d.ends_at THEN d.due END FROM
      (SELECT c.starts_at + (w.target - c.before) * interval '1 minute' AS due, c.ends_at
       FROM regions_calendarspan c
       WHERE c.line = w.line AND c.before < w.target ORDER BY c.before DESC LIMIT 1) d)
  WHEN w.minutes < 0 THEN
    (SELECT CASE WHEN d.due <= d.ends_at THEN d.due END FROM
      (SELECT c.starts_at + (w.target - c.before) * interval '1 minute' AS due, c.ends_at
       FROM regions_calendarspan c
       WHERE c.line = w.line AND c.before <= w.target ORDER BY c.before DESC LIMIT 1) d)
  WHEN w.target IS NOT NULL THEN w.at
END AS due
FROM ({starts}) w"""

_DAYS: Final = """
WITH unit_lines AS MATERIALIZED ({unit_lines})
SELECT s.key,
  CASE WHEN s.last < s.first THEN 0
       ELSE b.days_before + (b.minutes > 0)::int - a.days_before END AS days,
  CASE WHEN s.last < s.first THEN 0 ELSE b.halves_before + b.halves - a.halves_before END AS halves
FROM ({source}) s
JOIN unit_lines l ON l.unit_id = s.unit_id
LEFT JOIN regions_calendarday a ON a.line = l.line AND a.day = s.first
LEFT JOIN regions_calendarday b ON b.line = l.line AND b.day = s.last"""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Working days of a span: `days` on which any work is done, `share` with half days as 0.5."""

    days: int
    share: Decimal


def due_query(source: str) -> str:
    """SQL of a relation (key, due) for a relation (key, unit_id, start, minutes).

    `source` is SQL of the caller's code, its parameters in the `%s` style. Join the result, or
    update from it; call `refresh_lines` in the same transaction first.
    """
    return _DUE.format(unit_lines=UNIT_LINES, starts=_STARTS.format(source=source))


def due_instants(source: str, params: Sequence[Any] = ()) -> Iterator[tuple[Any, datetime | None]]:
    """(key, due) of every row of a relation (key, unit_id, start, minutes), in no order."""
    refresh_lines()
    with connection.cursor() as cursor:
        cursor.execute(due_query(source), params)
        yield from cursor


def working_days_query(source: str) -> str:
    """SQL of a relation (key, days, halves) for a relation (key, unit_id, first, last)."""
    return _DAYS.format(unit_lines=UNIT_LINES, source=source)


def working_days_of_units(
    units: Iterable[OrgUnit | int], first: date, last: date
) -> dict[int, WorkingDays]:
    """Working days of each unit from `first` through `last`, in one query."""
    refresh_lines()
    keys = [unit.pk if isinstance(unit, OrgUnit) else unit for unit in units]
    source = (
        "SELECT unit AS key, unit AS unit_id, %s::date AS first, %s::date AS last"
        " FROM unnest(%s::int[]) unit"
    )
    with connection.cursor() as cursor:
        cursor.execute(working_days_query(source), [first, last, keys])
        return {
            key: WorkingDays(days, Decimal(halves) / 2)
            for key, days, halves in cursor.fetchall()
            if days is not None
        }


def refresh_lines() -> int:
    """Bring the tables into step with the calendars. Returns how many lines were rewritten.

    Cheap when nothing changed: it compares a digest for each line.
    """
    first, last = FIRST_DAY, date(timezone.localdate().year + YEARS_AHEAD, 12, 31)
    if not _outdated(compiled(), first, last)[0]:
        return 0
    with transaction.atomic():
        # One at a time; whoever waited finds the work done.
        CalendarState.objects.select_for_update().first()
        forget()
        now = compiled()
        wanted, keys = _outdated(now, first, last)
        CalendarLine.objects.exclude(line__in=keys).delete()
        for model in (CalendarDay, CalendarSpan):
            model.objects.exclude(line__in=keys).delete()
        for line, fingerprint in wanted:
            _write_line(line, fingerprint, first, last)
    return len(wanted)


def _outdated(now: Compiled, first: date, last: date) -> tuple[list[tuple[Line, str]], set[int]]:
    """Lines whose tables are missing or say something else, and the keys of all lines."""
    anchors = OrgUnit.objects.filter(pk__in=now.book.anchors())
    lines = [now.book.line(()), *(now.book.line(unit.ancestor_ids()) for unit in anchors)]
    known = dict(CalendarLine.objects.values_list("line", "fingerprint"))
    pairs = [(line, line.fingerprint(first, last)) for line in lines]
    wanted = [(line, print_) for line, print_ in pairs if known.get(line.key) != print_]
    # A line that is gone counts as outdated only together with others: nobody reads it.
    return wanted, {line.key for line in lines}


def _write_line(line: Line, fingerprint: str, first: date, last: date) -> None:
    """Write days and spans of one line anew."""
    for model in (CalendarDay, CalendarSpan):
        model.objects.filter(line=line.key).delete()
    clock = WorkTime(line.day, CHINA)
    length = (last - first).days + 1
    days = [(day, clock.day(day)) for day in (first + timedelta(days=n) for n in range(length))]
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY regions_calendarday (line, day, minutes, halves, days_before, halves_before)"
            " FROM STDIN"
        ) as copy:
            for row in _day_rows(line.key, days):
                copy.write_row(row)
        with cursor.copy(
            "COPY regions_calendarspan (line, starts_at, ends_at, before) FROM STDIN"
        ) as copy:
            for row in _span_rows(line.key, clock, days):
                copy.write_row(row)
    CalendarLine.objects.update_or_create(
        line=line.key,
        defaults={"fingerprint": fingerprint, "first_day": first, "last_day": last},
    )


def _day_rows(key: int, days: list[tuple[date, Day]]) -> Iterator[tuple[Any, ...]]:
    worked = halves = 0
    for day, facts in days:
        mine = int(facts.share * 2)
        yield key, day, facts.minutes, mine, worked, halves
        worked += bool(facts.spans)
        halves += mine


def _span_rows(
    key: int, clock: WorkTime, days: list[tuple[date, Day]]
) -> Iterator[tuple[int, datetime, datetime, int]]:
    before = 0
    for day, _facts in days:
        for starts_at, ends_at in clock.spans_on(day):
            yield key, starts_at, ends_at, before
            before += int((ends_at - starts_at).total_seconds()) // 60
