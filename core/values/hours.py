"""Working hours of one day as people write them: "09:00-12:00 13:30-18:00".

Minutes are counted from midnight on the clock of the office; 24:00 ends a day. A shift past
midnight belongs to two days and is refused with a sentence, because a holiday would otherwise have
to say which half of the night it means.
"""

import re
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.values.base import BadValue, Cell, cell_text

#: One stretch of work: first minute of the day, and the minute after the last.
Span = tuple[int, int]
Spans = tuple[Span, ...]

DAY: Final = 24 * 60
MOST_SPANS: Final = 8

_SPAN: Final = re.compile(
    r"(\d{1,2})(?:[:.时点](?:(\d{2})分?)?)?\s*(?:-|~|至|到)\s*(\d{1,2})(?:[:.时点](?:(\d{2})分?)?)?",
    re.ASCII,
)
_DASHES: Final = str.maketrans(dict.fromkeys("–—－―〜～", "-"))
_BETWEEN: Final = re.compile(r"[\s,，;；、/]*")


def parse_hours(value: Cell) -> Spans:
    """The stretches of a day, in order; an empty text is a day without work.

    Stretches that touch become one. Raises BadValue for what cannot be read, for stretches that
    overlap, and for a stretch that does not end later on the same day.
    """
    text = cell_text(value).translate(_DASHES)
    spans, position = [], _skip(text, 0)
    while position < len(text):
        found = _SPAN.match(text, position)
        if found is None:
            raise BadValue("hours", _("Please write hours like 09:00-12:00 13:30-18:00."))
        spans.append((_minute(found[1], found[2]), _minute(found[3], found[4])))
        position = _skip(text, found.end())
    return join_spans(spans)


def join_spans(spans: list[Span]) -> Spans:
    """Sort stretches and join those that touch. Raises BadValue as `parse_hours` does."""
    joined: list[Span] = []
    for begins, ends in sorted(spans):
        if ends <= begins:
            raise BadValue(
                "hours_past_midnight",
                _("A stretch of work must end later on the same day; 24:00 is midnight."),
            )
        if joined and begins < joined[-1][1]:
            raise BadValue("hours_overlap", _("The stretches of work overlap."))
        if joined and begins == joined[-1][1]:
            joined[-1] = (joined[-1][0], ends)
        else:
            joined.append((begins, ends))
    if len(joined) > MOST_SPANS:
        raise BadValue("hours_many", _("A day can have at most eight stretches of work."))
    return tuple(joined)


def write_hours(spans: Spans) -> str:
    """Stretches in the notation that `parse_hours` reads and tables keep."""
    return " ".join(f"{clock(begins)}-{clock(ends)}" for begins, ends in spans)


def clock(minute: int) -> str:
    """A minute of the day as 09:00; the end of the day is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def minutes_of(spans: Spans) -> int:
    """Working minutes of a day."""
    return sum(ends - begins for begins, ends in spans)


def _minute(hour: str, minute: str | None) -> int:
    """Minutes since midnight. Raises BadValue for 25:00 and 09:75."""
    total = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or total > DAY:
        raise BadValue("hours", _("Please write hours like 09:00-12:00 13:30-18:00."))
    return total


def _skip(text: str, position: int) -> int:
    """Past blanks and marks between stretches."""
    found = _BETWEEN.match(text, position)
    return found.end() if found else position
