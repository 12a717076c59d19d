"""What happens to people that others must act upon: they come, move to another unit, leave.

The import of the organisation and the verbs about people tell of it; apps to the right listen:

    @on_staff_event
    def note(events, by): ...

Listeners run in the transaction of the event; what is rolled back never happened.
"""

import datetime as dt
import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from accounts.models import User
from regions.models import OrgUnit


class StaffEventKind(enum.Enum):
    """What happened."""

    HIRED = "hired"  # or taken back
    MOVED = "moved"  # to another unit
    LEFT = "left"


#: Somebody hired longer ago than this comes from elsewhere: his event is that he came.
LONG_HERE: Final = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class StaffEvent:
    """Something that happened to a person on a day; `unit` is where he was before, and of somebody
    hired where he begins."""

    person: User
    kind: StaffEventKind
    on: dt.date
    unit: OrgUnit


def hired(person: User, today: dt.date, unit: OrgUnit) -> StaffEvent:
    """Somebody new, on his day of hiring, or today where nobody says it or it is long gone."""
    on = person.hired_on
    if on is None or on < today - LONG_HERE:
        on = today
    return StaffEvent(person, StaffEventKind.HIRED, on, unit)


Listener = Callable[[Sequence[StaffEvent], Any], object]
LISTENERS: list[Listener] = []


def on_staff_event(listener: Listener) -> Listener:
    """Register a function of (events, acting person)."""
    LISTENERS.append(listener)
    return listener


def tell(events: Sequence[StaffEvent], *, by: Any) -> None:
    """Tell everybody who listens; nobody is told of nothing."""
    if events:
        for listener in LISTENERS:
            listener(events, by)
