"""Which figures there are. Each is defined here once; dashboard, export and pages read it.

    register(Metric("complaints_opened", _("Complaints taken in"), _("…"), …))

A metric is a set of rows with a unit, an instant or day on which a row counts, and what it adds.
Rollups, the comparison with the base tables, the figures of people who see only their own rows
and the list behind a figure all ask the same `facts` and the same `rows`, so they cannot disagree.
docs/metrics.md tells how to add one.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.utils import timezone
from django.utils.functional import Promise

from core.scope import scope_of
from regions.selectors import Relation

Words = str | Promise
NO_FACTS = Relation("SELECT NULL::int, NULL::date, '', 0::numeric, 0::numeric WHERE FALSE", ())
AMOUNT = models.DecimalField(max_digits=18, decimal_places=2)


class Kind(StrEnum):
    """A flow is what happened in a span; a stock is what there is at a moment."""

    FLOW = "flow"
    STOCK = "stock"


class Better(StrEnum):
    """Which direction is good."""

    UP = "up"
    DOWN = "down"
    NONE = ""


class Measure(StrEnum):
    """What a figure is counted in; decides how it is written and rounded."""

    ROWS = "rows"  # whole numbers
    COUNT = "count"  # whole numbers, of which a row adds several
    YUAN = "yuan"  # two decimals
    SHARE = "share"  # numerator of denominator, per cent with one decimal
    RATE = "rate"  # numerator for each thousand of the denominator, two decimals


@dataclass(frozen=True, slots=True)
class Adds:
    """What a row adds to a figure: above the line, below it, and to which part."""

    numerator: Decimal
    denominator: Decimal
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure.

    `sentence` says to everybody what it counts and what not. `right` is whose holders see it and,
    through `rows().visible_to`, which rows. `rows()` are all rows that there are; a stock's are
    those of now. `moment` is the column by which a row of a flow counts on a day. `amount` is what
    a row adds, `whole` what it adds below the line of a share. `dimension` sorts rows (as text),
    `labels()` says what its values are called. `source` names the marks that triggers write
    (reports.migrations.0002_marks); without it, and with `judged`, rows are judged anew each night.
    `target` is the metric of monthly targets it is compared with. `describe(row)` names a row in
    the list behind the figure, `related` is what that needs to be read with it. Without `tile`
    it is only drawn: its figure is that of another one, sorted otherwise. Where rows are
    judged by more than their columns, `compute` gives their facts, `counted` those that count and
    `adding` what each of them adds. `source` may name several. `within` says which rows count in a
    span where `moment` alone does not. What a share or rate is of can be a stock, which does not
    add up over months: with `once` it is that of the "first" or "last" month of a period. Where the
    rows of a stock are sought among those of another one, `among` names that: how many it has tells
    whether counting takes too long. With `whole_only` nobody sees it who sees only own rows
    somewhere.
    """

    key: str
    title: Words
    sentence: Words
    right: str
    kind: Kind
    rows: Callable[[], QuerySet[Any]]
    group: str
    moment: str = ""
    measure: Measure = Measure.ROWS
    better: Better = Better.NONE
    amount: Any = field(default_factory=lambda: Value(1))
    whole: Any = field(default_factory=lambda: Value(0))
    dimension: Any = field(default_factory=lambda: Value(""))
    labels: Callable[[], dict[str, Any]] = field(default=dict)
    source: str = ""
    judged: bool = False
    target: str = ""
    related: tuple[str, ...] = ("unit",)
    describe: Callable[[Any], tuple[str, str]] = field(default=lambda row: (str(row), ""))
    tile: bool = True
    compute: Callable[["Metric", QuerySet[Any]], Relation] | None = None
    counted: Callable[[QuerySet[Any], str | None], QuerySet[Any]] | None = None
    adding: Callable[[QuerySet[Any], dt.date, dt.date], dict[Any, "Adds"]] | None = None
    within: Callable[[dt.date, dt.date], Q] | None = None
    once: str = ""
    among: str = ""
    whole_only: bool = False

    @property
    def is_share(self) -> bool:
        """Whether it is a part of a denominator, or so many for each thousand of it."""
        return self.measure in (Measure.SHARE, Measure.RATE)

    @property
    def scale(self) -> int:
        """For how many of the denominator it is told."""
        return 1000 if self.measure == Measure.RATE else 1

    @property
    def sources(self) -> list[str]:
        """The names of its marks."""
        return self.source.split()

    def counts_in(self, month: dt.date, first: dt.date, last: dt.date) -> bool:
        """Whether the denominator of a month counts in the span between two days."""
        if not self.once:
            return True
        return month == (first if self.once == "first" else last).replace(day=1)

    def in_days(self, first: dt.date, last: dt.date) -> QuerySet[Any]:
        """The rows of a flow that count from `first` through `last`."""
        return self.rows().filter(self.days_q(first, last))

    def days_q(self, first: dt.date, last: dt.date) -> Q:
        """The condition on `moment` for these days, both counted."""
        if self.within is not None:
            return self.within(first, last)
        column = self.rows().model._meta.get_field(self.moment)
        if isinstance(column, models.DateTimeField):
            end = midnight(last + dt.timedelta(days=1))
            return Q(**{f"{self.moment}__gte": midnight(first), f"{self.moment}__lt": end})
        return Q(**{f"{self.moment}__range": (first, last)})

    def day(self) -> Any:
        """The day on which a row counts, as an expression; a stock's is today."""
        if self.kind == Kind.STOCK:
            return Value(timezone.localdate(), output_field=models.DateField())
        column = self.rows().model._meta.get_field(self.moment)
        if isinstance(column, models.DateTimeField):
            return TruncDate(self.moment)
        return Cast(self.moment, models.DateField())

    def facts(self, rows: QuerySet[Any]) -> Relation:
        """What these rows add: unit_id, day, dimension, numerator, denominator, one line a row."""
        if self.compute is not None:
            return self.compute(self, rows)
        facts = rows.order_by().values_list(
            "unit_id",
            self.day(),
            Cast(self.dimension, models.TextField()),
            Cast(self.amount, AMOUNT),
            Cast(self.whole, AMOUNT),
        )
        try:
            return Relation(*facts.query.sql_with_params())
        except EmptyResultSet:
            return NO_FACTS

    def behind(self, rows: QuerySet[Any], dimension: str | None = None) -> QuerySet[Any]:
        """Those of the rows that make up a figure, or the part of it with one dimension."""
        if self.counted is not None:
            return self.counted(rows, dimension)
        if dimension is None:
            return rows
        text = models.TextField()
        words = Coalesce(Cast(self.dimension, text), Value(""), output_field=text)
        return rows.annotate(fact_dimension=words).filter(fact_dimension=dimension)

    def adds(self, rows: QuerySet[Any], first: dt.date, last: dt.date) -> dict[Any, "Adds"]:
        """What each of the rows behind a figure of these days adds to it, by primary key."""
        if self.adding is not None:
            return self.adding(rows, first, last)
        text = models.TextField()
        found = rows.order_by().annotate(
            fact_adds=Cast(self.amount, AMOUNT),
            fact_whole=Cast(self.whole, AMOUNT),
            fact_part=Coalesce(Cast(self.dimension, text), Value(""), output_field=text),
        )
        values = found.values_list("pk", "fact_adds", "fact_whole", "fact_part")
        return {key: Adds(*amounts) for key, *amounts in values}

    def visible(self, rows: QuerySet[Any], reader: Any) -> QuerySet[Any]:
        """Those of the rows that a reader may see."""
        return rows.visible_to(reader, self.right)  # type: ignore[attr-defined]

    def opens_to(self, reader: Any) -> bool:
        """Whether a reader sees this figure of anything."""
        scope = scope_of(reader, self.right)
        return not scope.nothing and not (self.whole_only and scope.own)


def midnight(day: dt.date) -> dt.datetime:
    """The beginning of a day in the group's time zone."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


METRICS: dict[str, Metric] = {}


def register(metric: Metric) -> Metric:
    """Add a metric. Two of one key are a mistake of the code."""
    if metric.key in METRICS:
        raise ValueError(metric.key)
    METRICS[metric.key] = metric
    return metric


def flows() -> list[Metric]:
    """Metrics of what happened."""
    return [metric for metric in METRICS.values() if metric.kind == Kind.FLOW]


def stocks() -> list[Metric]:
    """Metrics of what there is."""
    return [metric for metric in METRICS.values() if metric.kind == Kind.STOCK]
