"""What every value parser shares: the error, the cell types and the first cleaning of a text."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

#: What a cell of a sheet, a form field or a JSON value may hold.
Cell: TypeAlias = str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta | None

#: Words that people write into a cell to say that there is nothing to write.
NOTHING: Final = frozenset(
    {"", "-", "--", "---", "_", "—", "——", "/", "\\", "//", ".", "无", "暂无", "没有", "空", "未知"}
    | {"N/A", "n/a", "NA", "#N/A", "NULL", "null", "None", "none", "NIL", "nil"}
)

#: Full-width ASCII and the many blanks, in one pass.
HALF_WIDTH: Final[dict[int, int | str | None]] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys([0x3000, 0x00A0, 0x2002, 0x2003, 0x2007, 0x2009, 0x202F], " "),
}
#: Marks that are invisible and mean nothing beside digits: zero-width characters, byte-order marks
#: and the direction marks that telephones put around a copied number.
_INVISIBLE: Final = dict.fromkeys(
    [0x00AD, 0x061C, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F)]
    + [*range(0x2060, 0x2065), *range(0x2066, 0x206A)]
)
_PLAIN: Final[dict[int, int | str | None]] = {**HALF_WIDTH, **_INVISIBLE}
_EXCEL_TEXT: Final = re.compile(r'\A="([^"]*)"\Z')
_DIGIT_OR_SIGN: Final = re.compile(r"\A'(?=[-+=@\d])")


class BadValue(ValueError):
    """A value that cannot be taken as what it should be.

    ``code`` is short and stable (``"phone"``, ``"date"``, ``"id_checksum"`` …), ``message`` is one
    lazily translated sentence that says what is wrong and what to do.
    """

    def __init__(self, code: str, message: str | _StrPromise) -> None:
        super().__init__(code)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


def cell_text(value: Cell) -> str:
    """Return a cell as a plain text: half-width, trimmed, without the marks spreadsheets add.

    ``="138…"`` and a leading apostrophe, by which spreadsheets keep digits as text, are taken
    off; whole floats lose their ``.0``. Empty cells give ``""``. Meant for numbers, dates and
    codes; names have stricter rules, see :mod:`core.values.names`.
    """
    if type(value) is str:
        text = value
        if not text.isascii():
            text = text.translate(_PLAIN)
        text = text.strip()
        if text and text[0] in "='":
            text = _DIGIT_OR_SIGN.sub("", _EXCEL_TEXT.sub(r"\1", text)).strip()
        return text
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e17:
        return str(int(value))
    return str(value).strip()


def is_nothing(text: str) -> bool:
    """Tell whether a cleaned text only says that there is no value (empty, ``-``, ``无`` …)."""
    return text in NOTHING


#: Marks that turn the direction of writing: they can make one text look like another.
_TURNING: Final = frozenset(map(chr, [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F)])) | frozenset(
    map(chr, range(0x2066, 0x206A))
)
#: What a wrongly decoded character leaves behind.
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def forbidden_character(text: str) -> str | None:
    """Return the first character that no stored text may hold, or None.

    Forbidden are control characters except tab and line feed, the marks that turn the direction of
    writing, lone surrogates, and U+FFFD.
    """
    if text.isprintable():
        return _REPLACEMENT if _REPLACEMENT in text else None
    for character in text:
        if character in _TURNING or character == _REPLACEMENT:
            return character
        if character not in "\t\n" and unicodedata.category(character) in {"Cc", "Cs"}:
            return character
    return None
