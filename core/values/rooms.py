"""Where a flat is: building, unit and room, from three cells or from one text.

The one label that is stored and searched is ``3栋2单元1201``; without a unit ``3栋1201``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from django.utils.translation import gettext_lazy as _

from core.values.base import BadValue, Cell, cell_text, is_nothing

_NUMERAL: Final = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
_NUMERALS: Final = re.compile(r"[一二三四五六七八九十两]{1,3}\Z")

_BUILDING_WORDS: Final = r"号楼|栋楼|栋|幢|座|号院|楼栋|楼|#楼|#|号"
_UNIT_WORDS: Final = r"单元|门栋|门|梯|unit"
_ROOM_WORDS: Final = r"号房|号室|室|房|号|户"
_BUILDING_PART: Final = r"(?:[A-Z]{0,2}\d{1,3}[A-Z]?|[A-Z]{1,2}|[一二三四五六七八九十]{1,3})"
_UNIT_PART: Final = r"(?:\d{1,2}|[A-Z]|[一二三四五六七八九十]{1,3}|[东西南北中])"
_ROOM_PART: Final = r"(?:[A-Z]{0,2}-?\d{1,5}[A-Z]?(?:-\d{1,2})?)"

_ONE_BUILDING: Final = re.compile(rf"(?:第|NO\.?)?({_BUILDING_PART})(?:{_BUILDING_WORDS})?\Z")
_ONE_UNIT: Final = re.compile(rf"(?:第)?({_UNIT_PART})(?:{_UNIT_WORDS})?\Z")
_ONE_ROOM: Final = re.compile(rf"({_ROOM_PART})(?:{_ROOM_WORDS})?\Z")

#: ``[project]3栋2单元1201``; the project in front needs a Chinese character.
_WORDED: Final = re.compile(
    rf"(?P<project>(?=.*[\u3400-\u9fff]).*?[^A-Z\d第])??(?:第)?(?P<building>{_BUILDING_PART})"
    rf"(?:{_BUILDING_WORDS})-?"
    rf"(?:(?P<unit>{_UNIT_PART})(?:{_UNIT_WORDS}|-)-?)?"
    rf"(?P<room>[A-Z]?\d{{3,5}}[A-Z]?|[A-Z]?\d{{1,2}}[A-Z]?(?=室|房|号))(?:{_ROOM_WORDS})?\Z"
)
#: ``3-2-1201`` and ``3-1201``. A building has no leading zero here, a unit at most two digits and
#: a room at least three, so that area codes (027-…), the groups of a telephone number and dates
#: do not fit.
_DASHED: Final = re.compile(
    r"(?P<building>[A-Z]?[1-9]\d?[A-Z]?|[A-Z])-(?:(?P<unit>\d{1,2}|[A-Z])-)?(?P<room>\d{3,4}[A-Z]?)"
    r"(?:室|房|号)?\Z"
)

#: ``[project]3栋2单元``: where rooms begin. The words are those that nothing else is called by.
_BEGUN: Final = re.compile(
    rf"(?P<project>(?=.*[\u3400-\u9fff]).*?[^A-Z\d第])??(?:第)?(?P<building>{_BUILDING_PART})"
    rf"(?:号楼|栋楼|栋|幢|座|#楼)-?(?:(?P<unit>{_UNIT_PART})(?:单元|门栋))?\Z"
)


class Room(NamedTuple):
    """A flat's place in a project; parts that are not known are empty."""

    building: str
    unit: str
    room: str
    #: What stood in front of the building in one text, usually the name of the project.
    project: str = ""

    @property
    def label(self) -> str:
        """Return ``3栋2单元1201``, leaving out what is not known."""
        return (
            (f"{self.building}栋" if self.building else "")
            + (f"{self.unit}单元" if self.unit else "")
            + self.room
        )


@lru_cache(maxsize=65_536)
def normalise_room(building: Cell, unit: Cell, room: Cell) -> Room:
    """Return the parts of a flat's place from three cells (``3栋``, ``2单元``, ``1201室``).

    Numbers lose leading zeros and their words, letters become capitals, Chinese numerals digits.
    Unusual words (``商业街``) stay as they are. A room number that holds the whole place is taken
    apart when the other two cells are empty. Raises ``BadValue("room")`` for parts longer than
    20 characters.
    """
    texts = [_text(building), _text(unit), _text(room)]
    if texts[2] and not texts[0] and not texts[1] and (whole := parse_room_label(texts[2])):
        return whole
    patterns = (_ONE_BUILDING, _ONE_UNIT, _ONE_ROOM)
    parts = [_part(text, pattern) for text, pattern in zip(texts, patterns, strict=True)]
    if max(map(len, parts)) > 20:
        raise BadValue("room", _("A building, unit or room number has at most 20 characters."))
    return Room(*parts)


@lru_cache(maxsize=65_536)
def parse_room_label(text: str) -> Room | None:
    """Return the flat that one text means, or None when it means something else.

    Reads ``3栋2单元1201``, ``3-2-1201``, ``3#2-1201``, ``3号楼2单元1201室``, ``3栋1201`` and
    ``A座1201``, the worded ones also behind the name of a project. Telephone and identity
    numbers, dates and codes are no rooms.
    """
    if len(text) > 80:
        return None
    plain = re.sub(r"\s+", "", cell_text(text)).upper().replace("—", "-").replace("－", "-")
    found = _DASHED.match(plain) or _WORDED.match(plain)
    if found is None:
        return None
    parts = found.groupdict()
    return Room(
        _number(parts["building"]),
        _number(parts["unit"] or ""),
        _number(parts["room"]),
        (parts.get("project") or "").rstrip("-,·"),
    )


def parse_room_beginning(text: str) -> Room | None:
    """Return the building, or building and unit, that a text of an unfinished room means, with an
    empty room; None when it means something else. Reads ``3栋`` and ``长歌庭3栋2单元``."""
    if len(text) > 80:
        return None
    found = _BEGUN.match(re.sub(r"\s+", "", cell_text(text)).upper())
    if found is None:
        return None
    parts = found.groupdict()
    project = (parts["project"] or "").rstrip("-,·")
    return Room(_number(parts["building"]), _number(parts["unit"] or ""), "", project)


def _text(value: Cell) -> str:
    text = re.sub(r"\s+", "", cell_text(value)).upper()
    return "" if is_nothing(text) else text


def _part(text: str, pattern: re.Pattern[str]) -> str:
    found = pattern.match(text)
    return _number(found.group(1)) if found else text


def _number(text: str) -> str:
    """Return ``三`` and ``03`` as ``3``; other texts unchanged."""
    if text.isdecimal():
        return text.lstrip("0") or "0"
    if not _NUMERALS.match(text):
        return text
    tens, ten, ones = text.rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        return text
    if not ten:
        return str(_NUMERAL[ones])
    return str((_NUMERAL[tens] if tens else 1) * 10 + (_NUMERAL[ones] if ones else 0))
