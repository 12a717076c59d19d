"""A paper from submission to its end: order, votes, rules, versions."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import StandIn
from accounts.services import leave
from approvals.definitions import DefinitionError
from approvals.models import Approval, Copy, Decision, Flow, FlowVersion, Step, Task
from approvals.services import (
    Conflict,
    add_signer,
    approve,
    approve_many,
    choose_next,
    copy_to,
    delegate,
    draft,
    give_back,
    reject,
    remark,
    route,
    save_draft,
    send_back,
    subject_changed,
    transfer,
    urge,
    withdraw,
)
from approvals.services import flows as flow_services
from core.errors import Refused
from core.models import Notice
from tests.approvals.flows import (
    HAPPENED,
    KIND,
    a_step,
    any_task,
    board,
    deciders,
    fresh,
    hand_in,
    make_flow,
    make_paper,
    open_names,
    task_of,
    way,
)
from tests.factories import make_post, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def told(kind: str) -> list[str]:
    rows = Notice.objects.filter(kind=f"approvals.{kind}").order_by("user__employee_no")
    return list(rows.values_list("user__employee_no", flat=True))


def test_a_paper_goes_from_step_to_step_and_is_approved(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"), a_step("second", "P-TWO"))

    approval = hand_in(world)

    assert (approval.state, open_names(approval)) == ("running", ["P-ONE"])
    assert told("to_decide") == ["P-ONE"]
    approve(task_of(approval, one), by=one, comment="同意")
    assert open_names(approval) == ["P-TWO"]
    approval = approve(task_of(approval, two), by=two)
    assert (approval.state, way(approval)) == ("approved", [("first", "done"), ("second", "done")])
    assert list(HAPPENED) == [("submitted", approval.pk), ("approved", approval.pk)]
    assert told("to_decide") == ["P-ONE", "P-TWO"]
    assert told("ended") == ["N-CLERK"]
    rows = Decision.objects.filter(approval=approval).order_by("pk")
    assert list(rows.values_list("verb", "by__employee_no", "snapshot_hash")) == [
        ("submit", "N-CLERK", approval.snapshot_hash),
        ("approve", "P-ONE", approval.snapshot_hash),
        ("approve", "P-TWO", approval.snapshot_hash),
    ]


def test_a_no_needs_a_reason_and_ends_the_paper(world):
    one, _two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"), a_step("second", "P-TWO"))
    approval = hand_in(world)

    with pytest.raises(Refused, match="say why"):
        reject(task_of(approval, one), by=one, comment=" ")
    approval = reject(task_of(approval, one), by=one, comment="超出预算")

    assert (approval.state, open_names(approval)) == ("rejected", [])
    assert way(approval) == [("first", "ended"), ("second", "waiting")]
    assert HAPPENED[-1] == ("rejected", approval.pk)


def test_only_whose_turn_it_is_decides(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"), a_step("second", "P-TWO"))
    approval = hand_in(world)

    for stranger in (two, world.north_clerk, world.boss, world.south_head):
        with pytest.raises(Refused, match="P-ONE|to decide"):
            approve(task_of(approval, one), by=stranger)
    assert Decision.objects.filter(approval=approval).count() == 1


@pytest.mark.parametrize(
    ("how", "votes", "ends"),
    [
        ("any", ["yes"], "approved"),
        ("any", ["no"], "rejected"),
        ("all", ["yes", "yes"], "running"),
        ("all", ["yes", "yes", "yes"], "approved"),
        ("all", ["yes", "no"], "rejected"),
        ("in_order", ["yes", "yes", "yes"], "approved"),
        ("in_order", ["yes", "no"], "rejected"),
        ("share", ["yes"], "running"),
        ("share", ["yes", "yes"], "approved"),
        ("share", ["no", "yes", "yes"], "approved"),
        ("share", ["no", "no"], "rejected"),
    ],
)
def test_how_many_must_agree(world, how, votes, ends):
    people = deciders(world, "a", "b", "c")
    more = {"share": 60} if how == "share" else {}
    make_flow(a_step("vote", "P-A", "P-B", "P-C", how=how, **more))
    approval = hand_in(world)

    assert open_names(approval) == (["P-A"] if how == "in_order" else ["P-A", "P-B", "P-C"])
    for who, vote in zip(people, votes, strict=False):
        task = task_of(approval, who)
        approve(task, by=who) if vote == "yes" else reject(task, by=who, comment="不")

    assert fresh(approval).state == ends
    assert bool(open_names(approval)) == (ends == "running")


def test_in_order_the_second_is_told_when_his_turn_has_come(world):
    first, second = deciders(world, "a", "b")
    make_flow(a_step("vote", "P-A", "P-B", how="in_order"))
    approval = hand_in(world)

    with pytest.raises(Conflict):
        approve(any_task(approval, second), by=second)
    assert told("to_decide") == ["P-A"]
    approve(task_of(approval, first), by=first)
    assert told("to_decide") == ["P-A", "P-B"]


def test_one_means_the_first_who_is_found(world):
    deciders(world, "a", "b")
    make_flow(a_step("vote", "P-A", "P-B", how="one"))

    assert open_names(hand_in(world)) == ["P-A"]


def test_a_body_decides_with_its_quorum(world):
    people = deciders(world, "a", "b", "c")
    board(world, *people, quorum=2)
    make_flow(a_step("board", {"kind": "body", "name": "board"}))
    approval = hand_in(world)

    reject(task_of(approval, people[0]), by=people[0], comment="不")
    assert fresh(approval).state == "running"
    approve(task_of(approval, people[1]), by=people[1])
    approve(task_of(approval, people[2]), by=people[2])

    assert fresh(approval).state == "approved"


def test_an_opinion_against_does_not_stop_the_paper(world):
    one, _two = deciders(world, "one", "two")
    make_flow(a_step("opinion", "P-ONE", opinion_only=True), a_step("second", "P-TWO"))
    approval = hand_in(world)

    reject(task_of(approval, one), by=one, comment="不建议")

    assert open_names(approval) == ["P-TWO"]
    assert "send_back" not in _verbs(approval, one)


def _verbs(approval, who):
    from approvals.selectors.powers import may

    return may(any_task(approval, who), who).verbs


@pytest.mark.parametrize(("rating", "asked"), [(2, ["P-ONE"]), (3, ["P-ONE"]), (4, ["P-TOP"])])
def test_conditions_leave_steps_out(world, rating, asked):
    one, top = deciders(world, "one", "top")
    above = {"all": [{"field": "amount", "is": "gt", "policy": "expenses.regional_ceiling"}]}
    below = {"all": [{"field": "amount", "is": "le", "policy": "expenses.regional_ceiling"}]}
    make_flow(a_step("gm", "P-TOP", condition=above), a_step("small", "P-ONE", condition=below))

    approval = hand_in(world, make_paper(world, rating=rating))

    assert open_names(approval) == asked
    assert approval.amount == Decimal(rating * 1000)
    skipped = Step.objects.get(approval=approval, state="skipped")
    assert skipped.why_skipped == "condition"


def test_posts_heads_and_roles_are_found_up_the_tree(world):
    manager = make_user(unit=world.north, no="P-GM")
    make_post(user=manager, unit=world.north, function="总经理")
    lead = make_user(unit=world.n1, no="P-LEAD")
    make_post(user=lead, unit=world.n1, function="客户关系中心(部)负责人")
    make_flow(
        a_step("head", {"kind": "head", "up": 1}),
        a_step("gm", {"kind": "post", "name": "总经理", "level": "region"}),
        a_step("keeper", {"kind": "role", "name": "section-administrator"}),
        a_step("boss", {"kind": "role", "name": "group-management", "level": "group"}),
    )

    found = route(KIND, make_paper(world), world.north_clerk)

    assert [[one.employee_no for one in step.people] for step in found] == [
        ["P-LEAD"], ["P-GM"], ["N-KEEPER"], ["G-BOSS"],
    ]  # fmt: skip


# --- odd cases ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "asked"),
    [("skip", ["P-B"]), ("allow", ["N-CLERK", "P-B"]), ("superior", ["P-B", "P-LEAD"])],
)
def test_the_applicant_among_the_approvers(world, rule, asked):
    deciders(world, "b")
    lead = make_user(unit=world.n1a, no="P-LEAD")
    make_post(user=lead, unit=world.n1a, function="项目客户关系负责人")
    make_flow(a_step("vote", "N-CLERK", "P-B"), applicant_is_approver=rule)

    assert open_names(hand_in(world)) == asked


def test_a_step_for_the_applicant_alone_is_skipped_by_the_rule(world):
    _b = deciders(world, "b")
    make_flow(a_step("own", "N-CLERK"), a_step("next", "P-B"), applicant_is_approver="skip")

    approval = hand_in(world)

    assert way(approval) == [("own", "skipped"), ("next", "open")]
    assert Step.objects.get(approval=approval, key="own").why_skipped == "applicant"


@pytest.mark.parametrize(
    ("rule", "asked"), [("pass", ["P-B"]), ("escalate", ["P-GM"]), ("administrator", ["G-ADMIN"])]
)
def test_nobody_holds_the_post(world, rule, asked):
    deciders(world, "b")
    manager = make_user(unit=world.group, no="P-GM")
    make_post(user=manager, unit=world.group, function="总经理")
    gm = {"kind": "post", "name": "总经理", "level": "city"}
    make_flow(a_step("gm", gm), a_step("next", "P-B"), no_approver=rule)

    assert open_names(hand_in(world)) == asked


def test_a_flow_may_refuse_papers_that_nobody_can_decide(world):
    make_flow(a_step("gm", {"kind": "post", "name": "总经理"}), no_approver="refuse")

    with pytest.raises(Refused, match="gm"):
        hand_in(world)
    assert not Approval.objects.exists()


@pytest.mark.parametrize(("rule", "ends"), [("once", "approved"), ("again", "running")])
def test_whoever_agreed_is_asked_once(world, rule, ends):
    one, two = deciders(world, "one", "two")
    make_flow(
        a_step("first", "P-ONE"), a_step("second", "P-TWO"), a_step("third", "P-ONE"),
        repeated=rule,
    )  # fmt: skip
    approval = hand_in(world)

    approve(task_of(approval, one), by=one)
    approve(task_of(approval, two), by=two)

    assert fresh(approval).state == ends
    assert Decision.objects.filter(approval=approval, verb="once").count() == (rule == "once")
    assert [name for name, _pk in HAPPENED].count("approved") == (rule == "once")


@pytest.mark.parametrize(("rule", "asked"), [("superior", "P-LEAD"), ("administrator", "G-ADMIN")])
def test_a_named_person_who_has_left(world, rule, asked):
    (gone,) = deciders(world, "gone", unit=world.n1a)
    lead = make_user(unit=world.n1a, no="P-LEAD")
    make_post(user=lead, unit=world.n1a, function="项目客户关系负责人")
    make_flow(a_step("one", "P-GONE"), left=rule)
    before = hand_in(world)

    leave(gone, by=None)

    assert open_names(before) == [asked]  # what lay on his desk
    assert open_names(hand_in(world)) == [asked]  # and what comes later
    assert Decision.objects.get(verb="reroute").approval == before


def test_no_flow_fits(world):
    with pytest.raises(Refused, match="No approval flow"):
        hand_in(world)


def test_the_nearest_flow_goes_first_then_its_position_then_its_condition(world):
    deciders(world, "near", "south", "far", "picky")
    never = {"all": [{"field": "amount", "is": "gt", "value": "99999"}]}
    make_flow(a_step("s", "P-FAR"), position=1)
    make_flow(a_step("s", "P-PICKY"), unit=world.n1, position=1, condition=never)
    make_flow(a_step("s", "P-NEAR"), unit=world.n1, position=2)
    make_flow(a_step("s", "P-SOUTH"), unit=world.s1)

    assert open_names(hand_in(world)) == ["P-NEAR"]
    assert open_names(hand_in(world, make_paper(world, unit=world.n1))) == ["P-NEAR"]
    assert open_names(hand_in(world, make_paper(world, unit=world.north))) == ["P-FAR"]


def test_running_papers_keep_their_version(world):
    one, _two = deciders(world, "one", "two")
    version = make_flow(a_step("first", "P-ONE"))
    before = hand_in(world)
    later = save_draft(draft(version.flow, by=None), {"steps": [a_step("new", "P-TWO")]}, by=None)
    flow_services.publish(later, by=None)

    assert (open_names(before), open_names(hand_in(world))) == (["P-ONE"], ["P-TWO"])
    assert approve(task_of(before, one), by=one).state == "approved"


def test_the_database_keeps_published_versions_and_decisions(world):
    deciders(world, "one")
    version = make_flow(a_step("first", "P-ONE"))
    approval = hand_in(world)
    for statement in (
        f"UPDATE approvals_flowversion SET definition = '{{}}' WHERE id = {version.pk}",
        f"DELETE FROM approvals_flowversion WHERE id = {version.pk}",
        "UPDATE approvals_decision SET comment = 'x'",
        "DELETE FROM approvals_decision",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert FlowVersion.objects.get(pk=version.pk).definition == version.definition
    assert Decision.objects.get().approval == approval


def test_a_fixed_flow_is_not_changed_by_people(world):
    deciders(world, "one")
    version = make_flow(a_step("first", "P-ONE"), model="fixed")

    with pytest.raises(Refused, match="fixed"):
        draft(version.flow, by=world.admin)
    assert version.flow.versions.count() == 1


def test_a_draft_that_cannot_run_is_not_published(world):
    flow = Flow.objects.create(key="f", name="f", subject_kind=KIND)
    version = save_draft(draft(flow, by=None), {"steps": [{"key": "a", "name": "甲"}]}, by=None)

    with pytest.raises(DefinitionError, match="甲"):
        flow_services.publish(version, by=None)
    assert not flow.versions.get().is_published


# --- back -----------------------------------------------------------------------------------------


def two_steps(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"), a_step("second", "P-TWO"))
    case = make_paper(world)
    approval = hand_in(world, case)
    approve(task_of(approval, one), by=one)
    return case, approval, one, two


def test_sent_back_and_unchanged_it_returns_where_it_was(world):
    case, approval, _one, two = two_steps(world)

    send_back(task_of(approval, two), by=two, comment="请补充方案")
    assert (fresh(approval).state, told("sent_back")) == ("sent_back", ["N-CLERK"])
    again = hand_in(world, case)

    assert (again.pk, again.round, again.state) == (approval.pk, 2, "running")
    assert way(again) == [("first", "done"), ("second", "open")]
    assert approve(task_of(again, two), by=two).state == "approved"


def test_sent_back_and_changed_everybody_decides_anew(world):
    case, approval, _one, two = two_steps(world)
    send_back(task_of(approval, two), by=two, comment="请补充方案")
    case.content = "业主运动会，含方案"
    case.save()
    assert subject_changed(case, KIND, by=world.north_clerk) is None

    again = hand_in(world, case)

    assert way(again) == [("first", "open"), ("second", "waiting")]
    assert again.snapshot_hash != approval.snapshot_hash
    assert again.title == "业主运动会，含方案"


def test_sent_back_to_an_earlier_step_it_skips_what_stands_between(world):
    people = deciders(world, "a", "b", "c")
    make_flow(a_step("a", "P-A"), a_step("b", "P-B"), a_step("c", "P-C"))
    approval = hand_in(world)
    for who in people[:2]:
        approve(task_of(approval, who), by=who)

    with pytest.raises(Refused, match="passed before"):
        send_back(task_of(approval, people[2]), by=people[2], comment="请核", to="c")
    send_back(task_of(approval, people[2]), by=people[2], comment="请核", to="a")

    assert way(fresh(approval)) == [("a", "open"), ("b", "done"), ("c", "waiting")]
    approve(task_of(approval, people[0]), by=people[0])
    assert open_names(approval) == ["P-C"]
    assert approve(task_of(approval, people[2]), by=people[2]).state == "approved"


def test_a_paper_that_changes_loses_its_decisions(world):
    case, approval, one, two = two_steps(world)
    task = task_of(approval, two)
    case.content = "另一活动"
    case.save()

    with pytest.raises(Conflict, match="has changed"):
        approve(task, by=two)

    assert (fresh(approval).state, open_names(approval)) == ("void", [])
    assert HAPPENED[-1] == ("voided", approval.pk)
    assert told("voided") == ["N-CLERK", "P-ONE"]
    assert hand_in(world, case).pk != approval.pk


def test_an_app_says_that_its_record_changed(world):
    case, approval, _one, _two = two_steps(world)
    assert subject_changed(case, KIND, by=world.north_clerk) is None
    case.content = "另一活动"
    case.save()

    assert subject_changed(case, KIND, by=world.north_clerk) == approval
    assert fresh(approval).state == "void"


def test_an_approver_writes_only_the_fields_of_his_step(world):
    one, two = deciders(world, "one", "two")
    above = {"all": [{"field": "amount", "is": "gt", "value": "3000"}]}
    make_flow(
        a_step("first", "P-ONE", writable_fields=["rating"]),
        a_step("second", "P-TWO", condition=above),
    )
    case = make_paper(world, rating=5)
    approval = hand_in(world, case)
    with pytest.raises(Refused, match="does not let you"):
        approve(task_of(approval, one), by=one, values={"room": "1-1-101"})

    done = approve(task_of(approval, one), by=one, values={"rating": 2})

    # The smaller sum needs no second step any more.
    assert (done.state, done.amount) == ("approved", Decimal(2000))
    decision = Decision.objects.get(approval=approval, verb="approve")
    assert decision.snapshot_hash == done.snapshot_hash != approval.snapshot_hash
    assert decision.detail == {"wrote": ["rating"], "before": approval.snapshot_hash}
    assert two.is_active


# --- others ---------------------------------------------------------------------------------------


def test_another_decides_instead(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"))
    approval = hand_in(world)

    transfer(task_of(approval, one), to=two, by=one, comment="请您定")

    assert (open_names(approval), told("to_decide")) == (["P-TWO"], ["P-ONE", "P-TWO"])
    with pytest.raises(Conflict, match="P-ONE"):
        approve(any_task(approval, one), by=one)
    assert approve(task_of(approval, two), by=two).state == "approved"


@pytest.mark.parametrize("verb", ["transfer", "before", "after", "delegate"])
def test_nobody_hands_a_paper_to_its_applicant(world, verb):
    (one,) = deciders(world, "one")
    make_flow(a_step("first", "P-ONE"))
    task = task_of(hand_in(world), one)
    to = world.north_clerk

    act = {
        "transfer": lambda: transfer(task, to=to, by=one),
        "delegate": lambda: delegate(task, to=to, by=one),
        "before": lambda: add_signer(task, who=[to], after=False, by=one),
        "after": lambda: add_signer(task, who=[to], after=True, by=one),
    }[verb]

    with pytest.raises(Refused, match="own paper"):
        act()


def test_a_signer_before_is_waited_for(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"))
    approval = hand_in(world)

    add_signer(task_of(approval, one), who=[two], after=False, by=one)
    assert open_names(approval) == ["P-TWO"]
    approve(task_of(approval, two), by=two)
    assert (fresh(approval).state, open_names(approval)) == ("running", ["P-ONE"])
    assert approve(task_of(approval, one), by=one).state == "approved"


def test_a_signer_after_signs_after(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"))
    approval = hand_in(world)

    add_signer(task_of(approval, one), who=[two], after=True, by=one)
    assert open_names(approval) == ["P-ONE"]
    assert approve(task_of(approval, one), by=one).state == "running"
    assert open_names(approval) == ["P-TWO"]
    assert approve(task_of(approval, two), by=two).state == "approved"


@pytest.mark.parametrize("after", [True, False])
def test_a_no_of_an_added_signer_ends_it(world, after):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"))
    approval = hand_in(world)
    add_signer(task_of(approval, one), who=[two], after=after, by=one)
    if after:
        approve(task_of(approval, one), by=one)

    assert reject(task_of(approval, two), by=two, comment="不").state == "rejected"


def test_delegated_it_comes_back_with_an_answer(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"))
    approval = hand_in(world)

    delegate(task_of(approval, one), to=two, by=one)
    assert open_names(approval) == ["P-TWO"]
    give_back(task_of(approval, two), by=two, comment="可行", agrees=True)

    assert (fresh(approval).state, open_names(approval)) == ("running", ["P-ONE"])
    assert Decision.objects.get(verb="give_back").detail == {"agrees": True}
    assert told("to_decide") == ["P-ONE", "P-ONE", "P-TWO"]
    assert approve(task_of(approval, one), by=one).state == "approved"


def test_in_a_free_flow_each_approver_names_the_next(world):
    people = deciders(world, "a", "b", "c")
    make_flow(a_step("first", {"kind": "applicant_choice"}), model="free")
    with pytest.raises(Refused, match="choose who decides"):
        hand_in(world)
    approval = hand_in(world, chosen={"first": [people[0]]})

    choose_next(task_of(approval, people[0]), to=people[1], by=people[0])
    choose_next(task_of(approval, people[1]), to=people[2], by=people[1])
    choose_next(task_of(approval, people[2]), to=people[0], by=people[2])
    with pytest.raises(Refused, match="own paper"):
        choose_next(task_of(approval, people[0]), to=world.north_clerk, by=people[0])

    assert approve(task_of(approval, people[0]), by=people[0]).state == "approved"


def test_the_previous_approver_chooses(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"), a_step("second", {"kind": "previous_choice"}))
    approval = hand_in(world)

    with pytest.raises(Refused, match="second"):
        approve(task_of(approval, one), by=one)
    approve(task_of(approval, one), by=one, chosen=[two])

    assert open_names(approval) == ["P-TWO"]


def test_a_stand_in_decides_for_somebody_who_is_away(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"))
    now = timezone.now()
    StandIn.objects.create(
        person=one, deputy=two, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(days=1)
    )
    approval = hand_in(world)

    assert told("to_decide") == ["P-ONE", "P-TWO"]
    assert approve(task_of(approval, one), by=two).state == "approved"
    decision = Decision.objects.get(verb="approve")
    assert (decision.by, decision.acting_for) == (two, one)


def test_the_applicant_stands_in_for_nobody_on_his_own_paper(world):
    (one,) = deciders(world, "one")
    make_flow(a_step("first", "P-ONE"))
    now = timezone.now()
    StandIn.objects.create(
        person=one,
        deputy=world.north_clerk,
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(days=1),
    )
    approval = hand_in(world)

    with pytest.raises(Refused, match="own paper"):
        approve(task_of(approval, one), by=world.north_clerk)


# --- parties --------------------------------------------------------------------------------------


def test_the_applicant_takes_it_back(world):
    (one,) = deciders(world, "one")
    make_flow(a_step("first", "P-ONE"))
    approval = hand_in(world)

    with pytest.raises(Refused):
        withdraw(approval, by=one)
    withdraw(approval, by=world.north_clerk)

    assert (fresh(approval).state, open_names(approval)) == ("withdrawn", [])
    assert (HAPPENED[-1][0], told("withdrawn")) == ("withdrawn", ["P-ONE"])
    with pytest.raises(Refused, match="ended"):
        withdraw(approval, by=world.north_clerk)


def test_urges_comments_and_copies(world):
    (one,) = deciders(world, "one")
    make_flow(a_step("first", "P-ONE", copy_to=[{"kind": "role", "name": "section-head"}]))
    approval = hand_in(world)

    urge(approval, by=world.north_clerk, comment="周六活动")
    with pytest.raises(Refused, match="urged already"):
        urge(approval, by=world.north_clerk)
    remark(approval, by=one, comment="稍后看")
    copy_to(approval, people=[world.south_head], by=one)
    approve(task_of(approval, one), by=one)

    assert (told("urged"), told("remarked")) == (["P-ONE"], ["N-CLERK"])
    copies = Copy.objects.order_by("pk").values_list("person__employee_no", flat=True)
    assert list(copies) == ["S-HEAD", "P-ONE"]  # the role's nearest holder is himself
    with pytest.raises(Refused):
        remark(approval, by=world.south_clerk, comment="看不到")


def test_many_at_once(world):
    (one,) = deciders(world, "one")
    make_flow(a_step("first", "P-ONE"))
    approvals = [hand_in(world) for _ in range(3)]
    tasks = [task_of(approval, one) for approval in approvals]
    withdraw(approvals[1], by=world.north_clerk)

    problems = approve_many(tasks, by=one)

    assert [task for task, _why in problems] == [tasks[1]]
    assert "N-CLERK" in problems[0][1]
    assert sorted(fresh(one).state for one in approvals) == ["approved", "approved", "withdrawn"]


def test_the_same_request_is_the_same_act(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"), a_step("second", "P-TWO"))
    case = make_paper(world)
    approval = hand_in(world, case, request_key="k1")
    assert hand_in(world, case, request_key="k1") == approval
    task = task_of(approval, one)

    approve(task, by=one, request_key="k2")
    assert approve(task, by=one, request_key="k2").state == "running"
    with pytest.raises(Conflict):
        approve(task_of(approval, two), by=two, request_key="k2")
    with pytest.raises(Conflict, match="already since|in approval"):
        hand_in(world, case)
    assert Decision.objects.count() == 2
    assert Task.objects.count() == 2
