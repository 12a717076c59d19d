"""Telling others that working time has changed, so that they work out anew what they have stored.

    @on_calendar_change
    def _recompute(change: CalendarChange) -> None:
        enqueue("complaints.recompute_deadlines", key=…, payload=change.payload())

Receivers run in the transaction of the change: they leave a job, they do not do the work. What was
decided in the past stays as it was decided; only who stored a deadline may change it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

Receiver = Callable[["CalendarChange"], None]
RECEIVERS: list[Receiver] = []


@dataclass(frozen=True, slots=True)
class CalendarChange:
    """Which working time may be different now.

    `unit_id` stands for the unit and everything below it; None is everybody. `first` and `last`
    bound the days concerned; None is open.
    """

    unit_id: int | None = None
    first: date | None = None
    last: date | None = None

    def payload(self) -> dict[str, Any]:
        """The same as JSON, for a job."""
        return {
            "unit": self.unit_id,
            "first": self.first and self.first.isoformat(),
            "last": self.last and self.last.isoformat(),
        }


def on_calendar_change(receiver: Receiver) -> Receiver:
    """Register a function that is told of each change, once, in its transaction."""
    if receiver not in RECEIVERS:
        RECEIVERS.append(receiver)
    return receiver


def tell(change: CalendarChange) -> None:
    """Tell every receiver; called by the services of calendars and of organisation changes."""
    for receiver in RECEIVERS:
        receiver(change)
