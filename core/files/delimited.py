"""Text files with separators: which encoding, which separator, which rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Final

from core.files.guard import Refusal

_SEPARATORS: Final = ",\t;|"
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Characters of GB 18030-2022 that Python's codec still puts into the private use area.
_GB18030_2022: Final = {
    0xE78D: 0xFE10, 0xE78E: 0xFE12, 0xE78F: 0xFE11, 0xE790: 0xFE13, 0xE791: 0xFE14,
    0xE792: 0xFE15, 0xE793: 0xFE16, 0xE794: 0xFE17, 0xE795: 0xFE18, 0xE796: 0xFE19,
    0xE7C7: 0x1E3F, 0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6, 0xE82C: 0x9FB7,
    0xE832: 0x9FB8, 0xE843: 0x9FB9, 0xE854: 0x9FBA, 0xE864: 0x9FBB,
}  # fmt: skip
#: Longest cell: as long as a workbook's cell may be, several times over.
_LONGEST_CELL: Final = 131_072


def decode(data: bytes) -> tuple[str, str]:
    """Return the text of a file and the name of its encoding.

    UTF-8 with or without a mark, UTF-16 with one, else GB18030 (which includes GBK and GB2312).
    Decoding is strict: a file that fits none is refused, never repaired. Raises :class:`Refusal`.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            candidates = [encoding]
            break
    else:
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise Refusal("binary")
        return (text.translate(_GB18030_2022) if encoding == "gb18030" else text), encoding
    raise Refusal("encoding")


def separator_of(text: str) -> str:
    """Return the separator that cuts the beginning of a text into the most regular table."""
    sample = io.StringIO(text[:65_536], newline="")
    best = (0, ",")
    for separator in _SEPARATORS:
        sample.seek(0)
        widths = Counter(len(row) for row in csv.reader(sample, delimiter=separator) if row)
        # How many cells stand beside others, counting only rows of the same width.
        fit = max((rows * (width - 1) for width, rows in widths.items()), default=0)
        if fit > best[0]:
            best = (fit, separator)
    return best[1]


def delimited_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells) as a spreadsheet would number them; blank rows are left out.

    A first line ``sep=;`` names the separator and is no row of data. Raises :class:`Refusal`.
    """
    text = text.removeprefix("\ufeff")
    first = text[:16].split("\n", 1)[0].strip()
    named = first[4:] if first.lower().startswith("sep=") and len(first) == 5 else ""
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=named or separator_of(text))
    try:
        for number, row in enumerate(reader, start=1):
            if (number == 1 and named) or not any(cell.strip() for cell in row):
                continue
            yield number, row
    except csv.Error:
        raise Refusal("csv") from None
