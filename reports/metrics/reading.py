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
from django.db.models import QuerySet

from compliance.months import month_of, months_later
from regions.models import OrgUnit
from reports.metrics.definitions import judged_once
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period
from reports.metrics.registry import METRICS, Kind, Measure, Metric
from reports.models import Grain

ZERO = Decimal(0)
MOST_LIVE: Final = 20_000  # rows of a stock that are counted while somebody waits

# Months of the trend, and single days of the month in which a running period is compared. Each
# metric is read of the units that its right shows, all of them in one statement.
STORED = """
SELECT grain, metric, starts_on, dimension, sum(numerator), sum(denominator), sum(later_numerator),
  sum(later_denominator)
FROM reports_rollup
WHERE grain = 'month' AND metric = ANY(%s) AND starts_on BETWEEN %s AND %s AND ({here})
GROUP BY grain, metric, starts_on, dimension
UNION ALL
SELECT grain, metric, NULL, '', sum(numerator), sum(denominator), 0, 0
FROM reports_rollup
WHERE grain = 'day' AND metric = ANY(%s) AND starts_on BETWEEN %s AND %s AND ({here})
GROUP BY grain, metric
UNION ALL
SELECT 'last', NULL, max(starts_on), '', 0, 0, 0, 0
FROM reports_rollup WHERE grain = 'day' AND metric = ANY(%s)
UNION ALL
SELECT 'closed', NULL, month, '', 0, 0, 0, 0
FROM reports_closedmonth WHERE month BETWEEN %s AND %s"""

BY_UNIT = """
SELECT metric, unit_id, sum(numerator),
  sum(denominator) FILTER (WHERE NOT (metric = ANY(%s) AND starts_on <> %s
    OR metric = ANY(%s) AND starts_on <> %s))
FROM reports_rollup
WHERE grain = 'month' AND (metric = ANY(%s) AND starts_on = ANY(%s)
    OR metric = ANY(%s) AND starts_on = %s) AND ({here})
GROUP BY metric, unit_id"""

# A condition on a thousand units costs more than reading them all: the whole group has none.
OF_UNITS: Final = "metric = ANY(%s) AND unit_id = ANY(%s)"
OF_ALL: Final = "metric = ANY(%s)"


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
        return metric.scale * self.numerator / self.denominator if self.denominator else None


NOTHING: Final = Amount()


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
    is_own: bool = False  # counted from own rows now, so that no part of it is ever frozen
    frozen: tuple[dt.date, ...] = ()  # months of which the figure holds what closing left
    is_past: bool = (
        False  # a stock of a day that is over: its rows are gone, those of now are others
    )
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
        """What it is compared with; None of a stock of which nobody took a snapshot then."""
        if self.metric.kind == Kind.STOCK and not self.before.numerator:
            return None
        return self.before.value(self.metric)


def series_of(perimeter: Perimeter, period: Period, metrics: Iterable[Metric]) -> list[Series]:
    """The metrics that the reader sees, in their order. At most three statements: one for all that
    is stored, one for all stocks of today, and one for all that is counted from own rows."""
    found = [Series(metric) for metric in metrics if metric.opens_to(perimeter.reader)]
    for series in found:
        series.is_own = perimeter.is_own(series.metric.right)
    stored = [one for one in found if not one.is_own]
    sizes = [*stored, *_sizes(stored)]
    last = _read_stored(sizes, perimeter, period) if stored else None
    with judged_once():
        _count_own([one for one in found if one.is_own], perimeter, period)
    large = {one.metric.key for one in sizes if _is_large(one)}
    _snapshots(found, perimeter, period, last, large)
    return found


def _sizes(several: list[Series]) -> list[Series]:
    """The stocks among whose rows others are sought, where nobody asked for them."""
    asked = {one.metric.key for one in several}
    wanted = {one.metric.among for one in several if one.metric.among}
    return [Series(METRICS[key]) for key in sorted(wanted - asked)]


