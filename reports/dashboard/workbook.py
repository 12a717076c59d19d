"""The dashboard as a workbook: a sheet of figures and one of their months."""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.files.writer import SheetColumn, SheetWriter
from reports.dashboard.basis import basis_of
from reports.dashboard.others import OTHERS, notes_of
from reports.dashboard.tiles import Tile, targets_of
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period
from reports.metrics.reading import Series


def workbook_of(
    found: list[Series], others: list[Tile], perimeter: Perimeter, period: Period
) -> bytes:
    """The figures a reader sees, with what they mean, what was wanted and what is frozen; those
    that others keep come last."""
    targets = targets_of(perimeter, period)
    with TemporaryDirectory() as place:
        path = Path(place) / "dashboard.xlsx"
        with SheetWriter(path) as book:
            book.write_sheet(_("Overview"), _about(), _question(found, perimeter, period))
            rows = [_row(one, targets) for one in found]
            rows += [_other_row(tile, perimeter) for tile in others]
            book.write_sheet(_("Figures"), _columns(), rows)
            book.write_sheet(
                _("By month"),
                (SheetColumn(_("Figure"), width=24), SheetColumn(_("Month")), _number()),
                _months(found, period),
            )
        return path.read_bytes()


def _about() -> tuple[SheetColumn, SheetColumn]:
    return SheetColumn(pgettext("overview", "About"), width=20), SheetColumn(_("Content"), width=60)


def _question(found: list[Series], perimeter: Perimeter, period: Period) -> list[tuple[str, Any]]:
    return [
        (_("Unit"), f"{perimeter.unit.name} {perimeter.unit.code}"),
        (_("Units below"), _("Yes") if perimeter.below else _("No")),
        (_("Period"), period.words),
        (_("As of"), period.end),
        *((_("Frozen"), sentence) for sentence in basis_of(found, period)),
        *((pgettext("overview", "Note"), one) for one in notes_of(found, perimeter, period)),
    ]


def _number() -> SheetColumn:
    return SheetColumn(_("Value"), "number")


def _columns() -> tuple[SheetColumn, ...]:
    return (
        SheetColumn(_("Figure"), width=24),
        _number(),
        SheetColumn(_("Out of"), "number"),
        SheetColumn(_("Period before"), "number"),
        SheetColumn(_("Target"), "number"),
        SheetColumn(_("As of"), "date"),
        SheetColumn(_("Meaning"), width=60),
    )


def _row(series: Series, targets: dict[str, Decimal]) -> tuple[Any, ...]:
    metric = series.metric
    return (
        str(metric.title),
        _plain(series.value),
        _plain(series.now.denominator) if metric.is_share else None,
        _plain(series.value_before),
        _plain(targets.get(metric.key)),
        series.as_of,
        str(metric.sentence),
    )


def _other_row(tile: Tile, perimeter: Perimeter) -> tuple[Any, ...]:
    """A figure that no series holds: its period before and target stand on its own page."""
    words = {other.key: str(other.sentence) for other in OTHERS}
    day = tile.as_of or perimeter.today
    return tile.label, _plain(tile.number), None, None, None, day, words[tile.key]


def _plain(value: Any) -> float | None:
    return None if value is None else round(float(value), 4)


def _months(found: list[Series], period: Period) -> list[tuple[Any, ...]]:
    return [
        (str(one.metric.title), f"{month:%Y-%m}", _plain(one.months[month].value(one.metric)))
        for one in found
        for month in period.trend
        if month in one.months
    ]
