"""What the log-in rule says in each unit on each day of a span, and its SQL (LOG-01, LOG-02).

The rule is five policies of a unit. A span is cut where one of them changes, so that each piece of
it has one set of numbers. docs/compliance.md states the rule in words; the SQL here is shared by
whoever adds up (`selectors.log_ins`) and whoever stores days (`services.log_ins`).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from regions.calendars import UNIT_LINES, refresh_lines
from regions.calendars.tables import FIRST_DAY, YEARS_AHEAD
from regions.models import Kind, OrgUnit, PolicyValue
from regions.policies import policy_values

DAILY: Final = "compliance.log_ins_a_working_day"
WEEKLY: Final = "compliance.log_ins_a_week_travelling"
LAPSE: Final = "compliance.weeks_without_log_in"
IN_WORK: Final = "compliance.log_ins_in_working_time"
FUNCTIONS: Final = "compliance.log_in_functions"
KEYS: Final = (DAILY, WEEKLY, LAPSE, IN_WORK, FUNCTIONS)
DAYS_OF_A_WEEK: Final = 7
ONE_DAY: Final = dt.timedelta(days=1)
LONGEST: Final = 3 * 366  # days of a span
NO_UNIT: Final = 0  # people without a unit follow the rules of the group
ZONE: Final = dt.timezone(dt.timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds in a unit from `since` through `until`: log-ins a working day, log-ins a week of a
    trip, days until a lapse, whether only working time counts, keys of the functions held to it
    (none: everybody)."""

    unit_id: int
    since: dt.date
    until: dt.date
    daily: int
    weekly: int
    lapse: int
    in_work: bool
    functions: tuple[str, ...]


def rules_of(first: dt.date, last: dt.date) -> list[Rule]:
    """The rule of every unit in every piece of a span."""
    rules = []
    starts = [first, *_changes(first, last)]
    ends = [*(start - ONE_DAY for start in starts[1:]), last]
    group = OrgUnit.objects.filter(kind=Kind.GROUP).values_list("pk", flat=True).first()
    for since, until in zip(starts, ends, strict=True):
        values = [policy_values(key, since) for key in KEYS]
        units = [(unit, unit) for unit in values[0]]
        if group is not None:
            units.append((NO_UNIT, group))
        for unit, source in units:
            daily, weekly, weeks, in_work, functions = (table[source] for table in values)
            lapse = weeks * DAYS_OF_A_WEEK
            rules.append(Rule(unit, since, until, daily, weekly, lapse, in_work, functions))
    return rules


def _changes(first: dt.date, last: dt.date) -> list[dt.date]:
    """Days inside the span from which one of the policies may say something else."""
    rows = PolicyValue.objects.filter(
        key__in=KEYS, effective_from__gt=first, effective_from__lte=last
    )
    days = rows.order_by("effective_from").values_list("effective_from", flat=True)
    return list(days.distinct())


#: Relations that everything begins with. Parameters are those of `basis`.
#: people: whoever is employed on a day of the span, and through which days of it.
#: held: his stretches under one rule, so far as his functions are held to it.
#: away: his trips and leave, cut at his employment.
#: used: the days of his employment on which he logged in in a way that counts, how often, and the
#: days used before and after.
_BASIS: Final = """
WITH lines AS MATERIALIZED ({unit_lines}),
rules AS MATERIALIZED (
  SELECT * FROM unnest(%(units)s::int[], %(since)s::date[], %(until)s::date[], %(daily)s::int[],
    %(weekly)s::int[], %(lapse)s::int[], %(in_work)s::bool[], %(functions)s::text[])
    AS r(unit_id, since, until, daily, weekly, lapse, in_work, functions)),
people AS MATERIALIZED (
  SELECT u.id AS person, u.employee_no, u.unit_id, o.path, coalesce(l.line, 0) AS line,
    e.since, e.until, e.since::timestamp AT TIME ZONE interval '8 hours' AS begins,
    (e.until + 1)::timestamp AT TIME ZONE interval '8 hours' AS ends
  FROM accounts_user u
  CROSS JOIN LATERAL (
    SELECT greatest(u.hired_on, %(first)s::date) AS since,
      least(u.left_on, %(last)s::date) AS until) e
  LEFT JOIN regions_orgunit o ON o.id = u.unit_id
  LEFT JOIN lines l ON l.unit_id = u.unit_id
  WHERE (u.hired_on IS NULL OR u.hired_on <= %(last)s::date)
    AND (u.left_on IS NULL OR u.left_on >= %(first)s::date)
    AND (%(path)s::text IS NULL OR o.path LIKE %(path)s::text || '%%')
    AND (%(people)s::bigint[] IS NULL OR u.id = ANY(%(people)s::bigint[]))),
held AS MATERIALIZED (
  SELECT p.person, p.line, r.daily, r.weekly, r.lapse, r.in_work,
    lower(h.days) AS since, upper(h.days) - 1 AS until
  FROM people p
  JOIN rules r ON r.unit_id = coalesce(p.unit_id, 0)
    AND r.since <= p.until AND r.until >= p.since
  CROSS JOIN LATERAL (
    SELECT daterange(greatest(p.since, r.since), least(p.until, r.until), '[]') AS days) cut
  CROSS JOIN LATERAL (
    SELECT cut.days WHERE r.functions = ''{by_function}) h),
away AS MATERIALIZED (
  SELECT a.person_id AS person, a.kind,
    greatest(a.first_day, p.since) AS since, least(a.last_day, p.until) AS until
  FROM compliance_absence a JOIN people p ON p.person = a.person_id
  WHERE a.state = 'approved' AND a.first_day <= p.until AND a.last_day >= p.since),
used AS MATERIALIZED (
  SELECT b.person, b.line, b.day, count(*)::int AS times,
    lag(b.day) OVER days AS before, lead(b.day) OVER days AS next
  FROM ({log_ins}) b
  GROUP BY b.person, b.line, b.day
  WINDOW days AS (PARTITION BY b.person ORDER BY b.day))"""

