"""Keeping figures ready: what changed is added up anew, in sets (ADR 0036).

`refresh` takes the marks that triggers left and adds up the unit and month of each; `nightly`
judges time limits anew, takes the snapshots of stocks and closes months; `rebuild` adds up
everything. All of them end in `_merge`, which writes only what differs, so each may run twice, at
any time, and beside each other behind one lock.
"""

# ruff: noqa: S608  statements are put together from constants and compiled querysets

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from compliance.months import month_end, month_of, months_later
from regions.models import OrgUnit
from regions.selectors import Relation
from reports.metrics.registry import METRICS, Metric, flows, stocks
from reports.models import ClosedMonth, Grain, Mark, Rollup, RollupState, Seal

DAYS_KEPT: Final = 400  # single days are read for comparisons within the last year only
CLOSES_AFTER: Final = 5  # days of the next month, in which late entries still count
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
LOCK: Final = 7_401_958

Progress = Callable[[int, int], None]

# {facts} gives unit_id, day, dimension, numerator, denominator. Touched are units and months; with
# `all_of_it` everything is. A frozen month keeps its figures: what differs from them came later.
MERGE = """
WITH touched (unit_id, month) AS (SELECT * FROM unnest(%(units)s::int[], %(months)s::date[])),
closed AS (SELECT month FROM reports_closedmonth),
facts (unit_id, day, dimension, numerator, denominator) AS MATERIALIZED ({facts}),
fresh AS MATERIALIZED (
  SELECT f.unit_id, g.grain, CASE g.grain WHEN 'day' THEN f.day
      ELSE date_trunc('month', f.day)::date END AS starts_on,
    coalesce(f.dimension, '') AS dimension,
    sum(f.numerator) AS numerator, sum(f.denominator) AS denominator
  FROM facts f CROSS JOIN (VALUES ('day'), ('month')) AS g (grain)
  WHERE (g.grain = 'month' OR f.day >= %(oldest)s)
    AND (%(all_of_it)s OR EXISTS (SELECT 1 FROM touched t
      WHERE t.unit_id = f.unit_id AND t.month = date_trunc('month', f.day)::date))
  GROUP BY 1, 2, 3, 4),
stored AS MATERIALIZED (
  SELECT r.* FROM reports_rollup r
  WHERE r.metric = %(metric)s
    AND (%(all_of_it)s OR EXISTS (SELECT 1 FROM touched t
      WHERE t.unit_id = r.unit_id AND t.month = date_trunc('month', r.starts_on)::date))),
gone AS (
  SELECT s.* FROM stored s WHERE NOT EXISTS (SELECT 1 FROM fresh f
    WHERE (f.unit_id, f.grain, f.starts_on, f.dimension)
      = (s.unit_id, s.grain, s.starts_on, s.dimension))),
deleted AS (
  DELETE FROM reports_rollup r USING gone WHERE r.id = gone.id AND NOT gone.frozen RETURNING 1),
emptied AS (
  UPDATE reports_rollup r SET later_numerator = -r.numerator, later_denominator = -r.denominator
  FROM gone WHERE r.id = gone.id AND gone.frozen
    AND (r.later_numerator, r.later_denominator) <> (-r.numerator, -r.denominator) RETURNING 1),
written AS (
  INSERT INTO reports_rollup AS r (metric, unit_id, grain, starts_on, dimension, numerator,
    denominator, later_numerator, later_denominator, frozen)
  SELECT %(metric)s, f.unit_id, f.grain, f.starts_on, f.dimension,
    CASE WHEN c.month IS NULL THEN f.numerator ELSE 0 END,
    CASE WHEN c.month IS NULL THEN f.denominator ELSE 0 END,
    CASE WHEN c.month IS NULL THEN 0 ELSE f.numerator END,
    CASE WHEN c.month IS NULL THEN 0 ELSE f.denominator END, c.month IS NOT NULL
  FROM fresh f LEFT JOIN closed c ON f.grain = 'month' AND c.month = f.starts_on
  LEFT JOIN stored s ON (s.unit_id, s.grain, s.starts_on, s.dimension)
    = (f.unit_id, f.grain, f.starts_on, f.dimension)
  WHERE s.id IS NULL OR (s.numerator + s.later_numerator, s.denominator + s.later_denominator)
    <> (f.numerator, f.denominator)
  ON CONFLICT (metric, grain, starts_on, unit_id, dimension) DO UPDATE SET
    numerator = CASE WHEN r.frozen THEN r.numerator ELSE excluded.numerator END,
    denominator = CASE WHEN r.frozen THEN r.denominator ELSE excluded.denominator END,
    later_numerator = CASE WHEN r.frozen
      THEN excluded.numerator + excluded.later_numerator - r.numerator ELSE 0 END,
    later_denominator = CASE WHEN r.frozen
      THEN excluded.denominator + excluded.later_denominator - r.denominator ELSE 0 END
  RETURNING 1)
SELECT (SELECT count(*) FROM deleted) + (SELECT count(*) FROM emptied)
  + (SELECT count(*) FROM written)"""

