"""A report as a workbook or a PDF file."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.files.writer import SheetChart, SheetColumn, SheetWriter
from core.pdf import render_pdf
from regions.models import Kind, OrgUnit
from reports.builder.chart import Chart, chart_of
from reports.builder.definitions import Definition
from reports.builder.drawing import drawing_of
from reports.builder.query import (
    JOB_SECONDS,
    MOST_GROUPS,
    MOST_ROWS,
    Column,
    Table,
    all_rows,
    group_table,
    list_columns,
    list_page,
)
from reports.builder.wording import question_lines

PAPER_ROWS = 500


def write_book(
    asked: Definition, user: Any, name: str, target: Path, *, progress: Any = None
) -> int:
    """Write the answer, as far as `user` may see it, to a workbook. Returns its rows.

    A last sheet says what was asked, for whom and when. Raises Refused.
    """
    with SheetWriter(target) as book:
        if asked.groups:
            table = group_table(asked, user, seconds=JOB_SECONDS)
            rows = book.write_sheet(name, _sheet_columns(table.columns), table.rows)
            _draw(book, asked, table)
            cut = _("The first {count} groups.").format(count=MOST_GROUPS) if table.cut else ""
        else:
            found = all_rows(asked, user)
            # The first row before the file is begun: what is refused leaves no file behind.
            first = list(_first(found))
            columns = _sheet_columns(list_columns(asked))
            rows = book.write_sheet(name, columns, chain(first, found), progress=progress)
            full = rows >= MOST_ROWS
            cut = _("The newest {count} rows.").format(count=f"{MOST_ROWS:,}") if full else ""
        _write_question(book, asked, user, cut)
    return rows


def _first(rows: Any) -> Iterable[Any]:
    for row in rows:
        yield row
        return


def _sheet_columns(columns: Iterable[Column]) -> list[SheetColumn]:
    wide = {"text": 24.0}
    return [SheetColumn(one.label, one.kind, wide.get(one.kind)) for one in columns]  # type: ignore[arg-type]


KINDS: Final = {"pie": "doughnut", "line": "line"}


def _draw(book: SheetWriter, asked: Definition, table: Table) -> None:
    """The chart beside the table, and on a sheet of its own the figures that it draws: a table of
    two groups has one column of them, a chart one for each of the second group."""
    chart, beside = chart_of(asked, table), book.last
    if chart is None or not chart.series:
        return
    kind = "percent" if chart.unit else "number"
    columns = [SheetColumn(pgettext("chart", "Group"), width=24)]
    columns += [SheetColumn(one.name, kind) for one in chart.series]  # type: ignore[arg-type]
    part = 100 if chart.unit else 1
    rows = [
        (label, *(None if value is None else value / part for value in values))
        for label, *values in zip(chart.labels, *(one.values for one in chart.series), strict=True)
    ]
    book.write_sheet(_("Chart"), columns, rows)
    way: Any = KINDS.get(chart.kind) or _bars(chart)
    more = range(2, len(chart.series) + 1)
    drawn = SheetChart(way, chart.title, 0, 1, len(rows), len(table.columns) + 1, more=more)
    book.draw(drawn, on=beside)


def _bars(chart: Chart) -> str:
    if chart.kind == "stack":
        return "stack-column" if chart.upright else "stack"
    return "column" if chart.upright else "bar"


def _write_question(book: SheetWriter, asked: Definition, user: Any, cut: str) -> None:
    rows: list[tuple[str, Any]] = [*question_lines(asked)]
    rows += [(_("As seen by"), f"{user.name} {user.employee_no}"), (_("Written at"), _now())]
    if cut:
        rows.append((_("Cut"), cut))
    columns = (
        SheetColumn(pgettext("overview", "About"), width=20),
        SheetColumn(_("Content"), width=60),
    )
    book.write_sheet(_("Overview"), columns, rows)


def _now() -> Any:
    return timezone.localtime().replace(microsecond=0)


def book_bytes(asked: Definition, user: Any, name: str) -> tuple[bytes, int]:
    """The workbook with the number of its rows. Raises Refused."""
    with TemporaryDirectory() as place:
        path = Path(place) / "report.xlsx"
        rows = write_book(asked, user, name, path)
        return path.read_bytes(), rows


def paper_bytes(asked: Definition, user: Any, name: str) -> tuple[bytes, int]:
    """The PDF file with the number of its rows, at most PAPER_ROWS. Raises Refused and NoPdf."""
    if asked.groups:
        table = group_table(asked, user, most=PAPER_ROWS, seconds=JOB_SECONDS)
    else:
        table = list_page(asked, user, size=PAPER_ROWS, seconds=JOB_SECONDS)
        table.cut = bool(table.next)
    chart = chart_of(asked, table)
    context = {
        "name": name,
        "asked": asked,
        "table": table,
        "chart": chart,
        "drawing": drawing_of(chart),
        "lines": question_lines(asked),
        "group": OrgUnit.objects.filter(kind=Kind.GROUP).values_list("name", flat=True).first(),
        "printed_at": timezone.now(),
        "printed_by": user,
        "most": PAPER_ROWS,
    }
    return render_pdf("reports/builder/paper.html", context), len(table.rows)
