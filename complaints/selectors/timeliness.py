"""Which cases kept their limits, for any number of cases at once (CMP-02, CMP-07).

Cases taken in here have their limits stored (`Deadline`). Those that came with a file have none:
they are judged by the rule of the day they came in and the working calendar, on sets. The answers
equal those of `complaints.limits`, which tests compare.
"""

# ruff: noqa: S608  statements are put together from constants, never from what people write

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from complaints.limits import limits_of, span_of
from complaints.models import Case, Category, Level, LimitKind
from complaints.states import OPEN, State
from core.values.dates import CHINA
from regions.calendars import WorkTime, due_query, refresh_lines, worktimes_of
from regions.models import OrgUnit
from regions.policies.reading import current, one_reading
from regions.selectors import Relation

JUDGED = (LimitKind.FIRST_CONTACT, LimitKind.RESOLUTION)
RULES = (
    "complaints.enquiry_reply",
    "complaints.first_response",
    "complaints.serious_first_response",
    "complaints.handling",
    "complaints.limit_exceptions",
)
FIRST_DAY = date(1900, 1, 1)
LOCAL_DAY = "(c.taken_in_at AT TIME ZONE 'Asia/Shanghai')::date"
KEYS = "unit_id, kind, level_id, category_id, top_category_id"

# Cases that lack a stored limit: only these are judged by the rules. EXISTS would be answered
# from all limits of the group at once.
_LACKING = """c.state <> ALL(%s) AND (
    (SELECT 1 FROM complaints_deadline d
     WHERE d.case_id = c.id AND d.kind = 'first_contact' LIMIT 1) IS NULL
    OR (SELECT 1 FROM complaints_deadline d
        WHERE d.case_id = c.id AND d.kind = 'resolution' LIMIT 1) IS NULL)"""

_CLASSES = f"""
WITH judged AS MATERIALIZED (
  SELECT c.id, c.state, c.taken_in_at, {KEYS} FROM complaints_case c WHERE c.id IN ({{cases}}))
SELECT {KEYS}, width_bucket({LOCAL_DAY}, %s::date[]) AS epoch, min({LOCAL_DAY}), max({LOCAL_DAY})
FROM judged c WHERE {_LACKING} GROUP BY {KEYS}, epoch"""

_VERDICTS = f"""
WITH owed_span AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(%s) AS x (unit_id int, kind text, level_id bigint,
    category_id bigint, epoch int, owed text, amount numeric, days bool, working bool)),
longest AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(%s) AS x (unit_id int, first date, last date, minutes int)),
lacking AS MATERIALIZED (
  SELECT c.id FROM complaints_case c WHERE c.id IN ({{cases}}) AND {_LACKING}),
imported AS (
  SELECT c.id, o.owed, c.unit_id, c.taken_in_at AS start, o.working,
    CASE WHEN o.days THEN trunc(o.amount * l.minutes) ELSE o.amount END AS minutes,
    CASE o.owed WHEN 'first_contact' THEN c.first_contact_at ELSE c.resolved_at END AS done_at,
    c.state = ANY(%s) AS is_open
  FROM complaints_case c
  JOIN owed_span o ON o.unit_id = c.unit_id AND o.kind = c.kind
    AND o.level_id IS NOT DISTINCT FROM c.level_id
    AND o.category_id IS NOT DISTINCT FROM c.category_id
    AND o.epoch = width_bucket({LOCAL_DAY}, %s::date[])
  LEFT JOIN longest l ON o.days AND l.unit_id = c.unit_id
    AND {LOCAL_DAY} BETWEEN l.first AND l.last
  WHERE c.id IN (SELECT id FROM lacking) AND NOT EXISTS (
    SELECT 1 FROM complaints_deadline d WHERE d.case_id = c.id AND d.kind = o.owed)
  OFFSET 0),
by_calendar AS ({{due}}),
due AS (
  SELECT i.id, i.owed, i.done_at, i.is_open, CASE WHEN i.working THEN b.due
    ELSE i.start + i.minutes * interval '1 minute' END AS due
  FROM imported i LEFT JOIN by_calendar b
    ON b.key = i.id * 2 + (i.owed = 'resolution')::int AND i.working)
SELECT id AS case_id, owed AS kind,
  CASE WHEN done_at IS NOT NULL THEN done_at <= due WHEN is_open AND due < %s THEN FALSE
  END AS kept
FROM due
UNION ALL
SELECT d.case_id, d.kind,
  bool_and(CASE WHEN d.met_at IS NOT NULL THEN d.met_at <= d.due_at
                WHEN d.due_at < %s THEN FALSE END)
FROM complaints_deadline d
WHERE d.case_id IN ({{cases}}) AND NOT d.dropped AND d.kind IN ('first_contact', 'resolution')
GROUP BY d.case_id, d.kind"""

