"""How often customers of a class are to be contacted, and who is late (CUS-06, CUS-31, ACT-10).

The policy `customers.contact_frequency` says for each unit: customers of this class, at least so
many times within a span, by their keeper. A place is due again one interval (the span divided by
the times) after its last contact, and overdue from the day after. Before the first contact its
entry counts. Duties of named people (specialist, leaders) are no matter of places.
"""

import calendar
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from customers.models import CLASS_WORDS
from regions.policies import policy_values
from regions.policies.types import Row

FREQUENCY = "customers.contact_frequency"
KEEPER = "keeper"
MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
DAYS_OF_YEAR = 365


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """The time between two contacts: whole months, or days where the span does not divide so."""

    months: int = 0
    days: int = 0

    def after(self, day: dt.date) -> dt.date:
        """The day on which the next contact is due; the 31st becomes the last of a month."""
        return add_months(day, self.months) + dt.timedelta(days=self.days)

    def first_in_time(self, today: dt.date) -> dt.date:
        """The earliest last contact that is not overdue today."""
        day = add_months(today, -self.months) - dt.timedelta(days=self.days)
        while self.after(day) < today:
            day += dt.timedelta(days=1)
        return day


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Customers of these levels are overdue when contacted before an instant. `units` are those
    for which this holds, None for all."""

    words: tuple[str, ...]
    before: dt.datetime
    units: tuple[int, ...] | None

    def q(self) -> Q:
        late = Q(level__in=self.words, last_contact_at__lt=self.before)
        return late if self.units is None else late & Q(unit__in=self.units)


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later; a day that the month lacks becomes its last."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return day.replace(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def interval_of(row: Row) -> Interval:
    """The time between two contacts that a row of the policy means."""
    months, rest = divmod(MONTHS[row["span"]], row["times"])
    if rest or not months:
        return Interval(days=max(MONTHS[row["span"]] * DAYS_OF_YEAR // 12 // row["times"], 1))
    return Interval(months=months)


def shortest(table: tuple[Row, ...]) -> dict[str, Interval]:
    """Class → the strictest interval that a table lays upon keepers."""
    found: dict[str, Interval] = {}
    for row in table:
        if row["who"] == KEEPER and row["whom"] in CLASS_WORDS:
            interval = interval_of(row)
            known = found.get(row["whom"], interval)
            found[row["whom"]] = min(interval, known, key=_length)
    return found


def _length(interval: Interval) -> int:
    return interval.months * DAYS_OF_YEAR // 12 + interval.days


def rhythms(today: dt.date | None = None) -> list[Rhythm]:
    """What makes a place overdue today, by class; one query, however many units differ."""
    day = today or timezone.localdate()
    by_unit = policy_values(FREQUENCY, day)
    units: dict[tuple[str, Interval], list[int]] = defaultdict(list)
    read: dict[int, dict[str, Interval]] = {}
    for unit, table in by_unit.items():
        known = read.setdefault(id(table), shortest(table))
        for whom, interval in known.items():
            units[whom, interval].append(unit)
    return [
        Rhythm(
            CLASS_WORDS[whom],
            _midnight(interval.first_in_time(day)),
            None if len(found) == len(by_unit) else tuple(found),
        )
        for (whom, interval), found in sorted(units.items())
    ]


def overdue_condition(today: dt.date | None = None) -> Q:
    """The places whose customer should have been contacted by now, as a condition on places."""
    found = rhythms(today)
    if not found:
        return Q(pk__in=[])
    condition = found[0].q()
    for rhythm in found[1:]:
        condition |= rhythm.q()
    return condition


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
