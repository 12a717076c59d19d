"""Customer events: the list, one event, its files."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.scopes import narrow
from core.keyset import Key, Order
from core.scope import scope_of
from expenses.models import Application, Event
from regions.models import OrgUnit

VIEW = "expenses.view_event"
CHANGE = "expenses.change_event"
NEWEST = Order("-starts", "starts_at", descending=True, kind="time")


@dataclass(frozen=True, slots=True)
class EventQuery:
    """A filtered list of events. Empty fields do not filter."""

    unit: OrgUnit | None = None
    kind: str = ""
    state: str = ""
    text: str = ""

    def refine(self, events: QuerySet[Event]) -> QuerySet[Event]:
        """The conditions beside scope."""
        exact = {"kind": self.kind, "state": self.state, "title__icontains": self.text}
        return events.filter(**{name: value for name, value in exact.items() if value})


def event_parts(user: Any, query: EventQuery) -> list[QuerySet[Event]]:
    """Querysets whose union is the list, one a branch of the reader's scope."""
    scope = scope_of(user, VIEW)
    if query.unit:
        scope = narrow(scope, query.unit, below=True)
    return [query.refine(part) for part in Event.objects.all().branches_of(scope, VIEW)]


def event_rows(keys: Iterable[Key]) -> list[Event]:
    """The events of these keys with all that a row shows, in one query."""
    wanted = [key.pk for key in keys]
    found = Event.objects.select_related("unit", "organiser").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def event_in_reach(user: Any, pk: int, right: str = VIEW) -> Event | None:
    """One event in reach with what its page shows, or None."""
    rows = Event.objects.visible_to(user, right).select_related("unit", "organiser")
    return rows.filter(pk=pk).first()


def papers_of_event(user: Any, event: Event) -> list[Application]:
    """The applications for an event that the reader sees, the newest first."""
    rows = Application.objects.visible_to(user).filter(event=event)
    return list(rows.select_related("category").order_by("-applied_on", "-pk"))
