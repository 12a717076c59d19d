"""Contacts on the pages of units and people: what is overdue, what is owed, what was done."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.scopes import narrow
from compliance.models import ContactFigure
from compliance.models.rounds import VIEW
from compliance.months import month_of, months_before
from compliance.panels import (
    OwnPanel,
    Question,
    Sheet,
    Tile,
    UnitPanel,
    register_own_panel,
    register_unit_panel,
)
from compliance.selectors.follow_up import Asked, FollowUpRule, rules_for
from compliance.selectors.owed import Duty, duties_of, owed
from compliance.selectors.strategic import StrategicQuery, strategic_customers
from compliance.shown import ROLES
from core.scope import EVERYTHING, scope_of
from customers.models import CustomerUnit
from customers.selectors.lists import OLDEST, ListQuery, place_keys, rows_of
from customers.selectors.rhythm import overdue_condition
from regions.models import OrgUnit

SHOWN, TAKEN = 10, 2000
MONTHS = 12


def _asked(question: Question) -> Asked:
    return Asked(question.reader, question.unit, question.below)


def _rule(asked: Asked, key: str) -> FollowUpRule | None:
    return next((rule for rule in rules_for(asked.reader) if rule.key == key), None)


def _figures(question: Question) -> dict[dt.date, tuple[int, int]]:
    """Month → (overdue, strategic) of the twelve months up to the one asked for."""
    months = months_before(month_of(question.first), MONTHS)
    units = OrgUnit.objects.filter(pk=question.unit.pk)
    if question.below:
        units = OrgUnit.objects.below(question.unit)
    rows = ContactFigure.objects.filter(unit__in=units, month__in=months)
    found = rows.order_by().values_list("month").annotate(Sum("overdue"), Sum("strategic"))
    return {month: (overdue, strategic) for month, overdue, strategic in found}


def _answers_for(question: Question) -> bool:
    """Whether the reader reaches customers of the unit as a whole, not only his own."""
    return bool(narrow(scope_of(question.reader, VIEW), question.unit, below=True).branches)


def _tile(question: Question) -> Tile | None:
    asked = _asked(question)
    contact, strategic = _rule(asked, "contact"), _rule(asked, "strategic")
    if contact is None or strategic is None or not _answers_for(question):
        return None
    figures = _figures(question)
    month = month_of(question.first)
    if month == month_of(timezone.localdate()):
        number, more = contact.count(asked)
        late = strategic.count(asked)[0]
    else:
        (number, late), more = figures.get(month, (0, 0)), False
    before = figures.get(month_of(question.before[0]))
    return Tile(
        label=_("Contacts overdue"),
        value=f"{number + late:,}{'+' if more else ''}",
        detail=_("of them strategic customers: {count}").format(count=late),
        before=_("last month {count}").format(count=sum(before)) if before else "",
        url="#contacts",
        alarm=number + late > 0,
        trend=tuple(
            float(sum(figures[one])) if one in figures else None
            for one in months_before(month, MONTHS)
        ),
    )


def _rows(question: Question) -> dict[str, Any]:
    """Each rule with its number and address, and the strategic customers who wait."""
    asked = _asked(question)
    if not _answers_for(question):
        return {"rules": [], "owed": []}
    rules = []
    for rule in rules_for(asked.reader):
        number, more = rule.count(asked)
        if number:
            rules.append(
                {
                    "title": rule.title,
                    "value": f"{number:,}{'+' if more else ''}",
                    "url": rule.url(asked),
                }
            )
    return {"rules": rules, "owed": _owed(question, SHOWN), "roles": ROLES}


def _owed(question: Question, most: int) -> list[Duty]:
    query = StrategicQuery(question.unit, question.below)
    customers = list(strategic_customers(question.reader, query)[:TAKEN])
    return [duty for duty in owed(customers) if duty.late][:most]


def _sheet(question: Question) -> Sheet | None:
    if not _answers_for(question):
        return None
    query = ListQuery(
        unit=question.unit, below=question.below, overdue=overdue_condition(), order=OLDEST
    )
    places = rows_of(question.reader, place_keys(question.reader, query, size=TAKEN))
    return Sheet(
        _("Contacts overdue"),
        (_("Customer"), _("Level"), _("Unit"), _("Keeper"), _("Last contact")),
        [
            (
                place.customer.name,
                place.level,
                place.unit.name,
                place.keeper.name if place.keeper else "",
                timezone.localdate(place.last_contact_at),
            )
            for place in places
        ],
    )


register_unit_panel(
    UnitPanel(
        key="contacts",
        order=40,
        tile=_tile,
        template="compliance/strategic/_panel_contacts.html",
        context=_rows,
        sheet=_sheet,
    )
)


# --- one's own ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnContacts:
    """A person's contacts of a month: duties towards strategic customers, and customers he keeps.

    `done` counts contacts that met a duty and kept customers he was in touch with in the month;
    `overdue` what is late today; `places` are the first of those customers.
    """

    duties: list[Duty]
    places: list[CustomerUnit]
    late_places: int
    done: int

    @property
    def overdue(self) -> int:
        return self.late_places + sum(duty.late for duty in self.duties)

    @property
    def due(self) -> int:
        """What the month asks for: done, still open and overdue."""
        return self.done + self.late_places + len(self.duties)


def own_contacts(person: User, first: dt.date, last: dt.date) -> OwnContacts:
    """What a person has to do with whom until the end of a month, and what he did in it."""
    today = timezone.localdate()
    duties = duties_of(person, min(last, today))
    kept = CustomerUnit.objects.filter(keeper=person)
    overdue = kept.filter(overdue_condition(today))
    listed = overdue.select_related("customer", "unit").order_by("last_contact_at", "pk")
    touched = kept.filter(
        contacted=True, last_contact_at__date__gte=first, last_contact_at__date__lte=last
    ).count()
    return OwnContacts(
        [duty for duty in duties if duty.left or duty.late],
        list(listed[:SHOWN]),
        overdue.count(),
        touched + sum(min(duty.done, duty.wanted) for duty in duties if not duty.left),
    )


def _clause(person: User, first: dt.date, last: dt.date) -> str:
    found = own_contacts(person, first, last)
    if not found.due:
        return ""
    return _("contacts: {due} due, {done} done, {overdue} overdue").format(
        due=found.due, done=found.done, overdue=found.overdue
    )


def _own_rows(person: User, first: dt.date, last: dt.date) -> dict[str, Any]:
    found = own_contacts(person, first, last)
    rule = _rule(Asked(EVERYTHING), "contact")
    return {
        "contacts": found,
        "roles": ROLES,
        "all_url": rule.url(Asked(EVERYTHING, person=person)) if rule else "",
    }


register_own_panel(
    OwnPanel(
        key="contacts",
        order=40,
        clause=_clause,
        template="compliance/strategic/_own_contacts.html",
        context=_own_rows,
    )
)
