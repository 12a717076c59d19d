"""Names of persons and organisations, and cells that hold several owners."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.chinese import COMPOUND_SURNAMES, SURNAMES
from core.values.base import HALF_WIDTH, BadValue, Cell, cell_text, forbidden_character, is_nothing

#: Longest name that is stored, in characters.
MAX_NAME: Final = 120

_HAN: Final = r"\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PLAIN_NAME: Final = re.compile(r"[\u4e00-\u9fff]{2,}\Z")
_BLANKS: Final = re.compile(r"\s+")
_BLANK_BESIDE_HAN: Final = re.compile(rf"(?<=[{_HAN}·]) (?=[{_HAN}·])")
#: Zero-width characters and byte-order marks: copied along unseen, never part of a name.
_UNSEEN: Final = dict.fromkeys([0x00AD, 0x200B, 0x2060, 0xFEFF])
#: The many dots between the parts of a transcribed name become the one of GB/T 32960, U+00B7.
_DOTS: Final = dict.fromkeys([0x2022, 0x2027, 0x2219, 0x22C5, 0x25CF, 0x30FB, 0xFF65], "·")
_CLEAN: dict[int, int | str | None] = {**HALF_WIDTH, **_UNSEEN, **_DOTS}
#: Full-width brackets and commas belong to Chinese names of companies and stay as they are.
for _kept in "（），。：；":
    _CLEAN.pop(ord(_kept), None)

_BETWEEN_OWNERS: Final = re.compile(r"[、,，;；/／\\&＆+＋|｜\n\r]+")


def clean_name(value: Cell, *, max_length: int = MAX_NAME) -> str:
    """Return a name as it is stored, or ``""`` for an empty cell.

    Blanks around it and between Han characters go (``张 三`` is ``张三``), other runs of blanks
    become one, the dot of transcribed names becomes ``·``, the text is normalised to NFC. Raises
    ``BadValue("name")`` for control characters, marks that turn the direction of writing, broken
    characters, and names longer than ``max_length`` characters.
    """
    if type(value) is str:
        if len(value) <= max_length and _PLAIN_NAME.match(value):
            return value
        text = value
    else:
        text = cell_text(value)
    text = _BLANKS.sub(" ", text.translate(_CLEAN)).strip()
    if is_nothing(text):
        return ""
    text = _BLANK_BESIDE_HAN.sub("", unicodedata.normalize("NFC", text))
    if forbidden_character(text):
        raise BadValue("name", _("The name contains a character that must not be in a name."))
    if len(text) > max_length:
        raise BadValue("name", _("The name is too long. Shorten it, or split it into two."))
    return text


def split_owners(value: Cell, *, max_length: int = MAX_NAME) -> list[str]:
    """Return the names of all owners in one cell, in their order, each once.

    Owners are parted by ``、 , ， ; ； / & + |`` or a line break. A blank parts two owners only
    where nothing else can be meant: every piece has two to four Han characters, begins with a
    surname and is not itself a compound surname (``张伟 李娜`` are two, ``欧阳 娜娜`` and
    ``阿依古丽 买买提`` one each). 和 and 及 never part, since both are surnames. An empty cell
    gives an empty list. Raises :class:`BadValue` like :func:`clean_name`.
    """
    if type(value) is str and len(value) <= 4 and _PLAIN_NAME.match(value):
        return [value]
    text = value if type(value) is str else cell_text(value)
    names: list[str] = []
    for piece in _BETWEEN_OWNERS.split(text):
        for part in _parted_by_blanks(piece):
            name = clean_name(part, max_length=max_length)
            if name and name not in names:
                names.append(name)
    return names


def _parted_by_blanks(piece: str) -> list[str]:
    """Part ``张伟 李娜``; leave everything doubtful together."""
    parts = piece.split()
    if len(parts) > 1 and all(_is_whole_name(part) for part in parts):
        return parts
    return [piece]


def _is_whole_name(part: str) -> bool:
    if not 2 <= len(part) <= 4 or not _PLAIN_NAME.match(part) or part in COMPOUND_SURNAMES:
        return False
    return part[:2] in COMPOUND_SURNAMES or (len(part) <= 3 and part[0] in SURNAMES)
