"""What subjects of built reports tell: worked-out columns, shares and medians, names that meet."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from complaints.models import Case, CostLine, Deadline
from compliance.models import LogInDay
from customers.models import Customer, CustomerUnit
from regions.models import OrgUnit
from reports.builder import query
from reports.builder.definitions import read
from reports.builder.query import all_rows, group_table, list_page
from reports.builder.registry import SUBJECTS
from tests.factories import (
    make_activity,
    make_case,
    make_customer,
    make_finding,
    make_money,
    make_ownership,
    make_property,
    make_response,
    make_wave,
)

pytestmark = pytest.mark.django_db


def ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


def whole(user: Any, subject: str, *measures: str, by: str = "project", **more: Any) -> dict:
    """Group → its measures."""
    asked = {"subject": subject, "groups": [by], "measures": [*measures]} | more
    return {row[0]: row[1:] for row in group_table(read(asked), user).rows}


def only(field: str, *words: Any) -> dict[str, Any]:
    return {"filters": [{"field": field, "op": "in", "value": [*words]}]}


# --- cases ----------------------------------------------------------------------------------------


@pytest.fixture
def cases(world):
    """In the north one over its limit, one that runs, one resolved after 2 days and reopened; in
    the south one over its limit."""
    made = [make_case(unit=unit) for unit in (world.n1a, world.n1a, world.n1a, world.s1a)]
    for case, due in zip(made, (ago(1), ago(-1), None, ago(1)), strict=True):
        Case.objects.filter(pk=case.pk).update(next_due_at=due, taken_in_at=ago(4))
    Case.objects.filter(pk=made[2].pk).update(
        state="closed", resolved_at=ago(2), closed_at=ago(1), round=2, rating=4
    )
    CostLine.objects.create(case=made[2], kind="other", amount=Decimal("12.50"), bearer="company")
    return made


def test_the_share_overdue_is_one_of_open_cases_and_of_ones_own_branch(world, cases):
    told = whole(world.boss, "cases", "rate:overdue", "count", "rate:open")

    assert told == {world.n1a.name: (0.5, 3, 2 / 3), world.s1a.name: (1.0, 1, 1.0)}
    assert whole(world.north_head, "cases", "rate:overdue") == {world.n1a.name: (0.5,)}


def test_overdue_cases_are_listed_with_their_limit(world, cases):
    asked = {"subject": "cases", "columns": ["number", "due_at", "overdue", "age"]}
    [row] = list_page(read(asked | only("overdue", True)), world.north_head).rows

    assert row[0] == cases[0].number
    assert row[2:] == ("是", 4.0)


def test_days_and_costs_and_medians(world, cases):
    extra = make_case(unit=world.n1a)
    Case.objects.filter(pk=extra.pk).update(
        state="closed", taken_in_at=ago(11), resolved_at=ago(1), closed_at=ago(0)
    )
    told = ("mean:resolution_days", "median:resolution_days", "sum:costs", "rate:reopened")
    again = make_case(unit=world.n1a)
    Case.objects.filter(pk=again.pk).update(taken_in_at=ago(3), resolved_at=ago(0))

    [north] = whole(world.north_head, "cases", *told).values()
    assert north == (5.0, 3.0, Decimal("12.50"), 0.2)


def test_limits_kept_are_those_of_the_figures(world, cases):
    Deadline.objects.filter(case__in=cases).delete()
    for case, met in ((cases[0], ago(3)), (cases[1], None)):
        Deadline.objects.create(
            case=case, kind="first_contact", starts_at=ago(4), amount=1, unit_of_time="hours",
            due_at=ago(3.5 if case == cases[1] else 2), met_at=met,
        )  # fmt: skip

    told = whole(world.north_head, "cases", "rate:response_kept", "count")
    assert told == {world.n1a.name: (0.5, 3)}
    kept = {"subject": "cases", "columns": ["number"]} | only("response_kept", True)
    assert list_page(read(kept), world.north_head).rows == [(cases[0].number,)]


# --- customers, properties, activities ------------------------------------------------------------


def test_customers_by_stage_business_type_and_nature(world):
    today = timezone.localdate()
    company = make_customer(unit=world.n1a, kind="organisation")
    Customer.objects.filter(pk=company.pk).update(business_type="餐饮", nature="民营")
    owner = make_customer(unit=world.n1a)
    flat = make_property(unit=world.n1a)
    make_ownership(customer=owner, flat=flat, handed_over_on=today - timedelta(days=500))
    make_customer(unit=world.s1a)

    assert whole(world.north_head, "customers", "count", by="business_type") == {
        "餐饮": (1,),
        "未填写": (1,),
    }
    asked = {"subject": "customers", "columns": ["code", "stage", "nature", "properties"]}
    rows = {row[0]: row[1:] for row in list_page(read(asked), world.north_head).rows}
    assert rows == {company.code: (None, "民营", 0), owner.code: ("稳定期", "", 1)}
    stable = {"subject": "customers", "columns": ["code"]} | only("stage", "stable")
    assert list_page(read(stable), world.boss).rows == [(owner.code,)]


def test_whom_nobody_keeps_and_how_long_nobody_asked(world):
    kept = make_customer(unit=world.n1a, keeper=world.north_clerk)
    make_customer(unit=world.n1a)
    CustomerUnit.objects.filter(customer=kept).update(
        last_contact_at=ago(30), contacted=True, next_contact_on=timezone.localdate()
    )
    CustomerUnit.objects.exclude(customer=kept).update(last_contact_at=ago(10))

    told = ("rate:unkept", "rate:contacted", "median:quiet", "rate:due")
    assert whole(world.north_head, "customers", *told) == {world.n1a.name: (0.5, 0.5, 20.0, 1.0)}


def test_properties_with_owners(world):
    owned, _empty = make_property(unit=world.n1a), make_property(unit=world.n1a)
    day = timezone.localdate()
    for _number in range(2):
        make_ownership(
            customer=make_customer(unit=world.n1a), flat=owned, handed_over_on=day, signed_on=day
        )

    told = ("rate:owned", "sum:owners", "count")
    assert whole(world.north_head, "properties", *told) == {world.n1a.name: (0.5, 2, 2)}
    by_year = whole(world.north_head, "properties", "count", by="handed_over_on:year")
    assert by_year == {str(day.year): (1,), "未填写": (1,)}


def test_plans_that_passed(world):
    customer = make_customer(unit=world.n1a)
    for days, state in ((2, "planned"), (-2, "planned"), (2, "done")):
        make_activity(customer=customer, by=world.north_clerk, at=ago(days), state=state)

    told = whole(world.north_head, "activities", "rate:plan_overdue", "rate:touch")
    assert told == {world.n1a.name: (0.5, 1 / 3)}


# --- expenses, duty, findings, answers ------------------------------------------------------------


def test_what_is_approved_and_not_paid(world):
    paper = make_money(unit=world.n1a, by=world.north_clerk)
    type(paper).objects.filter(pk=paper.pk).update(
        state="approved",
        approved_amount=300,
        paid_amount=100,
        evidence_due_on=timezone.localdate() - timedelta(days=1),
    )
    told = whole(
        world.boss, "expenses", "sum:unpaid", "rate:evidence_late", **only("state", "approved")
    )
    assert told == {world.n1a.name: (Decimal("200.00"), 1.0)}


def test_the_duty_kept_is_a_share_of_days_with_a_duty_by_region(world):
    day = timezone.localdate()
    for number, reason in enumerate(("met", "missed", "leave")):
        LogInDay.objects.create(
            person=world.north_clerk, unit=world.n1a, day=day - timedelta(days=number),
            reason=reason, working=True, log_ins=0, needed=1,
        )  # fmt: skip

    told = whole(world.boss, "log-ins", "rate:kept", "count", by="region")
    assert told == {world.north.name: (0.5, 3)}


def test_findings_that_are_overdue(world):
    day = timezone.localdate()
    for due in (day - timedelta(days=1), day):
        make_finding(unit=world.n1a, key=str(due), due_on=due, opened_on=day - timedelta(days=4))

    told = whole(world.boss, "findings", "rate:overdue", "median:days")
    assert told == {world.n1a.name: (0.5, 4.0)}


def test_shares_of_few_answers_are_hidden_as_means_are(world):
    wave = make_wave(unit=world.group)
    for unit, count in ((world.n1a, 3), (world.n1b, 40), (world.s1a, 40)):
        for number in range(count):
            make_response(wave=wave, unit=unit, recommendation=10 if number % 2 else 5)
    alone = {"filters": [{"field": "wave", "op": "is", "value": wave.code}]}

    told = whole(world.boss, "answers", "rate:promoter", "median:recommendation", **alone)
    assert told[world.n1a.name] == (query.HIDDEN, query.HIDDEN)
    assert [told[world.s1a.name][0], told[world.n1b.name][0]].count(query.HIDDEN) == 1
    assert 0.5 in [row[0] for row in told.values()]


# --- names that meet ------------------------------------------------------------------------------


def test_two_people_and_two_units_of_one_name_are_two_groups(world):
    User.objects.filter(pk__in=(world.north_clerk.pk, world.north_head.pk)).update(name="张伟")
    OrgUnit.objects.filter(pk__in=(world.n1a.pk, world.n1b.pk)).update(name="一期")
    make_customer(unit=world.n1a, keeper=world.north_clerk)
    make_customer(unit=world.n1b, keeper=world.north_head)
    make_customer(unit=world.s1a, keeper=world.south_head)

    people = whole(world.boss, "customers", "count", by="keeper")
    assert people == {
        f"张伟 {world.north_clerk.employee_no}": (1,),
        f"张伟 {world.north_head.employee_no}": (1,),
        world.south_head.name: (1,),
    }
    units = whole(world.boss, "customers", "count", by="unit")
    assert set(units) == {f"一期 {world.n1a.code}", f"一期 {world.n1b.code}", world.s1a.name}


# --- bounds ---------------------------------------------------------------------------------------


def made() -> list[tuple[str, str]]:
    return [(key, one.key) for key, sub in SUBJECTS.items() for one in sub.fields if one.made]


def test_worked_out_columns_narrow_and_are_written_in_chunks(world, monkeypatch):
    """A chunk works them out for its own rows alone; none is lost between two."""
    for number in range(5):
        case = make_case(unit=world.n1a)
        Case.objects.filter(pk=case.pk).update(round=number % 2 + 1)
    monkeypatch.setattr(query, "CHUNK", 2)
    asked = {"subject": "cases", "columns": ["number", "reopened"]}

    assert len(list(all_rows(read(asked), world.north_head))) == 5
    assert len(list(all_rows(read(asked | only("reopened", True)), world.north_head))) == 2


def test_every_worked_out_column_says_what_kind_it_is():
    kinds = {SUBJECTS[subject].by_key[key].kind for subject, key in made()}

    assert len(made()) > 25
    assert kinds == {"bool", "number", "integer", "money", "date", "choice", "text"}
    paths = [SUBJECTS[subject].by_key[key].path for subject, key in made()]
    assert all(path.startswith("made_") for path in paths)
