"""Disagreements of strategic customers: 24 hours for the committee (CMP-02, CMP-06)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import UserState
from complaints.models import CaseKind, Deadline, EscalationStep, Level
from complaints.services import escalate, make_move
from complaints.services.classes import change_class
from core.errors import Refused
from core.models import Notice
from customers.models import STRATEGIC, Customer
from regions.policies.types import Span
from tests.complaints.cases import fresh
from tests.factories import make_case, make_customer, make_post, make_user, say

pytestmark = pytest.mark.django_db

COMMITTEE = "客户管理委员会"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def staffed(world):
    """A strategic customer with its specialist and leader; a committee of the group."""
    for name in ("specialist", "leader", "member"):
        world.people[name] = make_user(unit=world.group, role="group-management", no=f"Z-{name}")
    make_post(user=world.member, unit=world.group, function=COMMITTEE)
    firm = make_customer(
        unit=world.n1a, kind="organisation", level=STRATEGIC, contact_leader=world.leader
    )
    Customer.objects.filter(pk=firm.pk).update(specialist=world.specialist)
    world.people["firm"] = Customer.objects.get(pk=firm.pk)
    return world


def grave() -> Level:
    return Level.objects.get(name="重大投诉")


def owed(case) -> Deadline:
    return Deadline.objects.get(case=case, kind="committee")


def told() -> list[str]:
    rows = Notice.objects.filter(kind="complaints.escalated").select_related("user")
    return sorted(row.user.employee_no for row in rows)


def disagreed(world, **values):
    case = make_case(unit=world.n1a, customer=world.firm, handler=world.north_clerk, **values)
    return make_move(case, "disagree", by=world.north_clerk, text="对结算有重大分歧")


def test_a_disagreement_gives_the_committee_a_day_and_tells_three_at_once(staffed):
    case = disagreed(staffed)
    limit = owed(case)
    assert limit.due_at - limit.starts_at == timedelta(hours=24)

    escalate(limit.starts_at + MINUTE)
    escalate(limit.starts_at + 2 * MINUTE)
    assert told() == ["Z-LEADER", "Z-MEMBER", "Z-SPECIALIST"]  # once
    escalate(limit.due_at - timedelta(hours=4))
    assert told().count("Z-MEMBER") == 2


def test_the_committee_records_its_reaction_and_nobody_else(staffed, client):
    case = disagreed(staffed)
    for who in (staffed.north_clerk, staffed.north_head, staffed.leader):
        with pytest.raises(Refused):
            make_move(case, "react", by=who, text="已安排拜访")
    client.force_login(staffed.member)
    address = reverse("complaints:move", args=[case.pk, "react"])
    assert address in client.get(case.get_absolute_url()).content.decode()
    sent = client.post(address, {"version": fresh(case).version, "text": "由总经理拜访客户"})

    assert sent.status_code == 302
    assert owed(case).met_at is not None
    assert not owed(case).steps.filter(taken_at=None).exists()
    with pytest.raises(Refused):
        make_move(case, "react", by=staffed.member, text="再次")
    clock = client.get(reverse("complaints:clock", args=[case.pk])).content.decode()
    assert "委员会" in clock


def test_the_nearest_committee_up_the_tree_is_asked(staffed):
    near = make_user(unit=staffed.north, role="section-head", no="Z-NEAR")
    make_post(user=near, unit=staffed.north, function=COMMITTEE)
    case = disagreed(staffed)

    escalate(owed(case).starts_at + MINUTE)

    assert told() == ["Z-LEADER", "Z-NEAR", "Z-SPECIALIST"]
    with pytest.raises(Refused):
        make_move(case, "react", by=staffed.member, text="已安排")
    make_move(case, "react", by=near, text="已安排")


def test_vacant_posts_pass_on(staffed):
    region = make_user(unit=staffed.north, role="section-head", no="Z-REGION")
    make_post(user=region, unit=staffed.north, function="客户关系中心(部)负责人")
    duty = make_user(unit=staffed.group, role="group-management", no="Z-DUTY")
    make_post(user=duty, unit=staffed.group, function="投诉管理及舆情对接")
    for person in (staffed.member, staffed.leader, staffed.specialist):
        type(person).objects.filter(pk=person.pk).update(state=UserState.LEFT)
    case = disagreed(staffed)

    escalate(owed(case).starts_at + MINUTE)

    steps = EscalationStep.objects.filter(deadline=owed(case)).exclude(taken_at=None)
    found = {step.relation: step.told for step in steps}
    assert found["contact_leader"] == [region.pk]
    assert found["committee"] == [duty.pk]
    assert all(step.passed_over for step in steps)
    make_move(case, "react", by=duty, text="集团值班先行答复")  # in the committee's place


def test_a_serious_complaint_of_a_strategic_customer_is_one_by_itself(staffed):
    given = {"unit": staffed.n1a, "customer": staffed.firm, "handler": staffed.north_clerk}
    assert owed(make_case(**given, level=grave())).due_at is not None
    for values in (
        given | {"level": grave(), "kind": CaseKind.CONSULTATION},
        given | {"level": Level.objects.get(name="一般投诉")},
        given | {"level": grave(), "customer": make_customer(unit=staffed.n1a)},
    ):
        case = make_case(**values)
        assert not Deadline.objects.filter(case=case, kind="committee").exists()

    plain = make_case(**given)
    change_class(plain, level=grave(), by=None, text="媒体关注")
    assert owed(plain).met_at is None
    change_class(plain, level=Level.objects.get(name="一般投诉"), by=None)
    assert owed(plain).met_at is None  # what was reported stays


def test_only_matters_of_strategic_customers_go_to_the_committee_and_once(staffed):
    plain = make_case(unit=staffed.n1a, handler=staffed.north_clerk)
    with pytest.raises(Refused):
        make_move(plain, "disagree", by=None, text="分歧")
    case = disagreed(staffed)
    with pytest.raises(Refused):
        make_move(case, "disagree", by=staffed.north_clerk, text="分歧")


def test_the_span_is_a_rule_and_a_ladder_without_the_committee_has_its_steps(staffed):
    say(staffed.group, "complaints.committee_reaction", Span(2, "hours"))
    say(staffed.group, "complaints.ladder", ())
    case = disagreed(staffed)

    assert owed(case).due_at - owed(case).starts_at == timedelta(hours=2)
    assert owed(case).steps.count() == 5


def test_a_case_that_is_closed_waits_for_no_committee(staffed):
    case = disagreed(staffed)
    for name, facts in (
        ("accept", {}),
        ("start", {}),
        ("resolve", {"resolution": "已补"}),
        ("call_back", {"outcome": "satisfied", "rating": 5}),
    ):
        make_move(case, name, by=None, **facts)
    assert fresh(case).next_due_kind == "committee"
    make_move(case, "close", by=staffed.north_head)

    assert owed(case).dropped
    assert (fresh(case).next_due_at, escalate(timezone.now() + timedelta(days=9)).steps) == (
        None,
        0,
    )
