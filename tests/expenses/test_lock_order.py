"""Everybody locks an approval before its paper, its tasks and its people: nobody waits for ever."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Model

from accounts.handover import REGISTRY
from accounts.models import User
from accounts.services import carry_out, draft_hand_over, leave, undo_hand_over
from approvals import services as approvals
from approvals.models import Task
from approvals.services import approve, send_back
from approvals.services.voiding import hold
from expenses.models import Application
from expenses.services import applications
from expenses.services.applications import KIND
from tests.expenses.papers import cast_of, give_budget, given, submitted, tasks
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def on_the_way(world, *, back: bool = True) -> Application:
    """A paper of the northern clerk, sent back unless said otherwise."""
    cast_of(world)
    give_budget(world)
    paper = submitted(world)
    if back:
        opinion = tasks(paper)[0]
        approve(opinion, by=opinion.person)
        task = tasks(paper)[0]
        send_back(task, by=task.person, comment="请补充")
    paper.refresh_from_db()
    return paper


def is_free(row: Model) -> bool:
    """Whether a row can be locked at once."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    try:
        with transaction.atomic():
            list(rows.order_by().values_list("pk").select_for_update(nowait=True, of=("self",)))
    except OperationalError:
        return False
    return True


def held_while_waiting(paper: Application, act: Any, row: Model) -> tuple[bool, str]:
    """Somebody holds the approval of a paper, as every verb does, while another one acts. Whether
    the other one waits with empty hands, so that the first can go on to the row; how it ended."""

    def other() -> str:
        try:
            act()
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert hold(paper, KIND) is not None
            late = pool.submit(other)
            wait([late], timeout=1.5)
            assert not late.done(), late.result()
            free = is_free(row)
        return free, late.result(timeout=30)


@contextmanager
def old_order(monkeypatch, name: str, old: bool):
    """The broken twin: rows of work and people are locked before their approvals."""
    with monkeypatch.context() as patch:
        if old:
            patch.setattr(REGISTRY, name, [])
        yield


@pytest.mark.parametrize("old", [False, True])
def test_a_hand_over_waits_for_the_approval_before_it_holds_the_paper(world, monkeypatch, old):
    paper = on_the_way(world)
    heir = make_user(unit=world.n1a, no="N-HEIR")
    plan = draft_hand_over(by=world.admin, giver=world.north_clerk, to=[heir], reason="调动")

    with old_order(monkeypatch, "before_rows", old):
        found = held_while_waiting(paper, lambda: carry_out(plan, by=world.admin), paper)

    assert found == (not old, "done")
    paper.refresh_from_db()
    assert paper.applicant == heir

    with old_order(monkeypatch, "before_rows", old):
        plan.refresh_from_db()
        found = held_while_waiting(paper, lambda: undo_hand_over(plan, by=world.admin), paper)

    assert found == (not old, "done")
    paper.refresh_from_db()
    assert paper.applicant == world.north_clerk


@pytest.mark.parametrize("old", [False, True])
def test_a_hand_over_of_tasks_waits_for_their_approvals(world, monkeypatch, old):
    paper = on_the_way(world, back=False)
    task = tasks(paper)[0]
    heir = make_user(unit=world.n1a, role="section-head", no="N-HEIR")
    plan = draft_hand_over(by=world.admin, giver=task.person, to=[heir], reason="调动")
    if old:
        monkeypatch.setattr(REGISTRY, "before_rows", [])
        carry_out(plan, by=world.admin)  # asks for no approval at all
        assert tasks(paper)[0].person == heir
        return

    assert held_while_waiting(paper, lambda: carry_out(plan, by=world.admin), task) == (
        True,
        "done",
    )
    assert Task.objects.get(pk=task.pk).person == heir


@pytest.mark.parametrize("old", [False, True])
def test_whoever_closes_an_account_holds_its_approvals_first(world, monkeypatch, old):
    """Else an approver who decides while his account is closed waits for it with his approval in
    hand, for which the closing waits."""
    paper = on_the_way(world, back=False)
    person = tasks(paper)[0].person

    with old_order(monkeypatch, "before_people", old):
        found = held_while_waiting(paper, lambda: leave(person, by=world.admin), person)

    assert found == (not old, "done")
    assert User.objects.get(pk=person.pk).state == "left"


@pytest.mark.parametrize("old", [False, True])
def test_whoever_submits_again_holds_the_approval_before_the_paper(world, monkeypatch, old):
    """The broken twin marks the paper as within its budget before it holds the approval."""
    paper = on_the_way(world)
    again = Application.objects.get(pk=paper.pk)
    if old:
        monkeypatch.setattr(approvals, "hold", lambda *_args: None)

    found = held_while_waiting(
        paper, lambda: applications.submit(again, by=world.north_clerk), paper
    )

    assert found == (not old, "done")
    paper.refresh_from_db()
    assert paper.state == "in_approval"


def test_a_form_that_is_saved_waits_for_the_approval_first(world):
    paper = on_the_way(world)
    form = given(world, "120.00")

    def act() -> Any:
        return applications.save(form, by=world.north_clerk, application=paper)

    assert held_while_waiting(paper, act, paper) == (True, "done")
