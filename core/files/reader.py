"""Tables out of the files people upload: .xlsx and .csv."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import os
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, Self

from core.files.limits import DEFAULT_LIMITS, MEGABYTE, Limits
from core.files.problems import problem
from core.values.base import Cell

#: A row's number in the sheet, from 1, and its cells as they stand there; None for empty ones.
Row = tuple[int, tuple[Cell, ...]]

_WORKBOOKS: Final = (".xlsx",)
_TEXTS: Final = (".csv", ".txt", ".tsv")
_ROOT: Final = Path(__file__).resolve().parents[2]
#: Grace for a loaded machine: the reading process is bounded by processor time, this by the clock.
_CLOCK_FACTOR: Final = 3


@dataclasses.dataclass(frozen=True)
class Merged:
    """A range of merged cells: first and last row (from 1) and column (from 0), inclusive."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


class Table:
    """The rows of one sheet, on disk rather than in memory; close it or use it in ``with``."""

    def __init__(self, filename: str, spool: IO[bytes], facts: dict[str, Any]) -> None:
        self.filename = filename
        self.sheet: str = facts["sheet"]
        self.sheet_names: tuple[str, ...] = tuple(facts["sheet_names"])
        #: Whether plain numbers that mean dates count from 1904.
        self.epoch1904: bool = facts["epoch1904"]
        #: ``utf-8``, ``gb18030`` … of a text file, empty for workbooks.
        self.encoding: str = facts.get("encoding", "")
        self.row_count: int = facts["rows"]
        self.width: int = facts["width"]
        self.merged: tuple[Merged, ...] = tuple(
            Merged(row + 1, last_row + 1, column, last_column)
            for row, column, last_row, last_column in facts["merged"]
        )
        self._spool = spool
        # Tables handed through many hands are closed at the latest when the last lets go.
        self._close = weakref.finalize(self, spool.close)

    def rows(self) -> Iterator[Row]:
        """Yield every row that is not wholly empty, in order; may be called again."""
        for chunk in self.chunks():
            yield from chunk

    __iter__ = rows

    def chunks(self) -> Iterator[list[Row]]:
        """Yield the rows some hundreds at a time, each filled up to the table's width."""
        position = 0
        width = self.width
        while True:
            self._spool.seek(position)
            line = self._spool.readline()
            if not line.startswith(b"["):
                return
            position += len(line)
            yield [
                (number, (*values, *[None] * (width - len(values))))
                for number, values in json.loads(line, object_hook=_untagged)
            ]

    def head(self, count: int = 40) -> list[Row]:
        """Return the first rows, enough to find the header in."""
        found: list[Row] = []
        for chunk in self.chunks():
            found += chunk
            if len(found) >= count:
                break
        return found[:count]

    def close(self) -> None:
        """Give the disk space back."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def open_table(
    source: str | os.PathLike[str] | bytes,
    filename: str | None = None,
    *,
    sheet: str | int | None = None,
    max_rows: int = DEFAULT_LIMITS.rows,
    max_columns: int = DEFAULT_LIMITS.columns,
    limits: Limits = DEFAULT_LIMITS,
) -> Table:
    """Read a file, given as a path or as its bytes, and return the table of one sheet.

    ``filename`` is its name at home and tells its kind; ``sheet`` is a name or a place from 0,
    by default the first visible sheet with data. Numbers in text files stay texts. Raises
    :class:`~core.files.problems.FileProblem` with one sentence when the file cannot be read, is
    larger than ``limits`` or not what its name says.
    """
    name = Path(filename if filename is not None else os.fspath(_path(source))).name
    limits = dataclasses.replace(limits, rows=max_rows, columns=max_columns)
    kind = _kind(name)
    with tempfile.TemporaryFile() if isinstance(source, bytes) else _opened(source) as stream:
        if isinstance(source, bytes):
            stream.write(source)
            stream.flush()
        _check_size(stream, limits)
        spool = tempfile.TemporaryFile()  # noqa: SIM115 - the table closes it
        try:
            facts = _read(stream, spool, kind, sheet, limits)
        except BaseException:
            spool.close()
            raise
    return Table(name, spool, facts)


def _path(source: str | os.PathLike[str] | bytes) -> str | os.PathLike[str]:
    if isinstance(source, bytes):
        raise TypeError("bytes need the name of their file")
    return source


def _opened(source: str | os.PathLike[str]) -> IO[bytes]:
    try:
        return Path(source).open("rb")
    except OSError:
        raise problem("unreadable", name=Path(source).name) from None


def _kind(name: str) -> str:
    ending = Path(name).suffix.lower()
    if ending in _WORKBOOKS:
        return "xlsx"
    if ending in _TEXTS:
        return "csv"
    if ending in (".xls", ".et"):
        raise problem("old_excel")
    if ending in (".xlsm", ".xltm"):
        raise problem("macro")
    raise problem("kind")


def _check_size(stream: IO[bytes], limits: Limits) -> None:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size == 0:
        raise problem("empty")
    if size > limits.file_bytes:
        raise problem("file_bytes", limit=limits.file_bytes // MEGABYTE)


def _read(
    stream: IO[bytes], spool: IO[bytes], kind: str, sheet: str | int | None, limits: Limits
) -> dict[str, Any]:
    """Let the reading process fill the spool; return what it says about the table."""
    order = {"kind": kind, "sheet": sheet, "limits": dataclasses.asdict(limits)}
    try:
        subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-s", "-P", "-m", "core.files.sandbox", json.dumps(order)],
            stdin=stream,
            stdout=spool,
            stderr=subprocess.DEVNULL,
            # Nothing of ours: neither the database's address nor secrets.
            env={"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8"},
            timeout=limits.cpu_seconds * _CLOCK_FACTOR,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise problem("too_large") from None
    answer = _last_line(spool)
    if "refused" in answer:
        raise problem(answer["refused"], **answer["details"])
    facts: dict[str, Any] = answer["table"]
    if not facts["rows"]:
        raise problem("no_sheet" if kind == "xlsx" else "empty")
    return facts


def _last_line(spool: IO[bytes]) -> dict[str, Any]:
    """Return the closing object; a process that was stopped has not written one."""
    size = spool.seek(0, io.SEEK_END)
    spool.seek(max(0, size - MEGABYTE))
    last = spool.read().rpartition(b"\n")[2]
    try:
        answer = json.loads(last)
    except ValueError:
        answer = None
    return answer if isinstance(answer, dict) else {"refused": "too_large", "details": {}}


def _untagged(tagged: dict[str, Any]) -> Cell:
    """Return the value behind a letter that :mod:`core.files.sandbox` wrote."""
    [(letter, value)] = tagged.items()
    if letter == "d":
        return dt.date.fromisoformat(value)
    if letter == "t":
        return dt.datetime.fromisoformat(value)
    if letter == "h":
        return dt.time.fromisoformat(value)
    return dt.timedelta(seconds=value)
