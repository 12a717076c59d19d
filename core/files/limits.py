"""How large a file may be. One place, because guard, reader and messages must agree."""

from __future__ import annotations

import dataclasses
from typing import Final

MEGABYTE: Final = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Limits:
    """Upper bounds for one file; sizes in bytes, times in seconds."""

    file_bytes: int = 50 * MEGABYTE
    rows: int = 200_000
    columns: int = 200
    #: Rows times columns of the rectangle that holds the cells: the reader stores it whole, so
    #: that two cells in opposite corners cost as much as a full sheet.
    cells: int = 6_000_000
    #: Of the zip archive that a workbook is.
    entries: int = 2000
    unpacked_bytes: int = 400 * MEGABYTE
    #: Unpacked to packed, looked at only above ``ratio_from_bytes``: small parts of honest
    #: workbooks are very repetitive.
    ratio: int = 200
    ratio_from_bytes: int = 10 * MEGABYTE
    #: Of the process that reads.
    memory_bytes: int = 1024 * MEGABYTE
    spool_bytes: int = 1024 * MEGABYTE
    cpu_seconds: int = 120


DEFAULT_LIMITS: Final = Limits()
