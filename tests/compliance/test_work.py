"""What compliance gives people to do goes to others with their work (ACC-16, ACC-07)."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import HandOver, HandOverCause, Outcome, UserState, WorkLeft
from accounts.services import (
    carry_out,
    close_leaver,
    draft_hand_over,
    find_work_left,
    open_work,
    undo_hand_over,
)
from compliance.checks import World as Organisation
from compliance.checks import run
from compliance.models import (
    Charge,
    Finding,
    Inspection,
    InspectionPoint,
    ResourceRequest,
    RuleDocument,
    Talk,
)
from compliance.services.rules import save_rule
from core.errors import Refused
from customers.models import Customer
from tests.factories import give, make_finding, make_strategic, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
KINDS = {
    "compliance.contact_leader",
    "compliance.finding",
    "compliance.point",
    "compliance.resource",
    "compliance.rule",
    "compliance.specialist",
    "compliance.talk",
}
YEAR_AGO = dt.date(2025, 11, 3)


@pytest.fixture
def full(world):
    """The north's clerk holds one of each: he is specialist of one customer, leader of another."""
    clerk, today = world.north_clerk, timezone.localdate()
    give(clerk, "section-head", world.n1a)
    make_strategic(unit=world.n1a, by=clerk, leader=world.north_head, word="战略")
    make_strategic(unit=world.n1b, by=world.north_head, leader=clerk, word="重点")
    Charge.objects.update(specialist_since=YEAR_AGO, leader_since=YEAR_AGO)
    make_finding(unit=world.n1a, owner=clerk)
    seen = Inspection(inspected_on=today, summary="巡查", place="大门", by=world.north_head)
    seen.place_in(world.n1b)
    seen.save()
    InspectionPoint.objects.create(inspection=seen, text="灯坏了", owner=clerk, due_on=today)
    save_rule(
        by=None, unit=world.north, title="回访办法", applies_to="北方", department="客户部",
        interpreted_by="客户部", keeper=clerk, next_review_on=today + dt.timedelta(days=30),
    )  # fmt: skip
    world.people["first"] = make_user(unit=world.n1a, no="N-FIRST")
    give(world.first, "section-head", world.north)
    return world


def mine(person):
    """Kind → units of what somebody holds, of the kinds told here."""
    return {kind: set(units) for kind, units in open_work(person).items() if kind in KINDS}


def holders():
    """The one holder of each kind."""
    pair = Customer.objects.filter(name="战略集团"), Customer.objects.filter(name="重点集团")
    return {
        "finding": Finding.objects.get(rule="TESTS").owner,
        "point": InspectionPoint.objects.get().owner,
        "resource": ResourceRequest.objects.get(content="战略").to,
        "rule": RuleDocument.objects.get().keeper,
        "specialist": pair[0].get().specialist,
        "contact_leader": pair[1].get().contact_leader,
        "talk": Talk.objects.get(purpose="重点").leader,
    }


def since():
    rows = Charge.objects.order_by("customer__name")
    return list(rows.values_list("specialist_since", "leader_since"))


def plan(world, **more):
    values = {"to": [world.first], "cause": HandOverCause.LEAVING} | more
    return draft_hand_over(by=None, giver=world.north_clerk, **values)


def test_each_kind_lies_where_it_belongs(full):
    assert mine(full.north_clerk) == {
        "compliance.finding": {full.n1a.pk},
        "compliance.point": {full.n1b.pk},
        "compliance.resource": {full.n1a.pk},
        "compliance.rule": {full.north.pk},
        "compliance.specialist": {full.n1a.pk},
        "compliance.contact_leader": {full.n1b.pk},
        "compliance.talk": {full.n1b.pk},
    }


def test_all_of_it_goes_to_others_and_comes_back(full):
    clerk, today = full.north_clerk, timezone.localdate()
    with pytest.raises(Refused, match="still holds"):
        close_leaver(clerk, by=None)

    done = carry_out(plan(full), by=None)

    assert set(holders().values()) == {full.first}
    assert mine(clerk) == {}
    assert since() == [(today, YEAR_AGO), (YEAR_AGO, today)]
    undo_hand_over(done, by=None)
    assert set(holders().values()) == {clerk}
    assert set(done.items.values_list("outcome", flat=True)) == {Outcome.RETURNED}
    carry_out(plan(full), by=None)
    assert close_leaver(clerk, by=None).state == UserState.LEFT


def test_what_is_done_is_nobodys_work_any_more(full):
    Finding.objects.update(state="closed", closed_on=timezone.localdate())
    InspectionPoint.objects.update(state="mended", mended_at=timezone.now())
    ResourceRequest.objects.update(state="done")
    RuleDocument.objects.update(is_retired=True)
    Customer.objects.update(level="重点客户")
    Talk.objects.update(state="cancelled")

    assert mine(full.north_clerk) == {}


def test_the_finding_about_a_leaver_names_it(full):
    type(full.north_clerk).objects.filter(pk=full.north_clerk.pk).update(state=UserState.LEFT)

    held = next(iter(run(Organisation(), ["ACC-07"]))).breach.evidence["held"]
    assert {kind: held[kind] for kind in held.keys() & KINDS} == dict.fromkeys(KINDS, 1)
    find_work_left()
    assert set(WorkLeft.objects.values_list("kind", flat=True)) >= KINDS


def test_one_person_is_not_made_both_of_a_pair(full):
    """The head is the contact leader of the customer whose specialist leaves."""
    before = holders()

    with pytest.raises(Refused, match="specialist and contact leader of 战略集团"):
        carry_out(plan(full, to=[full.north_head]), by=None)

    assert holders() == before


def test_a_specialist_must_be_able_to_log_contacts_there(full):
    stranger = make_user(unit=full.n1a, role=None, no="N-IDLE")

    with pytest.raises(Refused):
        carry_out(plan(full, to=[stranger]), by=None)


def test_a_customer_without_a_place_does_not_hold_a_leaver_back(full):
    lost = Customer.objects.get(name="重点集团")
    lost.places.all().delete()
    Charge.objects.filter(customer=lost).update(unit=None)
    assert mine(full.north_clerk)["compliance.contact_leader"] == {full.group.pk}

    carry_out(plan(full), by=None)

    lost.refresh_from_db()
    assert lost.contact_leader == full.first


def test_the_guided_step_counts_it_and_shows_only_what_is_there(full, client):
    client.force_login(full.north_head)

    answer = client.get(reverse("accounts:person-leave", args=["N-CLERK"]))

    shown = answer.context["table"].filled
    with translation.override("en"):
        counted = dict(zip(map(str, shown.titles), shown.totals, strict=True))
    assert counted["Findings to mend"] == 1
    assert 0 not in shown.totals
    with translation.override("zh-hans"):
        heads = [f'class="crm-num">{title}</th>' for title in answer.context["table"].titles]
    page = answer.content.decode()
    assert sum(head in page for head in heads) == len(shown.titles)


def test_a_head_undoes_within_his_reach(full):
    done = carry_out(plan(full), by=None)

    with pytest.raises(Refused, match="outside your reach"):
        undo_hand_over(done, by=full.south_head)

    assert HandOver.objects.get(pk=done.pk).state == "done"
    undo_hand_over(done, by=full.north_head)
    assert set(holders().values()) == {full.north_clerk}
