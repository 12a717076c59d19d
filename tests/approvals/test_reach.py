"""Who sees which papers, who inherits them, and what the inbox costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.handover import kind_named
from accounts.models import HandOver
from accounts.services import carry_out, draft_hand_over, leave, undo_hand_over
from approvals.models import Approval, Decision, PhoneSignature, Task
from approvals.selectors import inbox
from approvals.selectors.history import history, steps_now
from approvals.selectors.powers import may_on
from approvals.services import approve, copy_to, remark, send_back, withdraw
from approvals.services.requests import submit_request, write_request
from complaints.models import Case
from core.errors import Refused
from core.scope import EVERYTHING
from regions.models import ChangeKind
from regions.services import apply_change, approve_change, draft_change, propose_change
from tests.approvals.flows import (
    a_step,
    deciders,
    fresh,
    hand_in,
    make_flow,
    make_paper,
    open_names,
    task_of,
    way,
)
from tests.factories import make_approval, make_post, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def seen(user) -> bool:
    return Approval.objects.visible_to(user).exists()


def test_a_sibling_branch_sees_nothing_and_does_nothing(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"), a_step("second", "P-TWO"))
    approval = hand_in(world)
    stranger = make_user(unit=world.n1b, no="N-OTHER")  # a clerk of the next project

    readers = ("north_clerk", "north_head", "north_keeper", "boss", "reader", "admin")
    assert [seen(getattr(world, name)) for name in readers] == [True] * 6
    assert [seen(one), seen(two)] == [True, True]  # section heads in the city
    for outsider in (world.south_head, world.south_keeper, world.south_clerk, stranger):
        assert not seen(outsider)
        assert not Task.objects.visible_to(outsider).exists()
        assert not PhoneSignature.objects.visible_to(outsider).exists()
        assert may_on(approval, outsider) == frozenset()
        with pytest.raises(Refused):
            remark(approval, by=outsider, comment="看看")
        for part in (inbox.waiting, inbox.done, inbox.started, inbox.copied):
            assert not part(outsider).exists()
    assert Approval.objects.visible_to(EVERYTHING).count() == 1

    copy_to(approval, people=[world.south_clerk], by=one)

    assert (seen(world.south_clerk), seen(world.south_head)) == (True, False)
    assert [copy.person for copy in inbox.copied(world.south_clerk)] == [world.south_clerk]
    assert not Approval.objects.visible_to(world.south_clerk, "approvals.record_call").exists()


def test_whoever_decided_keeps_seeing_it(world):
    far = make_user(unit=world.s1a, no="P-FAR")
    make_flow(a_step("first", "P-FAR"), a_step("next", "G-BOSS"))
    approval = hand_in(world)
    assert [seen(far), inbox.waiting_count(far)] == [True, 1]

    approve(task_of(approval, far), by=far)

    assert [seen(far), inbox.waiting_count(far)] == [True, 0]
    assert [row.approval for row in inbox.done(far)] == [approval]
    assert list(inbox.started(world.north_clerk)) == [approval]


def test_the_inbox_asks_as_often_for_three_as_for_one(world):
    (one,) = deciders(world, "one")
    make_flow(a_step("first", "P-ONE"))
    counts = []
    for papers in (1, 2):
        for _paper in range(papers):
            hand_in(world)
        with CaptureQueriesContext(connection) as captured:
            rows = [
                (task.person.name, task.step.approval.unit.name, task.step.approval.applicant.name)
                for task in inbox.waiting(one)
            ]
        counts.append(len(captured))
    assert (len(rows), counts[0]) == (3, counts[1])


def test_a_history_asks_as_often_for_many_as_for_few(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"), a_step("second", "P-TWO"))
    case = make_paper(world)
    approval = hand_in(world, case)
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as captured:
            words = [(row.by.name, row.called, len(row.files.all())) for row in history(approval)]
            asked = [len(step.asked) for step in steps_now(fresh(approval))]
        counts.append(len(captured))
        approve(task_of(approval, one), by=one) if len(words) == 1 else None
        send_back(task_of(approval, two), by=two, comment="改")
        hand_in(world, case)
    assert (counts[0], asked) == (counts[1], [0, 1])


def test_papers_are_handed_over_but_nobody_gets_his_own(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"))
    approval = hand_in(world)
    takers = kind_named("approvals.task").takers
    own = takers([world.north_clerk, two], [world.n1a.pk], None)

    assert own == {world.north_clerk.pk: set(), two.pk: {world.n1a.pk}}
    row = draft_hand_over(by=world.admin, giver=one, to=[two], reason="调动")
    carry_out(row, by=world.admin)

    assert open_names(approval) == ["P-TWO"]
    approve(task_of(approval, two), by=two)
    assert Decision.objects.get(verb="approve").by == two


# --- a paper that was sent back and whose applicant left ------------------------------------------


def sent_back(world) -> tuple[Approval, list]:
    """A paper of the northern clerk that two people decide; the second sent it back."""
    people = deciders(world, "one", "two", "three")
    make_flow(a_step("first", "P-ONE"), a_step("second", "P-TWO"))
    approval = hand_in(world)
    approve(task_of(approval, people[0]), by=people[0])
    send_back(task_of(approval, people[1]), by=people[1], comment="请补充")
    return fresh(approval), people


def hand_on(world, to) -> HandOver:
    row = draft_hand_over(by=world.admin, giver=world.north_clerk, to=[to], reason="离职")
    return carry_out(row, by=world.admin)


def test_who_takes_the_work_over_hands_a_paper_in_again(world):
    approval, (one, two, three) = sent_back(world)
    paper = Case.objects.get(pk=approval.subject_id)
    assert may_on(approval, three) == {"remark", "copy"}
    with pytest.raises(Refused, match="Only the applicant"):
        hand_in(world, paper, by=three)

    hand_on(world, three)
    leave(world.north_clerk, by=world.admin)

    approval = fresh(approval)
    assert (approval.applicant, approval.state) == (three, "sent_back")
    assert "withdraw" in may_on(approval, three)
    assert "withdraw" not in may_on(approval, world.north_clerk)
    last = approval.decisions.latest("pk")
    assert (last.verb, last.by, last.detail) == ("transfer", world.admin, {"to": [three.name]})
    hand_in(world, paper, by=three)
    assert (fresh(approval).state, open_names(approval)) == ("running", ["P-TWO"])


def test_who_takes_the_work_over_may_withdraw_the_paper(world):
    approval, people = sent_back(world)
    hand_on(world, people[2])

    withdraw(fresh(approval), by=people[2], comment="不再需要")

    assert fresh(approval).state == "withdrawn"


def test_an_undone_hand_over_gives_the_paper_back(world):
    approval, people = sent_back(world)
    row = hand_on(world, people[2])

    undo_hand_over(row, by=world.admin)

    approval = fresh(approval)
    assert approval.applicant == world.north_clerk
    assert "withdraw" not in may_on(approval, people[2])
    hand_in(world, Case.objects.get(pk=approval.subject_id))
    assert open_names(approval) == ["P-TWO"]


def test_nobody_takes_a_paper_over_on_which_he_decided(world):
    approval, (one, two, three) = sent_back(world)
    takers = kind_named("approvals.sent_back").takers

    assert takers([one, two, three], [world.n1a.pk], None) == {
        one.pk: set(),
        two.pk: set(),
        three.pk: {world.n1a.pk},
    }
    with pytest.raises(Refused):
        hand_on(world, one)

    # Where the record is handed over by other rules, his word does not stand for his own paper.
    Approval.objects.filter(pk=approval.pk).update(applicant=one)
    hand_in(world, Case.objects.get(pk=approval.subject_id), by=one)
    assert way(fresh(approval)) == [("first", "open"), ("second", "waiting")]
    assert open_names(approval) == ["G-ADMIN"]


def test_a_request_that_was_sent_back_is_taken_over_with_its_approval(world):
    lead, heir = make_user(unit=world.n1a), make_user(unit=world.n1a)
    make_post(user=lead, unit=world.n1a, function="项目客户关系负责人")
    given = {"form": "general", "values": {"reason": "日晒", "wish": "购置"}}
    request = write_request(title="帐篷", by=world.north_clerk, **given)
    approval = submit_request(request, by=world.north_clerk)
    send_back(task_of(approval, lead), by=lead, comment="写数量")

    undo_hand_over(hand_on(world, heir), by=world.admin)
    request.refresh_from_db()
    assert (request.applicant, fresh(approval).applicant) == (world.north_clerk,) * 2

    hand_on(world, heir)
    request.refresh_from_db()
    assert (request.applicant, fresh(approval).applicant) == (heir, heir)
    write_request(title="帐篷两顶", by=heir, request=request, **given)
    assert submit_request(request, by=heir).pk == approval.pk
    assert fresh(approval).state == "running"


def test_open_papers_go_with_their_unit(world):
    running = make_approval(unit=world.n1a, applicant=world.north_clerk)
    ended = make_approval(unit=world.n1a, applicant=world.north_clerk)
    Approval.objects.filter(pk=ended.pk).update(state="approved", ended_at=timezone.now())
    flow = make_flow(a_step("first", "P-ONE"), unit=world.n1a).flow
    change = draft_change(
        by=None, kind=ChangeKind.MERGE, effective_on=timezone.localdate(), reason="组织调整",
        unit=world.n1a, target=world.n1b, payload={},
    )  # fmt: skip

    apply_change(approve_change(propose_change(change, by=None), by=None), by=None)

    units = dict(Approval.objects.values_list("pk", "unit"))
    assert units == {running.pk: world.n1b.pk, ended.pk: world.n1a.pk}
    assert dict(Task.objects.values_list("step__approval", "unit")) == units
    flow.refresh_from_db()
    assert flow.unit == world.n1b
