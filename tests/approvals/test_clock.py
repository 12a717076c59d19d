"""What the clock does: limits in working time, calls that stay unsigned, people who are away."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role, StandIn, User
from approvals import absences
from approvals.models import Approval, Decision, PhoneSignature, Step, Task
from approvals.selectors.history import history, to_sign
from approvals.selectors.inbox import waiting
from approvals.selectors.powers import may_record_call
from approvals.services import (
    Conflict,
    act_for,
    approve,
    escalate_unsigned,
    record_by_phone,
    reject,
    run_due,
    sign,
)
from core import jobs
from core.errors import Refused
from core.models import Job, JobState, Notice
from core.values.dates import CHINA
from regions.services.calendars import add_exception
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
from tests.factories import give, make_post, make_user, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
MONDAY = dt.datetime(2026, 11, 23, 9, 0, tzinfo=CHINA)
DAY = {"amount": "1", "unit": "working_days"}


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to(MONDAY, tick=False)


def told(kind: str) -> list[str]:
    rows = Notice.objects.filter(kind=f"approvals.{kind}").order_by("user__employee_no")
    return list(rows.values_list("user__employee_no", flat=True))


def at(day: int, hour: int = 9, minute: int = 0) -> dt.datetime:
    """A time of November 2026; the 23rd is a Monday. From 31 on it is December."""
    return dt.datetime(2026, 11, 1, hour, minute, tzinfo=CHINA) + dt.timedelta(days=day - 1)


def limited(world, on_timeout):
    deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE", limit=DAY, on_timeout=on_timeout), a_step("next", "P-TWO"))
    return hand_in(world)


@pytest.mark.parametrize(
    ("on_timeout", "verb", "state", "asked"),
    [
        ("remind", "timed_remind", "running", ["P-ONE"]),
        ("pass", "timed_pass", "running", ["P-TWO"]),
        ("reject", "timed_reject", "rejected", []),
        ("escalate", "timed_escalate", "running", ["P-LEAD"]),
    ],
)
def test_a_limit_passes_at_its_minute_and_has_its_effect_once(
    world, on_timeout, verb, state, asked
):
    lead = make_user(unit=world.n1, no="P-LEAD")
    make_post(user=lead, unit=world.n1, function="客户关系中心(部)负责人")
    approval = limited(world, on_timeout)
    assert Step.objects.get(key="first").due_at == at(23, 18)

    run_due(at(23, 17, 59))
    assert open_names(approval) == ["P-ONE"]
    run_due(at(23, 18))
    run_due(at(23, 18, 5))

    assert (fresh(approval).state, open_names(approval)) == (state, asked)
    assert Decision.objects.filter(verb=verb, by=None).count() == 1
    assert told("late") == (["P-ONE"] if on_timeout == "remind" else [])
    if on_timeout == "escalate":
        assert Step.objects.get(key="first").due_at == at(24, 18)  # the superior has as long


def test_at_the_top_nobody_is_left_to_pass_it_up_to(world):
    approval = limited(world, "escalate")

    run_due(at(23, 18))

    assert (open_names(approval), told("late")) == (["P-ONE"], ["P-ONE"])


def test_a_day_off_that_is_entered_later_lengthens_the_limit(world):
    approval = limited(world, "reject")
    add_exception(
        first_day=at(23).date(), last_day=at(23).date(), hours="", reason="台风", by=None,
        unit=world.group,
    )  # fmt: skip

    run_due(at(23, 18))
    assert (fresh(approval).state, Step.objects.get(key="first").due_at) == ("running", at(24, 18))
    run_due(at(24, 18))
    assert fresh(approval).state == "rejected"


# --- the calendar changes -------------------------------------------------------------------------


def recomputed() -> str:
    """Do the job that a change of the calendar left; what it says at the end."""
    job = Job.objects.get(kind="approvals.recompute_limits", state=JobState.QUEUED)
    jobs.work(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.failure
    return job.message


def other_hours(world, day: int, hours: str, unit=None) -> None:
    add_exception(
        first_day=at(day).date(), last_day=at(day).date(), hours=hours, reason="调休", by=None,
        unit=unit or world.group,
    )  # fmt: skip


def dues() -> set[dt.datetime | None]:
    """When the first step is due, as the step and as its tasks say it."""
    step = Step.objects.get(key="first")
    return {step.due_at, *Task.objects.filter(step=step).values_list("due_at", flat=True)}


def test_a_change_of_the_calendar_moves_limits_back_and_forward(world):
    deciders(world, "one")
    make_flow(a_step("first", "P-ONE", limit={"amount": "6", "unit": "working_days"}))
    hand_in(world)
    assert dues() == {at(30, 18)}  # Monday to Friday, and Monday

    other_hours(world, 24, "")
    assert recomputed() == "已重新计算 1 件审批的时限。"
    assert dues() == {at(31, 18)}
    saturday = 28
    other_hours(world, saturday, "09:00-12:00, 13:00-18:00")
    recomputed()
    assert dues() == {at(30, 17, 30)}  # its eight hours are half an hour more than others have
    sunday = 29
    other_hours(world, sunday, "09:00-12:00, 13:00-18:00")
    recomputed()
    assert dues() == {at(29, 17)}


def test_the_time_of_a_superior_is_worked_out_from_his_own_beginning(world):
    lead = make_user(unit=world.n1, no="P-LEAD")
    make_post(user=lead, unit=world.n1, function="客户关系中心(部)负责人")
    limited(world, "escalate")
    run_due(at(23, 18))
    assert Step.objects.get(key="first").due_at == at(24, 18)

    other_hours(world, 24, "")
    recomputed()

    assert Step.objects.get(key="first").due_at == at(25, 18)


def test_what_had_its_effect_and_what_lies_elsewhere_stays(world):
    limited(world, "remind")
    other_hours(world, 24, "", unit=world.south)
    assert not Job.objects.filter(kind="approvals.recompute_limits").exists()

    run_due(at(23, 18))
    other_hours(world, 23, "")

    assert not Job.objects.filter(kind="approvals.recompute_limits").exists()
    assert Step.objects.get(key="first").due_at == at(23, 18)


def test_a_paper_that_changed_does_not_pass_by_silence(world):
    deciders(world, "one")
    make_flow(a_step("first", "P-ONE", limit=DAY, on_timeout="pass"))
    case = make_paper(world)
    approval = hand_in(world, case)
    case.content = "另一活动"
    case.save()

    run_due(at(23, 18))

    assert (fresh(approval).state, told("late")) == ("running", ["P-ONE"])


def test_a_frozen_approver_is_replaced_by_the_clock(world):
    (one,) = deciders(world, "one", unit=world.n1)
    lead = make_user(unit=world.n1, no="P-LEAD")
    make_post(user=lead, unit=world.n1, function="客户关系中心(部)负责人")
    make_flow(a_step("first", "P-ONE"))
    approval = hand_in(world)
    User.objects.filter(pk=one.pk).update(state="frozen")

    assert run_due(at(23, 10)) == {"rerouted": 1, "unsigned": 0}
    assert open_names(approval) == ["P-LEAD"]


# --- by telephone ---------------------------------------------------------------------------------


def called(world, *, verb="approve", **more):
    """The general manager said yes on the telephone; the head wrote it down."""
    (boss,) = deciders(world, "gm")
    make_flow(a_step("gm", "P-GM"))
    approval = hand_in(world)
    values = {
        "recorded_by": world.north_head, "witness": world.north_keeper, "called_at": at(23, 9),
        "verb": verb, "comment": "总经理电话同意",
    } | more  # fmt: skip
    return boss, approval, record_by_phone(task_of(approval, boss), **values)


def test_a_call_decides_and_waits_for_its_signature(world):
    boss, approval, signature = called(world)

    assert (fresh(approval).state, told("to_sign")) == ("approved", ["P-GM"])
    decision = Decision.objects.get(verb="approve")
    assert (decision.by, decision.acting_for) == (world.north_head, boss)
    assert (signature.witness, signature.sign_by) == (world.north_keeper, at(27, 0))
    assert to_sign(boss.pk) == [signature]
    assert history(approval)[0].called == signature

    sign(signature, by=boss)

    assert to_sign(boss.pk) == []
    with pytest.raises(Conflict, match="P-GM signed already"):
        sign(signature, by=boss)
    assert Decision.objects.filter(verb="sign").count() == 1


def test_a_no_on_the_telephone_ends_the_paper(world):
    _boss, approval, _signature = called(world, verb="reject")

    assert fresh(approval).state == "rejected"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"recorded_by": "north_clerk"}, "may not record"),
        ({"recorded_by": "south_head"}, "may not record"),
        ({"witness": "north_head"}, "three different"),
        ({"witness": "north_clerk"}, "applicant has no part"),
        ({"called_at": at(23, 9, 1)}, "future"),
        ({"called_at": at(22, 9)}, "only since"),
        ({"comment": " "}, "what was said"),
        ({"verb": "transfer"}, "agrees or rejects"),
    ],
)
def test_what_a_call_may_not_be(world, changed, problem):
    values = {
        key: getattr(world, value) if key in ("recorded_by", "witness") else value
        for key, value in changed.items()
    }
    with pytest.raises(Refused, match=problem):
        called(world, **values)
    assert not Decision.objects.exclude(verb="submit").exists()


def test_nobody_records_a_call_about_his_own_paper(world):
    """Also where the flow lets the applicant decide, and though he has the right."""
    (one,) = deciders(world, "one")
    make_flow(a_step("first", "P-ONE"), applicant_is_approver="allow")
    approval = hand_in(world, by=world.north_head)
    others = make_user(unit=world.north, role="section-head", no="N-SECOND")

    assert may_record_call(approval, others)
    assert not may_record_call(approval, world.north_head)
    with pytest.raises(Refused, match="may not record"):
        record_by_phone(
            task_of(approval, one), recorded_by=world.north_head, witness=others,
            called_at=at(23, 9), verb="approve", comment="同意",
        )  # fmt: skip


def test_the_database_wants_three_people(world):
    _boss, _approval, signature = called(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        PhoneSignature.objects.filter(pk=signature.pk).update(witness=signature.recorded_by)


def test_left_unsigned_for_three_working_days_it_is_told_once_and_shown(world):
    _boss, approval, signature = called(world)

    assert escalate_unsigned(at(26, 23, 59)) == 0
    assert escalate_unsigned(at(27, 0)) == 1
    assert escalate_unsigned(at(28, 0)) == 0

    assert told("unsigned") == ["N-CLERK", "N-HEAD", "P-GM"]
    row = history(approval)[0].called
    assert (row.signed_at, row.escalated_at) == (None, at(27, 0))
    sign(signature, by=row.approver)  # late, but signed
    assert PhoneSignature.objects.get().escalated_at == at(27, 0)


def test_the_three_days_begin_when_he_is_back(world, monkeypatch):
    """A trip until Wednesday noon, known only after the call; then it is lengthened."""
    boss, _approval, signature = called(world)
    until = {"back": at(25, 12)}
    monkeypatch.setattr(
        absences,
        "PROVIDERS",
        [lambda people, when: {boss.pk: until["back"]} if when < until["back"] else {}],
    )

    assert escalate_unsigned(at(27, 0)) == 0  # back on Wednesday: Monday is the third day
    assert PhoneSignature.objects.get().sign_by == at(31, 0)
    assert escalate_unsigned(at(31, 0)) == 1


def test_the_days_of_the_rule_are_counted_by_the_rule(world):
    say(world.group, "expenses.signature_after_return", _span("1"))
    assert called(world)[2].sign_by == at(25, 0)


def _span(amount):
    from decimal import Decimal

    from regions.policies.types import Span

    return Span(Decimal(amount), "working_days")


# --- deputies -------------------------------------------------------------------------------------


def seats(world):
    manager = make_user(unit=world.group, no="P-GM")
    assistant = make_user(unit=world.group, no="P-AST")
    make_post(user=manager, unit=world.group, function="总经理")
    make_post(user=assistant, unit=world.group, function="总经理助理")
    gm = {"kind": "post", "name": "总经理", "level": "group"}
    make_flow(a_step("gm", gm))
    return manager, assistant


def test_the_assistant_signs_for_the_general_manager_while_he_is_away(world, monkeypatch):
    manager, assistant = seats(world)
    approval = hand_in(world)
    task = task_of(approval, manager)
    with pytest.raises(Refused, match="P-GM to decide"):
        approve(task, by=assistant)
    assert not waiting(assistant).exists()

    monkeypatch.setattr(
        absences, "PROVIDERS", [*absences.PROVIDERS, lambda people, when: {manager.pk: at(30)}]
    )
    assert [one.pk for one in waiting(assistant)] == [task.pk]
    assert Approval.objects.visible_to(assistant).get() == approval
    approve(task, by=assistant, comment="代签")

    decision = Decision.objects.get(verb="approve")
    assert (decision.by, decision.acting_for) == (assistant, manager)


def test_whoever_was_named_goes_before_the_assistant(world):
    manager, assistant = seats(world)
    for one in (manager, assistant):
        give(one, "group-management", world.group)
    act_for(manager, world.boss, at(23), at(25), "出差")
    task = task_of(hand_in(world), manager)

    with pytest.raises(Refused, match="P-GM to decide"):
        approve(task, by=assistant)
    approve(task, by=world.boss)

    assert Decision.objects.get(verb="approve").acting_for == manager


def test_a_deputy_signs_what_was_said_on_the_telephone(world):
    boss, _approval, signature = called(world)
    deputy = make_user(unit=world.n1, no="P-DEP", role="section-head")
    for one in (deputy, world.north_head):
        StandIn.objects.filter(person=boss).delete()
        StandIn.objects.create(person=boss, deputy=one, starts_at=at(23), ends_at=at(24))
        if one == world.north_head:  # he wrote it down himself
            with pytest.raises(Refused, match="P-GM to sign"):
                sign(signature, by=one)
    StandIn.objects.update(deputy=deputy)

    sign(signature, by=deputy)

    assert PhoneSignature.objects.get().signed_by == deputy
    assert Decision.objects.get(verb="sign").acting_for == boss


def test_a_rule_for_administrators_needs_one_of_them(world):
    """Several hold the right; the first to decide decides."""
    other = make_user(unit=world.group, no="G-ADMIN2", role="system-administrator")
    make_flow(a_step("gm", {"kind": "post", "name": "总经理"}), no_approver="administrator")
    approval = hand_in(world)

    assert open_names(approval) == ["G-ADMIN", "G-ADMIN2"]
    assert reject(task_of(approval, other), by=other, comment="不").state == "rejected"
    assert way(approval) == [("gm", "ended")]
    assert Task.objects.filter(state="cancelled").count() == 1
    assert Role.objects.filter(permissions__codename="change_flow").exists()