_BY_CALENDAR = due_query(
    "SELECT i.id * 2 + (i.owed = 'resolution')::int AS key, i.unit_id, i.start, i.minutes"
    " FROM imported i WHERE i.working"
)


@dataclass(frozen=True, slots=True)
class _Class:
    """Cases that are owed the same: of one unit, kind, level and category between two changes of
    the rules; `first` and `last` are the earliest and latest day of intake."""

    unit_id: int
    kind: str
    level_id: int | None
    category_id: int | None
    top_category_id: int | None
    epoch: int
    first: date
    last: date


def verdicts(
    cases: QuerySet[Case], now: datetime | None = None, levels: dict[int, Level] | None = None
) -> Relation:
    """A relation (case_id, kind, kept): whether first contact and resolution came in time.

    `kept` is NULL while it cannot be said: the limit still runs or stands still, or the file says
    nothing of it. What is open and past its limit has not kept it. Limits of rejected and merged
    cases are no limits. Of several rounds each must have been kept. `levels` are all levels, where
    they were read already.
    """
    refresh_lines()
    now = now or timezone.now()
    inner, inner_params = cases.order_by().values("pk").query.sql_with_params()
    epochs, ended = _epochs(), [State.REJECTED, State.MERGED]
    with one_reading():
        classes = list(_classes(inner, inner_params, ended, epochs))
        spans = list(_spans(classes, Level.objects.in_bulk() if levels is None else levels))
        longest = _longest_days(classes) if any(span["days"] for span in spans) else []
    sql = _VERDICTS.format(cases=inner, due=_BY_CALENDAR)
    rules = (json.dumps(spans), json.dumps(longest))
    params = (*rules, *inner_params, ended, sorted(OPEN), epochs, now, now, *inner_params)
    return Relation(sql, params)


def _epochs() -> list[date]:
    """The days on which any of the rules changed anywhere, from the earliest."""
    versions = current().versions
    days = {
        version.effective_from
        for key in RULES
        for unit in versions.get(key, {}).values()
        for version in unit
    }
    return [FIRST_DAY, *sorted(day for day in days if day > FIRST_DAY)]


def _classes(
    inner: str, params: Iterable[Any], ended: list[State], epochs: list[date]
) -> Iterator[_Class]:
    with connection.cursor() as cursor:
        cursor.execute(_CLASSES.format(cases=inner), [*params, epochs, ended])
        for row in cursor.fetchall():
            yield _Class(*row)


def _spans(classes: Iterable[_Class], levels: dict[int, Level]) -> Iterator[dict[str, Any]]:
    """The span that each class is owed for each limit."""
    categories = Category.objects.in_bulk()
    for one in classes:
        case = Case(
            unit_id=one.unit_id,
            kind=one.kind,
            level=levels.get(one.level_id or 0),
            category=categories.get(one.category_id or 0),
            top_category=categories.get(one.top_category_id or 0),
            taken_in_at=datetime.combine(one.last, time(12), CHINA),
        )
        for limit in JUDGED:
            if limit not in limits_of(case):
                continue
            span = span_of(case, limit)
            days = span.unit == "working_days"
            yield {
                "unit_id": one.unit_id,
                "kind": one.kind,
                "level_id": one.level_id,
                "category_id": one.category_id,
                "epoch": one.epoch,
                "owed": str(limit),
                "amount": str(span.amount if days else span.minutes),
                "days": days,
                "working": span.working,
            }


def _longest_days(classes: list[_Class]) -> list[dict[str, Any]]:
    """How long a working day is in each unit, from when until when (complaints.limits)."""
    if not classes:
        return []
    first, last = min(one.first for one in classes), max(one.last for one in classes)
    clocks = worktimes_of(OrgUnit.objects.filter(pk__in={one.unit_id for one in classes}))
    stretches = {clock: _stretches(clock, first, last) for clock in set(clocks.values())}
    return [
        {"unit_id": key, "first": str(begin), "last": str(end), "minutes": minutes}
        for key, clock in clocks.items()
        for begin, end, minutes in stretches[clock]
    ]


def _stretches(clock: WorkTime, first: date, last: date) -> list[tuple[date, date, int]]:
    found: list[tuple[date, date, int]] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        full = clock.day(day).full
        if found and found[-1][2] == full:
            found[-1] = (found[-1][0], day, full)
        else:
            found.append((day, day, full))
    return found
