"""What the chart of a grouped report draws: page, workbook and PDF file read the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reports.builder.chart_rules import adds_up, charted_of, kind_drawn, time_of
from reports.builder.definitions import Definition, Measure
from reports.builder.query import Table, time_label
from reports.standard.words import words

MOST_BARS: Final = 30
MOST_POINTS: Final = 120
MOST_SERIES: Final = 6
MOST_SLICES: Final = 7
OTHERS: Final = 0  # the tone of what is put together
DAYS: Final = {"day": 1, "week": 7}
MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


@dataclass(slots=True)
class Series:
    """A figure, or a group of the second kind, along the labels. A percent is of 100 here; `tone`
    counts the colours from 1, 0 is what was put together."""

    name: str
    values: list[float | None]
    texts: list[str]
    tone: int


@dataclass(slots=True)
class Chart:
    """A chart. `kind` is bars, stack, line or pie; bars stand `upright` along the time and lie
    otherwise. Without `series` nothing can be drawn; `notes` say why, or what is left out."""

    kind: str
    title: str
    labels: list[str] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    upright: bool = False
    unit: str = ""
    notes: list[str] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """What the script draws."""
        return {
            "kind": self.kind,
            "upright": self.upright,
            "unit": self.unit,
            "labels": self.labels,
            "series": [
                {"name": one.name, "values": one.values, "texts": one.texts, "tone": one.tone}
                for one in self.series
            ],
        }


def chart_of(asked: Definition, table: Table) -> Chart | None:
    """The chart of a report that wants one and has something to draw."""
    kind = kind_drawn(asked)
    if not kind or not table.rows or not table.labels:
        return None
    shown = charted_of(asked)
    title = " · ".join(str(one.label) for one in shown)
    chart = Chart(kind, title, upright=time_of(asked) is not None)
    columns = [table.labels + asked.measures.index(one) for one in shown]
    chart.unit = "%" if table.columns[columns[0]].kind == "percent" else ""
    _put_labels(chart, asked, table, columns)
    if len(asked.groups) > 1:
        _put_groups(chart, asked, table, columns[0])
    else:
        _put_figures(chart, asked, table, columns)
    if table.cut:
        chart.notes.append(_("It draws the groups of the table alone; there are more."))
    if kind == "pie":
        _make_ring(chart)
    return chart


# --- along what -----------------------------------------------------------------------------------


def _axis(asked: Definition) -> int:
    """Which of the groups the labels come from: that over time, or the first."""
    time = time_of(asked)
    return asked.groups.index(time) if time else 0


def _put_labels(chart: Chart, asked: Definition, table: Table, columns: list[int]) -> None:
    at = _axis(asked)
    step = asked.groups[at].step
    if step:
        days = [marks[at] for marks in table.marks if marks[at] is not None]
        every = _steps(min(days), max(days), step) if days else []
        if len(every) > MOST_POINTS:
            sentence = _("It draws the last {count} of {total}.")
            chart.notes.append(sentence.format(count=MOST_POINTS, total=len(every)))
        chart.labels = [time_label(day, step) for day in every[-MOST_POINTS:]]
        return
    labels = list(dict.fromkeys(str(row[at]) for row in table.rows))
    if len(asked.groups) > 1 and adds_up(charted_of(asked)[0]):
        total = dict.fromkeys(labels, 0.0)
        for row in table.rows:
            total[str(row[at])] += _number(row[columns[0]]) or 0.0
        labels.sort(key=lambda one: -total[one])
    if chart.kind != "pie" and len(labels) > MOST_BARS:
        sentence = _("It draws the first {count} of {total}.")
        chart.notes.append(sentence.format(count=MOST_BARS, total=len(labels)))
        labels = labels[:MOST_BARS]
    chart.labels = labels


def _steps(first: date, last: date, step: str) -> list[date]:
    """Every step from one to the other: a month without rows is a month too."""
    found = [first]
    while found[-1] < last:
        day = found[-1]
        if step in DAYS:
            found.append(day + timedelta(days=DAYS[step]))
        else:
            month = day.month - 1 + MONTHS[step]
            found.append(date(day.year + month // 12, month % 12 + 1, 1))
    return found


# --- what is drawn --------------------------------------------------------------------------------


def _put_figures(chart: Chart, asked: Definition, table: Table, columns: list[int]) -> None:
    """A series a figure."""
    rows = {str(row[0]): row for row in table.rows}
    for tone, column in enumerate(columns, 1):
        measure = asked.measures[column - table.labels]
        found = {label: rows[label][column] for label in chart.labels if label in rows}
        name = table.columns[column].label
        chart.series.append(_series(chart, table, column, measure, found, name, tone))


def _put_groups(chart: Chart, asked: Definition, table: Table, column: int) -> None:
    """A series a group of the other kind; of many the largest, and the others put together where
    figures can be added."""
    at = _axis(asked)
    measure = asked.measures[column - table.labels]
    cells: dict[str, dict[str, Any]] = {}
    for row in table.rows:
        cells.setdefault(str(row[1 - at]), {})[str(row[at])] = row[column]
    names = list(cells)
    if adds_up(measure):
        names.sort(key=lambda name: -sum(_number(one) or 0.0 for one in cells[name].values()))
    kept = names
    if len(names) > MOST_SERIES:
        kept = names[: MOST_SERIES - 1 if adds_up(measure) else MOST_SERIES]
        left = names[len(kept) :]
        if adds_up(measure):
            cells[""] = _together([cells[name] for name in left])
        else:
            chart.notes.append(_("{count} more are in the table.").format(count=len(left)))
    for tone, name in enumerate(kept, 1):
        chart.series.append(_series(chart, table, column, measure, cells[name], name, tone))
    if "" in cells and "" not in names:
        name = pgettext("chart", "Others")
        chart.series.append(_series(chart, table, column, measure, cells[""], name, OTHERS))


def _together(several: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in several:
        for label, value in one.items():
            found[label] = (found.get(label) or 0) + (value or 0)
    return found


def _series(
    chart: Chart,
    table: Table,
    column: int,
    measure: Measure,
    found: dict[str, Any],
    name: str,
    tone: int,
) -> Series:
    """The values along the labels: where no row is, nothing was counted, and no mean is known."""
    kind: Any = table.columns[column].kind
    empty = 0 if adds_up(measure) or measure.verb == "each" else None
    values = [found.get(label, empty) for label in chart.labels]
    return Series(
        name,
        [_drawn(_number(value), kind) for value in values],
        [words(value, kind) if _number(value) is not None else "—" for value in values],
        tone,
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float | Decimal) else None


def _drawn(value: float | None, kind: str) -> float | None:
    if value is None:
        return None
    return round(value * 100, 2) if kind == "percent" else round(value, 2)


# --- rings ----------------------------------------------------------------------------------------


def _make_ring(chart: Chart) -> None:
    """Slices from the largest down, the small ones put together; without what is no part."""
    [one] = chart.series
    if any((value or 0) < 0 for value in one.values):
        chart.series = []
        chart.notes = [_("A ring cannot show figures below zero. Please choose bars.")]
        return
    slices = [
        (value, label, text)
        for value, label, text in zip(one.values, chart.labels, one.texts, strict=True)
        if value
    ]
    slices.sort(key=lambda part: -part[0])
    total = sum(value for value, _label, _text in slices)
    if not total:
        chart.series = []
        chart.notes = [_("All figures are zero; there is nothing to draw.")]
        return
    if len(slices) > MOST_SLICES:
        rest = sum(value for value, _label, _text in slices[MOST_SLICES - 1 :])
        slices = slices[: MOST_SLICES - 1]
        slices.append((rest, pgettext("chart", "Others"), _rest_text(rest, chart.unit)))
    chart.labels = [label for _value, label, _text in slices]
    one.values = [value for value, _label, _text in slices]
    one.texts = [
        text if chart.unit else f"{text} ({100 * value / total:.1f}%)"
        for value, _label, text in slices
    ]


def _rest_text(rest: float, unit: str) -> str:
    if unit:
        return f"{rest:.1f}%"
    return words(int(rest) if rest == int(rest) else rest, "plain")
