"""Storing what the log-in rule came to, day by day, and closing months (LOG-01…LOG-03, LOG-07).

One function stores every day that is not frozen, however often it is called and by whom: the
nightly run, and a job after each change of calendar, leave, log-ins or policies. Rows that say the
same already are not written. A month is frozen when its last day has been stored.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.models import LoginKind, LoginRecord
from compliance.models import FormerLogIn, LogInMonth
from compliance.selectors.log_in_rules import KEYS, ONE_DAY, ZONE, basis
from core.clock import database_now
from core.errors import Refused
from core.faults import fault_point
from core.jobs import Running, enqueue, handles
from core.models import Job, JobState
from regions.calendars import CalendarChange, on_calendar_change
from regions.policies import PolicyChange, on_policy_change

# Two runs at once would each miss what the other has not committed; the second finds all done.
HOLD: Final = "SELECT pg_advisory_xact_lock(hashtext('compliance.log_in_days'))"
#: So far the clock may run ahead of what is stored. A machine that wakes up in another quarter must
#: not judge everybody for days that never were.
FARTHEST: Final = dt.timedelta(days=31)
#: So far back the first run looks for log-ins.
OLDEST: Final = dt.timedelta(days=366)

_STORE: Final = """,
days AS (
  SELECT p.person, c.day, coalesce(p.unit_id, g.id) AS unit_id, c.minutes > 0 AS working,
    h.daily, h.weekly, w.kind, coalesce(u.times, 0) AS times
  FROM people p
  CROSS JOIN (SELECT id FROM regions_orgunit WHERE kind = 'group') g
  JOIN regions_calendarday c ON c.line = p.line AND c.day BETWEEN p.since AND p.until
  LEFT JOIN held h ON h.person = p.person AND c.day BETWEEN h.since AND h.until
  LEFT JOIN away w ON w.person = p.person AND c.day BETWEEN w.since AND w.until
  LEFT JOIN used u ON u.person = p.person AND u.day = c.day),
judged AS (
  SELECT *, CASE
      WHEN daily IS NULL THEN 'not_held'
      WHEN kind IS NOT NULL THEN kind
      WHEN NOT working THEN 'free'
      WHEN daily = 0 THEN 'no_duty'
      WHEN times >= daily THEN 'met' ELSE 'missed' END AS reason
  FROM days)
INSERT INTO compliance_loginday AS d (person_id, day, unit_id, reason, working, log_ins, needed)
SELECT person, day, unit_id, reason, working, least(times, 32767),
  CASE reason WHEN 'trip' THEN weekly WHEN 'met' THEN daily WHEN 'missed' THEN daily ELSE 0 END
FROM judged
ON CONFLICT (person_id, day) DO UPDATE
SET (unit_id, reason, working, log_ins, needed) = ROW(
  excluded.unit_id, excluded.reason, excluded.working, excluded.log_ins, excluded.needed)
WHERE (d.unit_id, d.reason, d.working, d.log_ins, d.needed) IS DISTINCT FROM (
  excluded.unit_id, excluded.reason, excluded.working, excluded.log_ins, excluded.needed)"""
# Somebody was hired later, or left earlier, than was known when the day was stored.
_DROP: Final = """
DELETE FROM compliance_loginday d
WHERE d.day BETWEEN %(first)s AND %(last)s AND NOT EXISTS (
  SELECT 1 FROM people p WHERE p.person = d.person_id AND d.day BETWEEN p.since AND p.until)"""
_SUM: Final = """
INSERT INTO compliance_loginsum
  (month, unit_id, region_id, city_id, project_id, expected, met, people, users, adopters)
SELECT %(month)s, o.id, o.above[2], o.above[3], o.above[4],
  d.expected, d.met, d.people, d.users, d.adopters
FROM (
  SELECT unit_id, sum(expected) AS expected, sum(met) AS met, count(*) AS people,
    count(*) FILTER (WHERE used) AS users,
    count(*) FILTER (WHERE used
      OR EXISTS (SELECT 1 FROM accounts_loginrecord l
        WHERE l.user_id = p.person_id AND l.kind IN ('login', 'day') AND l.at < %(ends)s)
      OR EXISTS (SELECT 1 FROM compliance_formerlogin l
        WHERE l.user_id = p.person_id AND l.at < %(ends)s)) AS adopters
  FROM (
    SELECT unit_id, person_id, count(*) FILTER (WHERE reason IN ('met', 'missed')) AS expected,
      count(*) FILTER (WHERE reason = 'met') AS met, bool_or(log_ins > 0) AS used
    FROM compliance_loginday WHERE day BETWEEN %(month)s AND %(last)s
    GROUP BY unit_id, person_id) p
  GROUP BY unit_id) d
