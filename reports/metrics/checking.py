"""Whether the stored figures are what the rows say (manage.py verify_metrics)."""

# ruff: noqa: S608  statements are put together from constants and compiled querysets

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from reports.metrics.registry import Metric, flows, stocks
from reports.metrics.rollups import DIGEST, FIRST_DAY, LAST_DAY, named, oldest_day
from reports.models import RollupState

MOST = 100  # differences of one metric that are told; more are as bad

# One statement sees rows and marks of one moment: what a mark names is about to be added up.
FLOW = """
WITH facts (unit_id, day, dimension, numerator, denominator) AS MATERIALIZED ({facts}),
fresh AS (
  SELECT f.unit_id, g.grain, CASE g.grain WHEN 'day' THEN f.day
      ELSE date_trunc('month', f.day)::date END AS starts_on,
    coalesce(f.dimension, '') AS dimension,
    sum(f.numerator) AS numerator, sum(f.denominator) AS denominator
  FROM facts f CROSS JOIN (VALUES ('day'), ('month')) AS g (grain)
  WHERE g.grain = 'month' OR f.day >= %(oldest)s
  GROUP BY 1, 2, 3, 4),
stored AS (
  SELECT unit_id, grain, starts_on, dimension, numerator + later_numerator AS numerator,
    denominator + later_denominator AS denominator
  FROM reports_rollup r
  WHERE r.metric = %(metric)s AND (grain = 'month' OR starts_on >= %(oldest)s)),
waiting AS MATERIALIZED (
  SELECT DISTINCT unit_id, date_trunc('month', day)::date AS month
  FROM reports_mark WHERE source = ANY(%(sources)s))
SELECT unit_id, grain, starts_on, dimension, s.numerator, s.denominator,
  f.numerator, f.denominator
FROM fresh f FULL JOIN stored s USING (unit_id, grain, starts_on, dimension)
WHERE (coalesce(s.numerator, 0), coalesce(s.denominator, 0))
    <> (coalesce(f.numerator, 0), coalesce(f.denominator, 0))
  AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.unit_id = coalesce(f.unit_id, s.unit_id)
    AND w.month = date_trunc('month', coalesce(f.starts_on, s.starts_on))::date)
ORDER BY starts_on, unit_id, grain, dimension LIMIT %(most)s"""

# What there was cannot be counted again. Of each month the row must be that of its last snapshot,
# as long as single days are kept, and the snapshots of a day must be those that were taken.
SEALED = f"""
SELECT NULL, 'day', s.day, '', {DIGEST}, '', s.digest, ''
FROM reports_seal s
LEFT JOIN reports_rollup r ON r.metric = s.metric AND r.grain = 'day' AND r.starts_on = s.day
WHERE s.metric = %(metric)s AND s.day >= %(oldest)s
GROUP BY s.id HAVING s.digest <> {DIGEST} ORDER BY s.day LIMIT %(most)s"""
STOCK = """
WITH last AS (
  SELECT date_trunc('month', starts_on)::date AS month, max(starts_on) AS day
  FROM reports_rollup WHERE metric = %(metric)s AND grain = 'day' AND starts_on >= %(oldest)s
  GROUP BY 1),
days AS (
  SELECT r.unit_id, l.month, r.dimension, r.numerator, r.denominator
  FROM reports_rollup r JOIN last l ON l.day = r.starts_on
  WHERE r.metric = %(metric)s AND r.grain = 'day'),
months AS (
  SELECT r.unit_id, r.starts_on AS month, r.dimension, r.numerator, r.denominator
  FROM reports_rollup r JOIN last l ON l.month = r.starts_on
  WHERE r.metric = %(metric)s AND r.grain = 'month')
SELECT unit_id, 'month', month, dimension, m.numerator, m.denominator, d.numerator, d.denominator
FROM days d FULL JOIN months m USING (unit_id, month, dimension)
WHERE (m.numerator, m.denominator) IS DISTINCT FROM (d.numerator, d.denominator)
ORDER BY month, unit_id, dimension LIMIT %(most)s"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored figure that is not what the rows say. Both are numerator and denominator, None where
    there is no row. Without unit it is the snapshot of a past day as a whole, with its digests."""

    metric: str
    unit_id: int | None
    grain: str
    starts_on: date
    dimension: str
    stored: tuple[str, str] | None
    counted: tuple[str, str] | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"starts_on": self.starts_on.isoformat()}


def differences() -> list[Difference]:
    """Every stored figure that differs from its rows, at most MOST of each metric. Writes only when
    and with what result it looked."""
    found = [one for metric in flows() for one in _flow(metric)]
    for metric in stocks():
        found += [*_read(metric, STOCK, {}), *_read(metric, SEALED, {})]
    RollupState.objects.update_or_create(
        id=1, defaults={"verified_at": timezone.now(), "differences": len(found)}
    )
    return found


def _flow(metric: Metric) -> list[Difference]:
    facts, params = named(metric.facts(metric.in_days(FIRST_DAY, LAST_DAY)))
    return _read(metric, FLOW.format(facts=facts), params | {"sources": metric.sources})


def _read(metric: Metric, statement: str, params: dict[str, Any]) -> list[Difference]:
    more = {"metric": metric.key, "oldest": oldest_day(), "most": MOST}
    with connection.cursor() as cursor:
        cursor.execute(statement, params | more)
        rows = cursor.fetchall()
    return [
        Difference(metric.key, unit, grain, day, part, _pair(*figures[:2]), _pair(*figures[2:]))
        for unit, grain, day, part, *figures in rows
    ]


def _pair(numerator: Any, denominator: Any) -> tuple[str, str] | None:
    return None if numerator is None else (str(numerator), str(denominator))
