"""Stored figures: the dashboard's reading of all of them beside the bare sums.

Every project and city of the archive gets sums of each metric in three parts, for 14 months and the
days of the last two of them. What is measured is a past month, of the whole group and of a
region: the tree of its last day, thirteen months of every metric, and what they are compared with.
"""

import statistics
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from regions.models import Kind, OrgUnit
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import read_period
from reports.metrics.reading import series_of
from reports.metrics.registry import METRICS
from tests.bench import data, servers
from tests.bench.data import say
from tests.bench.measure import timed
from tests.bench.targets import FIGURES_TO_BARE, Verdict

FILL = """
    INSERT INTO reports_rollup (metric, unit_id, grain, starts_on, dimension, numerator,
        denominator, later_numerator, later_denominator, frozen)
    SELECT m.metric, u.id, g.grain, g.day, p.part, 1 + (u.id + p.part::int) %% 90, 100, 0, 0, false
    FROM unnest(%s::text[]) AS m (metric)
    CROSS JOIN generate_series(1, 3) AS n (n) CROSS JOIN LATERAL (SELECT n::text AS part) p
    JOIN regions_orgunit u ON u.kind IN ('city', 'project')
    CROSS JOIN (
        SELECT 'month' AS grain, day::date FROM generate_series(date_trunc('month', %s::date)
            - interval '13 months', %s::date, interval '1 month') AS day
        UNION ALL
        SELECT 'day', day::date FROM generate_series(date_trunc('month', %s::date)
            - interval '1 month', %s::date, interval '1 day') AS day) g"""
BARE = """
    SELECT metric, starts_on, dimension, sum(numerator), sum(denominator)
    FROM reports_rollup WHERE grain = 'month' AND metric = ANY(%s)
      AND starts_on BETWEEN %s AND %s AND (%s::int[] IS NULL OR unit_id = ANY(%s))
    GROUP BY metric, starts_on, dimension"""


def ensure(database: str) -> int:
    """Fill the table of a database unless it is full. Returns its rows."""
    today, keys = timezone.localdate(), list(METRICS)
    with servers.connect(database, "crm_owner") as bare:
        month = bare.execute("SELECT max(starts_on) FROM reports_rollup WHERE grain = 'day'")
        if (month.fetchone() or [None])[0] != today:
            say("Stored figures ...")
            bare.execute("TRUNCATE reports_rollup")
            bare.execute(FILL, [keys, today, today, today, today])
            bare.execute("VACUUM ANALYZE reports_rollup")
        found = bare.execute("SELECT count(*) FROM reports_rollup").fetchone()
    return int(found[0]) if found else 0


def run(size: int, rounds: int) -> list[Verdict]:
    """The verdicts on one database."""
    servers.use(data.database_of(size))
    rows = ensure(data.database_of(size))
    reader = User.objects.filter(grants__role__code="group-management").first()
    period = read_period("", timezone.localdate()).before
    region = OrgUnit.objects.filter(kind=Kind.REGION).order_by("pk").first()
    found = []
    for name, unit in (("group", OrgUnit.objects.get(kind=Kind.GROUP)), ("region", region)):
        if unit is None:
            continue
        below = None if name == "group" else _keys(unit)
        first = min(period.trend[0], period.before.first)
        bare = [
            [key for key, one in METRICS.items() if one.opens_to(reader)],
            first,
            period.last,
            below,
            below,
        ]
        found.append(
            _verdict(
                size,
                f"figures of the {name}, {rows:,} sums",
                lambda unit=unit: series_of(
                    Perimeter(reader, unit, day=period.end), period, METRICS.values()
                ),
                lambda bare=bare: _bare(BARE, bare),
                rounds,
            )
        )
    return found


def _keys(unit: OrgUnit) -> list[int]:
    return list(OrgUnit.objects.below(unit).values_list("pk", flat=True))


def _verdict(
    size: int, scene: str, product: Callable[[], Any], bare: Callable[[], Any], rounds: int
) -> Verdict:
    took: dict[str, list[float]] = {"product": [], "bare": []}
    series, sums = product(), bare()  # warms up
    mine = sum(one.months[month].numerator for one in series for month in one.months)
    assert mine == sum(row[3] for row in sums)
    for _ in range(rounds):
        took["product"].append(timed(product)[0])
        took["bare"].append(timed(bare)[0])
    whole, floor = (statistics.median(took[one]) for one in ("product", "bare"))
    return Verdict(size, scene, "ms / bare SQL", whole, floor, whole / floor, FIGURES_TO_BARE)


def _bare(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
