"""What stands in the calendars of people: each part of the product registers its entries.

    @register_entries
    def trips(people, reader, first, last):
        yield Entry(person, starts, ends, all_day=True, title="…", url="…", kind="trip")

A provider gives the entries of some people (by their keys) that touch the days `first` to `last`,
both counted, in a fixed number of queries, and no more than `reader` may see: no name of a customer
out of his reach, never a telephone number. The pages and the private feed ask the same.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that a person has at a time. `person` is his key; `starts` and `ends` are aware;
    all day: from midnight until the midnight after the last day. `url` is a page of ours.

    `key` names it for good, e.g. "task-12"; without one it is named by what it says. `move` is the
    address of its form for another time, empty when the reader may not move it; `version` goes
    along to it.
    """

    person: int
    starts: dt.datetime
    ends: dt.datetime
    all_day: bool
    title: str
    url: str
    kind: str
    key: str = ""
    move: str = ""
    version: int = 0

    @property
    def name(self) -> str:
        """The same entry bears the same name in every answer."""
        if self.key:
            return f"{self.key}-{self.person}"
        said = f"{self.kind}|{self.person}|{self.url}|{self.starts:%Y%m%dT%H%M}"
        return f"{self.kind}-{sha256(said.encode()).hexdigest()[:24]}"

    @property
    def first_day(self) -> dt.date:
        return timezone.localdate(self.starts)

    @property
    def last_day(self) -> dt.date:
        """The last day it touches; what ends at midnight does not touch the next day."""
        end = max(self.starts, self.ends - dt.timedelta(microseconds=1))
        return timezone.localdate(end)

    @property
    def shown(self) -> "Shown":
        """Label, icon and tone of its kind."""
        return KINDS.get(self.kind, OTHER)


@dataclass(frozen=True, slots=True)
class Shown:
    """How a kind of entry looks."""

    label: Words
    icon: str
    tone: str = "off"


OTHER = Shown(pgettext_lazy("calendar", "Other"), "calendar")
KINDS: dict[str, Shown] = {
    "appointment": Shown(_("Appointment"), "calendar", "info"),
    "activity": Shown(_("Activity"), "phone", "info"),
    "visit": Shown(_("Visit"), "map-pin", "info"),
    "task": Shown(_("Task"), "checklist", "warn"),
    "case": Shown(_("Time limit of a case"), "clock", "warn"),
    "approval": Shown(_("Approval to decide"), "clipboard-check", "warn"),
    "event": Shown(_("Customer event"), "users", "ok"),
    "trip": Shown(pgettext_lazy("calendar", "Trip"), "map-pin", "off"),
    "leave": Shown(pgettext_lazy("calendar", "Leave"), "sun", "off"),
    "finding": Shown(_("Finding to mend"), "alert-triangle", "warn"),
    "point": Shown(_("Point of an inspection"), "clipboard-check", "warn"),
    "strategic": Shown(_("Strategic customer"), "star", "info"),
}

Provider = Callable[[Collection[int], Any, dt.date, dt.date], Iterable[Entry]]
PROVIDERS: list[Provider] = []


def register_entries(provider: Provider) -> Provider:
    """Let calendars ask one more source."""
    if provider not in PROVIDERS:
        PROVIDERS.append(provider)
    return provider


def entries(people: Collection[int], reader: Any, first: dt.date, last: dt.date) -> list[Entry]:
    """What all sources know of some people in a span of days, by time."""
    found = [
        entry
        for provider in PROVIDERS
        for entry in provider(people, reader, first, last)
        if entry.first_day <= last and entry.last_day >= first
    ]
    return sorted(found, key=lambda one: (not one.all_day, one.starts, one.kind, one.name))


def span(first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """A span of days as instants: from midnight until the midnight after the last day."""
    return midnight(first), midnight(last + dt.timedelta(days=1))


def midnight(day: dt.date) -> dt.datetime:
    """The beginning of a day."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
