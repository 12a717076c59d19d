"""A group full of figures, and the same figures counted a second time without SQL."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from complaints.models import Case, CaseKind, Deadline, Level
from complaints.states import OPEN
from compliance.models import Finding, LogInDay
from customers.models import Activity, CustomerUnit, Loss, Ownership
from customers.selectors.rhythm import overdue_condition
from expenses.models import Budget, LedgerEntry
from regions.models import ChangeKind, OrgUnit
from regions.services import apply_change, approve_change, draft_change, propose_change
from reports.metrics.registry import METRICS
from reports.metrics.rollups import take_snapshots
from reports.models import Rollup
from tests.factories import (
    World,
    make_activity,
    make_case,
    make_customer,
    make_finding,
    make_loss,
    make_money,
    make_ownership,
    make_property,
)

PROJECTS = ("n1a", "n1b", "s1a")


def fill(world: World) -> None:
    """Something of every metric in three projects, more of it in the south, this month and the one
    before."""
    today = timezone.localdate()
    before = days_ago(today.day + 8)  # in the month before
    OrgUnit.objects.filter(pk__in=[world.units[name].pk for name in PROJECTS[1:]]).update(
        households=600  # nobody entered those of the first
    )
    for number, name in enumerate(PROJECTS, 1):
        unit, clerk = world.units[name], _clerk(world, name)
        for place in range(number + 1):
            customer = make_customer(unit=unit, by=clerk, keeper=clerk if place else None)
            make_activity(customer=customer, by=clerk)
            make_activity(customer=customer, by=clerk, kind="visit", at=before)
            make_activity(customer=customer, by=clerk, kind="note")
            make_activity(customer=customer, by=clerk, state="planned")
            flat = make_property(unit=unit, building=str(10 * number + place), room="101")
            make_ownership(
                customer=customer,
                flat=flat,
                signed_on=today - dt.timedelta(days=400),
                handed_over_on=today - dt.timedelta(days=100),
                valid_until=None if place else today,
            )
            if place:
                lost_on = timezone.localdate(this_month(place))
                make_loss(customer=customer, unit=unit, by=clerk, lost_on=lost_on)
        CustomerUnit.objects.filter(unit=unit).exclude(keeper=None).update(
            level="重要", last_contact_at=days_ago(300)
        )
        _cases(unit, clerk, number)
        make_money(unit=unit, by=clerk)
        make_finding(unit=unit)
        make_finding(unit=unit, state="closed", rule="GONE", closed_on=today)
        _days(clerk, unit, today, number)


def _clerk(world: World, name: str) -> Any:
    return world.north_clerk if name.startswith("n") else world.south_clerk


def days_ago(days: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


def this_month(days: int) -> dt.datetime:
    """A moment so many days ago, or the first of this month where it is not as old."""
    first = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return max(days_ago(days), first)


def _cases(unit: OrgUnit, clerk: Any, number: int) -> None:
    level = Level.objects.order_by("pk").first()
    for place in range(number + 2):
        case = make_case(unit=unit, level=level if place else None)
        if place == 0:
            Case.objects.filter(pk=case.pk).update(
                next_due_at=days_ago(1), taken_in_at=days_ago(5), handler=clerk
            )
            Deadline.objects.filter(case=case).update(due_at=this_month(2))
        if place == 1:
            Case.objects.filter(pk=case.pk).update(
                state="closed", closed_at=timezone.now(), resolved_at=timezone.now()
            )
            Deadline.objects.filter(case=case).update(met_at=this_month(1), due_at=timezone.now())
    make_case(unit=unit, kind=CaseKind.REPAIR)


def _days(person: Any, unit: OrgUnit, today: dt.date, number: int) -> None:
    LogInDay.objects.bulk_create(
        LogInDay(
            person=person,
            day=today - dt.timedelta(days=back + 10 * number),
            unit=unit,
            reason="met" if back % 3 else "missed",
            working=True,
            log_ins=1,
            needed=1,
        )
        for back in range(9)
    )


def plainly(
    units: set[int], first: dt.date, last: dt.date, reader: Any = None
) -> dict[str, Decimal | None]:
    """Metric → its figure over units, counted row by row; of what a reader may see, or of all."""

    def here(rows: Any) -> list[Any]:
        found = [row for row in rows if row.unit_id in units]
        if reader is None:
            return found
        seen = set(rows.model.objects.visible_to(reader).values_list("pk", flat=True))
        return [row for row in found if row.pk in seen]

    def within(moment: Any) -> bool:
        if isinstance(moment, dt.datetime):
            moment = timezone.localdate(moment)
        return moment is not None and first <= moment <= last

    places, cases = here(CustomerUnit.objects.all()), here(Case.objects.all())
    complaints = [case for case in cases if case.kind == "complaint"]
    still = [case for case in complaints if case.state in OPEN]
    late = set(CustomerUnit.objects.filter(overdue_condition()).values_list("pk", flat=True))
    done = [one for one in here(Activity.objects.all()) if one.state == "done"]
    days = [day for day in here(LogInDay.objects.all()) if within(day.day)]
    money = [row for row in here(LedgerEntry.objects.all()) if within(row.booked_on)]
    budgets = here(Budget.objects.filter(year=timezone.localdate().year))
    used = sum(row.reserved + row.committed + row.spent for row in budgets)
    counts = {
        "customers": len(places),
        "owners": sum(bool(row.signed_on or row.handed_over_on) for row in places),
        "customers_new": sum(within(row.created_at) for row in places),
        "owners_lost": sum(within(row.valid_until) for row in here(Ownership.objects.all())),
        "customers_lost": sum(within(row.lost_on) for row in here(Loss.objects.all())),
        "contacts": sum(one.kind != "note" and within(one.at) for one in done),
        "contacts_overdue": sum(row.pk in late for row in places),
        "complaints_opened": sum(within(case.taken_in_at) for case in complaints),
        "complaints_closed": sum(within(case.closed_at) for case in complaints),
        "cases_closed": sum(within(case.closed_at) for case in cases),
        "complaints_open": len(still),
        "complaints_age": len(still),
        "complaints_late": sum(
            bool(case.next_due_at and case.next_due_at <= timezone.now()) for case in still
        ),
        "expenses_paid": sum(row.paid for row in money),
        "findings": sum(row.state != "closed" for row in here(Finding.objects.all())),
    }
    return {key: Decimal(value) for key, value in counts.items()} | {
        "budget_used": _part(used, sum(row.allotted - row.handed_down for row in budgets)),
        "log_in_rate": _part(sum(day.reason == "met" for day in days), len(days)),
        **_on_time([case for case in cases if within(case.taken_in_at)]),
        **_told_of_stocks(units, first, counts, complaints, within),
    }


def _told_of_stocks(
    units: set[int], first: dt.date, counts: dict, complaints: list, within: Any
) -> dict[str, Decimal | None]:
    """Rates of a month that runs: households are known since today, the customers of
    the end of the month before are those that `close_before` kept."""
    homes = {one.pk: one.households or 0 for one in OrgUnit.objects.filter(pk__in=units)}
    projects = {one.pk for one in OrgUnit.objects.filter(pk__in=units, kind="project")}
    housed = sum(
        within(case.taken_in_at) and (case.unit_id not in projects or homes[case.unit_id] > 0)
        for case in complaints
    )
    runs = first == timezone.localdate().replace(day=1)
    rate = _part(1000 * housed, sum(homes.values())) if runs else None
    month = (first - dt.timedelta(days=1)).replace(day=1)
    kept = Rollup.objects.filter(metric="customers", grain="month", starts_on=month)
    there = kept.filter(unit__in=units).aggregate(sum=Sum("numerator"))["sum"]
    grown = counts["customers_new"] - counts["customers_lost"]
    return {
        "households": Decimal(sum(homes.values())),
        "complaint_rate": rate,
        "customer_growth": _part(grown, there) if runs else None,
    }


def close_before() -> None:
    """Keep the customers of now as those of the end of the month before."""
    today = timezone.localdate()
    take_snapshots(today.replace(day=1) - dt.timedelta(days=1), [METRICS["customers"]])


def _part(part: Any, whole: Any) -> Decimal | None:
    return Decimal(part) / Decimal(whole) if whole else None


def _on_time(cases: list[Case]) -> dict[str, Decimal | None]:
    """By the stored limits: what was met, or fell due before this midnight."""
    now = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    kept: dict[tuple[int, str], list[bool | None]] = defaultdict(list)
    for one in Deadline.objects.filter(case__in=cases, dropped=False):
        verdict = None
        if one.met_at is not None:
            verdict = one.due_at is not None and one.met_at <= one.due_at
        elif one.due_at is not None and one.due_at < now:
            verdict = False
        kept[one.case_id, one.kind].append(verdict)
    found = {}
    for metric, limit in (
        ("response_on_time", "first_contact"),
        ("completion_on_time", "resolution"),
    ):
        verdicts = [
            all(one for one in several if one is not None)
            for (_case, kind), several in kept.items()
            if kind == limit and any(one is not None for one in several)
        ]
        found[metric] = _part(sum(verdicts), len(verdicts))
    return found


def carry_out(kind: ChangeKind, **given: Any) -> None:
    """A change of the organisation, as the operator makes it today."""
    change = draft_change(
        by=None,
        kind=kind,
        effective_on=timezone.localdate(),
        reason="组织调整",
        payload=given.pop("payload", {}),
        unit=given.get("unit"),
        target=given.get("target"),
    )
    apply_change(approve_change(propose_change(change, by=None), by=None), by=None)
