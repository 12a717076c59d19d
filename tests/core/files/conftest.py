"""Small files made on the spot, honest and hostile ones."""

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import translation

MakeWorkbook = Callable[..., Path]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Problems are compared in the language of the sources."""
    with translation.override("en"):
        yield


@pytest.fixture
def make_workbook(tmp_path: Path) -> MakeWorkbook:
    """Return a maker of workbooks by openpyxl, which is not the library that reads them."""

    def make(
        *sheets: Sequence[Sequence[Any]], merge: Sequence[str] = (), name: str = "book.xlsx"
    ) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for number, rows in enumerate(sheets, start=1):
            page = book.create_sheet(f"表{number}")
            for row in rows:
                page.append(list(row))
            for area in merge:
                page.merge_cells(area)
        path = tmp_path / name
        book.save(path)
        return path

    return make


@pytest.fixture
def plain_workbook(make_workbook: MakeWorkbook) -> bytes:
    """Return the bytes of an honest workbook with one row below its header."""
    return make_workbook([["姓名", "手机"], ["张三", "13800138000"]]).read_bytes()


def repacked(
    workbook: bytes,
    *,
    change: dict[str, bytes] | None = None,
    add: dict[str, bytes] | None = None,
    leave_out: Sequence[str] = (),
) -> bytes:
    """Return a workbook with parts changed, added or left out."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            if entry.filename not in leave_out:
                data = (change or {}).get(entry.filename, source.read(entry))
                target.writestr(entry.filename, data)
        for name, data in (add or {}).items():
            target.writestr(name, data)
    return out.getvalue()