# A post holds from its first day until the day before `valid_until`.
_BY_FUNCTION: Final = """
    UNION ALL
    SELECT unnest(range_agg(cut.days * daterange(o.valid_from, o.valid_until, '[)')))
    FROM accounts_post o
    WHERE r.functions <> '' AND o.user_id = p.person
      AND o.function_id = ANY(string_to_array(r.functions, ',')::bigint[])
      AND NOT isempty(cut.days * daterange(o.valid_from, o.valid_until, '[)'))"""

# The time zone as an offset: summer time was last kept in 1991, and a named zone is looked up for
# each of a million rows.
_LOG_INS: Final = """
    SELECT l.user_id AS person, p.line, {day} AS day
    FROM {source} l JOIN people p ON p.person = l.user_id
      AND l.at >= p.begins AND l.at < p.ends{in_work}
    WHERE {kinds}l.at >= %(begins)s AND l.at < %(ends)s"""
_DAY: Final = "(l.at AT TIME ZONE interval '8 hours')::date"
_IN_WORK: Final = """
      JOIN rules r ON r.unit_id = coalesce(p.unit_id, 0) AND {day} BETWEEN r.since AND r.until
      AND (NOT r.in_work OR EXISTS (
        SELECT 1 FROM regions_calendarspan c
        WHERE c.line = p.line AND c.starts_at <= l.at AND c.ends_at > l.at))"""
_SOURCES: Final = (
    ("accounts_loginrecord", "l.kind IN ('login', 'day') AND "),
    ("compliance_formerlogin", ""),
)


@dataclass(frozen=True, slots=True)
class Basis:
    """The relations of a span as SQL to begin a statement with, and their parameters."""

    sql: str
    params: dict[str, Any]


def basis(
    first: dt.date, last: dt.date, *, unit: OrgUnit | None = None, people: Any = None
) -> Basis:
    """What a statement about the days from `first` through `last` begins with.

    `unit` narrows to the people in it and below; `people` (keys) to some. Brings the tables of
    working days into step. Raises Refused for a span that is upside down, longer than three years
    or beyond those tables.
    """
    check_span(first, last)
    refresh_lines()
    rules = rules_of(first, last)
    in_work = any(rule.in_work for rule in rules)
    by_function = any(rule.functions for rule in rules)
    sql = _BASIS.format(
        unit_lines=UNIT_LINES,
        by_function=_BY_FUNCTION if by_function else "",
        log_ins="\n    UNION ALL".join(
            _LOG_INS.format(
                day=_DAY,
                source=source,
                kinds=kinds,
                in_work=_IN_WORK.format(day=_DAY) if in_work else "",
            )
            for source, kinds in _SOURCES
        ),
    )
    params = {
        "first": first,
        "last": last,
        "begins": dt.datetime.combine(first, dt.time(), ZONE),
        "ends": dt.datetime.combine(last + ONE_DAY, dt.time(), ZONE),
        "path": unit.path if unit else None,
        "people": None if people is None else sorted(people),
        "shortest": min((rule.lapse for rule in rules), default=1),
        **_columns(rules),
    }
    return Basis(sql, params)


def check_span(first: dt.date, last: dt.date) -> None:
    """Raises Refused for days that cannot be looked at together."""
    if last < first:
        raise Refused(_("The last day lies before the first."))
    if (last - first).days >= LONGEST:
        raise Refused(_("Please choose at most three years at once."))
    latest = dt.date(timezone.localdate().year + YEARS_AHEAD, 12, 31)
    if first < FIRST_DAY or last > latest:
        sentence = _("Please choose days between {first} and {last}.")
        raise Refused(sentence.format(first=FIRST_DAY, last=latest))


def _columns(rules: list[Rule]) -> dict[str, list[Any]]:
    """The rules column by column, as `unnest` takes them."""
    return {
        "units": [rule.unit_id for rule in rules],
        "since": [rule.since for rule in rules],
        "until": [rule.until for rule in rules],
        "daily": [rule.daily for rule in rules],
        "weekly": [rule.weekly for rule in rules],
        "lapse": [rule.lapse for rule in rules],
        "in_work": [rule.in_work for rule in rules],
        "functions": [",".join(rule.functions) for rule in rules],
    }
