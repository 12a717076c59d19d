"""What applicants and readers may do with an approval as a whole."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import (
    Approval,
    ApprovalState,
    Copy,
    Decision,
    Step,
    StepState,
    Task,
    TaskState,
    Verb,
)
from approvals.selectors.powers import may_on
from approvals.services import files as attached
from approvals.services import telling
from approvals.services.held import Held, Replayed, holding
from approvals.services.steps import as_users, give_copies
from core.display import when
from core.errors import Refused
from regions.policies import policy


def _need(held: Held, verb: str) -> None:
    """Raises Refused when a person may not do something with the whole."""
    if verb not in may_on(held.approval, held.by):
        if not held.approval.is_open:
            state = held.approval.get_state_display()
            raise Refused(_("This approval has ended: {state}.").format(state=state))
        raise Refused(_("This cannot be done here."))


def withdraw(approval: Approval, *, by: Any, comment: str = "", request_key: str = "") -> Approval:
    """The applicant takes his paper back, as long as it is not decided."""
    try:
        with holding(approval.pk, by=by, request_key=request_key) as held:
            _need(held, "withdraw")
            people = _deciders(held)
            held.decide(Verb.WITHDRAW, comment=comment)
            steps = Step.objects.filter(approval=held.approval, state=StepState.OPEN)
            steps.update(state=StepState.ENDED, closed_at=held.now)
            held.end(ApprovalState.WITHDRAWN)
            held.subject.on.withdrawn(held.obj, held.approval, by=by)
            held.tell(lambda: telling.withdrawn(held, people))
            return held.approval
    except Replayed as same:
        return same.approval


def _deciders(held: Held) -> set[int]:
    tasks = Task.objects.filter(step__approval=held.approval, state=TaskState.OPEN)
    return set(tasks.values_list("person", flat=True))


def urge(approval: Approval, *, by: Any, comment: str = "", request_key: str = "") -> Approval:
    """Press those whose turn it is; again only after some hours (policy)."""
    try:
        with holding(approval.pk, by=by, request_key=request_key) as held:
            _need(held, "urge")
            pause = timedelta(hours=policy("approvals.urge_hours", held.approval.unit_id))
            rows = Decision.objects.filter(approval=held.approval, verb=Verb.URGE, by=by)
            last = rows.order_by("-pk").first()
            if last is not None and last.at + pause > held.now:
                raise Refused(
                    _("You urged already; please wait until {time}.").format(
                        time=when(last.at + pause)
                    )
                )
            people = _deciders(held)
            decision = held.decide(Verb.URGE, comment=comment)
            held.tell(lambda: telling.urged(held, people, decision))
            return held.approval
    except Replayed as same:
        return same.approval


def remark(
    approval: Approval,
    *,
    by: Any,
    comment: str,
    files: attached.Uploads = (),
    request_key: str = "",
) -> Approval:
    """Say something without deciding, also with files and also after the end."""
    if not comment.strip() and not attached.has_any(files):
        raise Refused(_("Please write a comment or attach a file."))
    try:
        with (
            attached.kept(approval, files) as stored,
            holding(approval.pk, by=by, request_key=request_key) as held,
        ):
            _need(held, "remark")
            decision = held.decide(Verb.REMARK, comment=comment)
            attached.adopt(stored, decision, by)
            people = (_deciders(held) | {held.approval.applicant_id}) - {by.pk}
            held.tell(lambda: telling.remarked(held, people, decision))
            return held.approval
    except Replayed as same:
        return same.approval


def copy_to(approval: Approval, *, people: Iterable[Any], by: Any, comment: str = "") -> Approval:
    """Let people read it for knowledge."""
    with holding(approval.pk, by=by) as held:
        _need(held, "copy")
        found = as_users(list(people))
        if not found:
            raise Refused(_("Please choose somebody who can log in."))
        fresh = give_copies(held, found)
        if fresh:
            held.decide(Verb.COPY, comment=comment, to=[one.name for one in fresh])
        return held.approval


def mark_read(approval: Approval, *, by: Any) -> None:
    """Somebody has opened the approval of which he got a copy."""
    Copy.objects.filter(approval=approval, person=by, read_at=None).update(read_at=timezone.now())
