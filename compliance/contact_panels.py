"""Contacts on the pages of units and people: what is overdue, what is owed, what was done."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.scopes import narrow
from compliance.models import ContactFigure
from compliance.models.rounds import VIEW
from compliance.months import month_of, months_before
from compliance.panels import (
    OwnPanel,
    OwnQuestion,
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
from core.display import listed
from core.scope import EVERYTHING, scope_of
from customers.models import Activity, Customer, CustomerUnit
from customers.selectors.lists import OLDEST, ListQuery, place_keys, rows_of
from customers.selectors.rhythm import overdue_condition
from regions.models import OrgUnit

EXPORT = "customers.export_customer"
SHOWN, TAKEN = 10, 2000
MONTHS = 12
COUNTED = ("contact", "strategic")  # the rules whose rows the figure of a unit adds up


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


def _answers_for(question: Question, right: str = VIEW) -> bool:
    """Whether the reader reaches customers of the unit as a whole, not only his own."""
    return bool(narrow(scope_of(question.reader, right), question.unit, below=True).branches)


def _tile(question: Question) -> Tile | None:
    asked = _asked(question)
    contact, strategic = (_rule(asked, key) for key in COUNTED)
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
    """The parts of the figure with number and address, the strategic customers who wait, and apart
    from them what else is past due (`others`): it is no part of the figure."""
    asked = _asked(question)
    if not _answers_for(question):
        return {"rules": [], "others": [], "owed": []}
    rules, others = [], []
    for rule in rules_for(asked.reader):
        number, more = rule.count(asked)
        row = {
            "title": rule.title,
            "value": f"{number:,}{'+' if more else ''}",
            "url": rule.url(asked),
        }
        if rule.key in COUNTED:
            rules.append(row)
        elif number:
            others.append(row)
    return {
        "rules": rules,
        "others": others,
        "owed": _owed(question, SHOWN),
        "roles": ROLES,
        "is_past": month_of(question.first) != month_of(timezone.localdate()),
    }


def _owed(question: Question, most: int) -> list[Duty]:
    query = StrategicQuery(question.unit, question.below)
    customers = list(strategic_customers(question.reader, query)[:TAKEN])
    return [duty for duty in owed(customers) if duty.late][:most]


def _sheet(question: Question) -> Sheet | None:
    """Names of customers are taken away by those alone who may take customers away (SEC-12)."""
    if not _answers_for(question) or not _answers_for(question, EXPORT):
        return None
    query = ListQuery(
        unit=question.unit, below=question.below, overdue=overdue_condition(), order=OLDEST
    )
    keys = place_keys(question.reader, query, size=TAKEN, permission=EXPORT)
    places = rows_of(question.reader, keys)
    return Sheet(
        _("Contact overdue for the class"),
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
    `overdue` what is late today; `places` are the first of those customers. Planned activities of
    his whose time has passed are told apart: `plans` are the first of them, `late_plans` how many.
    """

    duties: list[Duty]
    places: list[CustomerUnit]
    late_places: int
    done: int
    plans: list[Activity]
    late_plans: int

    @property
    def overdue(self) -> int:
        return self.late_places + sum(duty.late for duty in self.duties)

    @property
    def due(self) -> int:
        """What the month asks for: done, still open and overdue."""
        return self.done + self.late_places + len(self.duties)


def own_contacts(asked: OwnQuestion) -> OwnContacts:
    """What a person has to do with whom until the end of a month, and what he did in it, as far as
    the reader may see these customers."""
    today = timezone.localdate()
    duties = _seen_duties(asked, duties_of(asked.person, min(asked.last, today)))
    kept = asked.seen(CustomerUnit.objects.filter(keeper=asked.person))
    overdue = kept.filter(overdue_condition(today))
    listed = overdue.select_related("customer", "unit").order_by("last_contact_at", "pk")
    touched = kept.filter(
        contacted=True,
        last_contact_at__date__gte=asked.first,
        last_contact_at__date__lte=asked.last,
    ).count()
    plans = asked.seen(
        Activity.objects.planned().filter(by=asked.person, at__lt=timezone.now())
    ).select_related("customer", "unit")
    return OwnContacts(
        [duty for duty in duties if duty.left or duty.late],
        list(listed[:SHOWN]),
        overdue.count(),
        touched + sum(min(duty.done, duty.wanted) for duty in duties if not duty.left),
        list(plans.order_by("at", "pk")[:SHOWN]),
        plans.count(),
    )


def _seen_duties(asked: OwnQuestion, duties: list[Duty]) -> list[Duty]:
    owed_to = Customer.objects.filter(pk__in={duty.customer.pk for duty in duties})
    seen = set(asked.seen(owed_to).values_list("pk", flat=True))
    return [duty for duty in duties if duty.customer.pk in seen]


def _clause(asked: OwnQuestion) -> str:
    found = own_contacts(asked)
    said = []
    if found.due:
        words = _("contacts: {due} due, {done} done, {overdue} overdue")
        said.append(words.format(due=found.due, done=found.done, overdue=found.overdue))
    if found.late_plans:
        words = _("planned activities past due: {count}")
        said.append(words.format(count=found.late_plans))
    return listed(said) if said else ""


def _own_rows(asked: OwnQuestion) -> dict[str, Any]:
    found = own_contacts(asked)
    his = Asked(EVERYTHING, person=asked.person)
    rules = {rule.key: rule for rule in rules_for(EVERYTHING)}
    return {
        "contacts": found,
        "roles": ROLES,
        "all_url": rules["contact"].url(his),
        "plans_url": rules["planned"].url(his),
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
