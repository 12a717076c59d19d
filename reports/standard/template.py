"""Template workbooks: what may stand in one, the shipped ones, and a report put into one.

A text cell holds placeholders: `{{ unit }}` for a single figure or fact, `{{ units.name }}` for a
column of a table. The row in which columns of a table stand is repeated for each row of the table.
A template is refused as a whole, with the sentence of the first thing that is wrong.
"""

import re
from collections.abc import Iterator
from copy import copy
from io import BytesIO
from typing import Any, Final

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from core.errors import Refused
from core.files.guard import Refusal, check_workbook
from core.files.limits import MEGABYTE, Limits
from core.files.problems import problem
from reports.standard.base import NUMERIC, Column, Found, Standard
from reports.standard.heads import heads
from reports.standard.words import FORMATS, cell, words

MOST_BYTES: Final = MEGABYTE
LIMITS: Final = Limits(
    file_bytes=MOST_BYTES,
    cells=100_000,
    entries=300,
    unpacked_bytes=20 * MEGABYTE,
    ratio_from_bytes=2 * MEGABYTE,
)
MOST_SHEETS: Final = 20
PLACE: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
LONGEST: Final = 32_767
SHEET_NAME: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
BOLD, TITLE = Font(bold=True), Font(bold=True, size=14)
HEAD: Final = PatternFill("solid", fgColor="EEF2F6")
GONE: Final = Column("", "")  # what an older version of the report had
WIDTHS: Final = {"text": 18, "id": 16, "date": 12, "datetime": 18, "money": 16}


# --- what may stand in a template -----------------------------------------------------------------


def places_of(standard: Standard) -> dict[str, Column]:
    """Every placeholder that a template of this report may hold."""
    single = {one.key: one for one in (*heads(standard), *standard.facts)}
    columns = {f"{t.key}.{one.key}": one for t in standard.tables for one in t.columns}
    return single | columns


