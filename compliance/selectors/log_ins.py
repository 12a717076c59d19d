"""Who met the log-in rule, for any span, from what is recorded now (LOG-01…LOG-03, LOG-07)."""

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection, transaction

from compliance.selectors.log_in_rules import Basis, basis
from core.ratios import ratio
from regions.models import OrgUnit

# Days of people who log in are many, what excuses them is little. So working days are subtracted
# by the sums of the calendar (days_before), and only days of trips, and stretches without log-in
# that are long enough to be lapses, are looked at one by one. `absent` and `edges` keep the
# calendar out of joins with itself: while its statistics are young, it is taken to be empty.
_CHECK: Final = """,
absent AS MATERIALIZED (
  SELECT h.person, h.line, h.daily, h.weekly, w.kind,
    greatest(h.since, w.since) AS since, least(h.until, w.until) AS until
  FROM held h
  JOIN away w ON w.person = h.person AND w.since <= h.until AND w.until >= h.since),
edges AS MATERIALIZED (
  SELECT c.line, c.day, c.days_before, c.days_before + (c.minutes > 0)::int AS days_through
  FROM regions_calendarday c
  WHERE (c.line, c.day) IN (
    SELECT line, since FROM held UNION SELECT line, until FROM held
    UNION SELECT line, since FROM absent UNION SELECT line, until FROM absent)),
due AS (
  SELECT h.person, sum(z.days_through - a.days_before) AS days
  FROM held h
  JOIN edges a ON a.line = h.line AND a.day = h.since
  JOIN edges z ON z.line = h.line AND z.day = h.until
  WHERE h.daily > 0 GROUP BY h.person),
excused AS (
  SELECT h.person, sum(z.days_through - a.days_before) AS days
  FROM absent h
  JOIN edges a ON a.line = h.line AND a.day = h.since
  JOIN edges z ON z.line = h.line AND z.day = h.until
  WHERE h.daily > 0 GROUP BY h.person),
calendar AS MATERIALIZED (
  SELECT c.line, c.day, c.minutes > 0 AS works FROM regions_calendarday c
  WHERE c.day BETWEEN %(first)s::date AND %(last)s::date AND c.line IN (SELECT line FROM held)),
met AS (
  SELECT u.person, count(*) AS days
  FROM used u
  JOIN held h ON h.person = u.person AND u.day BETWEEN h.since AND h.until
  JOIN calendar c ON c.line = u.line AND c.day = u.day
  LEFT JOIN away w ON w.person = u.person AND u.day BETWEEN w.since AND w.until
  WHERE c.works AND h.daily > 0 AND u.times >= h.daily AND w.person IS NULL
  GROUP BY u.person),
trip_weeks AS (
  SELECT w.person, count(*) FILTER (WHERE c.works) AS working, count(u.person) AS used,
    (array_agg(w.weekly ORDER BY c.day))[1] AS wanted
  FROM absent w
  JOIN calendar c ON c.line = w.line AND c.day BETWEEN w.since AND w.until
  LEFT JOIN used u ON u.person = w.person AND u.day = c.day
  WHERE w.kind = 'trip'
  GROUP BY w.person, date_trunc('week', c.day)),
trips AS (
  SELECT person, count(*) AS weeks,
    count(*) FILTER (WHERE used >= least(wanted, working)) AS met
  FROM trip_weeks WHERE working > 0 AND wanted > 0 GROUP BY person),
gaps AS MATERIALIZED (
  SELECT person, day + 1 AS since, next - 1 AS until FROM used WHERE next - day > %(shortest)s
  UNION ALL
  SELECT p.person, u.day + 1, p.until FROM people p JOIN used u USING (person)
  WHERE u.next IS NULL AND p.until - u.day >= %(shortest)s
  UNION ALL
  SELECT p.person, p.since, coalesce(u.day - 1, p.until)
  FROM people p LEFT JOIN used u ON u.person = p.person AND u.before IS NULL
  WHERE coalesce(u.day, p.until + 1) - p.since >= %(shortest)s),
counted AS (
  SELECT g.person, g.since AS gap, c.day::date AS day, h.lapse,
    row_number() OVER (PARTITION BY g.person, g.since ORDER BY c.day) AS number
  FROM gaps g
  JOIN held h ON h.person = g.person AND h.since <= g.until AND h.until >= g.since
  CROSS JOIN LATERAL generate_series(
    greatest(g.since, h.since)::timestamp, least(g.until, h.until)::timestamp, '1 day') c(day)
  WHERE NOT EXISTS (
    SELECT 1 FROM away w WHERE w.person = g.person AND w.kind = 'leave'
      AND c.day BETWEEN w.since AND w.until)),
runs AS (
  SELECT person, min(day) AS first, max(day) AS last, count(*) AS days,
    min(day) FILTER (WHERE number >= lapse) AS dated
  FROM counted GROUP BY person, gap),
lapses AS (
  SELECT person, json_agg(json_build_array(first, last, days, dated) ORDER BY first) AS runs
  FROM runs WHERE dated IS NOT NULL GROUP BY person)
SELECT p.person, p.employee_no, p.unit_id, p.path,
  coalesce(due.days, 0) - coalesce(excused.days, 0), coalesce(met.days, 0),
  coalesce(trips.weeks, 0), coalesce(trips.met, 0), lapses.runs::text
FROM people p
LEFT JOIN due USING (person) LEFT JOIN excused USING (person) LEFT JOIN met USING (person)
LEFT JOIN trips USING (person) LEFT JOIN lapses USING (person)
ORDER BY p.employee_no"""


