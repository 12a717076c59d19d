"""The process in which foreign files are taken apart: ``python -m core.files.sandbox``.

It has bounds of memory, time and output set by the system, no environment and no database. If a
file makes it die, one import fails with a sentence; the worker lives. The file comes in on standard
input, the order as JSON in the first argument; out go lines of JSON: pieces of rows as
``[[row number, [cell, …]], …]`` and at the end one object, ``{"table": …}`` or ``{"refused": …}``.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import resource
import sys
from collections.abc import Iterable, Iterator
from typing import IO, Any, Final

import python_calamine

from core.files.delimited import decode, delimited_rows
from core.files.guard import Refusal, check_workbook
from core.files.limits import Limits

_ROWS_PER_LINE: Final = 500
_CHARACTERS_PER_LINE: Final = 1_000_000
_HEADER_REGION: Final = 60
_MOST_MERGED: Final = 2000

Facts = dict[str, Any]
NumberedRow = tuple[int, list[Any]]


def main(order: str) -> None:
    """Read standard input as ordered and write the rows to standard output."""
    wish = json.loads(order)
    limits = Limits(**wish["limits"])
    _bind(limits)
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", write_through=False)
    try:
        if wish["kind"] == "xlsx":
            facts, rows = _open_workbook(sys.stdin.buffer, wish["sheet"], limits)
        else:
            facts, rows = _open_delimited(sys.stdin.buffer)
        facts |= _spool(rows, out, limits)
        answer: Facts = {"table": facts}
    except Refusal as refusal:
        answer = {"refused": refusal.code, "details": refusal.details}
    except (MemoryError, OSError):
        answer = {"refused": "too_large", "details": {}}
    with contextlib.suppress(OSError):
        out.write(json.dumps(answer, ensure_ascii=False))
        out.flush()


def _bind(limits: Limits) -> None:
    """Let the system stop what takes too much; not every system knows every bound."""
    for kind, bound in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.spool_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (bound, bound))


def _open_workbook(
    stream: IO[bytes], sheet: str | int | None, limits: Limits
) -> tuple[Facts, Iterator[NumberedRow]]:
    epoch1904 = check_workbook(stream, limits)
    stream.seek(0)
    try:
        book = python_calamine.load_workbook(io.BytesIO(stream.read()))
        visible = python_calamine.SheetVisibleEnum.Visible
        names = [meta.name for meta in book.sheets_metadata if meta.visible == visible]
        names = names or book.sheet_names
        page = _chosen_sheet(book, sheet, names)
    except python_calamine.PasswordError:
        raise Refusal("password") from None
    except (python_calamine.CalamineError, ValueError, LookupError):
        raise Refusal("broken") from None
    # Ends are inclusive here and rows and columns count from 0, as the reader counts them.
    ranges = page.merged_cell_ranges or ()
    # Only those of titles and headers matter; sheets of forms have hundreds of thousands.
    merged = [[*start, *end] for start, end in ranges if start[0] < _HEADER_REGION]
    facts = {
        "sheet": page.name,
        "sheet_names": names,
        "epoch1904": epoch1904,
        "merged": merged[:_MOST_MERGED],
    }
    return facts, enumerate(page.iter_rows(), start=1)


def _chosen_sheet(
    book: python_calamine.CalamineWorkbook, sheet: str | int | None, names: list[str]
) -> python_calamine.CalamineSheet:
    """Return the sheet asked for by name or place, else the first visible one with data."""
    if isinstance(sheet, int) and 0 <= sheet < len(names):
        return book.get_sheet_by_name(names[sheet])
    if sheet is not None:
        wanted = str(sheet).strip()
        for name in names:
            if name.strip() == wanted:
                return book.get_sheet_by_name(name)
        raise Refusal("sheet", sheet=wanted[:60], choices=", ".join(names[:20]))
    for name in names:
        page = book.get_sheet_by_name(name)
        if page.end is not None:
            return page
    raise Refusal("no_sheet")


def _open_delimited(stream: IO[bytes]) -> tuple[Facts, Iterator[NumberedRow]]:
    text, encoding = decode(stream.read())
    facts = {"sheet": "", "sheet_names": [], "epoch1904": False, "merged": [], "encoding": encoding}
    return facts, delimited_rows(text)


def _spool(rows: Iterable[NumberedRow], out: IO[str], limits: Limits) -> Facts:
    """Write the rows that hold anything; return how many they are and how wide."""
    piece: list[str] = []
    count = width = size = 0
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_tagged).encode
    for number, values in rows:
        filled = _without_tail(values)
        if not filled:
            continue
        count += 1
        width = max(width, len(filled))
        if count > limits.rows:
            raise Refusal("rows", limit=limits.rows)
        if width > limits.columns:
            raise Refusal("columns", limit=limits.columns)
        piece.append(encode((number, filled)))
        size += len(piece[-1])
        if len(piece) == _ROWS_PER_LINE or size > _CHARACTERS_PER_LINE:
            out.write(f"[{','.join(piece)}]\n")
            piece, size = [], 0
    if piece:
        out.write(f"[{','.join(piece)}]\n")
    return {"rows": count, "width": width}


def _without_tail(values: list[Any]) -> list[Any]:
    """Return the cells up to the last that is filled; blank texts become None."""
    filled = [None if value == "" else value for value in values]
    while filled and (filled[-1] is None or (type(filled[-1]) is str and not filled[-1].strip())):
        filled.pop()
    return filled


def _tagged(value: Any) -> dict[str, Any]:
    """Return what JSON does not know under a letter that says what it is."""
    if isinstance(value, dt.datetime):
        return {"t": value.isoformat()}
    if isinstance(value, dt.date):
        return {"d": value.isoformat()}
    if isinstance(value, dt.time):
        return {"h": value.isoformat()}
    if isinstance(value, dt.timedelta):
        return {"s": value.total_seconds()}
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    main(sys.argv[1])
