"""Workbooks that go out: exports, and rejected rows with their reasons.

Every text is written as text. A cell that begins with ``=`` stays that text and never becomes a
formula; telephone and identity numbers are texts in columns formatted as text, so that neither
opening nor editing them costs a digit. Memory stays flat whatever the number of rows.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import xlsxwriter
from django.utils.translation import gettext

from core.files.reader import Table
from core.values.base import Cell

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Kind = Literal[
    "text", "id", "date", "datetime", "time", "money", "number", "integer", "percent", "bool"
]

_FORMATS: Final[dict[str, dict[str, object]]] = {
    "text": {},
    "id": {"num_format": "@"},
    "date": {"num_format": "yyyy-mm-dd", "align": "left"},
    "datetime": {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"},
    "time": {"num_format": "hh:mm:ss", "align": "left"},
    "money": {"num_format": "#,##0.00"},
    "number": {"num_format": "#,##0.00"},
    "integer": {"num_format": "#,##0"},
    "percent": {"num_format": "0.0%"},
    "bool": {},
    "general": {},
    "heading": {"bold": True, "bg_color": "#EEF2F6", "bottom": 1, "valign": "vcenter"},
    # For texts that a spreadsheet would read as a formula once somebody edits the cell.
    "quoted": {"num_format": "@", "quote_prefix": True},
}
_WIDTHS: Final = {"text": 18, "id": 22, "date": 12, "datetime": 20, "time": 10, "money": 16}
_WIDTHS_ELSE: Final = 12
_LONGEST_TEXT: Final = 32_767
_LAST_ROW: Final = 1_048_576
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
#: The first day that a workbook can hold right; earlier ones are written as text.
_FIRST_DAY: Final = dt.date(1900, 3, 1)
#: From eleven digits on a number is a telephone or document number, not an amount.
_LONG_NUMBER: Final = 10_000_000_000
_EXACT: Final = 2**53
_SHEET_NAME: Final = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


@dataclasses.dataclass(frozen=True)
class SheetColumn:
    """A column of an export: its heading, what it holds, and its width in characters."""

    heading: str | _StrPromise
    kind: Kind = "text"
    width: float | None = None


@dataclasses.dataclass(frozen=True)
class SheetChart:
    """A chart of columns of a sheet: `names` and `values` are columns, counted from 0, of the
    first `rows` rows below the heading; it stands at the column `beside`. `more` are further
    columns of values, each with the name that its heading gives it. Bars lie, columns stand; a
    `stack` or `stack-column` is made of all of them. `errors` are the lengths of each value's
    whisker, (down, up)."""

    kind: Literal["bar", "column", "stack", "stack-column", "line", "doughnut"]
    title: str
    names: int
    values: int
    rows: int
    beside: int
    errors: Sequence[tuple[float, float]] = ()
    more: Sequence[int] = ()


#: The colours of pages, so that a chart looks the same in a workbook.
_TONES: Final = ("#0B5FB0", "#B45309", "#0F766E", "#9D2F6F", "#5B6B1F", "#6B4FB3", "#8A94A3")
_KINDS: Final[dict[str, dict[str, str]]] = {
    "stack": {"type": "bar", "subtype": "stacked"},
    "stack-column": {"type": "column", "subtype": "stacked"},
}


class SheetWriter:
    """Write an .xlsx; use it in ``with``.

    ::

        with SheetWriter(path) as book:
            written = book.write_sheet(_("Customers"), columns, rows)

    The file appears under its name only when it is complete; after an error nothing is left.
    """

    def __init__(self, target: str | os.PathLike[str]) -> None:
        self.target = Path(target)
        self._partial = self.target.with_name(f".{self.target.name}.{os.getpid()}.part")
        self._book = xlsxwriter.Workbook(
            self._partial,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "nan_inf_to_errors": True,
                "remove_timezone": True,
            },
        )
        self._formats: dict[str, Format] = {
            name: self._book.add_format(properties) for name, properties in _FORMATS.items()
        }
        self._names: set[str] = set()
        self._last: Worksheet | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        try:
            if kind is None:
                if not self._names:
                    self.add_sheet("1")
                self._book.close()
                self._partial.replace(self.target)
            else:
                # Closing writes the file; it is the only way to let go of the open parts.
                with contextlib.suppress(OSError, xlsxwriter.exceptions.XlsxWriterException):
                    self._book.close()
        finally:
            self._partial.unlink(missing_ok=True)

    def write_sheet(
        self,
        title: str | _StrPromise,
        columns: Sequence[SheetColumn],
        rows: Iterable[Sequence[Any]],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> int:
        """Write one sheet with headings, a frozen first row and a filter; return its rows.

        More rows than a sheet holds go on in a further sheet. ``progress`` is called with
        the number of rows every 1,000 rows.
        """
        written = 0
        remaining = iter(rows)
        while True:
            page = self._last = self.add_sheet(str(title))
            self._prepare(page, columns)
            count = 0
            for row in itertools.islice(remaining, _LAST_ROW - 1):
                count += 1
                for place, (column, value) in enumerate(zip(columns, row, strict=True)):
                    self.write_cell(page, count, place, value, column.kind)
                if progress and (written + count) % 1000 == 0:
                    progress(written + count)
            written += count
            page.autofilter(0, 0, max(count, 1), max(len(columns) - 1, 0))
            if count < _LAST_ROW - 1:
                return written

    @property
    def last(self) -> Worksheet | None:
        """The sheet written last."""
        return self._last

    def draw(self, chart: SheetChart, on: Worksheet | None = None) -> None:
        """Draw columns of the sheet written last as a chart to the right of them, or of another
        sheet's."""
        page = self._last
        if page is None or not chart.rows:
            return
        drawn = self._book.add_chart(_KINDS.get(chart.kind, {"type": chart.kind}))
        several = (chart.values, *chart.more)
        for place, column in enumerate(several):
            drawn.add_series(self._series(page, chart, column, place))
        drawn.set_title({"name": str(chart.title), "name_font": {"size": 12}})
        names = len(several) > 1 or chart.kind == "doughnut"
        drawn.set_legend({"position": "bottom"} if names else {"none": True})
        lying = chart.kind in ("bar", "stack")
        if lying:
            drawn.set_y_axis({"reverse": True})
        height = 80 + 28 * chart.rows if lying or len(several) == 1 else 0
        drawn.set_size({"width": 560, "height": min(max(320 if names else 240, height), 920)})
        (on or page).insert_chart(1, chart.beside, drawn)

    def _series(
        self, page: Worksheet, chart: SheetChart, column: int, place: int
    ) -> dict[str, Any]:
        series: dict[str, Any] = {
            "name": [page.name, 0, column],
            "categories": [page.name, 1, chart.names, chart.rows, chart.names],
            "values": [page.name, 1, column, chart.rows, column],
        }
        if chart.errors:
            # Bars lie on their side, so their values run along x.
            way = "x_error_bars" if chart.kind == "bar" else "y_error_bars"
            below, above = zip(*chart.errors, strict=True)
            series[way] = {
                "type": "custom",
                "plus_values": list(above),
                "minus_values": list(below),
            }
        tone = {"color": _TONES[place % len(_TONES)]}
        if chart.kind == "line":
            series |= {"marker": {"type": "circle", "fill": tone, "border": tone}, "line": tone}
        elif chart.kind == "doughnut":
            slices = range(chart.rows)
            series["points"] = [{"fill": {"color": _TONES[one % len(_TONES)]}} for one in slices]
        else:
            series["fill"] = tone
        return series

    def add_sheet(self, title: str) -> Worksheet:
        """Add an empty sheet under a name that Excel accepts and no other sheet has."""
        base = title.translate(_SHEET_NAME).strip(" '")[:31] or "1"
        name = base
        for number in itertools.count(2):
            if name.lower() not in self._names:
                break
            suffix = f" ({number})"
            name = base[: 31 - len(suffix)] + suffix
        self._names.add(name.lower())
        return self._book.add_worksheet(name)

    def write_cell(self, page: Worksheet, row: int, column: int, value: Any, kind: str) -> None:
        """Write one value in the format of its kind; row and column count from 0."""
        if value is None or value == "":
            return
        if isinstance(value, bool):
            page.write_boolean(row, column, value, self._formats["general"])
        elif isinstance(value, int | float | Decimal):
            self._write_number(page, row, column, value, kind)
        elif isinstance(value, dt.datetime):
            self._write_moment(page, row, column, value, "datetime")
        elif isinstance(value, dt.date):
            self._write_moment(page, row, column, value, "date")
        elif isinstance(value, dt.time | dt.timedelta):
            page.write_datetime(row, column, value, self._formats["time"])
        else:
            text = str(value)[:_LONGEST_TEXT]
            style = "quoted" if text.startswith(_FORMULA_STARTS) else kind
            page.write_string(row, column, text, self._formats[style])

    def _prepare(self, page: Worksheet, columns: Sequence[SheetColumn]) -> None:
        """Set widths and formats of whole columns, so that cells typed in later have them too."""
        page.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            heading = str(column.heading)
            # Chinese characters are twice as wide as the digits that widths are counted in.
            needed = sum(2 if ord(character) > 0x2E7F else 1 for character in heading) + 4
            width = column.width or max(_WIDTHS.get(column.kind, _WIDTHS_ELSE), needed)
            page.set_column(place, place, width, self._formats[column.kind])
            page.write_string(0, place, heading, self._formats["heading"])

    def _write_number(
        self, page: Worksheet, row: int, column: int, value: float | Decimal, kind: str
    ) -> None:
        if kind == "id" or (kind == "general" and _is_long(value)):
            whole = (
                value == value.to_integral_value() if isinstance(value, Decimal) else value % 1 == 0
            )
            page.write_string(row, column, str(int(value) if whole else value), self._formats["id"])
        else:
            page.write_number(row, column, value, self._formats[kind])

    def _write_moment(
        self, page: Worksheet, row: int, column: int, value: dt.date, kind: str
    ) -> None:
        day = value.date() if isinstance(value, dt.datetime) else value
        if day < _FIRST_DAY:
            page.write_string(row, column, value.isoformat(), self._formats["id"])
        else:
            page.write_datetime(row, column, value, self._formats[kind])


