"""Figures told of a stock: complaint rate and customer growth (KPI-05).

What they are told of, households and customers, is taken from the stored snapshots of months: it
stays what it was then, is frozen with its month, and needs no table of its own. A month without
snapshot has no such figure.
"""

# ruff: noqa: S608  statements are put together from constants and compiled querysets

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from compliance.months import month_of
from customers.models import CustomerUnit, Loss
from regions.models import Kind as Level
from regions.models import OrgUnit
from regions.selectors import Relation
from reports.metrics.definitions import CASE, CUSTOMERS, SEE_CUSTOMERS, judged_on
from reports.metrics.definitions import _complaints as complaints
from reports.metrics.definitions import _place as place
from reports.metrics.registry import Adds, Better, Kind, Measure, Metric, midnight, register


def _projects() -> QuerySet[OrgUnit]:
    """Projects whose households somebody entered; a unit's own figure is of the unit itself."""
    rows = OrgUnit.objects.filter(kind=Level.PROJECT, merged_into=None, households__gt=0)
    return rows.annotate(unit_id=F("pk"))


def _unit(row: OrgUnit) -> tuple[str, str]:
    return row.name, row.get_absolute_url()


register(
    Metric(
        key="households",
        title=_("Households"),
        sentence=_("Households of the projects, where they are entered."),
        kind=Kind.STOCK,
        rows=_projects,
        measure=Measure.COUNT,
        amount=F("households"),
        related=("parent",),
        tile=False,
        whole_only=True,
        **(CASE | {"describe": _unit}),
    )
)

# A complaint of a project counts when its households are known in the month, so that no rate has
# complaints above the line of homes that are missing below it; one of a city or region counts.
_HOUSED = """(EXISTS (SELECT 1 FROM reports_rollup h WHERE h.metric = 'households'
    AND h.grain = 'month' AND h.unit_id = {unit} AND h.starts_on = date_trunc('month', {day})::date)
  OR NOT EXISTS (SELECT 1 FROM regions_orgunit u WHERE u.id = {unit} AND u.kind = 'project'
    AND u.merged_into_id IS NULL)
  AND EXISTS (SELECT 1 FROM reports_rollup h WHERE h.metric = 'households' AND h.grain = 'month'
    AND h.starts_on = date_trunc('month', {day})::date))"""
_RATE = """
SELECT f.unit_id, f.day, '', 1, 0 FROM ({rows}) f (case_id, unit_id, day) WHERE {housed}
UNION ALL
SELECT h.unit_id, h.starts_on, '', 0, h.numerator
FROM reports_rollup h WHERE h.metric = 'households' AND h.grain = 'month'"""
_TAKEN_IN = "(c.taken_in_at AT TIME ZONE 'Asia/Shanghai')::date"


def _rate(metric: Metric, rows: QuerySet[Any]) -> Relation:
    found = rows.order_by().values_list("pk", "unit_id", metric.day())
    sql, params = found.query.sql_with_params()
    housed = _HOUSED.format(unit="f.unit_id", day="f.day")
    return Relation(_RATE.format(rows=sql, housed=housed), tuple(params))


def _housed(rows: QuerySet[Any], _dimension: str | None) -> QuerySet[Any]:
    housed = _HOUSED.format(unit="c.unit_id", day=_TAKEN_IN)
    text = f"SELECT c.id FROM complaints_case c WHERE {housed}"
    return rows.filter(pk__in=RawSQL(text, ()))  # noqa: S611


register(
    Metric(
        key="complaint_rate",
        title=_("Complaints per 1,000 households"),
        sentence=_(
            "Complaints taken in within the period for each 1,000 households at its end; projects "
            "whose households nobody entered do not count on either side."
        ),
        kind=Kind.FLOW,
        rows=complaints,
        moment="taken_in_at",
        measure=Measure.RATE,
        source="cases",
        judged=True,
        better=Better.DOWN,
        compute=_rate,
        counted=_housed,
        once="last",
        whole_only=True,
        **CASE,
    )
)


def _lost(first: dt.date, last: dt.date) -> QuerySet[Loss]:
    return Loss.objects.filter(
        lost_on__range=(first, last), unit=OuterRef("unit"), customer=OuterRef("customer")
    )


def _came_or_left(first: dt.date, last: dt.date) -> Q:
    """Places that were entered in these days, or whose customer was lost in them."""
    end = midnight(last + dt.timedelta(days=1))
    return Q(created_at__gte=midnight(first), created_at__lt=end) | Q(Exists(_lost(first, last)))


_GROWTH = """
SELECT f.unit_id, f.day, '', 1, 0 FROM ({rows}) f (place_id, unit_id, day)
UNION ALL
SELECT l.unit_id, l.lost_on, '', -1, 0 FROM customers_loss l
UNION ALL
SELECT h.unit_id, (h.starts_on + interval '1 month')::date, '', 0, h.numerator
FROM reports_rollup h WHERE h.metric = 'customers' AND h.grain = 'month' AND h.starts_on < %s"""


def _growth(metric: Metric, rows: QuerySet[Any]) -> Relation:
    found = rows.order_by().values_list("pk", "unit_id", metric.day())
    sql, params = found.query.sql_with_params()
    return Relation(_GROWTH.format(rows=sql), (*params, month_of(judged_on())))


def _growing(rows: QuerySet[Any], first: dt.date, last: dt.date) -> dict[Any, Adds]:
    """One for who is new, less one for each time he was lost."""
    lost = Loss.objects.filter(lost_on__range=(first, last)).order_by()
    keys = rows.values_list("customer_id", "unit_id")
    known = lost.filter(customer__in=[customer for customer, _unit in keys])
    times = {
        (customer, unit): number
        for customer, unit, number in known.values_list("customer", "unit").annotate(Count("pk"))
    }
    begin, end = midnight(first), midnight(last + dt.timedelta(days=1))
    found = {}
    for pk, customer, unit, made in rows.values_list("pk", "customer_id", "unit_id", "created_at"):
        number = int(begin <= made < end) - times.get((customer, unit), 0)
        found[pk] = Adds(Decimal(number), Decimal(0))
    return found


register(
    Metric(
        key="customer_growth",
        title=_("Customer growth rate"),
        sentence=_(
            "New customers of the period less those lost in it, as a share of the customers at the "
            "end of the month before it."
        ),
        right=SEE_CUSTOMERS,
        group=CUSTOMERS,
        kind=Kind.FLOW,
        rows=lambda: CustomerUnit.objects.all(),
        moment="created_at",
        measure=Measure.SHARE,
        source="places losses",
        judged=True,
        better=Better.UP,
        compute=_growth,
        adding=_growing,
        within=_came_or_left,
        once="first",
        whole_only=True,
        related=("unit", "customer"),
        describe=place,
    )
)
