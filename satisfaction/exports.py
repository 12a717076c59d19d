"""Results to take away: a workbook with charts, from the same overview as the page (SAT-04).

An overview bears no figure that may not be shown, and no person: so does the file.
"""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.files.writer import Kind as CellKind
from core.files.writer import SheetChart, SheetColumn, SheetWriter
from satisfaction.models import Figure, SurveyReport
from satisfaction.selectors.overview import Overview
from satisfaction.selectors.sight import Line, Reading
from satisfaction.wording import hidden_text, rank_text, summary_sentence, target_words

PLACES = 4  # digits behind the point that a file bears


def workbook_of(found: Overview, report: SurveyReport | None = None) -> bytes:
    """The workbook of an overview; of a report with its words."""
    with TemporaryDirectory() as place:
        path = Path(place) / "results.xlsx"
        with SheetWriter(path) as book:
            _write_facts(book, found, report)
            _write_units(book, found)
            _write_items(book, found)
            _write_trend(book, found)
            _write_drivers(book, found)
        return path.read_bytes()


def _kind(figure: str) -> CellKind:
    return "percent" if figure == Figure.TOP2 else "number"


def _cell(value: float | None) -> float | None:
    return None if value is None else round(value, PLACES)


def _whisker(reading: Reading | None) -> tuple[float, float]:
    if reading is None or reading.interval is None:
        return 0.0, 0.0
    low, high = reading.interval
    return round(reading.value - low, PLACES), round(high - reading.value, PLACES)


def _write_facts(book: SheetWriter, found: Overview, report: SurveyReport | None) -> None:
    question = found.question
    rows: list[tuple[str, Any]] = [
        (_("Wave"), str(question.wave)),
        (_("Unit"), question.unit.name),
        (_("Method"), Figure(question.figure).label),
        (_("Result"), summary_sentence(found)),
        (_("Figures computed at"), question.scoring.finished_at),
        (_("Checksum"), question.scoring.checksum),
    ]
    if found.aim is not None:
        words = target_words(question.figure, found.aim, found.reading)
        told = " ".join(str(words[key]) for key in ("value", "note", "verdict") if words[key])
        rows.append((_("Target"), told))
    if report is not None:
        rows += [
            (pgettext("survey report", "Summary"), report.summary),
            (pgettext("survey report", "Findings"), report.findings),
            (pgettext("survey report", "Improvements planned"), report.measures),
        ]
    columns = (
        SheetColumn(pgettext("overview", "About"), width=18),
        SheetColumn(_("Content"), width=90),
    )
    book.write_sheet(_("Overview"), columns, rows)


def _write_units(book: SheetWriter, found: Overview) -> None:
    figure = found.question.figure
    lines = [*([found.line] if found.line else []), *found.parts]
    kind = _kind(figure)
    label = Figure(figure).label
    columns = [
        SheetColumn(_("Unit"), width=22),
        SheetColumn(_("Code"), "id", 12),
        SheetColumn(label, kind, 14),
        SheetColumn(_("Lower bound"), kind),
        SheetColumn(_("Upper bound"), kind),
        SheetColumn("n", "integer"),
        SheetColumn(_("Rank"), width=12),
        SheetColumn(_("Target"), kind),
        SheetColumn(_("Note"), width=40),
    ]
    # Hidden ones last: a chart draws what has figures.
    lines.sort(key=lambda line: bool(line.hidden))
    book.write_sheet(_("Units"), columns, [_unit(found, line) for line in lines])
    shown = [line for line in lines if line.reading(figure)]
    book.draw(
        SheetChart(
            kind="bar",
            title=_("{figure} with interval at 95 %").format(figure=label),
            names=0,
            values=2,
            rows=len(shown),
            beside=len(columns) + 1,
            errors=[_whisker(line.reading(figure)) for line in shown],
        )
    )


def _unit(found: Overview, line: Line) -> tuple[Any, ...]:
    reading = line.reading(found.question.figure)
    rank = found.ranked.get(line.unit.pk)
    aim = found.aims.get(line.unit.pk)
    return (
        *(line.unit.name, line.unit.code, *_three(reading), line.n),
        rank_text(rank) if rank else "",
        aim.value if aim else None,
        hidden_text(line.hidden, found.fewest),
    )


def _three(reading: Reading | None) -> tuple[float | None, float | None, float | None]:
    if reading is None:
        return None, None, None
    return _cell(reading.value), _cell(reading.low), _cell(reading.high)


def _write_items(book: SheetWriter, found: Overview) -> None:
    columns = [
        SheetColumn(pgettext("satisfaction", "Item"), width=22),
        SheetColumn(_("Mean"), "number"),
        SheetColumn(_("Lower bound"), "number"),
        SheetColumn(_("Upper bound"), "number"),
        SheetColumn(_("Top-2 share"), "percent"),
        SheetColumn(_("Importance"), "number"),
        SheetColumn(pgettext("satisfaction", "Gap"), "number"),
        SheetColumn("n", "integer"),
        SheetColumn(_("Quadrant"), width=16),
    ]
    items = sorted(found.items, key=lambda one: not one.is_shown)
    rows: Iterable[tuple[Any, ...]] = [
        (
            *(one.item.shown_name, *_three(one.mean), _cell(one.top2), _cell(one.importance)),
            _cell(one.gap.value) if one.gap else None,
            one.n,
            found.quarters[one.item.pk].label if one.item.pk in found.quarters else "",
        )
        for one in items
    ]
    book.write_sheet(pgettext("results", "Items"), columns, rows)
    shown = [one for one in items if one.mean]
    book.draw(
        SheetChart(
            kind="bar",
            title=_("Items with interval at 95 %"),
            names=0,
            values=1,
            rows=len(shown),
            beside=len(columns) + 1,
            errors=[_whisker(one.mean) for one in shown],
        )
    )


def _write_trend(book: SheetWriter, found: Overview) -> None:
    figure = found.question.figure
    kind = _kind(figure)
    columns = [
        SheetColumn(_("Wave"), width=22),
        SheetColumn(Figure(figure).label, kind, 14),
        SheetColumn(_("Lower bound"), kind),
        SheetColumn(_("Upper bound"), kind),
        SheetColumn("n", "integer"),
    ]
    points = found.trend
    rows = [(str(one.wave), *_three(one.line.reading(figure)), one.line.n) for one in points]
    book.write_sheet(_("Trend"), columns, rows)
    book.draw(
        SheetChart(
            kind="line",
            title=_("Trend"),
            names=0,
            values=1,
            rows=len(points),
            beside=len(columns) + 1,
            errors=[_whisker(one.line.reading(figure)) for one in points],
        )
    )


def _write_drivers(book: SheetWriter, found: Overview) -> None:
    if not found.drivers:
        return
    columns = [
        SheetColumn(_("Driver"), width=22),
        SheetColumn(pgettext("driver", "Share"), "percent"),
        SheetColumn(_("Lower bound"), "percent"),
        SheetColumn(_("Upper bound"), "percent"),
    ]
    rows = [
        (one.item.shown_name, _cell(one.share), _cell(one.share_low), _cell(one.share_high))
        for one in found.drivers
    ]
    book.write_sheet(_("Drivers"), columns, rows)
    chart = SheetChart("bar", _("Drivers"), 0, 1, len(rows), len(columns) + 1)
    book.draw(chart)
