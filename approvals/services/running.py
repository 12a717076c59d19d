"""A paper is submitted, for the first time or again after it was sent back."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from approvals.definitions import OwnPaper
from approvals.errors import Conflict
from approvals.models import (
    OPEN_STATES,
    Approval,
    ApprovalState,
    Decision,
    Step,
    StepState,
    Verb,
)
from approvals.selectors.powers import definition_of
from approvals.services.flows import flow_for
from approvals.services.held import Held, Replayed, holding
from approvals.services.routing import Router, keys_of, refuse_route
from approvals.services.steps import advance, lay_out, lay_out_again
from approvals.subjects import hash_of, plain, subject_of
from core.display import when
from core.errors import Refused, constraint_of
from core.locking import lock


def open_approval(obj: Any, kind: str) -> Approval | None:
    """The approval of a record that has not ended."""
    return _of(obj, kind).filter(state__in=OPEN_STATES).first()


def last_approval(obj: Any, kind: str) -> Approval | None:
    """The newest approval of a record."""
    return _of(obj, kind).order_by("-pk").first()


def _of(obj: Any, kind: str) -> Any:
    return Approval.objects.filter(subject_kind=kind, subject_id=obj.pk)


def submit(
    obj: Any,
    *,
    kind: str,
    by: Any,
    chosen: Mapping[str, Sequence[Any]] | None = None,
    request_key: str = "",
    comment: str = "",
) -> Approval:
    """Ask for the approval of a record, or hand it in again after it was sent back.

    `chosen` maps keys of steps to the people whom the applicant picks. A paper that comes back
    unchanged goes on where it was sent back; a changed one is decided anew from the first step,
    by the version of the flow it began with. Raises Refused where the person may not, no flow
    fits, or nobody could decide; Conflict when the record is in approval already.
    """
    subject = subject_of(kind)
    if subject.may_submit is not None and not subject.may_submit(obj, by):
        raise Refused(_("You may not submit this for approval."))
    try:
        with transaction.atomic():
            pk = _approval_for(obj, kind, by, keys_of(chosen), request_key)
            with holding(pk, by=by, request_key=request_key) as held:
                _start(held, keys_of(chosen), comment)
                return held.approval
    except Replayed as same:
        return same.approval
    except IntegrityError as problem:
        if constraint_of(problem) != "approval_one_open":
            raise
        return _submitted_meanwhile(obj, kind, by, request_key)


def _approval_for(
    obj: Any, kind: str, by: Any, chosen: dict[str, list[int]], request_key: str
) -> int:
    """The key of the record's open approval, or of a new one that has no steps yet."""
    there = lock(_of(obj, kind).filter(state__in=OPEN_STATES)).first()
    if there is not None:
        return there.pk
    if request_key:
        before = Decision.objects.filter(request_key=request_key, by=by, verb=Verb.SUBMIT).first()
        if before is not None:  # it has ended already, and the button was pressed again
            return before.approval_id
    facts = subject_of(kind).facts(obj)
    version = flow_for(kind, facts)
    approval = Approval(
        subject_kind=kind,
        subject_id=obj.pk,
        flow_version=version,
        applicant=by,
        title=facts.title[:200],
        amount=facts.amount,
        round=0,
        chosen=chosen,
        snapshot=plain(facts.snapshot),
        snapshot_hash=hash_of(facts.snapshot),
    )
    approval.place_in(facts.unit)
    approval.save(force_insert=True)
    return approval.pk


def _submitted_meanwhile(obj: Any, kind: str, by: Any, request_key: str) -> Approval:
    there = open_approval(obj, kind)
    if there is not None and request_key:
        same = Decision.objects.filter(approval=there, request_key=request_key, by=by)
        if same.exists():
            return there
    raise Conflict(_("This is in approval already."))


def _start(held: Held, chosen: dict[str, list[int]], comment: str) -> None:
    approval = held.approval
    if approval.state == ApprovalState.RUNNING and approval.round:
        raise Conflict(
            _("This is in approval already, since {time}.").format(time=when(approval.started_at))
        )
    if held.by is None or approval.applicant_id != held.by.pk:
        raise Refused(_("Only the applicant submits this again."))
    again = approval.state == ApprovalState.SENT_BACK
    # Whoever took the paper over may have agreed to it: nobody's own word stands for his paper.
    same = held.is_unchanged() and not _agreed_before(held)
    approval.chosen = approval.chosen | chosen
    approval.state, approval.round = ApprovalState.RUNNING, approval.round + 1
    held.take_snapshot()
    approval.save()
    if again and same and (where := _sent_back_at(held)) is not None:
        lay_out_again(held, start=where.position, resume=where.position)
    else:
        _refuse_dead_ends(held)
        lay_out(held)
    held.decide(Verb.SUBMIT, comment=comment, round=approval.round)
    held.subject.on.submitted(held.obj, approval, by=held.by)
    advance(held)


def _agreed_before(held: Held) -> bool:
    """Whether the present applicant agreed to the paper when it was somebody else's."""
    approval = held.approval
    if held.definition.rules.applicant_is_approver == OwnPaper.ALLOW:
        return False
    own = Decision.objects.filter(approval=approval, by=approval.applicant_id, verb=Verb.APPROVE)
    return own.exists()


def _sent_back_at(held: Held) -> Step | None:
    """The step that sent the paper back in the round before."""
    rows = Step.objects.filter(approval=held.approval, round=held.approval.round - 1)
    return rows.filter(state=StepState.SENT_BACK).first()


def _refuse_dead_ends(held: Held) -> None:
    """Raises Refused for a way that could not be walked to its end."""
    approval = held.approval
    router = Router(
        definition_of(approval.flow_version), held.facts, approval.applicant, approval.chosen
    )
    way = [(one.step, router.found(one.step)) for one in router.steps() if one.applies]
    refuse_route(way)