JOIN (
  SELECT id, string_to_array(trim(both '/' from path), '/')::int[] AS above FROM regions_orgunit
) o ON o.id = d.unit_id"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a run did: through which day all is stored, how many rows it wrote, which months it
    froze."""

    through: dt.date | None = None
    written: int = 0
    frozen: tuple[dt.date, ...] = ()


def store_days(through: dt.date | None = None) -> Stored:
    """Store every day up to `through` (yesterday) that is not frozen, month by month.

    Safe to run twice and at once. Raises Refused when it would run more than a month ahead of
    what is stored, and where yesterday is not over yet by the clock of the database: the clock, or
    whoever looks after the schedule, must be asked first.
    """
    last = through or timezone.localdate() - ONE_DAY
    if through is None:
        check_is_over(last)
    _check_gap(last)
    return _store(last)


def store_through(last: dt.date) -> Stored:
    """The operator's way over a gap that no schedule leaves: store up to a day, however long ago
    the one before was stored. Raises Refused for a day that is not over by the clock of the
    database."""
    check_is_over(last)
    return _store(last)


def check_is_over(day: dt.date) -> None:
    """Raise Refused for a day that lies ahead: what is stored of it would be missed days that
    nobody could meet, and a month that ends with it would be frozen so for good."""
    today = timezone.localdate(database_now())
    if day >= today:
        sentence = _(
            "The log-in duty cannot be judged through {day}: by the clock of the database today is "
            "{today}. Please check the clocks."
        )
        raise Refused(sentence.format(day=day, today=today))


def _store(last: dt.date) -> Stored:
    first = _first_open(last)
    written, frozen = 0, []
    while first <= last:
        month_end = min(last, _next_month(first) - ONE_DAY)
        rows, closed = _store_month(first.replace(day=1), month_end)
        written += rows
        frozen += [closed] if closed else []
        first = month_end + ONE_DAY
    return Stored(last, written, tuple(frozen))


def store_again() -> Stored:
    """Work the stored days of months that are not frozen out anew."""
    newest = _newest()
    if newest is None or newest.frozen_at is not None or newest.stored_through is None:
        return Stored()
    return store_days(newest.stored_through)


def _newest() -> LogInMonth | None:
    return LogInMonth.objects.exclude(stored_through=None).order_by("-month").first()


def _check_gap(last: dt.date) -> None:
    """Raise Refused for a gap that no schedule leaves."""
    newest = _newest()
    if newest is None or newest.stored_through is None:
        return
    if last - newest.stored_through > FARTHEST:
        sentence = _(
            "The log-in duty is stored through {day}, and the clock says {today}. Please check "
            "the clock; then run “manage.py store_log_ins --through {last}”."
        )
        today = last + ONE_DAY
        raise Refused(sentence.format(day=newest.stored_through, today=today, last=last))


def _first_open(last: dt.date) -> dt.date:
    """The first day that is not frozen."""
    newest = _newest()
    if newest is None or newest.stored_through is None:
        return _first_of_all(last)
    oldest = LogInMonth.objects.filter(frozen_at=None).order_by("month").first()
    return oldest.month if oldest else newest.stored_through + ONE_DAY


def _first_of_all(last: dt.date) -> dt.date:
    """Where the first run begins: the month of the first log-in of the year before, so that files
    of a former system are not for nothing; else this month."""
    since = timezone.make_aware(dt.datetime.combine(last - OLDEST, dt.time()))
    moments = [
        FormerLogIn.objects.filter(at__gte=since).order_by("at").values_list("at", flat=True),
        LoginRecord.objects.filter(at__gte=since, kind=LoginKind.LOGIN)
        .order_by("at")
        .values_list("at", flat=True),
    ]
    days = [timezone.localdate(found) for rows in moments if (found := rows.first())]
    return min([*days, last]).replace(day=1)


@transaction.atomic
def _store_month(month: dt.date, last: dt.date) -> tuple[int, dt.date | None]:
    """Store the days of a month through `last`, and freeze it when that is its last day."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD)
        row, _made = LogInMonth.objects.get_or_create(month=month)
        if row.frozen_at is not None:  # whoever was faster
            return 0, None
        last = max(last, row.stored_through or last)
        cursor.execute("SET LOCAL work_mem = '128MB'")
        base = basis(month, last)
        cursor.execute(base.sql + _STORE, base.params)
        written = cursor.rowcount
        cursor.execute(base.sql + _DROP, base.params)
        written += cursor.rowcount
        fault_point("compliance.days_stored")
        _add_up(cursor, month, last)
    row.stored_through = last
    closes = last == _next_month(month) - ONE_DAY
    if closes:
        row.frozen_at = timezone.now()
    row.save()
    return written, month if closes else None


def _add_up(cursor: Any, month: dt.date, last: dt.date) -> None:
    cursor.execute("DELETE FROM compliance_loginsum WHERE month = %s", [month])
    ends = dt.datetime.combine(last + ONE_DAY, dt.time(), ZONE)
    cursor.execute(_SUM, {"month": month, "last": last, "ends": ends})


def _next_month(day: dt.date) -> dt.date:
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


# --- working out anew ----------------------------------------------------------------------------

JOB: Final = "compliance.log_in_days"


@transaction.atomic
def ask_for_days(since: dt.date | None = None) -> None:
    """Leave a job that stores the days anew that are not frozen, unless all from `since` on lie
    ahead of what is stored. A job that waits already does for several changes; it is held until
    this one is committed, so that it cannot begin before and miss it."""
    newest = _newest()
    stored = newest.stored_through if newest else None
    if stored is None or (since is not None and since > stored):
        return
    waiting = Job.objects.filter(kind=JOB, state=JobState.QUEUED)
    if waiting.select_for_update(no_key=True).first() is None:
        enqueue(JOB, key=f"{JOB}:{uuid4()}", by=None, payload={})


@handles(JOB, title=_lazy("Work out the log-in duty anew"))
def _again(running: Running) -> str:
    stored = store_again()
    return _("{count} days were stored anew.").format(count=stored.written)


@on_policy_change("compliance.*")
def after_policy_change(change: PolicyChange) -> None:
    """Days of another rule are judged anew as far as they are not frozen."""
    if change.key in KEYS:
        ask_for_days(change.since)


@on_calendar_change
def after_calendar_change(change: CalendarChange) -> None:
    """Days that work now or no longer are judged anew as far as they are not frozen."""
    ask_for_days(change.first)
