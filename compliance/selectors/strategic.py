"""The list of strategic customers and the file of one of them, cut to the reader's reach."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, DateTimeField, Exists, OuterRef, Q, QuerySet, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scopes import narrow
from compliance.agenda import midnight
from compliance.models import (
    Charge,
    CustomerPlan,
    EarlySignal,
    MonthlySummary,
    PlanState,
    ResourceRequest,
    Talk,
)
from compliance.models.rounds import RUN, VIEW
from compliance.models.strategic import RESOURCES_OPEN, strategic_in_reach
from compliance.months import month_end, month_of, months_later
from compliance.selectors.follow_up import Asked, FollowUpRule, address_of, register_rule
from compliance.selectors.owed import Duty, duties, owed, strategic
from core.keyset import Order, Page
from core.paging import page_of_rows
from core.scope import scope_of
from customers.models import Customer
from regions.models import OrgUnit

BY_NAME = Order("name", "pinyin")
SHOWN = 10
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StrategicQuery:
    """The filtered list. Empty fields do not filter. `waiting` asks for those with a plan that
    waits for the market head, `unsummed` for those of whom last month was not summed up."""

    unit: OrgUnit | None = None
    below: bool = True
    person: User | None = None
    text: str = ""
    late: bool = False
    vacant: bool = False
    waiting: bool = False
    unsummed: bool = False
    today: dt.date | None = None


def strategic_customers(user: Any, query: StrategicQuery | None = None) -> QuerySet[Customer]:
    """Strategic customers with a place in reach."""
    wanted = query or StrategicQuery()
    scope = scope_of(user, VIEW)
    if wanted.unit is not None:
        scope = narrow(scope, wanted.unit, below=wanted.below)
    rows = strategic(strategic_in_reach(scope))
    if wanted.person is not None:
        rows = rows.filter(Q(specialist=wanted.person) | Q(contact_leader=wanted.person))
    if wanted.vacant:
        rows = rows.filter(vacant())
    if wanted.waiting:
        plans = CustomerPlan.objects.filter(customer=OuterRef("pk"), state=PlanState.SUBMITTED)
        rows = rows.filter(Exists(plans))
    if wanted.unsummed:
        rows = summaries_missing(rows, last_month(wanted.today))
    if wanted.text:
        rows = rows.filter(Q(name__contains=wanted.text) | Q(code=wanted.text))
    if wanted.late:
        rows = rows.filter(pk__in=late_customers(rows, wanted.today))
    return rows


def vacant() -> Q:
    """Strategic customers who lack specialist or contact leader, or whose one has left (ORG-18)."""
    return (
        Q(specialist=None)
        | Q(contact_leader=None)
        | ~Q(specialist__state="active")
        | ~Q(contact_leader__state="active")
    )


def late_customers(rows: QuerySet[Customer], today: dt.date | None = None) -> list[int]:
    """Those of these customers to whom somebody is late with a contact."""
    found = {duty.customer.pk for duty in owed(list(rows), today) if duty.late}
    return sorted(found)


@dataclass(frozen=True, slots=True)
class StrategicRow:
    """A customer of the list with what is owed to him, the late first."""

    customer: Customer
    owed: list[Duty]


def strategic_page(
    user: Any, query: StrategicQuery, *, after: str = "", before: str = "", size: int = 25
) -> Page:
    """One page by name; the duties of its rows are read together."""
    rows = strategic_customers(user, query)
    page = page_of_rows(rows, BY_NAME, after=after, before=before, size=size)
    by_customer: dict[int, list[Duty]] = {}
    for duty in owed(page.rows, query.today):
        by_customer.setdefault(duty.customer.pk, []).append(duty)
    shown = [StrategicRow(one, by_customer.get(one.pk, [])) for one in page.rows]
    return Page(shown, page.previous, page.next, page.size)


@dataclass(frozen=True, slots=True)
class StrategicFile:
    """All that hangs on one strategic customer: every signal and request that waits for somebody,
    and the newest of what ended (CUS-33)."""

    customer: Customer
    duties: list[Duty]
    plan: CustomerPlan | None
    year: int
    plans: dict[int, CustomerPlan]
    talks: list[Talk] = field(default_factory=list)
    signals: list[EarlySignal] = field(default_factory=list)
    summaries: list[MonthlySummary] = field(default_factory=list)
    requests: list[ResourceRequest] = field(default_factory=list)


def strategic_file(
    user: Any, customer: Customer, today: dt.date | None = None, year: int | None = None
) -> StrategicFile:
    """The file of a customer in reach with the plan of a year (this one), in a fixed number of
    queries."""
    day = today or timezone.localdate()
    year = year or day.year

    def newest(model: Any, *related: str) -> list[Any]:
        rows = model.objects.visible_to(user).filter(customer=customer)
        return list(rows.select_related("by", *related)[:SHOWN])

    def open_first(model: Any, lasting: Q, *related: str) -> list[Any]:
        """All that somebody still has to act on, in the model's order, then the newest ended."""
        rows = model.objects.visible_to(user).filter(customer=customer)
        ended = rows.exclude(lasting).order_by("-created_at", "-pk").values("pk")[:SHOWN]
        ends = Case(When(lasting, then=None), default="created_at", output_field=DateTimeField())
        shown = rows.filter(lasting | Q(pk__in=ended)).select_related("by", *related)
        return list(shown.order_by(ends.desc(nulls_first=True), *model._meta.ordering))

    plans = CustomerPlan.objects.visible_to(user).filter(customer=customer)
    near = plans.filter(year__range=(day.year - 1, day.year + 1))
    by_year = {plan.year: plan for plan in near.select_related("by", "reviewer")}
    return StrategicFile(
        customer,
        duties([customer], day),
        by_year.get(year),
        year,
        by_year,
        newest(Talk, "leader", "host", "place__unit"),
        open_first(EarlySignal, Q(closed_at=None)),
        newest(MonthlySummary),
        open_first(ResourceRequest, Q(state__in=RESOURCES_OPEN), "to"),
    )


