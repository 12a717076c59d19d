"""Figures as one reader sees them, of a unit in a period.

Who sees whole branches reads the stored figures; who sees only his own rows reads the rows. Both
give the same `Series`, so that nothing after this module knows the difference. Stocks of today are
counted from the rows, unless there are so many that the last snapshot is shown with its day.
"""

# ruff: noqa: S608  statements are put together from constants and compiled querysets

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Max, QuerySet

from compliance.months import month_of
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period
from reports.metrics.registry import Kind, Metric
from reports.models import ClosedMonth, Grain, Rollup

ZERO = Decimal(0)
MOST_LIVE: Final = 20_000  # rows of a stock that are counted while somebody waits

MONTHLY = """
SELECT metric, starts_on, dimension, sum(numerator), sum(denominator), sum(later_numerator),
  sum(later_denominator)
FROM reports_rollup
WHERE grain = 'month' AND metric = ANY(%s) AND starts_on BETWEEN %s AND %s AND {here}
GROUP BY metric, starts_on, dimension"""

DAILY = """
SELECT metric, sum(numerator), sum(denominator) FROM reports_rollup
WHERE grain = 'day' AND metric = ANY(%s) AND starts_on BETWEEN %s AND %s AND {here}
GROUP BY metric"""

BY_UNIT = """
SELECT unit_id, sum(numerator), sum(denominator) FROM reports_rollup
WHERE grain = 'month' AND metric = %s AND starts_on = ANY(%s) AND unit_id = ANY(%s)
GROUP BY unit_id"""


# A condition on a thousand units costs more than reading them all: the whole group has none.
HERE: Final = "(%s::int[] IS NULL OR unit_id = ANY(%s))"


@dataclass(slots=True)
class Amount:
    """What was added up: a figure is the numerator, or for shares the part of the denominator."""

    numerator: Decimal = ZERO
    denominator: Decimal = ZERO

    def add(self, numerator: Any, denominator: Any) -> None:
        self.numerator += Decimal(numerator)
        self.denominator += Decimal(denominator)

    def value(self, metric: Metric) -> Decimal | None:
        """The figure; None for a share of nothing."""
        if not metric.is_share:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None


@dataclass(slots=True)
class Series:
    """A metric of a perimeter: month by month and by dimension, with what is compared."""

    metric: Metric
    now: Amount = field(default_factory=Amount)
    before: Amount = field(default_factory=Amount)
    later: Amount = field(default_factory=Amount)
    months: dict[dt.date, Amount] = field(default_factory=lambda: defaultdict(Amount))
    parts: dict[str, Amount] = field(default_factory=lambda: defaultdict(Amount))
    as_of: dt.date | None = None  # the day of the snapshot, when it is not of this moment
    is_known: bool = True  # False for a stock of a time in which nobody took a snapshot

    @property
    def value(self) -> Decimal | None:
        return self.now.value(self.metric) if self.is_known else None

    @property
    def has_later(self) -> bool:
        """Whether anything arrived after months of the period were closed."""
        return bool(self.later.numerator or self.later.denominator)

    @property
    def value_before(self) -> Decimal | None:
        return self.before.value(self.metric)


def series_of(perimeter: Perimeter, period: Period, metrics: Iterable[Metric]) -> list[Series]:
    """The metrics that the reader sees, in their order. A fixed number of queries: two for all
    stored figures, and one for each stock of today and each metric of own rows."""
    found = [Series(metric) for metric in metrics if metric.opens_to(perimeter.reader)]
    stored: dict[frozenset[int], list[Series]] = defaultdict(list)
    for series in found:
        if perimeter.is_own(series.metric.right):
            _count_own(series, perimeter, period)
        else:
            stored[perimeter.whole(series.metric.right)].append(series)
    for reached, several in stored.items():
        units = None if len(reached) == len(perimeter.paths) else sorted(reached)
        _read_months(several, units, period)
        _read_compared(several, units, period)
    _snapshots(found, perimeter, period)
    return found


def _read_months(several: list[Series], units: list[int] | None, period: Period) -> None:
    """Months of the trend, the parts of the period, and what came after months were closed."""
    by_key = {one.metric.key: one for one in several}
    first = min(period.trend[0], period.before.first)
    with connection.cursor() as cursor:
        cursor.execute(MONTHLY.format(here=HERE), [list(by_key), first, period.last, units, units])
        rows = cursor.fetchall()
    for key, month, dimension, numerator, denominator, later, later_of in rows:
        series = by_key[key]
        series.months[month].add(numerator, denominator)
        if series.metric.kind == Kind.FLOW and month in period.months:
            series.now.add(numerator, denominator)
            series.parts[dimension].add(numerator, denominator)
            series.later.add(later, later_of)
        elif series.metric.kind == Kind.STOCK and month == month_of(period.end):
            series.now.add(numerator, denominator)
            series.parts[dimension].add(numerator, denominator)


