"""Finding lapses in the stored days (LOG-03).

Runs are read from the days as they were judged, so a frozen month keeps its lapses. A run that goes
on is one lapse that grows; one that a later trip or leave dissolves goes, unless it was published.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Count, Max, Min, OuterRef, Subquery
from django.utils import timezone

from accounts.models import User
from compliance.models import CircularLine, CircularState, Lapse, LogInDay, LogInMonth
from compliance.selectors.log_in_rules import basis
from compliance.services.log_in_days import HOLD
from regions.models import OrgUnit

#: Runs are looked for so far before the first day that may have changed. Longer ones were found
#: before, and are known again because they overlap.
WINDOW: Final = dt.timedelta(days=92)
_FIND: Final = """,
stored AS MATERIALIZED (
  SELECT person_id AS person, unit_id, day, log_ins, reason
  FROM compliance_loginday WHERE day BETWEEN %(first)s AND %(last)s),
grouped AS MATERIALIZED (
  SELECT *, count(*) FILTER (WHERE log_ins > 0) OVER (PARTITION BY person ORDER BY day) AS run
  FROM stored),
counted AS (
  SELECT g.person, g.run, g.day, r.lapse,
    row_number() OVER (PARTITION BY g.person, g.run ORDER BY g.day) AS number
  FROM grouped g JOIN rules r ON r.unit_id = g.unit_id AND g.day BETWEEN r.since AND r.until
  WHERE g.log_ins = 0 AND g.reason NOT IN ('leave', 'not_held'))
SELECT c.person, min(c.day), max(c.day), count(*), min(c.day) FILTER (WHERE c.number >= c.lapse),
  coalesce(s.day, l.left_on), c.run = 0
FROM counted c
LEFT JOIN grouped s ON s.person = c.person AND s.run = c.run + 1 AND s.log_ins > 0
LEFT JOIN accounts_user l ON l.id = c.person AND l.left_on <= %(last)s
GROUP BY c.person, c.run, s.day, l.left_on HAVING count(*) FILTER (WHERE c.number >= c.lapse) > 0
ORDER BY c.person, c.run"""


@dataclass(frozen=True, slots=True)
class Found:
    """A run as the stored days have it; `ended` is the day of the log-in after it, or the last day
    of who left instead; `from_start` says that nothing ended an earlier one since the window
    began."""

    person: int
    first: dt.date
    last: dt.date
    days: int
    dated: dt.date
    ended: dt.date | None
    from_start: bool


@transaction.atomic
def find_lapses() -> tuple[int, int]:
    """Bring lapses in step with the stored days. Returns how many are new and how many went."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD)
        stored = LogInMonth.objects.exclude(stored_through=None)
        ends = stored.aggregate(last=Max("stored_through"))["last"]
        if ends is None:
            return 0, 0
        first = _window_start(ends)
        base = basis(first, ends)
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute(base.sql + _FIND, base.params)
        runs = [Found(*row) for row in cursor.fetchall()]
    _end_of_leavers(first, ends)
    return _merge(runs, first)


def _end_of_leavers(first: dt.date, ends: dt.date) -> None:
    """End what lies before the window and still lasts of people who left: nobody waits for their
    log-in any more."""
    left_on = User.objects.filter(pk=OuterRef("person")).values("left_on")
    old = Lapse.objects.filter(last_day__lt=first, ended_on=None, person__left_on__lte=ends)
    old.update(ended_on=Subquery(left_on))


def _window_start(ends: dt.date) -> dt.date:
    opened = LogInMonth.objects.filter(frozen_at=None).aggregate(first=Min("month"))["first"]
    # What was frozen this very night was looked at for the last time.
    return min(opened or ends, ends.replace(day=1)) - WINDOW


def _merge(runs: list[Found], first: dt.date) -> tuple[int, int]:
    """Make, grow and drop lapses. `first` is the first day that was looked at."""
    known: dict[int, list[Lapse]] = defaultdict(list)
    for lapse in Lapse.objects.filter(last_day__gte=first).order_by("person", "first_day"):
        known[lapse.person_id].append(lapse)
    units = _units_of({run.person for run in runs})
    made, kept = 0, set()
    for run in runs:
        mine = [one for one in known[run.person] if one.pk not in kept]
        known_one = next((one for one in mine if _same(one, run)), None)
        if known_one is None:
            made += 1
        else:
            kept.add(known_one.pk)
        lapse = known_one or Lapse(person_id=run.person, first_day=run.first)
        _take_over(lapse, run, first, units)
    gone = [one for rows in known.values() for one in rows if one.pk not in kept]
    return made, _drop(gone)


def _same(lapse: Lapse, run: Found) -> bool:
    return lapse.first_day <= run.last and lapse.last_day >= run.first


def _take_over(lapse: Lapse, run: Found, first: dt.date, units: dict[int, OrgUnit]) -> None:
    """Write what a run says; one that began before the window keeps its beginning."""
    values: dict[str, Any] = {
        "first_day": run.first,
        "last_day": run.last,
        "days": run.days,
        "dated_on": run.dated,
        "ended_on": run.ended,
        "explained_on": None,
    }
    if lapse.pk and run.from_start and lapse.first_day < first:
        earlier = LogInDay.objects.filter(
            person=run.person, day__range=(lapse.first_day, first - dt.timedelta(days=1))
        ).exclude(reason__in=("leave", "not_held"))
        values |= {
            "first_day": lapse.first_day,
            "dated_on": lapse.dated_on,
            "days": run.days + earlier.aggregate(n=Count("day"))["n"],
        }
    if lapse.pk and all(getattr(lapse, name) == value for name, value in values.items()):
        return
    for name, value in values.items():
        setattr(lapse, name, value)
    if not lapse.pk:
        lapse.place_in(units[run.person])
    lapse.save()


def _units_of(people: set[int]) -> dict[int, OrgUnit]:
    """The unit of each person as the newest stored day has it."""
    newest = (
        LogInDay.objects.filter(person__in=people)
        .order_by("person_id", "-day")
        .distinct("person_id")
        .values_list("person_id", "unit_id")
    )
    pairs = dict(newest)
    units = OrgUnit.objects.in_bulk(set(pairs.values()))
    return {person: units[unit] for person, unit in pairs.items()}


def _drop(lapses: list[Lapse]) -> int:
    """Delete lapses that are none any more. One that a notice was decided about, also by leaving
    the person out or by dropping it, stays and says that it is explained."""
    today = timezone.localdate()
    decided = CircularLine.objects.exclude(circular__state=CircularState.DRAFT)
    stay = set(decided.filter(lapse__in=lapses).values_list("lapse", flat=True))
    stay |= {one.pk for one in lapses if one.noticed_on}
    explained = Lapse.objects.filter(pk__in=stay, explained_on=None)
    explained.update(explained_on=today)
    gone = [one.pk for one in lapses if one.pk not in stay]
    Lapse.objects.filter(pk__in=gone).delete()
    return len(gone)
