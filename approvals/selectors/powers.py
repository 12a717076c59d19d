"""Who may do what on an approval: the page shows these moves, the services ask the same."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from approvals.absences import persons_of
from approvals.definitions import Definition, OwnPaper, StepDef, Who, WhoKind, parse
from approvals.models import (
    Approval,
    ApprovalState,
    FlowModel,
    Origin,
    Step,
    StepState,
    Task,
    TaskState,
)
from regions.policies import policy

VIEW = "approvals.view_approval"
RECORD_CALL = "approvals.record_call"
DECIDE = frozenset(
    {"approve", "reject", "send_back", "transfer", "add_before", "add_after", "delegate"}
)
FREE = "free-"


def definition_of(version: Any) -> Definition:
    """The definition of a version of a flow, parsed."""
    return parse(version.definition)


def stepdef_of(definition: Definition, step: Step) -> StepDef:
    """The definition of a step; one that an approver named by himself has none of its own."""
    if step.key.startswith(FREE):
        return StepDef(step.key, step.name, (Who(WhoKind.PREVIOUS_CHOICE),))
    return definition.step(step.key)


@dataclass(frozen=True, slots=True)
class Powers:
    """What a person may do with a task: verbs of approvals.models.Verb, for whom if not for
    himself, and why not where he may nothing."""

    verbs: frozenset[str] = frozenset()
    acting_for: User | None = None
    why_not: str = ""

    def __contains__(self, verb: str) -> bool:
        return verb in self.verbs


def may(task: Task, user: Any, moment: datetime | None = None) -> Powers:
    """What a person may do with a task now. `task` has its step, approval, flow and person."""
    approval = task.step.approval
    if user is None or not user.is_active:
        return Powers(why_not=_("You may not decide here."))
    mine = task.person_id == user.pk
    if not mine and task.person_id not in persons_of(user.pk, moment):
        return Powers(why_not=_("This is for {name} to decide.").format(name=task.person.name))
    if task.state != TaskState.OPEN or approval.state != ApprovalState.RUNNING:
        return Powers(why_not=_("There is nothing to decide here any more."))
    definition = definition_of(approval.flow_version)
    if not mine and is_barred(approval, user.pk, definition):
        return Powers(why_not=_("Nobody decides his own paper, not even for somebody else."))
    return Powers(_verbs(task, definition), None if mine else task.person)


def _verbs(task: Task, definition: Definition) -> frozenset[str]:
    if task.origin == Origin.DELEGATION:
        return frozenset({"give_back"})
    verbs = set(DECIDE)
    if task.step.approval.flow_version.flow.model == FlowModel.FREE or awaits_choice(task.step):
        verbs.add("choose_next")
    if stepdef_of(definition, task.step).opinion_only:
        verbs.discard("send_back")
    return frozenset(verbs)


def is_barred(approval: Approval, user: int, definition: Definition) -> bool:
    """Whether somebody, by his key, must not decide because the paper is his own."""
    allowed = definition.rules.applicant_is_approver == OwnPaper.ALLOW
    return approval.applicant_id == user and not allowed


def next_step(step: Step) -> Step | None:
    """The step after one, as far as it is known now."""
    rows = Step.objects.filter(
        approval=step.approval_id,
        round=step.round,
        position__gt=step.position,
        state=StepState.WAITING,
    )
    return rows.order_by("position").first()


def awaits_choice(step: Step) -> bool:
    """Whether the next step is for people whom an approver of this one chooses."""
    following = next_step(step)
    if following is None or following.key.startswith(FREE):
        return False
    definition = definition_of(step.approval.flow_version)
    kinds = {who.kind for who in definition.step(following.key).who}
    unchosen = not step.approval.chosen.get(following.key)
    return WhoKind.PREVIOUS_CHOICE in kinds and unchosen


def earlier_steps(step: Step) -> list[Step]:
    """The steps to which an approver may send a paper back, in order."""
    rows = Step.objects.filter(
        approval=step.approval_id, round=step.round, position__lt=step.position
    )
    return list(rows.filter(state=StepState.DONE).order_by("position"))


def may_on(approval: Approval, user: Any) -> frozenset[str]:
    """What a person who sees an approval may do with it as a whole: withdraw, urge, remark,
    copy, record_call."""
    if not Approval.objects.visible_to(user).filter(pk=approval.pk).exists():
        return frozenset()
    verbs = {"remark"}
    if approval.is_open:
        verbs.add("copy")
        if approval.applicant_id == user.pk:
            verbs.add("withdraw")
        if approval.state == ApprovalState.RUNNING:
            if approval.applicant_id == user.pk or user.has_perm(VIEW):
                verbs.add("urge")
            if may_record_call(approval, user):
                verbs.add("record_call")
    return frozenset(verbs)


def may_record_call(approval: Approval, user: Any) -> bool:
    """Whether somebody may write down what an approver said on the telephone: with the right, in
    reach of the paper's unit, and never on his own paper."""
    if user is None or approval.applicant_id == user.pk:
        return False
    return Approval.objects.visible_to(user, RECORD_CALL).filter(pk=approval.pk).exists()


def needs_step_up(task: Task) -> bool:
    """Whether whoever decides confirms first who he is: the sum lies above the step's own limit,
    else above the policy's."""
    amount = task.step.approval.amount
    if amount is None:
        return False
    own = stepdef_of(definition_of(task.step.approval.flow_version), task.step).amount_step_up
    return amount > (policy("approvals.step_up_amount") if own is None else own)