def _reach(several: list[Series], perimeter: Perimeter) -> tuple[str, list[Any]]:
    """The condition that each metric is read of the units the reader sees whole with its right."""
    keys: dict[frozenset[int], list[str]] = defaultdict(list)
    for series in several:
        keys[perimeter.whole(series.metric.right)].append(series.metric.key)
    texts: list[str] = []
    params: list[Any] = []
    for reached, metrics in keys.items():
        # Of no unit at all nothing is read: none of none is not everything.
        everything = bool(reached) and len(reached) == len(perimeter.paths)
        texts.append(OF_ALL if everything else OF_UNITS)
        params += [metrics] if everything else [metrics, sorted(reached)]
    return " OR ".join(texts), params


def _read_stored(several: list[Series], perimeter: Perimeter, period: Period) -> dt.date | None:
    """Months of the trend, the parts of the period, what came after months were closed, and what
    is compared; one statement. Returns the day of the last snapshot."""
    by_key = {one.metric.key: one for one in several}
    flows = [one.metric.key for one in several if one.metric.kind == Kind.FLOW]
    here, reached = _reach(several, perimeter)
    first = min(period.trend[0], period.before.first)
    last = period.compared[1]
    # Of a running period the last month of the one before counts up to a day; else it is whole.
    days = [flows, month_of(last), last] if period.is_cut else [[], last, last]
    stocks = [one.metric.key for one in several if one.metric.kind == Kind.STOCK]
    params = [list(by_key), first, period.last, *reached, *days, *reached, stocks]
    params += [period.first, period.last]
    snapshot, closed = None, set()
    with connection.cursor() as cursor:
        cursor.execute(STORED.format(here=here), params)
        rows = cursor.fetchall()
    for grain, key, month, dimension, numerator, denominator, later, later_of in rows:
        if grain == "last":
            snapshot = month
            continue
        if grain == "closed":
            closed.add(month)
            continue
        series = by_key[key]
        if grain == Grain.DAY:
            whole = series.metric.counts_in(month_of(last), *period.compared)
            series.before.add(numerator, denominator if whole else 0)
            continue
        series.months[month].add(numerator, denominator)
        _count_month(series, period, month, dimension, (numerator, denominator))
        if series.metric.kind == Kind.FLOW and month in period.months:
            series.later.add(later, later_of)
    for series in several:
        series.frozen = _frozen(series, period, closed)
        if series.metric.once == "last":
            _tell_whole_spans(series, period)
    return snapshot


def _tell_whole_spans(series: Series, period: Period) -> None:
    """A figure of what happened for each of what there was at the end counts nothing of a month
    in which nobody had entered what there was. A span with such a month has no figure: one of its
    other months alone would be far too small."""

    def known(first: dt.date, last: dt.date) -> bool:
        months = (months_later(month_of(first), number) for number in range(12))
        asked = (month for month in months if month <= month_of(last))
        return all(series.months.get(month, NOTHING).denominator for month in asked)

    series.is_known = known(period.first, min(period.end, period.today))
    if not known(*period.compared):
        series.before = Amount()


def _frozen(series: Series, period: Period, closed: set[dt.date]) -> tuple[dt.date, ...]:
    """The closed months whose stored sums a figure holds: a stock is that of its last month, and
    one of a running period is counted now."""
    months = period.months
    if series.metric.kind == Kind.STOCK:
        months = [] if period.runs else [month_of(period.end)]
    return tuple(month for month in months if month in closed)


def _count_month(
    series: Series, period: Period, month: dt.date, dimension: str, amount: tuple[Any, Any]
) -> None:
    """Add a stored month to the period, or to what it is compared with."""
    if series.metric.kind == Kind.FLOW:
        begin, end = period.compared
        cut = month_of(end) if period.is_cut else None
        if month in period.months:
            counted = _once(series.metric, month, amount, period.first, period.end)
            series.now.add(*counted)
            series.parts[dimension].add(*counted)
        if begin <= month <= end and month != cut:
            series.before.add(*_once(series.metric, month, amount, begin, end))
        return
    if month == month_of(period.end):
        series.now.add(*amount)
        series.parts[dimension].add(*amount)
    if month == month_of(period.before.last):
        series.before.add(*amount)


def _once(
    metric: Metric, month: dt.date, amount: tuple[Any, Any], first: dt.date, last: dt.date
) -> tuple[Any, Any]:
    """An amount of a month as it counts in a span: stocks below the line are not added up."""
    return amount if metric.counts_in(month, first, last) else (amount[0], 0)


