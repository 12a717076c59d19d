"""Rules of following up: what people promised, owe or left unanswered (ACT-06, LOG-03).

Each rule counts what is late in a branch, for one keeper if asked, and names the address of exactly
those rows: the lists that people work with anyway. Objects of later days (a lead, an opportunity:
one action a month) register a rule of their own.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scopes import narrow
from complaints.models import CaseKind
from complaints.selectors.lists import CaseQuery, count_cases
from complaints.states import VIEW as CASES
from core.keyset import Key, Order, Page
from core.paging import count_of, page_of
from core.scope import Scope, scope_of
from customers.models import Activity
from customers.selectors.lists import PERMISSION as CUSTOMERS
from customers.selectors.lists import ListQuery, count_customers
from customers.selectors.rhythm import overdue_condition
from regions.models import OrgUnit

EARLIEST = Order("at", "at", kind="time")


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose work is asked for: a branch (None: all in reach), one person's, and the day."""

    reader: Any
    unit: OrgUnit | None = None
    below: bool = True
    person: User | None = None
    today: dt.date | None = None

    @property
    def day(self) -> dt.date:
        return self.today or timezone.localdate()


@dataclass(frozen=True, slots=True)
class FollowUpRule:
    """A rule: its words, the right whose holders see it, how many rows break it (counted up to a
    cap: number, whether there are more), and where exactly these rows are."""

    key: str
    order: int
    title: str | Promise
    sentence: str | Promise
    right: str
    count: Callable[[Asked], tuple[int, bool]]
    url: Callable[[Asked], str]


RULES: dict[str, FollowUpRule] = {}


def register_rule(rule: FollowUpRule) -> FollowUpRule:
    """Add a rule; the same key again replaces it."""
    RULES[rule.key] = rule
    return rule


def rules_for(reader: Any) -> list[FollowUpRule]:
    """The rules whose rows a reader may see, in order."""
    known = sorted(RULES.values(), key=lambda rule: (rule.order, rule.key))
    return [rule for rule in known if not scope_of(reader, rule.right).nothing]


# --- customers ----------------------------------------------------------------------------------


def _customers(asked: Asked, **more: Any) -> tuple[int, bool]:
    query = ListQuery(
        unit=asked.unit, below=asked.below, keeper=asked.person, today=asked.day, **more
    )
    return count_customers(asked.reader, query)


def _customer_url(asked: Asked, **more: str) -> str:
    return address_of("customers:list", asked, "keeper", **more)


def address_of(name: str, asked: Asked, person: str, **more: str) -> str:
    """A list filtered as asked; `person` is what its filter calls whose work it is."""
    query = dict(more)
    if asked.unit is not None:
        query["unit"] = asked.unit.code
        if not asked.below:
            query["only"] = "on"
    if asked.person is not None:
        query[person] = asked.person.employee_no
    return f"{reverse(name)}?{urlencode(query)}" if query else reverse(name)


register_rule(
    FollowUpRule(
        "contact",
        10,
        _("Contact overdue for the class"),
        _("Customers whose class asks for a contact more often than they had one."),
        CUSTOMERS,
        lambda asked: _customers(asked, overdue=overdue_condition(asked.day)),
        lambda asked: _customer_url(asked, overdue="on", sort="last_contact"),
    )
)
register_rule(
    FollowUpRule(
        "promised",
        20,
        _("Promised contact is due"),
        _("Customers with whom a contact was agreed for today or earlier."),
        CUSTOMERS,
        lambda asked: _customers(asked, due=True),
        lambda asked: _customer_url(asked, due="on"),
    )
)


# --- planned activities -------------------------------------------------------------------------


def late_plans(asked: Asked, now: dt.datetime | None = None) -> list[Any]:
    """Planned activities whose time has passed, one queryset a branch of the reader's reach."""
    scope = scope_of(asked.reader, CUSTOMERS)
    if asked.unit is not None:
        scope = narrow(scope, asked.unit, below=asked.below)
    late = Activity.objects.planned().filter(at__lt=now or timezone.now())
    if asked.person is not None:
        late = late.filter(by=asked.person)
    parts = [
        late.visible_to(Scope(scope.user_id, frozenset({branch})))
        for branch in sorted(scope.branches, key=repr)
    ]
    if scope.own:
        parts.append(late.visible_to(Scope(scope.user_id, own=scope.own)))
    return parts


def late_plan_page(asked: Asked, **cursors: Any) -> Page:
    """One page of them, the longest waiting first."""
    return page_of(late_plans(asked), EARLIEST, _plan_rows, **cursors)


def _plan_rows(keys: Any) -> list[Activity]:
    wanted = [key.pk for key in keys if isinstance(key, Key)]
    found = Activity.objects.select_related("customer", "unit", "by").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


register_rule(
    FollowUpRule(
        "planned",
        30,
        _("Planned activities past due"),
        _("Calls and visits that were planned and neither done nor given up."),
        CUSTOMERS,
        lambda asked: count_of(late_plans(asked)),
        lambda asked: address_of("compliance:late-plans", asked, "person"),
    )
)


# --- inquiries ----------------------------------------------------------------------------------


def _inquiries(asked: Asked) -> tuple[int, bool]:
    query = CaseQuery(
        unit=asked.unit,
        below=asked.below,
        kind=CaseKind.CONSULTATION,
        handler=asked.person,
        overdue=True,
    )
    return count_cases(asked.reader, query)


register_rule(
    FollowUpRule(
        "inquiries",
        40,
        _("Unanswered inquiries"),
        _("Questions of owners and customers whose time to answer has passed."),
        CASES,
        _inquiries,
        lambda asked: address_of(
            "complaints:list", asked, "handler", kind=CaseKind.CONSULTATION, overdue="on"
        ),
    )
)
