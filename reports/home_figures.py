"""Figures of the home page: the running month of the reader, with change, target and trend.

Who sees only his own rows reads what he did himself beside what he set out to do; who sees a branch
reads its stored sums. Nothing is told of a time of which nothing was kept: what there is now of own
rows has no trend, but what came since yesterday is counted.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from compliance.models import Target
from customers.models import CustomerUnit
from customers.selectors.rhythm import overdue_condition
from reports.dashboard.forms import VIEW, DashboardFilter
from reports.dashboard.tiles import Tile, targets_of, tile_of
from reports.metrics.definitions import SEE_CUSTOMERS
from reports.metrics.own import OF_PEOPLE, work_of
from reports.metrics.perimeter import OwnWork, Perimeter
from reports.metrics.periods import Period
from reports.metrics.reading import series_of
from reports.metrics.registry import METRICS, Kind

#: What somebody sees who sees only his own rows, besides his work (OF_PEOPLE), and who sees a
#: branch: sums that are stored, and what there is now.
OWN = ("contacts_overdue", "customers_new", "complaints_opened")
BRANCH = (
    *("contacts", "contacts_overdue", "customers", "customers_new"),
    *("complaints_opened", "complaints_late", "response_on_time", "completion_on_time"),
)


@dataclass(frozen=True, slots=True)
class Month:
    """Figures of the running month: of whom (a unit, or the reader himself) and the tiles."""

    unit: Any
    is_own: bool
    tiles: list[Tile]
    key: str


def months_of(reader: Any) -> list[Month]:
    """The running month of the branch the dashboard opens with, or of own rows there; and of the
    reader's own work where he has targets of his own beside a branch."""
    if not reader.has_perm(VIEW):
        return []
    today = timezone.localdate()
    form = DashboardFilter(QueryDict(), user=reader, today=today)
    unit = form.unit_asked()
    if unit is None:
        return []
    period, address = form.period_asked(), form.address()
    perimeter = Perimeter(reader, unit)
    wanted = Target.objects.filter(person=reader, month=period.first)
    targets = dict(wanted.values_list("metric", "value"))
    if perimeter.is_own(SEE_CUSTOMERS):
        own = [*_work(perimeter, period, address, targets), *_own_rows(perimeter, period, address)]
        return [Month(unit, True, own, period.key)]
    found = series_of(perimeter, period, [METRICS[key] for key in BRANCH])
    aims = targets_of(perimeter, period)
    months = [
        Month(unit, False, [tile_of(one, period, address, aims) for one in found], period.key)
    ]
    mine = {key for key in OF_PEOPLE if METRICS[key].target in targets}
    if mine:
        months.append(
            Month(unit, True, _work(perimeter, period, address, targets, mine), period.key)
        )
    return months


def _work(
    perimeter: Perimeter,
    period: Period,
    address: dict[str, str],
    targets: dict[str, Any],
    keys: Any = OF_PEOPLE,
) -> list[Tile]:
    """What the reader did himself, beside what he set out to do."""
    metrics = [work_of(METRICS[key], perimeter.reader) for key in OF_PEOPLE if key in keys]
    own = OwnWork(perimeter.reader, perimeter.unit, known=perimeter.present)
    aims = {one.key: targets[one.target] for one in metrics if one.target in targets}
    found = series_of(own, period, metrics)
    return [tile_of(one, period, address | {"mine": "on"}, aims) for one in found]


def _own_rows(perimeter: Perimeter, period: Period, address: dict[str, str]) -> list[Tile]:
    """What there is and what happened among the reader's own rows."""
    found = series_of(perimeter, period, [METRICS[key] for key in OWN])
    tiles = [tile_of(one, period, address, {}) for one in found]
    for tile, series in zip(tiles, found, strict=True):
        if series.metric.kind == Kind.STOCK:
            tile.spark = []
        if series.metric.key == "contacts_overdue" and series.value:
            tile.change = since_yesterday(_newly_overdue(perimeter, period.today))
    return tiles


def _newly_overdue(perimeter: Perimeter, today: dt.date) -> int:
    """Customers overdue now who were not by yesterday's measure."""
    metric = METRICS["contacts_overdue"]
    rows = metric.visible(metric.rows(), perimeter.reader).filter(unit_id__in=perimeter.units())
    before = overdue_condition(today - dt.timedelta(days=1))
    known = CustomerUnit.objects.filter(before, pk=OuterRef("pk"))
    return rows.filter(~Exists(known)).count()


def since_yesterday(number: int) -> str:
    """What came within a day, in words."""
    if not number:
        return _("none since yesterday")
    return _("{count} since yesterday").format(count=f"+{number:,}")
