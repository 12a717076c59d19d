"""An approval held in a transaction: read after its lock, written once, told at the end.

Every verb goes through here. The row of the approval is the one lock; it is taken before any other
row of the paper. Notices are collected and written last in the same transaction, so what rolls
back was never told, and a process that dies leaves either everything or nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.definitions import Definition, StepDef
from approvals.errors import Conflict
from approvals.models import Approval, ApprovalState, Decision, Step, Task, TaskState, Verb
from approvals.selectors.powers import definition_of, stepdef_of
from approvals.services.routing import Router
from approvals.subjects import Facts, Subject, hash_of, plain, subject_of
from audit.services import record
from core.display import when
from core.errors import Refused, constraint_of
from core.faults import fault_point
from core.locking import lock


class Replayed(Exception):  # noqa: N818  no error: the same request came twice
    """The request was carried out before; its approval is the answer."""

    def __init__(self, approval: Approval) -> None:
        super().__init__(approval.pk)
        self.approval = approval


@dataclass
class Held:
    """A locked approval with what the verbs need of it."""

    approval: Approval
    by: Any
    now: datetime
    request_key: str = ""
    letters: list[Callable[[], Any]] = field(default_factory=list)

    @cached_property
    def subject(self) -> Subject:
        return subject_of(self.approval.subject_kind)

    @cached_property
    def obj(self) -> Any:
        """The paper. Raises Refused when it is gone."""
        try:
            return self.subject.object_of(self.approval.subject_id)
        except ObjectDoesNotExist:
            raise Refused(_("The paper of this approval no longer exists.")) from None

    @cached_property
    def facts(self) -> Facts:
        return self.subject.facts(self.obj)

    def forget_paper(self) -> None:
        """Read the paper anew: it was changed."""
        for name in ("obj", "facts", "router"):
            self.__dict__.pop(name, None)

    @cached_property
    def definition(self) -> Definition:
        return definition_of(self.approval.flow_version)

    @cached_property
    def router(self) -> Router:
        return Router(
            self.definition, self.facts, self.approval.applicant, dict(self.approval.chosen)
        )

    def stepdef(self, step: Step) -> StepDef:
        return stepdef_of(self.definition, step)

    def is_unchanged(self) -> bool:
        """Whether the paper still says what was submitted."""
        return hash_of(self.facts.snapshot) == self.approval.snapshot_hash

    def take_snapshot(self) -> None:
        """Let the approval be about the paper as it stands now; the caller saves."""
        facts = self.facts
        self.approval.title, self.approval.amount = facts.title[:200], facts.amount
        self.approval.snapshot = plain(facts.snapshot)
        self.approval.snapshot_hash = hash_of(facts.snapshot)

    def decide(
        self,
        verb: str,
        *,
        step: Step | None = None,
        task: Task | None = None,
        acting_for: Any = None,
        comment: str = "",
        by: Any = ...,
        keyed: bool = True,
        **detail: Any,
    ) -> Decision:
        """Write one row of the history, and the audit entry of a person's act."""
        actor = self.by if by is ... else by
        row = Decision.objects.create(
            approval=self.approval,
            step=step,
            task=task,
            verb=verb,
            by=actor,
            acting_for=acting_for,
            comment=comment.strip(),
            snapshot_hash=self.approval.snapshot_hash,
            request_key=(self.request_key or None) if keyed else None,
            at=self.now,
            detail=detail,
        )
        record(f"approval.{verb}", by=actor, subject=self.approval, title=self.approval.title)
        return row

    def tell(self, act: Callable[[], Any]) -> None:
        """Remember a notice for the end of the transaction."""
        self.letters.append(act)

    def end(self, state: str) -> None:
        """The approval is over; whoever was still to decide is not any more."""
        self.approval.state, self.approval.ended_at = state, self.now
        self.approval.save()
        cancel_tasks(self.approval, self.now)


def cancel_tasks(approval: Approval, now: datetime, step: Step | None = None) -> None:
    """Nobody is to decide any more, in one step or in the whole approval."""
    tasks = Task.objects.filter(step__approval=approval).unfinished()
    if step is not None:
        tasks = tasks.filter(step=step)
    tasks.update(state=TaskState.CANCELLED, closed_at=now)


@contextmanager
def holding(pk: int, *, by: Any, request_key: str = "", now: Any = None) -> Iterator[Held]:
    """Hold an approval for one verb, then tell what was remembered.

    Raises Replayed when the person's request was carried out before.
    """
    try:
        with transaction.atomic():
            lock(Approval.objects.filter(pk=pk))
            approval = read(pk)
            fault_point("approval.after_lock")
            _refuse_replay(approval, by, request_key)
            held = Held(approval, by, now or timezone.now(), request_key)
            yield held
            fault_point("approval.after_write")
            fault_point("approval.before_notify")
            for act in held.letters:
                act()
    except IntegrityError as problem:
        if constraint_of(problem) == "decision_request":
            raise Conflict(_("This was sent already, for another paper.")) from problem
        raise
    fault_point("approval.after_commit")


def read(pk: int) -> Approval:
    """An approval with what the verbs look at."""
    rows = Approval.objects.select_related("flow_version__flow", "applicant__unit", "unit")
    return rows.get(pk=pk)


def _refuse_replay(approval: Approval, by: Any, request_key: str) -> None:
    if not request_key:
        return
    before = Decision.objects.filter(request_key=request_key).first()
    if before is None:
        return
    if before.approval_id == approval.pk and before.by_id == getattr(by, "pk", None):
        raise Replayed(approval)
    raise Conflict(_("This was sent already, for another paper."))


def read_task(held: Held, task: Task) -> Task:
    """A task as it is under the lock. Raises Conflict when it is no longer to be decided."""
    fresh = Task.objects.select_related("person__unit", "step").get(pk=task.pk)
    fresh.step.approval = held.approval
    if held.approval.state != ApprovalState.RUNNING or fresh.state != TaskState.OPEN:
        raise Conflict(who_decided(held.approval, fresh))
    return fresh


#: What ends the wait of a task; remarks and urges do not.
DECIDING = (
    Verb.APPROVE,
    Verb.REJECT,
    Verb.SEND_BACK,
    Verb.TRANSFER,
    Verb.ADD_BEFORE,
    Verb.DELEGATE,
    Verb.GIVE_BACK,
    Verb.CHOOSE_NEXT,
    Verb.WITHDRAW,
    Verb.VOID,
    Verb.TIMED_PASS,
    Verb.TIMED_REJECT,
    Verb.TIMED_ESCALATE,
    Verb.REROUTE,
)


def who_decided(approval: Approval, task: Task) -> str:
    """The sentence for whoever came too late: who did what, and when."""
    rows = Decision.objects.filter(approval=approval, verb__in=DECIDING).select_related("by")
    last = rows.filter(task=task).order_by("-pk").first()
    last = last or rows.filter(step=task.step).order_by("-pk").first()
    last = last or rows.order_by("-pk").first()
    if last is None:
        return _("This has changed meanwhile. Please look at it again.")
    verb, moment = Verb(last.verb).label, when(last.at)
    if last.by is None:
        return _("Decided already at {time}: {verb}.").format(time=moment, verb=verb)
    return _("{name} decided already at {time}: {verb}.").format(
        name=last.by.name, time=moment, verb=verb
    )
