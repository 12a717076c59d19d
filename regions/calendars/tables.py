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
from functools import lru_cache
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from core.values.hours import Spans, clock
from regions.calendars.loading import Compiled, compiled, forget
from regions.calendars.rules import Line
from regions.calendars.worktime import Day
from regions.models import CalendarDay, CalendarLine, CalendarSpan, CalendarState, OrgUnit

FIRST_DAY: Final = date(2004, 1, 1)
YEARS_AHEAD: Final = 10
OFFSET: Final = "+08"  # summer time was last kept in 1991

#: A relation (unit_id, line): whose working time holds for which unit.
UNIT_LINES: Final = """
SELECT u.id AS unit_id, coalesce(
  (SELECT a.id FROM regions_orgunit a
   WHERE a.id IN (SELECT unit_id FROM regions_calendaruse
                  UNION SELECT unit_id FROM regions_calendarexception)
     AND a.id = ANY(string_to_array(trim(both '/' from u.path), '/')::int[])
   ORDER BY length(a.path) DESC LIMIT 1), 0) AS line
FROM regions_orgunit u"""

# All stretches of all lines as two sorted arrays: minutes of the epoch at which a stretch begins,
# and minutes of work before it, each line lifted into a range of its own (`base`). Looking a row up
# is a search by halves in memory, several times as fast as two descents of an index. Marks at both
# ends of a line's table keep its neighbours out. OFFSET 0 has each step worked out once.
_DUE: Final = """
WITH unit_lines AS MATERIALIZED ({unit_lines}),
lines AS MATERIALIZED (
  SELECT t.line, row_number() OVER (ORDER BY t.line) * 1e8::float8 AS base,
    date_part('epoch', t.first_day::timestamp AT TIME ZONE 'Asia/Shanghai') / 60 AS begins,
    date_part('epoch', (t.last_day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai') / 60 AS ends,
    coalesce((SELECT c.before + date_part('epoch', c.ends_at - c.starts_at) / 60
      FROM regions_calendarspan c WHERE c.line = t.line ORDER BY c.starts_at DESC LIMIT 1), 0
    ) AS total
  FROM regions_calendarline t),
marks AS (
  SELECT array_agg(m.at ORDER BY m.at, m.before) AS at,
         array_agg(m.before ORDER BY m.at, m.before) AS before
  FROM (SELECT l.base + date_part('epoch', c.starts_at) / 60 AS at, l.base + c.before AS before
        FROM regions_calendarspan c JOIN lines l ON l.line = c.line
        UNION ALL SELECT base + begins, base FROM lines
        UNION ALL SELECT base + ends, base + total FROM lines) m),
starts AS (
  SELECT s.key, s.minutes, r.at, l.base, l.total, r.at >= l.begins AND r.at < l.ends AS inside,
    width_bucket(l.base + r.at, (SELECT at FROM marks)) AS place
  FROM ({source}) s
  JOIN unit_lines u ON u.unit_id = s.unit_id
  JOIN lines l ON l.line = u.line
  CROSS JOIN LATERAL (SELECT ceil(date_part('epoch', s.start) / 60) AS at) r
  OFFSET 0),
targets AS (
  SELECT key, minutes, at, base, total, inside, minutes + (SELECT before FROM marks)[place] - base
    + least(base + at - (SELECT at FROM marks)[place],
            (SELECT before FROM marks)[place + 1] - (SELECT before FROM marks)[place]) AS target
  FROM starts OFFSET 0),
ends AS (
  SELECT key, minutes, at, base, target, inside AND target BETWEEN 0 AND total AS inside,
    width_bucket(base + target - CASE WHEN minutes > 0 THEN 0.5 ELSE 0 END,
                 (SELECT before FROM marks)) AS place
  FROM targets OFFSET 0)
SELECT key, CASE
  WHEN NOT inside THEN NULL
  WHEN minutes = 0 THEN to_timestamp(at * 60)
  ELSE to_timestamp(
    ((SELECT at FROM marks)[place] + target - (SELECT before FROM marks)[place]) * 60)
END AS due
FROM ends"""

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
    return _DUE.format(unit_lines=UNIT_LINES, source=source)


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
        wanted, gone = _outdated(now, first, last)
        for model in (CalendarLine, CalendarDay, CalendarSpan):
            model.objects.filter(line__in=gone)._raw_delete("default")  # type: ignore[attr-defined]
        for line, fingerprint in wanted:
            _write_line(line, fingerprint, first, last)
    return len(wanted)


def _outdated(now: Compiled, first: date, last: date) -> tuple[list[tuple[Line, str]], set[int]]:
    """Lines whose tables are missing or say something else, and the keys of lines that are gone."""
    anchors = OrgUnit.objects.filter(pk__in=now.book.anchors())
    lines = [now.book.line(()), *(now.book.line(unit.ancestor_ids()) for unit in anchors)]
    known = dict(CalendarLine.objects.values_list("line", "fingerprint"))
    public = now.book.public_fingerprint(first, last)
    pairs = [(line, line.fingerprint(first, last, public)) for line in lines]
    wanted = [(line, print_) for line, print_ in pairs if known.get(line.key) != print_]
    # A line that is gone counts as outdated only together with others: nobody reads it.
    return wanted, known.keys() - {line.key for line in lines}


def _write_line(line: Line, fingerprint: str, first: date, last: date) -> None:
    """Write days and spans of one line anew."""
    for model in (CalendarDay, CalendarSpan):
        model.objects.filter(line=line.key)._raw_delete("default")  # type: ignore[attr-defined]
    days, spans = _texts(line, first, last)
    with connection.cursor() as cursor:
        for text, into in (
            (days, "calendarday (line, day, minutes, halves, days_before, halves_before)"),
            (spans, "calendarspan (line, starts_at, ends_at, before)"),
        ):
            with cursor.copy(f"COPY regions_{into} FROM STDIN") as copy:
                copy.write(text)
    CalendarLine.objects.update_or_create(
        line=line.key,
        defaults={"fingerprint": fingerprint, "first_day": first, "last_day": last},
    )


def _texts(line: Line, first: date, last: date) -> tuple[str, str]:
    """Days and spans of a line as COPY reads them; text, because there are thirty thousand."""
    days, spans = [], []
    worked = halves = before = 0
    for n in range((last - first).days + 1):
        facts = line.day(first + timedelta(days=n))
        day = (first + timedelta(days=n)).isoformat()
        minutes, mine, parts = _sums(facts.spans, facts.full)
        days.append(f"{line.key}\t{day}\t{minutes}\t{mine}\t{worked}\t{halves}\n")
        worked += minutes > 0
        halves += mine
        for begins, ends, length in parts:
            spans.append(f"{line.key}\t{day} {begins}{OFFSET}\t{day} {ends}{OFFSET}\t{before}\n")
            before += length
    return "".join(days), "".join(spans)


@lru_cache(maxsize=4096)
def _sums(spans: Spans, full: int) -> tuple[int, int, list[tuple[str, str, int]]]:
    """Minutes and halves of a day with these hours, and (begin, end, minutes) of each stretch."""
    day = Day(spans, full=full)
    parts = [(clock(begins), clock(ends), ends - begins) for begins, ends in spans]
    return day.minutes, int(day.share * 2), parts
