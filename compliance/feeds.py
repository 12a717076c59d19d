"""A person's calendar in the format of RFC 5545, as calendar programs read it (CAL-02).

Times bear the zone Asia/Shanghai with its definition; a whole day is a DATE whose end is the day
after, as the format wants it. Every entry keeps its UID and stamp as long as it says the same, so
that the same calendar gives the same bytes and the same ETag. Nothing is in it that its person may
not see, no telephone number and no address of a customer.
"""

import datetime as dt
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone, TimezoneStandard

from compliance.agenda import Entry, entries
from core.logs import scrub

ZONE = ZoneInfo("Asia/Shanghai")
BACK, AHEAD = dt.timedelta(days=31), dt.timedelta(days=186)
# Programs want a stamp; ours says nothing about when the row changed, so that equal content stays
# equal. SEQUENCE counts changes where the row counts them.
STAMP = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def feed_for(person: Any, today: dt.date) -> bytes:
    """The calendar of a person from a month back to half a year ahead, under his own rights."""
    calendar = Calendar()
    calendar.add("prodid", "-//Customer relations//Calendar//ZH")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Calendar of {name}").format(name=person.name))
    calendar.add("x-wr-timezone", str(ZONE))
    calendar.add("refresh-interval", dt.timedelta(minutes=30))
    calendar.add_component(_zone())
    for entry in entries([person.pk], person, today - BACK, today + AHEAD):
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def etag_of(content: bytes) -> str:
    """The name of exactly this content."""
    return f'"{sha256(content).hexdigest()[:32]}"'


def _zone() -> Timezone:
    """China has kept one time without summer time since 1991."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", str(ZONE))
    standard.add("dtstart", dt.datetime(1991, 9, 15))  # noqa: DTZ001  of the zone itself
    standard.add("tzoffsetfrom", dt.timedelta(hours=8))
    standard.add("tzoffsetto", dt.timedelta(hours=8))
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", f"{entry.name}@{_host()}")
    event.add("dtstamp", STAMP)
    event.add("sequence", entry.version)
    if entry.all_day:
        event.add("dtstart", entry.first_day)
        event.add("dtend", entry.last_day + dt.timedelta(days=1))
    else:
        event.add("dtstart", entry.starts.astimezone(ZONE))
        if entry.ends > entry.starts:  # a mere moment has no end in this format
            event.add("dtend", entry.ends.astimezone(ZONE))
    words = _("{kind}: {title}").format(kind=entry.shown.label, title=entry.title)
    event.add("summary", scrub(words))
    if entry.url:
        event.add("url", f"{settings.CRM_URL}{entry.url}")
    event.add("transp", "TRANSPARENT" if entry.starts == entry.ends else "OPAQUE")
    event.add("class", "PRIVATE")
    return event


def _host() -> str:
    """What makes the names of entries ours."""
    return settings.CRM_URL.split("//")[-1].split("/")[0].split(":")[0] or "crm"