def write_rejected(
    source: Table, reasons: Mapping[int, str], out_path: str | os.PathLike[str], *, header_row: int
) -> int:
    """Write the rejected rows of a table as a workbook like it, with a column of reasons.

    Titles and header stand where they stood; below ``header_row`` (its lowest row, by its number
    in the sheet) follow only the rows in ``reasons``, with their values as they were, and in one
    column more the sentence of each. The file can be corrected and imported again. A column of
    reasons from an earlier round is replaced. Returns the number of rows written.
    """
    heading = gettext("Reason for rejection")
    written = 0
    with SheetWriter(out_path) as book:
        page = book.add_sheet(source.sheet or Path(source.filename).stem)
        last = _reason_column(source, header_row, heading)
        page.set_column(0, max(last - 1, 0), 16)
        page.set_column(last, last, 48)
        at = 0
        for number, values in source.rows():
            if number > header_row and number not in reasons:
                continue
            at = number - 1 if number <= header_row else max(at + 1, header_row)
            for place, value in enumerate(values[:last]):
                book.write_cell(page, at, place, value, "id" if type(value) is str else "general")
            if number == header_row:
                book.write_cell(page, at, last, heading, "heading")
            elif number > header_row:
                book.write_cell(page, at, last, reasons[number], "text")
                written += 1
        _merge_like(source, page, header_row)
        page.freeze_panes(header_row, 0)
    return written


def _reason_column(source: Table, header_row: int, heading: str) -> int:
    """Return the place of the column of reasons: behind the last, or where it was before."""
    for number, values in source.head(header_row):
        if number == header_row and heading in values:
            return values.index(heading)
    return source.width


def _merge_like(source: Table, page: Worksheet, header_row: int) -> None:
    """Merge the cells of title and header as in the source.

    ``merge_range`` refuses to work in constant memory, because it would write cells of rows that
    are gone. Ours are written already, so that only the ranges are handed over.
    """
    merged: set[tuple[int, int]] = set()
    for area in source.merged:
        rows = range(area.first_row - 1, min(area.last_row, header_row + 1))
        cells = set(itertools.product(rows, range(area.first_column, area.last_column + 1)))
        # Overlapping ranges are damage that Excel would complain about.
        if len(cells) > 1 and area.last_row <= header_row and merged.isdisjoint(cells):
            merged |= cells
            page.merge.append(
                [area.first_row - 1, area.first_column, area.last_row - 1, area.last_column]
            )


def _is_long(value: Cell | Decimal) -> bool:
    return (
        isinstance(value, int | float)
        and _LONG_NUMBER <= abs(value) < _EXACT
        and value == int(value)
    )
