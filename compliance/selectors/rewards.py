"""Who kept the log-in rule for as long as his subsidiary rewards (LOG-08).

Read from frozen days only, so that the answer stays the same forever. A week of a trip belongs to
the month of its Sunday: one that goes on when a month is frozen is asked for by the next.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from compliance.months import month_end, months_later
from compliance.policies.duties import BONUS, PRAISE
from regions.models import Kind, OrgUnit
from regions.policies import policy, policy_values

NONE: Final = "none"
_SQL: Final = """
WITH here AS MATERIALIZED (
  SELECT person_id, unit_id FROM compliance_loginday
  WHERE day = %(last)s AND unit_id = ANY(%(units)s)),
kept AS MATERIALIZED (
  SELECT h.person_id, h.unit_id, count(*) FILTER (WHERE d.reason = 'met') AS met
  FROM here h JOIN compliance_loginday d ON d.person_id = h.person_id
    AND d.day BETWEEN %(first)s AND %(last)s
  GROUP BY h.person_id, h.unit_id
  HAVING count(*) = %(span)s AND bool_and(d.reason <> 'missed')),
weeks AS (
  SELECT d.person_id, count(*) FILTER (WHERE d.working) AS working,
    count(*) FILTER (WHERE d.log_ins > 0) AS used, (array_agg(d.needed ORDER BY d.day))[1] AS needed
  FROM kept k JOIN compliance_loginday d ON d.person_id = k.person_id
    AND d.day BETWEEN %(monday)s AND %(sunday)s
  WHERE d.reason = 'trip'
  GROUP BY d.person_id, date_trunc('week', d.day::timestamp))
SELECT k.person_id, k.unit_id, k.met FROM kept k
WHERE NOT EXISTS (
  SELECT FROM weeks w WHERE w.person_id = k.person_id AND w.used < least(w.needed, w.working))
AND NOT EXISTS (
  SELECT FROM compliance_commendation c WHERE c.person_id = k.person_id
    AND c.first_day <= %(last)s AND c.last_day >= %(first)s)
ORDER BY k.person_id"""


@dataclass(frozen=True, slots=True)
class Reward:
    """What a subsidiary has laid down: how many whole months, how many days at least were expected
    in them, and what it brings; `amount` in yuan is 0 for praise."""

    months: int
    least: int
    measure: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Earned:
    """Somebody of a unit who missed nothing from `first` through `last`, and met so many days."""

    person: int
    unit: int
    first: dt.date
    last: dt.date
    days: int


def subsidiary_of(unit: OrgUnit, level: str | None = None) -> int:
    """The unit of the level that gets notices of its own, or the nearest above it; `level` saves
    asking for it again."""
    region, city, _project = unit.scope_columns()
    if (level or policy("compliance.circular_level")) == Kind.CITY and city:
        return city
    return region or unit.pk


def rewards_on(day: dt.date) -> dict[int, Reward]:
    """What units have laid down on a day, by their keys; those without a reward are not in it."""
    chosen = policy_values("compliance.reward", day)
    if set(chosen.values()) <= {NONE}:
        return {}
    months, least, bonus = (
        policy_values(f"compliance.reward_{name}", day)
        for name in ("months", "least_days", "bonus")
    )
    found = {}
    for unit, what in chosen.items():
        if what != NONE:
            amount = bonus[unit] if what == BONUS else Decimal(0)
            found[unit] = Reward(months[unit], least[unit], BONUS if amount else PRAISE, amount)
    return found


def lacks_bonus(unit: OrgUnit) -> bool:
    """Whether a unit gives a bonus whose sum it has not laid down."""
    return policy("compliance.reward", unit=unit) == BONUS and not policy(
        "compliance.reward_bonus", unit=unit
    )


def earned_by(month: dt.date, rewards: dict[int, Reward]) -> dict[int, list[Earned]]:
    """Who has earned the reward of his subsidiary with the end of a month, by the subsidiary.

    A query for each number of months. Whoever was employed for a part only has not, and months that
    a commendation was drafted for do not count again.
    """
    level = policy("compliance.circular_level")
    places = {unit.pk: subsidiary_of(unit, level) for unit in OrgUnit.objects.all()}
    lengths: dict[int, list[int]] = defaultdict(list)
    for unit, place in places.items():
        if place in rewards:
            lengths[rewards[place].months].append(unit)
    found: dict[int, list[Earned]] = defaultdict(list)
    for months, units in lengths.items():
        for one in _earned(month, months, units):
            place = places[one.unit]
            if one.days >= rewards[place].least:
                found[place].append(one)
    return found


def _earned(month: dt.date, months: int, units: Collection[int]) -> list[Earned]:
    first, last = months_later(month, 1 - months), month_end(month)
    asked: dict[str, Any] = {
        "first": first,
        "last": last,
        "span": (last - first).days + 1,
        "monday": first - dt.timedelta(days=first.weekday()),
        "sunday": last - dt.timedelta(days=(last.weekday() + 1) % 7),
        "units": list(units),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, asked)
        return [Earned(person, unit, first, last, met) for person, unit, met in cursor.fetchall()]