@dataclass(frozen=True, slots=True)
class Run:
    """A lapse: its first and last counted day, how many days were counted, and the one by which it
    became a lapse."""

    first: dt.date
    last: dt.date
    days: int
    dated: dt.date


@dataclass(frozen=True, slots=True)
class PersonResult:
    """A person's expected and met days, his weeks with a trip and those he met, his lapses."""

    person: int
    employee_no: str
    unit_id: int | None
    path: str | None
    expected: int
    met: int
    trip_weeks: int
    trip_weeks_met: int
    lapses: tuple[Run, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "employee_no": self.employee_no,
            "expected": self.expected,
            "met": self.met,
            "trip_weeks": self.trip_weeks,
            "trip_weeks_met": self.trip_weeks_met,
            "lapses": [
                {"from": str(run.first), "to": str(run.last), "days": run.days}
                for run in self.lapses
            ],
        }


@dataclass(slots=True)
class UnitResult:
    """Expected and met days of the people in a unit and below it."""

    code: str
    expected: int = 0
    met: int = 0

    @property
    def rate(self) -> float | None:
        """Met of expected, six places; None where nothing was expected."""
        share = ratio(self.met, self.expected)
        return None if share is None else round(share, 6)

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code, "expected": self.expected, "met": self.met, "rate": self.rate
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """Everybody employed on a day of the span by number, and units with people in tree order."""

    people: list[PersonResult] = field(default_factory=list)
    units: list[UnitResult] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As `manage.py check_logins --json` prints it."""
        return {
            "people": [one.as_json() for one in self.people],
            "units": [one.as_json() for one in self.units],
        }


def check(
    first: dt.date, last: dt.date, *, unit: OrgUnit | None = None, people: Any = None
) -> Result:
    """The rule applied to the days from `first` through `last`, runs and weeks cut there.

    `unit` narrows to it and what lies below, `people` (keys) to some. Nothing is written. Raises
    Refused as `basis` does.
    """
    found = check_people(basis(first, last, unit=unit, people=people))
    return Result(found, _by_unit(found, unit))


def check_people(base: Basis) -> list[PersonResult]:
    """The people of a basis, by number."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Millions of log-ins are sorted in memory rather than on the disk, and once: grouped by
        # hashing they would have to be sorted after it for the stretches between them.
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute("SET LOCAL enable_hashagg = off")
        # Nothing is known of relations that were just made; taken for a handful of rows they would
        # be walked through once for each log-in.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(base.sql + _CHECK, base.params)
        rows = cursor.fetchall()
    return [_person(*row) for row in rows]


def _person(*row: Any) -> PersonResult:
    known: Any = [*row[:-1], _runs(row[-1])]
    return PersonResult(*known)


def _runs(stored: str | None) -> tuple[Run, ...]:
    if stored is None:
        return ()
    day = dt.date.fromisoformat
    return tuple(Run(day(a), day(b), days, day(c)) for a, b, days, c in json.loads(stored))


def _by_unit(people: list[PersonResult], unit: OrgUnit | None) -> list[UnitResult]:
    """Sums of every active unit with people in it or below, in tree order."""
    units = OrgUnit.objects.below(unit) if unit else OrgUnit.objects.all()
    codes = units.active().in_tree_order().values_list("pk", "code")
    results = {key: UnitResult(code) for key, code in codes}
    peopled: set[int] = set()
    for one in people:
        for key in _ancestors(one.path):
            peopled.add(key)
            if key in results:
                results[key].expected += one.expected
                results[key].met += one.met
    return [result for key, result in results.items() if key in peopled]


def _ancestors(path: str | None) -> list[int]:
    """Keys from the group down to the unit with this path."""
    return [int(part) for part in path.strip("/").split("/")] if path else []
