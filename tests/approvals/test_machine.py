"""Random flows and random acts: never stuck, never twice, nobody approves his own paper."""

from collections import Counter

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.definitions import Left, NoApprover, OwnPaper, Repeated
from approvals.models import Approval, Decision, Step, Task, TaskState
from approvals.selectors.powers import may
from approvals.services import (
    add_signer,
    approve,
    choose_next,
    delegate,
    reject,
    send_back,
    submit,
    transfer,
)
from core.errors import Refused
from tests.approvals.flows import HAPPENED, KIND, a_step, deciders, make_flow, make_paper

NAMES = ("P-A", "P-B", "P-C", "P-D", "N-CLERK")
NOBODY = {"kind": "post", "name": "总经理", "level": "city"}
VOTES = ("approve", "reject", "choose_next", "give_back", "once")
PATIENCE = 80


@st.composite
def a_flow(draw):
    """Steps for one to three people or a vacant post, and any of the rules."""
    steps = []
    for number in range(draw(st.integers(1, 4))):
        who = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
        how = draw(st.sampled_from(["one", "any", "all", "in_order", "share"]))
        more = {"share": draw(st.integers(1, 100))} if how == "share" else {}
        ways = [NOBODY] if draw(st.integers(0, 5)) == 0 else who
        opinion = number > 0 and draw(st.integers(0, 4)) == 0
        steps.append(a_step(f"s{number}", *ways, how=how, opinion_only=opinion, **more))
    rules = {
        "no_approver": draw(st.sampled_from([NoApprover.PASS, NoApprover.ADMINISTRATOR])),
        "applicant_is_approver": draw(st.sampled_from(OwnPaper.values)),
        "repeated": draw(st.sampled_from(Repeated.values)),
        "left": draw(st.sampled_from(Left.values)),
    }
    return steps, draw(st.sampled_from(["predefined", "free"])), rules


VERBS = (
    *("approve", "approve", "reject", "send_back", "back_to", "transfer"),
    *("before", "after", "delegate", "next", "stranger", "again"),
)
ACTS = st.lists(
    st.tuples(st.sampled_from(VERBS), st.integers(0, 9), st.integers(0, 4)), max_size=12
)


class Desk:
    """One paper and everybody who plays with it."""

    def __init__(self, world, people, case, allowed) -> None:
        self.world, self.people, self.case, self.allowed = world, people, case, allowed
        self.approval = submit(case, kind=KIND, by=world.north_clerk)
        self.last = None

    def tasks(self):
        rows = Task.objects.select_related("step__approval__flow_version__flow", "person")
        return list(rows.filter(step__approval=self.approval, state=TaskState.OPEN).order_by("pk"))

    def act(self, verb, which, whom) -> None:
        """Try something; what is refused changes nothing."""
        tasks = self.tasks()
        if not tasks:
            if Approval.objects.get(pk=self.approval.pk).state == "sent_back":
                submit(self.case, kind=KIND, by=self.world.north_clerk)
            return
        task = tasks[which % len(tasks)]
        if verb == "again" and self.last is not None:
            task = self.last  # the back button
        by, to = task.person, self.people[whom]
        before = Decision.objects.count()
        try:
            with transaction.atomic():
                self.do(verb, task, by, to)
            self.last = task
        except Refused:
            assert Decision.objects.count() == before

    def do(self, verb, task, by, to) -> None:
        earlier = Step.objects.filter(approval=self.approval, state="done").first()
        {
            "approve": lambda: approve(task, by=by),
            "again": lambda: approve(task, by=by),
            "reject": lambda: reject(task, by=by, comment="不"),
            "send_back": lambda: send_back(task, by=by, comment="改"),
            "back_to": lambda: (
                send_back(task, by=by, comment="改", to=earlier.key) if earlier else None
            ),
            "transfer": lambda: transfer(task, to=to, by=by),
            "before": lambda: add_signer(task, who=[to], after=False, by=by),
            "after": lambda: add_signer(task, who=[to], after=True, by=by),
            "delegate": lambda: delegate(task, to=to, by=by),
            "next": lambda: choose_next(task, to=to, by=by),
            "stranger": lambda: approve(task, by=self.world.south_head),
        }[verb]()

    def check(self) -> None:
        """What must always hold."""
        approval = Approval.objects.get(pk=self.approval.pk)
        steps = Step.objects.filter(approval=approval, state="open")
        if approval.state == "running":
            assert steps.count() == 1
            assert self.tasks()
            assert {task.step_id for task in self.tasks()} == {steps.get().pk}
        else:
            unfinished = Task.objects.unfinished().filter(step__approval=approval)
            assert not steps.exists()
            assert not unfinished.exists()
        acts = Decision.objects.filter(approval=approval, verb__in=VOTES)
        assert all(times == 1 for times in Counter(acts.values_list("task", flat=True)).values())
        if not self.allowed:
            own = acts.filter(by=approval.applicant) | acts.filter(acting_for=approval.applicant)
            assert not own.exists()
        assert not acts.filter(by=self.world.south_head).exists()
        ends = [name for name, pk in HAPPENED if name in ("approved", "rejected")]
        assert len(ends) == (approval.state in ("approved", "rejected"))

    def drive(self) -> str:
        """Everybody who is asked says yes: the paper must come to its end."""
        for _time in range(PATIENCE):
            tasks = self.tasks()
            if not tasks:
                self.act("approve", 0, 0)
                if not self.tasks():
                    break
                continue
            task = tasks[0]
            verbs = may(task, task.person).verbs
            assert verbs & {"approve", "give_back"}, may(task, task.person).why_not
            approve(task, by=task.person)
            self.check()
        return Approval.objects.get(pk=self.approval.pk).state


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(flow=a_flow(), acts=ACTS)
def test_whatever_people_do_a_paper_comes_to_one_end(world, flow, acts):
    steps, model, rules = flow
    with transaction.atomic():
        HAPPENED.clear()
        people = [*deciders(world, "a", "b", "c", "d"), world.north_clerk]
        make_flow(*steps, model=model, **rules)
        desk = Desk(world, people, make_paper(world), rules["applicant_is_approver"] == "allow")
        desk.check()
        for act in acts:
            desk.act(*act)
            desk.check()
        assert desk.drive() in ("approved", "rejected")
        transaction.set_rollback(True)
