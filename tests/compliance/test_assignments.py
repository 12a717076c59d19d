"""Tasks: who gives them to whom, and what becomes of them (ACT-01, CAL-02)."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from compliance.models import Assignment, AssignmentStep
from compliance.selectors.tasks import people_for, successors
from compliance.services import assignments as verbs
from core.errors import Refused, Stale
from core.models import Notice
from tests.factories import make_customer, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def assign(world, **more):
    given = {"to": world.north_clerk, "by": world.north_head, "title": "核对联系方式"} | more
    return verbs.assign(**given)


def test_the_same_reason_gives_one_task(world):
    first = assign(world, key="compliance.finding:1")
    verbs.finish(first, by=world.north_clerk)
    assert assign(world, key="compliance.finding:1", title="另一件").pk == first.pk
    assert assign(world).pk != assign(world).pk
    assert Assignment.objects.count() == 3
    told = Notice.objects.filter(user=world.north_clerk, kind="compliance.task")
    assert told.count() == 3


def test_a_task_wants_a_name_and_somebody_who_can_do_it(world):
    left = make_user(unit=world.n1a)
    left.state = "left"
    left.save()
    nowhere = make_user(unit=None, role=None)
    for wrong in ({"title": " "}, {"to": left}, {"to": nowhere}, {"checklist": ["x"] * 51}):
        with pytest.raises(Refused):
            assign(world, **wrong)
    assert not Assignment.objects.exists()


def test_it_is_due_at_the_end_of_work(world):
    friday = datetime(2026, 11, 20, 10, tzinfo=timezone.get_current_timezone()).date()
    for day in (friday, friday + timedelta(days=2)):
        due = timezone.localtime(verbs.end_of_work(day, unit=world.n1a))
        assert (due.date(), due.hour) == (friday, 18)


def test_a_checklist_is_ticked_before_it_ends(world):
    row = assign(world, checklist=["电话", "", "回访"])
    with pytest.raises(Refused):
        verbs.finish(row, by=world.north_clerk)
    verbs.tick(row, by=world.north_clerk, line=0, text="电话", done=True)
    with pytest.raises(Stale):
        verbs.tick(row, by=world.north_clerk, line=1, text="电话", done=True)
    row.refresh_from_db()
    row = verbs.change(
        row, by=world.north_head, version=row.version, title="改", body="", due_at=None,
        checklist=["照片", "电话"],
    )  # fmt: skip
    assert [(one["text"], one["done"]) for one in row.checklist] == [
        ("照片", False), ("电话", True)
    ]  # fmt: skip
    verbs.tick(row, by=world.north_clerk, line=0, text="照片", done=True)
    verbs.finish(row, by=world.north_clerk, result="已完成")
    assert Notice.objects.filter(user=world.north_head, kind="compliance.task_done").count() == 1


def test_handing_on_moves_it_to_the_unit_of_the_other(world):
    row = assign(world)
    other = make_user(unit=world.n1b)
    row = verbs.hand_on(row, to=other, by=world.north_clerk, note="休假")
    assert (row.to, row.unit, row.project_id) == (other, world.n1b, world.n1b.pk)
    with pytest.raises(Refused):
        verbs.hand_on(row, to=other, by=world.north_clerk)
    assert Notice.objects.filter(user=other, kind="compliance.task").count() == 1
    assert not Notice.objects.visible_to(world.north_clerk).unread().exists()
    assert [step.kind for step in row.steps.all()] == ["assigned", "handed_on"]


def test_an_ended_task_is_opened_again_with_a_reason(world):
    row = verbs.cancel(assign(world), by=world.north_head, reason="重复")
    with pytest.raises(Refused):
        verbs.finish(row, by=world.north_clerk)
    with pytest.raises(Refused):
        verbs.reopen(row, by=world.north_head, reason="")
    assert verbs.reopen(row, by=world.north_head, reason="还需要").is_open


def test_management_gives_tasks_to_anybody_heads_to_their_own_people(world):
    """ACT-01, and nobody else gives tasks to others."""
    everybody = set(world.people.values())
    assert set(people_for(world.boss)) == everybody
    north = {world.north_head, world.north_keeper, world.north_clerk}
    assert set(people_for(world.north_head)) == north
    for one in (world.north_clerk, world.reader, world.admin):
        assert set(people_for(one)) == {one}
    assert set(successors(world.north_clerk)) == {world.north_clerk}
    colleague = make_user(unit=world.n1a)
    assert set(successors(world.north_clerk)) == {world.north_clerk, colleague}


def test_the_form_offers_nobody_beyond_that(client, world):
    client.force_login(world.north_clerk)
    data = {"title": "甲", "to": world.north_head.employee_no}
    assert client.post(reverse("compliance:task-new"), data).status_code == 422
    client.force_login(world.north_head)
    data["to"] = world.south_clerk.employee_no
    assert client.post(reverse("compliance:task-new"), data).status_code == 422
    client.force_login(world.boss)
    made = client.post(reverse("compliance:task-new"), data)
    assert made.status_code == 302
    found = client.get(reverse("compliance:task-people") + "?q=S-").json()
    assert world.south_clerk.employee_no in [one["value"] for one in found]
    client.force_login(world.north_head)
    assert client.get(reverse("compliance:task-people") + "?q=S-").json() == []


def test_a_task_is_seen_by_its_two_and_by_those_above_them(client, world):
    row = assign(world, by=world.boss)
    for who, status in (
        (world.north_clerk, 200),
        (world.boss, 200),
        (world.north_head, 200),
        (world.south_head, 404),
        (world.south_clerk, 404),
        (world.admin, 404),
    ):
        client.force_login(who)
        assert client.get(row.get_absolute_url()).status_code == status


def test_the_customer_of_a_task_is_named_to_those_who_see_him(client, world):
    customer = make_customer(unit=world.s1a, by=world.south_clerk, name="赣州客户")
    row = assign(world, by=world.boss, customer=customer)
    client.force_login(world.north_clerk)
    assert "赣州客户" not in client.get(row.get_absolute_url()).content.decode()
    client.force_login(world.boss)
    assert "赣州客户" in client.get(row.get_absolute_url()).content.decode()


def test_only_those_concerned_act(client, world):
    row = assign(world)
    client.force_login(world.reader)
    for act in ("finish", "hand-on", "edit", "cancel", "reopen"):
        address = reverse(f"compliance:task-{act}", args=[row.pk])
        assert client.get(address).status_code == 403
    client.force_login(world.north_clerk)
    assert client.get(reverse("compliance:task-edit", args=[row.pk])).status_code == 403
    page = client.post(reverse("compliance:task-finish", args=[row.pk]), {"result": "好"})
    assert page.status_code == 302
    row.refresh_from_db()
    assert not row.is_open
    assert AssignmentStep.objects.filter(assignment=row, kind="done").count() == 1


def test_more_rows_cost_no_more_queries(client, world):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(world.north_clerk)
    soon = timezone.now() + timedelta(days=1)
    counts = []
    address = reverse("compliance:tasks")
    for number in (1, 2):
        for _one in range(number):
            assign(world, due_at=soon)
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        counts.append(len(asked))
    assert counts[0] == counts[1]
