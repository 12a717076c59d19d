"""Whose present run of days without log-in is how long, as far as days are stored (LOG-03).

A gap counts as a lapse does: every day of employment since the last log-in, but no days of leave
and none on which nobody held the person to the rule. It is a lapse once it is `limit` days long.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.utils import timezone

from accounts.models import LoginKind, LoginRecord
from compliance.selectors.log_in_figures import stored_through
from compliance.selectors.log_in_rules import DAYS_OF_A_WEEK, LAPSE, ONE_DAY
from regions.policies import policy_values

WARN: Final = "compliance.warn_days_without_log_in"
#: Days that are looked at; the longest limit is twelve weeks, and leave may lie inside.
WINDOW: Final = dt.timedelta(days=120)
_SQL: Final = """
WITH recent AS (
  SELECT person_id, max(day) FILTER (WHERE log_ins > 0) AS came,
    (array_agg(unit_id ORDER BY day DESC))[1] AS unit_id
  FROM compliance_loginday
  WHERE day BETWEEN %(first)s AND %(last)s
    AND (%(people)s::bigint[] IS NULL OR person_id = ANY(%(people)s))
  GROUP BY person_id HAVING max(day) = %(last)s)
SELECT d.person_id, r.unit_id, min(d.day), count(*)
FROM recent r JOIN compliance_loginday d ON d.person_id = r.person_id
  AND d.day BETWEEN coalesce(r.came + 1, %(first)s) AND %(last)s
WHERE d.reason NOT IN ('leave', 'not_held')
GROUP BY d.person_id, r.unit_id ORDER BY d.person_id"""


@dataclass(frozen=True, slots=True)
class Gap:
    """A run without log-in that lasts: of whom, in which unit, its first counted day, the number of
    counted days through `through`, and how many make a lapse. `ended` says that the person has
    logged in since."""

    person: int
    unit: int
    since: dt.date
    days: int
    limit: int
    through: dt.date
    ended: bool = False

    @property
    def left(self) -> int:
        """So many days more, and it is a lapse."""
        return max(self.limit - self.days, 0)


def gaps(people: Collection[int] | None = None) -> list[Gap]:
    """The gaps of some people (by their keys), or of everybody. A fixed number of queries."""
    last = stored_through()
    if last is None:
        return []
    weeks = policy_values(LAPSE, last)
    asked = {"first": last - WINDOW, "last": last, "people": None if people is None else [*people]}
    with connection.cursor() as cursor:
        cursor.execute(_SQL, asked)
        rows = cursor.fetchall()
    back = _came_since(last, [person for person, *_rest in rows])
    return [
        Gap(
            person, unit, since, days, weeks[unit] * DAYS_OF_A_WEEK, last, ended=person in back
        )
        for person, unit, since, days in rows
    ]  # fmt: skip


def _came_since(day: dt.date, people: Collection[int]) -> set[int]:
    """Who of some people logged in after the end of a day."""
    after = timezone.make_aware(dt.datetime.combine(day + ONE_DAY, dt.time()))
    came = LoginRecord.objects.filter(
        user__in=people, kind__in=(LoginKind.LOGIN, LoginKind.DAY), at__gte=after
    )
    return set(came.values_list("user", flat=True))
