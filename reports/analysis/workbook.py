"""A method's tables as a workbook with charts."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.files.writer import SheetChart, SheetColumn, SheetWriter
from reports.analysis.base import Method, Question, Table
from reports.builder.chart import MOST_BARS


def write_book(method: Method, asked: Question, tables: list[Table], target: Path) -> int:
    """A sheet that says what was asked, then a sheet for each table with all its rows. Returns
    the number of rows of the tables."""
    with SheetWriter(target) as book:
        _write_question(book, method, asked, tables)
        for table in tables:
            _write_table(book, table)
    return rows_in(tables)


def rows_in(tables: list[Table]) -> int:
    """How many rows the tables have."""
    return sum(len(table.rows) for table in tables)


def _write_question(
    book: SheetWriter, method: Method, asked: Question, tables: list[Table]
) -> None:
    only = f" · {_('This unit only')}" if asked.only else ""
    rows: list[tuple[str, Any]] = [
        (_("Method"), str(method.title)),
        (_("Meaning"), str(method.meaning)),
        (_("Unit"), f"{asked.unit.name} {asked.unit.code}{only}"),
        (_("As of"), asked.as_of),
    ]
    if asked.among.level:
        rows.append((_("Level"), asked.among.level))
    if asked.among.business_type:
        rows.append((_("Business type"), asked.among.business_type))
    if asked.chosen:
        rows.append((_("Members of"), tables[-1].title))
    if asked.customer:
        rows.append((_("Customer"), f"{asked.customer.name} {asked.customer.code}"))
    rows += [(table.title, table.note) for table in tables if table.note]
    columns = (
        SheetColumn(pgettext("overview", "About"), width=20),
        SheetColumn(_("Content"), width=60),
    )
    book.write_sheet(_("Overview"), columns, rows)


def _write_table(book: SheetWriter, table: Table) -> None:
    columns = [
        SheetColumn(c.label, "text" if c.kind == "sentence" else c.kind, c.width or None)
        for c in table.columns
    ]
    book.write_sheet(table.title, columns, table.rows)
    if table.bars is not None and table.rows:
        beside = len(columns) + 1
        label = table.columns[table.bars].label
        drawn = min(len(table.rows), MOST_BARS)  # the sheet has all, a picture of all is unreadable
        book.draw(SheetChart("bar", label, 0, table.bars, drawn, beside))