def opened(content: bytes) -> Workbook:
    """A workbook that is harmless. Raises Refused with one sentence."""
    if len(content) > MOST_BYTES:
        raise problem("file_bytes", limit=MOST_BYTES // MEGABYTE)
    if not content:
        raise problem("empty")
    try:
        check_workbook(BytesIO(content), LIMITS)
    except Refusal as refusal:
        raise problem(refusal.code, **refusal.details) from None
    try:
        book = load_workbook(BytesIO(content), keep_links=False)
    except Exception as error:  # a broken part inside; openpyxl has no error of its own
        raise problem("broken") from error
    if not book.worksheets:
        raise problem("no_sheet")
    # Cells that hold a format alone count here: each cell of the rectangle is looked at.
    if any(sheet.max_row * sheet.max_column > LIMITS.cells for sheet in book.worksheets):
        raise problem("cells")
    return book


def check_template(content: bytes, standard: Standard) -> None:
    """Raises Refused with one sentence for a workbook that cannot be a template of this report."""
    book = opened(content)
    if len(book.worksheets) > MOST_SHEETS:
        raise Refused(_("A template has at most {count} sheets.").format(count=MOST_SHEETS))
    known, held = places_of(standard), 0
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            tables = set()
            for one in row:
                if one.data_type == "f":
                    sentence = _("Cell {cell} holds a formula; figures come from the product.")
                    raise Refused(sentence.format(cell=_at(sheet, one)))
                for name in _names(one):
                    held += 1
                    if name not in known:
                        sentence = _("Cell {cell} holds “{name}”, which this report does not have.")
                        raise Refused(sentence.format(cell=_at(sheet, one), name=name[:40]))
                    tables.add(name.partition(".")[0] if "." in name else "")
            if len(tables - {""}) > 1:
                sentence = _("Row {row} of “{sheet}” mixes columns of two tables.")
                raise Refused(sentence.format(row=row[0].row, sheet=sheet.title))
    if not held:
        raise Refused(_("The workbook holds none of the placeholders of this report."))


def left_out(content: bytes, standard: Standard) -> list[str]:
    """Titles of the tables of which a checked template holds nothing: nobody will read them."""
    cells = (one for sheet in opened(content) for row in sheet.iter_rows() for one in row)
    held = {name.partition(".")[0] for one in cells for name in _names(one) if "." in name}
    return [str(table.title) for table in standard.tables if table.key not in held]


def _names(one: Cell) -> list[str]:
    return PLACE.findall(one.value) if isinstance(one.value, str) else []


def _at(sheet: Worksheet, one: Cell) -> str:
    return f"{sheet.title}!{one.coordinate}"


# --- the shipped one ------------------------------------------------------------------------------


def shipped(standard: Standard) -> bytes:
    """The template that the product brings: a sheet of heads and figures, and one a table."""
    book = Workbook()
    front: Any = book.active
    front.title = _sheet_name(book, str(_("Overview")))
    front["A1"], front["A1"].font = "{{ title }}", TITLE
    above = heads(standard)
    for number, head in enumerate(above[1:], 2):
        front.cell(number, 1, str(head.label)).font = BOLD
        front.cell(number, 2, f"{{{{ {head.key} }}}}")
    start = len(above) + 2
    for number, fact in enumerate(standard.facts, start):
        front.cell(number, 1, str(fact.label))
        _style(front.cell(number, 2, f"{{{{ {fact.key} }}}}"), fact)
    front.column_dimensions["A"].width, front.column_dimensions["B"].width = 30, 60
    for table in standard.tables:
        sheet = book.create_sheet(_sheet_name(book, str(table.title)))
        for place, column in enumerate(table.columns, 1):
            head = sheet.cell(1, place, str(column.label))
            head.font, head.fill = BOLD, HEAD
            _style(sheet.cell(2, place, f"{{{{ {table.key}.{column.key} }}}}"), column)
            width = column.width or WIDTHS.get(column.kind, 14)
            sheet.column_dimensions[get_column_letter(place)].width = width
        sheet.freeze_panes = "A2"
    return _saved(book)


def _style(one: Cell, column: Column) -> None:
    if column.kind in FORMATS:
        one.number_format = FORMATS[column.kind]
    elif column.kind == "id":
        one.number_format = "@"


def _sheet_name(book: Workbook, title: str) -> str:
    base = title.translate(SHEET_NAME).strip()[:28] or "1"
    taken = {name.lower() for name in book.sheetnames}
    name, number = base, 2
    while name.lower() in taken:
        name, number = f"{base} {number}", number + 1
    return name


# --- a report put into one ------------------------------------------------------------------------


def filled(content: bytes, standard: Standard, found: Found, heads: dict[str, Any]) -> bytes:
    """The report in a template that was checked. What the reader may not see stays empty."""
    book = opened(content)
    known = places_of(standard)
    facts = heads | found.facts
    tables = {table.key: table.columns for table in standard.tables}
    for sheet in book.worksheets:
        for number in reversed(range(1, sheet.max_row + 1)):
            names = {name for one in sheet[number] for name in _names(one)}
            table = next((name.partition(".")[0] for name in names if "." in name), "")
            if table:
                keys = [column.key for column in tables.get(table, ())]
                rows = [
                    {
                        f"{table}.{key}": value for key, value in zip(keys, row, strict=True)
                    }  # fmt: skip
                    for row in found.rows.get(table, [])
                ]
                _repeat(sheet, number, rows or [{}], known, facts)
            elif names:
                _fill(sheet[number], known, facts)
    return _saved(book)


def _repeat(
    sheet: Worksheet,
    number: int,
    rows: list[dict[str, Any]],
    known: dict[str, Column],
    facts: dict[str, Any],
) -> None:
    """Write the row of a table as often as the table has rows, below one another."""
    pattern = [(one.value, copy(one._style)) for one in sheet[number]]
    height = sheet.row_dimensions[number].height
    if len(rows) > 1:
        _make_room(sheet, number, len(rows) - 1)
    for down, values in enumerate(rows):
        for place, (value, style) in enumerate(pattern, 1):
            one = sheet.cell(number + down, place)
            one.value, one._style = value, copy(style)
        if height:
            sheet.row_dimensions[number + down].height = height
        _fill(sheet[number + down], known, facts | values)


def _make_room(sheet: Worksheet, number: int, count: int) -> None:
    """Push what stands below a row down: cells, and what openpyxl leaves behind."""
    heights = {
        row: one.height for row, one in sheet.row_dimensions.items() if row > number and one.height
    }
    below = [area for area in sheet.merged_cells.ranges if area.min_row > number]
    for area in below:
        sheet.unmerge_cells(area.coord)
    if sheet.max_row > number:
        sheet.insert_rows(number + 1, count)
    for area in below:
        area.shift(row_shift=count)
        sheet.merge_cells(area.coord)
    for row in heights:
        sheet.row_dimensions[row].height = None
    for row, height in heights.items():
        sheet.row_dimensions[row + count].height = height


def _fill(row: Any, known: dict[str, Column], values: dict[str, Any]) -> None:
    for one in row:
        names = _names(one)
        if not names:
            continue
        if PLACE.fullmatch(one.value.strip()):
            _put(one, values.get(names[0]), known.get(names[0], GONE))
            continue
        text = PLACE.sub(
            lambda found: words(values.get(found[1]), known.get(found[1], GONE).kind), one.value
        )
        _put_text(one, text)


def _put(one: Cell, value: Any, column: Column) -> None:
    if value is None:
        one.value = None
    elif column.kind in NUMERIC or column.kind in ("date", "datetime"):
        one.value = cell(value)
        if one.number_format in ("General", "@"):
            one.number_format = FORMATS[column.kind]
    else:
        _put_text(one, str(value))


def _put_text(one: Cell, text: str) -> None:
    """Text stays text: what begins with an equals sign is no formula, here or once it is edited."""
    one.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:LONGEST] or None
    if one.value is not None:
        one.data_type = "s"
    if text.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")):
        one.quotePrefix = True


def _saved(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def placeholders(standard: Standard) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """For the page: title of each part, how often it stands, and its placeholders with labels."""
    single = [
        (f"{{{{ {one.key} }}}}", str(one.label)) for one in (*heads(standard), *standard.facts)
    ]
    yield str(_("Single values")), str(_("once each, in any cell")), single
    for table in standard.tables:
        several = [(f"{{{{ {table.key}.{one.key} }}}}", str(one.label)) for one in table.columns]
        yield str(table.title), str(_("in one row, which is repeated")), several