def open_requests(today: dt.date | None = None) -> QuerySet[ResourceRequest]:
    """Requests past their day that nobody has provided or refused."""
    return ResourceRequest.objects.filter(
        state__in=RESOURCES_OPEN, needed_by__lt=today or timezone.localdate()
    )


def requests_for_office(office: User) -> QuerySet[ResourceRequest]:
    """What is asked of any department for the strategic customers that the office runs (CUS-33)."""
    rows = ResourceRequest.objects.visible_to(office, RUN).filter(state__in=RESOURCES_OPEN)
    return rows.select_related("customer", "by", "to")


def requests_to(person: User) -> QuerySet[ResourceRequest]:
    """What somebody is asked to provide, the soonest first."""
    return ResourceRequest.objects.filter(to=person, state__in=RESOURCES_OPEN).select_related(
        "customer", "by"
    )


def summaries_missing(rows: QuerySet[Customer], month: dt.date) -> QuerySet[Customer]:
    """Those of some strategic customers whose specialist has not summed up a month (its first
    day), though he was in charge by its end (ACT-02)."""
    end = month_end(month)
    written = MonthlySummary.objects.filter(customer=OuterRef("pk"), month=month)
    later = Charge.objects.filter(customer=OuterRef("pk"), specialist_since__gt=end)
    rows = rows.filter(specialist__isnull=False, created_at__lt=midnight(end + ONE_DAY))
    return rows.filter(~Exists(written), ~Exists(later))


def last_month(today: dt.date | None = None) -> dt.date:
    """The first day of the month that ended last."""
    return months_later(month_of(today or timezone.localdate()), -1)


def _late_customers(asked: Asked) -> tuple[int, bool]:
    query = StrategicQuery(asked.unit, asked.below, asked.person, today=asked.today)
    return len(late_customers(strategic_customers(asked.reader, query), asked.today)), False


register_rule(
    FollowUpRule(
        "strategic",
        5,
        _("Contact with strategic customers late"),
        _("Strategic customers whom specialist or leaders owe a contact since the last period."),
        VIEW,
        _late_customers,
        lambda asked: address_of("compliance:strategic", asked, "person", late="on"),
    )
)


def _unsummed(asked: Asked) -> tuple[int, bool]:
    query = StrategicQuery(asked.unit, asked.below, asked.person, unsummed=True, today=asked.today)
    return strategic_customers(asked.reader, query).count(), False


register_rule(
    FollowUpRule(
        "summaries",
        6,
        _("Month-end summaries missing"),
        _("Strategic customers whose specialist has not summed up last month."),
        VIEW,
        _unsummed,
        lambda asked: address_of("compliance:strategic", asked, "person", unsummed="on"),
    )
)
