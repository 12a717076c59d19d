"""Files that people upload and download: tables in, workbooks out."""

from core.files.headers import (
    Column,
    Field,
    Header,
    apply_overrides,
    data_rows,
    find_header,
)
from core.files.limits import DEFAULT_LIMITS, Limits
from core.files.problems import FileProblem
from core.files.reader import Row, Table, open_table
from core.files.writer import SheetColumn, SheetWriter, write_rejected

__all__ = [
    "DEFAULT_LIMITS",
    "Column",
    "Field",
    "FileProblem",
    "Header",
    "Limits",
    "Row",
    "SheetColumn",
    "SheetWriter",
    "Table",
    "apply_overrides",
    "data_rows",
    "find_header",
    "open_table",
    "write_rejected",
]