def _snapshots(
    found: list[Series],
    perimeter: Perimeter,
    period: Period,
    day: dt.date | None,
    large: set[str],
) -> None:
    """Stocks of today from the rows, where these are not too many; else say of which day they
    are, the last snapshot's. All of them are counted in one statement."""
    stocks = [one for one in found if one.metric.kind == Kind.STOCK]
    if not period.runs:
        for series in stocks:
            series.is_known = bool(series.months.get(month_of(period.end)))
            series.as_of = period.last
            series.is_past = True
        return
    stored = [one for one in stocks if not perimeter.is_own(one.metric.right)]
    live = []
    for series in stored:
        if day is None or not large & {series.metric.key, series.metric.among}:
            series.now, series.parts = Amount(), defaultdict(Amount)
            series.months[month_of(period.end)] = series.now
            live.append(series)
        else:
            series.as_of = day
    for series, _unit, dimension, numerator, denominator in _live(live, perimeter):
        series.now.add(numerator, denominator)
        series.parts[dimension].add(numerator, denominator)


def _is_large(series: Series) -> bool:
    """Whether a stock is of too many rows to be counted while somebody waits. Only of what counts
    rows the figure tells how many there are; what adds money or households has a row a unit."""
    return series.metric.measure == Measure.ROWS and series.now.numerator > MOST_LIVE


def _live(
    several: list[Series], perimeter: Perimeter, *, by_unit: bool = False
) -> list[tuple[Series, int, str, Any, Any]]:
    """Stocks of now, by dimension or by unit, from the rows: one statement for all."""
    texts: list[str] = []
    params: list[Any] = []
    sort = "f.unit_id, ''" if by_unit else "0, coalesce(f.dimension, '')"
    for place, series in enumerate(several):
        reached = sorted(perimeter.whole(series.metric.right))
        facts = series.metric.facts(series.metric.rows().filter(unit_id__in=reached))
        texts.append(
            f"""SELECT {place}, {sort}, sum(f.numerator), sum(f.denominator)
            FROM ({facts.sql}) f (unit_id, day, dimension, numerator, denominator)
            GROUP BY 1, 2, 3"""
        )
        params += facts.params
    if not texts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(texts), params)
        return [(several[row[0]], *row[1:]) for row in cursor.fetchall()]


def _count_own(several: list[Series], perimeter: Perimeter, period: Period) -> None:
    """The figures of somebody who sees only own rows in a part of his reach, from the rows; one
    statement for all. What was there in the past nobody can count."""
    counted = [one for one in several if one.metric.kind == Kind.FLOW or period.runs]
    texts: list[str] = []
    params: list[Any] = []
    known: dict[tuple[str, str, str], QuerySet[Any]] = {}
    for place, series in enumerate(counted):
        metric = series.metric
        facts = metric.facts(_own_rows(metric, perimeter, period, known))
        day = "f.day" if metric.kind == Kind.FLOW else "NULL::date"
        texts.append(
            f"""SELECT {place}, {day}, coalesce(f.dimension, ''), sum(f.numerator),
              sum(f.denominator)
            FROM ({facts.sql}) f (unit_id, day, dimension, numerator, denominator)
            GROUP BY 1, 2, 3"""
        )
        params += facts.params
    if not texts:
        return
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(texts), params)
        rows_found = cursor.fetchall()
    for place, day, dimension, *amount in rows_found:
        _count_own_day(counted[place], period, day, dimension, amount)
    for series in counted:
        if series.metric.kind == Kind.STOCK:
            series.months[month_of(period.end)] = series.now


def _own_rows(
    metric: Metric,
    perimeter: Perimeter,
    period: Period,
    known: dict[tuple[str, str, str], QuerySet[Any]],
) -> QuerySet[Any]:
    """The rows a figure of own rows is counted from. Figures of the same rows share one queryset:
    what they see depends on this very moment, and limits are judged once for the same question."""
    rows = metric.rows()
    key = (metric.right, metric.moment, str(rows.query) if metric.judged else metric.key)
    if key not in known:
        units = sorted(perimeter.units())
        seen = metric.visible(rows, perimeter.reader).filter(unit_id__in=units)
        if metric.kind == Kind.FLOW:
            first = min(period.trend[0], period.before.first)
            seen = seen.filter(metric.days_q(first, period.last))
        known[key] = seen
    return known[key]


