"""How long a flat is repaired free of charge: hand-over + trade → last day (CMP-16).

Plain calculation over rules and archive: nothing here writes.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints.models import Category
from customers.models import Ownership, Property
from regions.models import OrgUnit
from regions.policies import policy


@dataclass(frozen=True, slots=True)
class Warranty:
    """Whether a day lay within the warranty, in words and tone of a badge."""

    until: date
    tone: str
    text: str


def months_of(category: Category | None, unit: OrgUnit | int, day: date) -> int | None:
    """Months of warranty of a category by the rules of a day: its own, else those of its trade,
    else its parent's. None without any."""
    while category is not None:
        if category.warranty_months:
            return category.warranty_months
        if category.trade:
            rows = policy("complaints.warranty", unit, day)
            return next((row["months"] for row in rows if row["trade"] == category.trade), None)
        category = category.parent
    return None


def handed_over_on(flat: Property) -> date | None:
    """When a flat was handed over first: selling it on begins no new warranty."""
    rows = Ownership.objects.filter(property=flat, handed_over_on__isnull=False)
    return rows.aggregate(first=Min("handed_over_on"))["first"]


def warranty_end(
    flat: Property | None, category: Category | None, unit: OrgUnit | int, day: date
) -> date | None:
    """The last day of the warranty; None for a flat not handed over and work without warranty."""
    months = months_of(category, unit, day) if flat is not None else None
    if not months or flat is None:
        return None
    begun = handed_over_on(flat)
    return after_months(begun, months) - timedelta(days=1) if begun else None


def warranty_on(until: date | None, day: date) -> Warranty | None:
    """How the warranty stood on a day, as a rule that of the intake: what came in within it is
    repaired within it."""
    if until is None:
        return None
    over = (day - until).days
    if over <= 0:
        words = _("Under warranty until {day}").format(day=until.isoformat())
        return Warranty(until, "ok", words)
    sentence = ngettext("Out of warranty for {count} day", "Out of warranty for {count} days", over)
    return Warranty(until, "warn", sentence.format(count=f"{over:,}"))


def after_months(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)
