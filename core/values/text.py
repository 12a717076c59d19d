"""Free texts: remarks, addresses, job titles and other words without a grammar."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.values.base import BadValue, Cell, cell_text, forbidden_character

_LINE_BREAKS: Final = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_BLANKS: Final = re.compile(r"\s+")
_UNSEEN: Final = dict.fromkeys([0x00AD, 0x200B, 0x2060, 0xFEFF])


def parse_text(value: Cell, *, max_length: int = 2000, one_line: bool = False) -> str:
    """Return a text trimmed and normalised to NFC, line breaks as ``\\n``; ``""`` when empty.

    With ``one_line`` every run of blanks becomes one blank. Raises ``BadValue("text")`` for
    control characters, marks that turn the direction of writing, broken characters, and more
    than ``max_length`` characters.
    """
    text = value if type(value) is str else cell_text(value)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_UNSEEN))
    if not text.isprintable():
        text = _LINE_BREAKS.sub("\n", text)
    text = text.strip()
    if one_line:
        text = _BLANKS.sub(" ", text)
    if forbidden_character(text):
        raise BadValue("text", _("The text contains a character that must not be in a text."))
    if len(text) > max_length:
        raise BadValue("text", _("The text is too long."))
    return text


def words_of(text: str) -> list[str]:
    """The entries of a text that lists words: 城市总经理、片区总经理."""
    for separator in ",，;；/":
        text = text.replace(separator, "、")
    return [word for part in text.split("、") if (word := part.strip())]
