"""Project monthly: all figures of a project, or of any unit, with those before them."""

from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from reports.dashboard.basis import basis_of
from reports.dashboard.tiles import changed, figure_url, later_words, targets_of, written
from reports.metrics import ratios  # noqa: F401  figures below are chosen from all there are
from reports.metrics.definitions import GROUPS
from reports.metrics.perimeter import Perimeter
from reports.metrics.reading import Series, by_units, rows_behind, series_of
from reports.metrics.registry import METRICS, Measure, Metric
from reports.standard.base import (
    MOST_ROWS,
    Column,
    Found,
    Kind,
    Question,
    Standard,
    Table,
)

KINDS: dict[Measure, Kind] = {
    Measure.ROWS: "integer",
    Measure.YUAN: "money",
    Measure.SHARE: "percent",
    Measure.COUNT: "integer",
    Measure.RATE: "number",
}
SHOWN = tuple(metric for metric in METRICS.values() if metric.tile)
#: Of the units below only what tells them apart at a glance.
BESIDE = (
    "customers",
    "contacts",
    "contacts_overdue",
    "complaints_opened",
    "complaints_open",
    "complaints_late",
    "expenses_paid",
    "log_in_rate",
    "findings",
)


def fact_of(metric: Metric) -> Column:
    """A metric as a figure of a report."""
    return Column(metric.key, metric.title, KINDS[metric.measure])


FACTS = tuple(fact_of(metric) for metric in SHOWN)
TABLES = (
    Table(
        "figures",
        _("Figures"),
        (
            Column("figure", _("Figure"), width=22),
            Column("value", _("Value"), width=16),
            Column("change", pgettext_lazy("figure", "Change"), width=34),
            Column("target", _("Target"), width=12),
            Column("group", pgettext_lazy("figure", "Group"), width=18),
            Column("meaning", _("Meaning"), width=60),
        ),
    ),
    Table(
        "units",
        _("By unit"),
        (
            Column("name", _("Unit"), width=22),
            Column("code", _("Code"), "id", 12),
            *(fact_of(METRICS[key]) for key in BESIDE),
        ),
        _("The units right below, each with all below it."),
    ),
    Table(
        "complaints",
        _("Complaints taken in"),
        (
            Column("number", _("Case number"), "id", 20),
            Column("taken_in", _("Taken in at"), "datetime"),
            Column("level", _("Level"), width=14),
            Column("category", _("Category"), width=24),
            Column("unit", _("Unit"), width=22),
            Column("state", _("State"), width=14),
        ),
        _("As recorded now: what arrived after its month was closed is in the list only."),
    ),
)


def perimeter_of(asked: Question) -> Perimeter:
    """The units that the figures are of."""
    return Perimeter(asked.reader, asked.unit, below=True, day=asked.last)


def address_of(asked: Question) -> dict[str, str]:
    """The question for the pages of the dashboard."""
    return {"unit": asked.unit.code, "period": asked.period.key}


def put_figures(asked: Question, found: Found, several: list[Series]) -> None:
    """Metrics as single figures, each with the address of its rows; what is frozen, and what came
    later, is said."""
    address = address_of(asked)
    shown = [one for one in several if one.metric.tile]
    for series in shown:
        found.facts[series.metric.key] = plain(series.metric, series.value)
        found.fact_links[series.metric.key] = figure_url(series, address)
    found.notes += later_notes(shown)
    found.notes[:0] = basis_of(shown, asked.period)


def later_notes(several: list[Series]) -> list[str]:
    """What arrived after months were closed, a sentence a figure."""
    sentence = str(_("{figure}: {change} arrived after its month was closed."))
    return [
        sentence.format(figure=one.metric.title, change=later_words(one))
        for one in several
        if one.has_later
    ]


def plain(metric: Metric, value: Decimal | None) -> Any:
    """A figure as a cell holds it."""
    if value is None:
        return None
    if metric.is_share:
        return float(value)
    return value if metric.measure == Measure.YUAN else int(value)


def _read(asked: Question) -> Found:
    found = Found()
    perimeter = perimeter_of(asked)
    several = series_of(perimeter, asked.period, METRICS.values())
    put_figures(asked, found, several)
    targets = targets_of(perimeter, asked.period)
    shown = [one for one in several if one.metric.tile]
    found.put(
        "figures",
        [
            (
                *(str(one.metric.title), written(one.metric, one.value)),
                *(changed(one, asked.period) or None, _target(one, targets)),
                *(str(GROUPS[one.metric.group]), str(one.metric.sentence)),
            )
            for one in shown
        ],
        [figure_url(one, address_of(asked)) for one in shown],
    )
    _put_units(asked, found, perimeter, {one.metric.key: one for one in several})
    if METRICS["complaints_opened"].opens_to(asked.reader):
        _put_complaints(asked, found, perimeter)
    return found


def _target(series: Series, targets: dict[str, Decimal]) -> str | None:
    target = targets.get(series.metric.key)
    return None if target is None else written(series.metric, target)


def _put_units(
    asked: Question, found: Found, perimeter: Perimeter, several: dict[str, Series]
) -> None:
    wanted = [several[key] for key in BESIDE if key in several]
    lines = [
        line
        for line in by_units(perimeter, asked.period, wanted)
        if not line.is_own or any(one.numerator or one.denominator for one in line.amounts.values())
    ]
    page = reverse("reports:dashboard")
    rows = []
    for line in lines:
        itself = f" {pgettext('unit', 'itself')}" if line.is_own else ""
        row: list[Any] = [f"{line.unit.name}{itself}", line.unit.code]
        for key in BESIDE:
            amount = line.amounts.get(key)
            row.append(plain(METRICS[key], amount.value(METRICS[key])) if amount else None)
        rows.append(row)
    links = []
    for line in lines:
        address = address_of(asked) | {"unit": line.unit.code}
        links.append(f"{page}?{urlencode(address | ({'only': 'on'} if line.is_own else {}))}")
    found.put("units", rows, links)


def _put_complaints(asked: Question, found: Found, perimeter: Perimeter) -> None:
    rows = rows_behind(perimeter, asked.period, METRICS["complaints_opened"])
    related = rows.select_related("level", "category", "unit").order_by("-taken_in_at", "-pk")
    cases = list(related[: MOST_ROWS + 1])
    found.put(
        "complaints",
        [
            (
                *(one.number, one.taken_in_at, one.level.name if one.level else None),
                *(one.category.name if one.category else None, one.unit.name),
                one.get_state_display(),
            )
            for one in cases
        ],
        [one.get_absolute_url() for one in cases],
    )


REPORT = Standard(
    key="project-monthly",
    title=_("Project monthly"),
    sentence=_("How a project, or any unit, stands at the end of a month, in all its figures."),
    source=pgettext_lazy("report", "Project monthly report of the group"),
    right="reports.view_dashboard",
    taking="customers.export_customer",
    facts=FACTS,
    tables=TABLES,
    written=True,
    read=_read,
    periods=("month", "quarter", "year"),
    tells_facts=False,  # its first table holds them, with more beside each
)
