"""Rows into tables by the thousand."""

from collections.abc import Iterable, Sequence
from typing import Any


def next_ids(cursor: Any, table: str, count: int) -> list[int]:
    """Fresh keys of a table, in order."""
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
        [table, count],
    )
    return [row[0] for row in cursor.fetchall()]


def copy_rows(cursor: Any, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> int:
    """Copy rows into the columns (names between blanks) of a table; returns how many.

    All rows are made before the COPY opens: while it is open the connection answers nothing, and
    a row that asks the database would wait for ever.
    """
    ready = list(rows)
    with cursor.copy(f"COPY {table} ({', '.join(columns.split())}) FROM STDIN") as copy:
        for row in ready:
            copy.write_row(row)
    return len(ready)
