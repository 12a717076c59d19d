"""A method's tables as a workbook with charts."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.utils.translation import gettext as _

from core.files.writer import SheetChart, SheetColumn, SheetWriter
from reports.analysis.base import Method, Question, Table


def workbook_of(method: Method, asked: Question, tables: list[Table]) -> bytes:
    """A sheet that says what was asked, then a sheet for each table with all its rows."""
    with TemporaryDirectory() as place:
        path = Path(place) / "analysis.xlsx"
        with SheetWriter(path) as book:
            _write_question(book, method, asked)
            for table in tables:
                _write_table(book, table)
        return path.read_bytes()


def _write_question(book: SheetWriter, method: Method, asked: Question) -> None:
    rows: list[tuple[str, Any]] = [
        (_("Method"), str(method.title)),
        (_("Meaning"), str(method.meaning)),
        (_("Unit"), f"{asked.unit.name} {asked.unit.code}"),
        (_("As of"), asked.as_of),
    ]
    if asked.customer:
        rows.append((_("Customer"), f"{asked.customer.name} {asked.customer.code}"))
    columns = (SheetColumn(_("About"), width=20), SheetColumn(_("Content"), width=60))
    book.write_sheet(_("Overview"), columns, rows)


def _write_table(book: SheetWriter, table: Table) -> None:
    columns = [SheetColumn(c.label, c.kind, c.width or None) for c in table.columns]
    book.write_sheet(table.title, columns, table.rows)
    if table.bars is not None and table.rows:
        beside = len(columns) + 1
        label = table.columns[table.bars].label
        book.draw(SheetChart("bar", label, 0, table.bars, len(table.rows), beside))
