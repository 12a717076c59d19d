"""Columns of numbers into tables: binary COPY without a Python object for each value.

A run of the scoring has a million numbers in arrays; turned into rows of Python and text they
take longer to write than to compute.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = -1
FORMATS = {"bool": "?", "int4": ">i4", "int8": ">i8", "float8": ">f8"}


def copy_columns(
    cursor: Any, table: str, columns: Mapping[str, tuple[str, NDArray[Any] | bytes]]
) -> int:
    """Copy rows into a table, a column an array; returns how many.

    `columns` names the type of each: one of FORMATS, "text", or "same" for a value that all rows
    have, given as bytes of PostgreSQL's binary format (`same_decimal`). nan becomes NULL. The
    order of rows is not kept.
    """
    length = max(len(values) for type_, values in columns.values() if type_ != "same")
    rows = np.arange(length)
    blocks = [HEADER]
    for place in _alike(columns, length):
        mine = rows[place]
        blocks.append(_block(columns, mine))
    blocks.append(TRAILER)
    names = ", ".join(columns)
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
        for block in blocks:
            copy.write(block)
    return length


def same_decimal(value: Decimal) -> bytes:
    """A decimal that all rows have, for a column of the type numeric."""
    from psycopg.types.numeric import DecimalBinaryDumper

    return bytes(DecimalBinaryDumper(Decimal).dump(value) or b"")


def _alike(columns: Mapping[str, tuple[str, Any]], length: int) -> list[NDArray[np.int64]]:
    """Rows with the same NULLs and the same texts: their bytes have one layout."""
    kind = np.zeros(length, np.int64)
    for type_, values in columns.values():
        if type_ == "float8":
            kind = kind * 2 + np.isnan(values)
        elif type_ == "text":
            texts, places = np.unique(values, return_inverse=True)
            kind = kind * len(texts) + places.reshape(-1)
    order = np.argsort(kind, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(kind[order])) + 1) if length else []


def _block(columns: Mapping[str, tuple[str, Any]], rows: NDArray[np.int64]) -> bytes:
    """The bytes of rows of one layout: a count of fields, then length and value of each."""
    layout: list[tuple[str, str]] = [("count", ">i2")]
    filled: dict[str, Any] = {"count": len(columns)}
    for name, (type_, values) in columns.items():
        layout.append((f"{name} length", ">i4"))
        found = values if type_ == "same" else values[rows]
        if type_ == "text":
            type_, found = "same", str(found[0]).encode()
        if type_ == "same":
            layout += [(name, f"S{len(found)}")] if found else []
            size = len(found)
        elif type_ == "float8" and np.isnan(found[0]):
            filled[f"{name} length"] = NULL
            continue
        else:
            layout.append((name, FORMATS[type_]))
            size = np.dtype(FORMATS[type_]).itemsize
        filled[f"{name} length"] = size
        if size:
            filled[name] = found
    block = np.empty(len(rows), np.dtype(layout))
    for name, found in filled.items():
        block[name] = found
    return block.tobytes()