# The stocks of a moment: the day's row, and its month's, which is that of the month's last day.
SNAPSHOT = """
WITH facts (unit_id, day, dimension, numerator, denominator) AS MATERIALIZED ({facts})
INSERT INTO reports_rollup (metric, unit_id, grain, starts_on, dimension, numerator, denominator,
  later_numerator, later_denominator, frozen)
SELECT %(metric)s, f.unit_id, g.grain, g.starts_on, coalesce(f.dimension, ''),
  sum(f.numerator), sum(f.denominator), 0, 0, FALSE
FROM facts f CROSS JOIN (VALUES ('day', %(day)s::date), ('month', %(month)s::date))
  AS g (grain, starts_on)
GROUP BY f.unit_id, g.grain, g.starts_on, coalesce(f.dimension, '')"""


# A digest of the snapshots of a day, the same for the same rows in any order.
DIGEST: Final = """md5(coalesce(string_agg(concat_ws(':', r.unit_id, r.dimension, r.numerator,
  r.denominator), ',' ORDER BY r.unit_id, r.dimension), ''))"""
SEAL = f"""
INSERT INTO reports_seal (metric, day, digest)
SELECT m.metric, %s::date, {DIGEST}
FROM unnest(%s::text[]) AS m (metric)
LEFT JOIN reports_rollup r ON r.metric = m.metric AND r.grain = 'day' AND r.starts_on = %s
GROUP BY m.metric ON CONFLICT (metric, day) DO UPDATE SET digest = excluded.digest"""
RESEAL = f"""
UPDATE reports_seal s SET digest = f.digest FROM (
  SELECT s.id, {DIGEST} AS digest FROM reports_seal s
  LEFT JOIN reports_rollup r ON r.metric = s.metric AND r.grain = 'day' AND r.starts_on = s.day
  WHERE s.metric = ANY(%s) GROUP BY s.id) f
WHERE s.id = f.id AND s.digest <> f.digest"""


@dataclass(frozen=True, slots=True)
class Touched:
    """Units and the months of theirs that something changed in, as two lists of one length."""

    units: tuple[int, ...] = ()
    months: tuple[dt.date, ...] = ()


def today() -> dt.date:
    """The day on the group's clock."""
    return timezone.localdate()


def refresh() -> int:
    """Add up what the marks name. Returns how many stored figures changed."""
    with _alone():
        _judge_from_today()
        changed = _take_marks()
        _note(refreshed_at=timezone.now())
        return changed


def nightly(day: dt.date | None = None, progress: Progress | None = None) -> int:
    """Take the marks, judge limits as of this midnight, take the snapshots, close what is due,
    and forget single days that nobody reads any more. Returns how many figures changed."""
    day = day or today()
    with _alone():
        _note(judged_on=day)
        changed = _take_marks()
        take_snapshots(day)
        # After them, because rates are told of what there is.
        judged = [metric for metric in flows() if metric.judged]
        for number, metric in enumerate(judged):
            changed += _merge(metric)
            _tell(progress, number, len(judged))
        oldest = day - dt.timedelta(days=DAYS_KEPT)
        Rollup.objects.filter(grain=Grain.DAY, starts_on__lt=oldest).delete()
        Seal.objects.filter(day__lt=oldest).delete()
        _forget_lost_units()
        close_months(day)
        _note(refreshed_at=timezone.now())
    return changed


def rebuild(
    keys: Iterable[str] = (), progress: Progress | None = None, *, accept: bool = True
) -> int:
    """Add up everything anew, all metrics or those named; frozen months stay frozen. Snapshots of
    the past nobody can count again: they are accepted as they stand, unless told otherwise. Returns
    how many figures changed. Raises LookupError for a metric that does not exist."""
    wanted = [METRICS[key] for key in keys] or list(METRICS.values())
    if any(metric in stocks() for metric in wanted):
        wanted += [one for one in flows() if one.once and one not in wanted]
    changed = 0
    with _alone():
        _judge_from_today()
        if len(wanted) == len(METRICS):
            Mark.objects.all().delete()  # what they name is about to be added up
        take_snapshots(today(), [one for one in wanted if one in stocks()])
        for number, metric in enumerate(wanted):
            if metric in flows():
                changed += _merge(metric)
            _tell(progress, number, len(wanted))
        if accept:
            reseal([one.key for one in wanted])
        _note(refreshed_at=timezone.now())
    return changed