def _read_compared(several: list[Series], units: list[int] | None, period: Period) -> None:
    """What flows were in the days that the period is compared with; stocks by their months."""
    flows = {one.metric.key: one for one in several if one.metric.kind == Kind.FLOW}
    first, last = period.compared
    cut = month_of(last) if period.runs else None
    for series in several:
        for month, amount in series.months.items():
            if series.metric.kind == Kind.STOCK:
                if month == month_of(period.before.last):
                    series.before.add(amount.numerator, amount.denominator)
            elif first <= month <= last and month != cut:
                series.before.add(amount.numerator, amount.denominator)
    if cut is not None and flows:
        with connection.cursor() as cursor:
            cursor.execute(DAILY.format(here=HERE), [list(flows), cut, last, units, units])
            for key, numerator, denominator in cursor.fetchall():
                flows[key].before.add(numerator, denominator)


def _snapshots(found: list[Series], perimeter: Perimeter, period: Period) -> None:
    """Stocks of today from the rows, where these are not too many; else say of which day they
    are."""
    stocks = [one for one in found if one.metric.kind == Kind.STOCK]
    if not stocks:
        return
    last = Rollup.objects.filter(grain=Grain.DAY, metric__in=[one.metric.key for one in stocks])
    day = last.aggregate(last=Max("starts_on"))["last"]
    for series in stocks:
        if not period.runs:
            series.is_known = bool(series.months.get(month_of(period.end)))
            series.as_of = period.last
        elif (day is None or series.now.numerator <= MOST_LIVE) and not perimeter.is_own(
            series.metric.right
        ):
            series.now, series.parts = Amount(), defaultdict(Amount)
            rows = series.metric.rows().filter(
                unit_id__in=sorted(perimeter.whole(series.metric.right))
            )
            _add_parts(series, rows)
            series.months[month_of(period.end)] = series.now
        elif not perimeter.is_own(series.metric.right):
            series.as_of = day


def _add_parts(series: Series, rows: QuerySet[Any]) -> None:
    facts = series.metric.facts(rows)
    statement = f"""SELECT coalesce(f.dimension, ''), sum(f.numerator), sum(f.denominator)
        FROM ({facts.sql}) f (unit_id, day, dimension, numerator, denominator) GROUP BY 1"""
    with connection.cursor() as cursor:
        cursor.execute(statement, facts.params)
        for dimension, numerator, denominator in cursor.fetchall():
            series.now.add(numerator, denominator)
            series.parts[dimension].add(numerator, denominator)


def _count_own(series: Series, perimeter: Perimeter, period: Period) -> None:
    """The figures of somebody who sees only own rows in a part of his reach, from the rows."""
    metric = series.metric
    rows = metric.visible(metric.rows(), perimeter.reader).filter(
        unit_id__in=sorted(perimeter.units())
    )
    if metric.kind == Kind.STOCK:
        if period.runs:
            _add_parts(series, rows)
            series.months[month_of(period.end)] = series.now
        return
    first = min(period.trend[0], period.before.first)
    facts = metric.facts(rows.filter(metric.days_q(first, period.last)))
    statement = f"""SELECT f.day, coalesce(f.dimension, ''), sum(f.numerator), sum(f.denominator)
        FROM ({facts.sql}) f (unit_id, day, dimension, numerator, denominator) GROUP BY 1, 2"""
    with connection.cursor() as cursor:
        cursor.execute(statement, facts.params)
        found = cursor.fetchall()
    begin, end = period.compared
    for day, dimension, numerator, denominator in found:
        series.months[month_of(day)].add(numerator, denominator)
        if period.first <= day <= period.last:
            series.now.add(numerator, denominator)
            series.parts[dimension].add(numerator, denominator)
        elif begin <= day <= end:
            series.before.add(numerator, denominator)


def by_unit(perimeter: Perimeter, period: Period, series: Series) -> dict[int, Amount]:
    """What each unit itself, without those below it, adds to a figure the reader sees whole."""
    metric = series.metric
    units = sorted(perimeter.whole(metric.right))
    if metric.kind == Kind.STOCK and period.runs and series.as_of is None:
        facts = metric.facts(metric.rows().filter(unit_id__in=units))
        statement = f"""SELECT f.unit_id, sum(f.numerator), sum(f.denominator)
            FROM ({facts.sql}) f (unit_id, day, dimension, numerator, denominator) GROUP BY 1"""
        params: Any = facts.params
    else:
        months = period.months if metric.kind == Kind.FLOW else [month_of(period.end)]
        statement, params = BY_UNIT, [metric.key, months, units]
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return {unit: Amount(num, den) for unit, num, den in cursor.fetchall()}


def rows_behind(
    perimeter: Perimeter, period: Period, metric: Metric, dimension: str | None = None
) -> QuerySet[Any]:
    """Exactly the rows that make up a figure, or its part with one dimension; a stock's are those
    of now."""
    rows = metric.rows()
    if metric.kind == Kind.FLOW:
        rows = rows.filter(metric.days_q(period.first, period.last))
    rows = metric.visible(rows, perimeter.reader).filter(unit_id__in=sorted(perimeter.units()))
    return metric.behind(rows, dimension)


def frozen_months(period: Period) -> int:
    """How many months of a period are closed."""
    return ClosedMonth.objects.filter(month__in=period.months).count()
