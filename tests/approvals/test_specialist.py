"""The marketing specialist of a strategic customer: an opinion at the set-up, a veto at the bid
(WF-06, OPP-07, OPP-08, ACC-15)."""

import pytest
from django.urls import reverse

from approvals.models import Approval, RequestState, Task, TaskState
from approvals.services import approve, reject
from approvals.services.requests import submit_request, write_request
from core.errors import Refused
from customers.models import Customer
from tests.approvals.flows import open_names, task_of
from tests.factories import make_customer, make_post, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(world):
    """A customer of the north, looked after by somebody of the south; who decides after him."""
    specialist = make_user(unit=world.s1, role="staff", no="P-SPECIALIST")
    manager = make_user(unit=world.group, role="group-function", no="P-MANAGER")
    make_post(user=manager, unit=world.group, function="总经理")
    make_post(user=world.north_head, unit=world.n1a, function="项目客户关系负责人")
    customer = make_customer(
        unit=world.n1a, kind="organisation", name="战略一号", code="Z1", keeper=world.north_clerk
    )
    Customer.objects.filter(pk=customer.pk).update(specialist=specialist)
    return specialist, manager


def hand_in(world, stage, code="Z1"):
    values = {"customer": code, "project_stage": stage, "reason": "方案"}
    paper = write_request(
        form="strategic_project", title="一号地块", values=values, by=world.north_clerk
    )
    return paper, submit_request(paper, by=world.north_clerk)


@pytest.mark.parametrize("stage", ["投标", "人员配备计划", "资金安排使用计划", "商务策划"])
def test_his_no_ends_the_bid_and_the_plans(world, cast, stage):
    specialist, manager = cast
    paper, approval = hand_in(world, stage)
    assert open_names(approval) == ["P-SPECIALIST"]
    reject(task_of(approval, specialist), by=specialist, comment="报价低于成本")
    paper.refresh_from_db()
    assert paper.state == RequestState.REJECTED
    assert Approval.objects.get(pk=approval.pk).state == "rejected"
    assert not Task.objects.filter(step__approval=approval, state=TaskState.OPEN).exists()
    assert not Task.objects.filter(step__approval=approval, person=manager).exists()


def test_nobody_passes_the_bid_before_him_or_in_his_place(world, cast):
    specialist, manager = cast
    _paper, approval = hand_in(world, "投标")
    mine = task_of(approval, specialist)
    for other in (manager, world.north_head, world.boss, world.admin):
        with pytest.raises(Refused):
            approve(mine, by=other)
    approve(mine, by=specialist)
    assert "P-SPECIALIST" not in open_names(approval)
    assert Approval.objects.get(pk=approval.pk).state == "running"


def test_at_the_set_up_his_no_is_an_opinion(world, cast):
    specialist, _manager = cast
    paper, approval = hand_in(world, "立项")
    assert open_names(approval) == ["P-SPECIALIST"]
    reject(task_of(approval, specialist), by=specialist, comment="建议缓行")
    paper.refresh_from_db()
    assert paper.state == RequestState.IN_APPROVAL
    assert open_names(approval)


def test_the_right_hangs_on_the_customer(world, cast):
    """Another customer of the same unit has another specialist; one without lets nobody submit,
    nor does a customer out of the applicant's reach."""
    second = make_customer(
        unit=world.n1a, kind="organisation", name="战略二号", code="Z2", keeper=world.north_clerk
    )
    with pytest.raises(Refused):
        hand_in(world, "投标", "Z2")
    Customer.objects.filter(pk=second.pk).update(specialist=world.north_keeper)
    _paper, approval = hand_in(world, "投标", "Z2")
    assert open_names(approval) == [world.north_keeper.employee_no]
    make_customer(unit=world.s1a, kind="organisation", name="战略三号", code="Z3")
    Customer.objects.filter(code="Z3").update(specialist=cast[0])
    for code in ("Z3", "Z9"):
        with pytest.raises(Refused, match=r"customer|客户"):
            hand_in(world, "投标", code)


def test_the_form_takes_only_customers_in_reach(client, world, cast):
    make_customer(unit=world.s1a, kind="organisation", name="战略三号", code="Z3")
    client.force_login(world.north_clerk)
    url = reverse("approvals:request-new") + "?form=strategic_project"
    told = {"title": "一号地块", "field-project_stage": "投标", "field-reason": "方案"}
    for code, status in (("Z3", 422), ("z1", 302)):
        answer = client.post(url, told | {"field-customer": code, "act": "submit"})
        assert answer.status_code == status, answer.content.decode()[-2000:]