def take_snapshots(day: dt.date, metrics: Iterable[Metric] | None = None) -> None:
    """Keep the stocks of now as those of a day; taken again, the later one holds."""
    month = month_of(day)
    closed = ClosedMonth.objects.filter(month=month).exists()
    several = list(stocks() if metrics is None else metrics)
    for metric in several:
        mine = Rollup.objects.filter(metric=metric.key)
        mine.filter(grain=Grain.DAY, starts_on=day).delete()
        if closed:
            continue
        mine.filter(grain=Grain.MONTH, starts_on=month).delete()
        facts = metric.facts(metric.rows())
        _execute(SNAPSHOT, facts, {"metric": metric.key, "day": day, "month": month})
    with connection.cursor() as cursor:
        cursor.execute(SEAL, [day, [one.key for one in several], day])


def reseal(keys: Iterable[str] | None = None) -> None:
    """Take the snapshots that are kept for what they were: those of units that went are gone, or
    somebody looked at what was told."""
    wanted = [one.key for one in stocks()] if keys is None else list(keys)
    with connection.cursor() as cursor:
        cursor.execute(RESEAL, [wanted])


def close_months(day: dt.date) -> list[dt.date]:
    """Freeze the months whose time for late entries is over on a day. Returns them."""
    last = months_later(month_of(day - dt.timedelta(days=CLOSES_AFTER)), -1)
    first = (
        Rollup.objects.filter(grain=Grain.MONTH, frozen=False)
        .order_by("starts_on")
        .values_list("starts_on", flat=True)
        .first()
    )
    months: list[dt.date] = []
    month = first or months_later(last, 1)
    known = set(ClosedMonth.objects.values_list("month", flat=True))
    while month <= last:
        if month not in known:
            months.append(month)
        month = months_later(month, 1)
    ClosedMonth.objects.bulk_create(ClosedMonth(month=one) for one in months)
    Rollup.objects.filter(grain=Grain.MONTH, starts_on__in=months).update(frozen=True)
    return months


def _forget_lost_units() -> None:
    """Delete figures of units that are no more, as those of a demonstration that was removed."""
    gone, _by_model = Rollup.objects.exclude(unit__in=OrgUnit.objects.values("pk")).delete()
    if gone:
        reseal()


# --- how ------------------------------------------------------------------------------------------


class _alone(transaction.Atomic):  # noqa: N801  it is used like a function
    """A transaction in which nobody else adds up figures."""

    def __init__(self) -> None:
        super().__init__(using=None, savepoint=True, durable=False)

    def __enter__(self) -> None:
        super().__enter__()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _take_marks() -> int:
    """Add up the units and months that marks name, and use the marks up.

    A mark is visible when its rows are; one that comes while this runs is taken the next time.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH taken AS (DELETE FROM reports_mark RETURNING source, unit_id, day)
            SELECT DISTINCT source, unit_id, date_trunc('month', day)::date FROM taken"""
        )
        rows = cursor.fetchall()
    found: dict[str, list[tuple[int, dt.date]]] = {}
    for source, unit, month in rows:
        found.setdefault(source, []).append((unit, month))
    changed = 0
    for metric in flows():
        if pairs := {pair for source in metric.sources for pair in found.get(source, ())}:
            units, months = zip(*pairs, strict=True)
            changed += _merge(metric, Touched(units, months))
    return changed


def _merge(metric: Metric, touched: Touched | None = None) -> int:
    """Bring the stored figures of a flow in step with its rows, all or those touched."""
    first, last = FIRST_DAY, LAST_DAY
    rows = metric.in_days(first, last)
    if touched is not None:
        first, last = min(touched.months), month_end(max(touched.months))
        rows = metric.in_days(first, last).filter(unit_id__in=sorted(set(touched.units)))
    params = {
        "metric": metric.key,
        "units": list(touched.units) if touched else [],
        "months": list(touched.months) if touched else [],
        "all_of_it": touched is None,
        "oldest": oldest_day(),
    }
    return int(_execute(MERGE, metric.facts(rows), params) or 0)


def oldest_day() -> dt.date:
    """The first day that is kept as a single day."""
    return today() - dt.timedelta(days=DAYS_KEPT)


def named(relation: Relation, prefix: str = "f") -> tuple[str, dict[str, Any]]:
    """A compiled SELECT with its arguments under names, to stand in a statement with names."""
    names = [f"{prefix}{number}" for number in range(len(relation.params))]
    # A per cent sign that stands for itself is doubled, and must stay so.
    text = relation.sql.replace("%%", "%%%%") % tuple(f"%({name})s" for name in names)
    return text, dict(zip(names, relation.params, strict=True))


def _execute(statement: str, facts: Relation, params: dict[str, Any]) -> Any:
    text, named_params = named(facts)
    with connection.cursor() as cursor:
        cursor.execute(statement.format(facts=text), params | named_params)
        return cursor.fetchone()[0] if cursor.description else None


def _judge_from_today() -> None:
    """Where no night has judged limits yet, a day stands for them that no midnight moves."""
    if not RollupState.objects.filter(judged_on__isnull=False).exists():
        _note(judged_on=today())


def _note(**values: Any) -> None:
    RollupState.objects.update_or_create(id=1, defaults=values)


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