def _count_own_day(
    series: Series, period: Period, day: dt.date | None, dimension: str, amount: list[Any]
) -> None:
    """Add what own rows come to on a day, or now where they are a stock."""
    begin, end = period.compared
    if day is not None:
        series.months[month_of(day)].add(*amount)
    if day is None or period.first <= day <= period.last:
        series.now.add(*amount)
        series.parts[dimension].add(*amount)
    elif begin <= day <= end:
        series.before.add(*amount)


@dataclass(slots=True)
class UnitLine:
    """A unit right below the one looked at, with all below it, or (`is_own`) that one itself for
    what lies in no unit below. `amounts` by metric, none where the reader does not see it."""

    unit: OrgUnit
    is_own: bool = False
    amounts: dict[str, Amount] = field(default_factory=dict)


def by_units(perimeter: Perimeter, period: Period, several: list[Series]) -> list[UnitLine]:
    """Figures side by side for the units right below, in the order of the tree; two statements and
    one for the units. Figures of own rows are not sorted by unit."""
    mine = [one for one in several if not perimeter.is_own(one.metric.right)]
    sums: dict[tuple[int, str], Amount] = defaultdict(Amount)
    here = len(perimeter.paths.get(perimeter.unit.pk, ()))
    for key, unit, numerator, denominator in _by_unit(mine, perimeter, period):
        path = perimeter.paths[unit]
        top = path[here] if len(path) > here else perimeter.unit.pk
        sums[top, key].add(numerator, denominator or 0)
    below = {path[here] for path in perimeter.paths.values() if perimeter.unit.pk in path[:here]
             and len(path) > here}  # fmt: skip
    tops = {top for top, _key in sums}
    units = OrgUnit.objects.filter(pk__in=below | tops).in_tree_order()
    lines = [
        UnitLine(unit, unit.pk == perimeter.unit.pk)
        for unit in units
        if unit.pk in tops or (unit.is_active and unit.merged_into_id is None)
    ]
    for line in lines:
        for series in mine:
            if series.is_known and line.unit.pk in perimeter.whole(series.metric.right):
                key = series.metric.key
                line.amounts[key] = sums.get((line.unit.pk, key), Amount())
    return lines


def _by_unit(several: list[Series], perimeter: Perimeter, period: Period) -> list[Any]:
    """(metric, unit itself, numerator, denominator) of what the reader sees whole."""
    live = [
        one
        for one in several
        if one.metric.kind == Kind.STOCK and period.runs and one.as_of is None
    ]
    found = [
        (series.metric.key, unit, numerator, denominator)
        for series, unit, _part, numerator, denominator in _live(live, perimeter, by_unit=True)
    ]
    stored = [one for one in several if one not in live and one.is_known]
    if stored:
        flows = [one.metric.key for one in stored if one.metric.kind == Kind.FLOW]
        stocks = [one.metric.key for one in stored if one.metric.kind == Kind.STOCK]
        here, reached = _reach(stored, perimeter)
        once = [[one.metric.key for one in stored if one.metric.once == end]
                for end in ("first", "last")]  # fmt: skip
        params: list[Any] = [once[0], period.first, once[1], month_of(period.end)]
        params += [flows, period.months, stocks, month_of(period.end), *reached]
        with connection.cursor() as cursor:
            cursor.execute(BY_UNIT.format(here=here), params)
            found += cursor.fetchall()
    return found


def rows_behind(
    perimeter: Perimeter, period: Period, metric: Metric, dimension: str | None = None
) -> QuerySet[Any]:
    """Exactly the rows that make up a figure, or its part with one dimension; a stock's are those
    of now. As the figure, they lie in units that the reader sees whole, unless he has own rows."""
    rows = metric.rows()
    if metric.kind == Kind.FLOW:
        rows = rows.filter(metric.days_q(period.first, period.last))
    own = perimeter.is_own(metric.right)
    units = perimeter.units() if own else perimeter.whole(metric.right)
    rows = metric.visible(rows, perimeter.reader).filter(unit_id__in=sorted(units))
    return metric.behind(rows, dimension)
