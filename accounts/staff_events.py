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
from typing import Any

from accounts.models import User
from regions.models import OrgUnit


class StaffEventKind(enum.Enum):
    """What happened."""

    MOVED = "moved"  # to another unit
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class StaffEvent:
    """Something that happened to a person on a day; `unit` is where he was before."""

    person: User
    kind: StaffEventKind
    on: dt.date
    unit: OrgUnit


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
