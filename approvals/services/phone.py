"""Approval by telephone: written down by another with a witness, signed afterwards (EXP-07).

The approver signs within so many working days after he is back in the office, known from his trip
or leave, else from the call (policy expenses.signature_after_return). What stays unsigned is told
to his superior, once, and shown as unsigned until it is signed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from approvals.absences import away_until, persons_of
from approvals.errors import Conflict
from approvals.limits import last_day_of
from approvals.models import (
    Approval,
    Origin,
    Outcome,
    PhoneSignature,
    Task,
    Verb,
)
from approvals.selectors.people import superiors
from approvals.selectors.powers import is_barred, may_record_call
from approvals.services import files as attached
from approvals.services import telling
from approvals.services.deciding import choose_people, follow, refuse_parents
from approvals.services.held import Held, Replayed, holding, read_task
from approvals.services.steps import close_task, settle
from core.display import when
from core.errors import Refused
from core.locking import lock
from regions.policies import policy

SIGNATURE = "expenses.signature_after_return"
BATCH = 200


def record_by_phone(
    task: Task,
    *,
    recorded_by: User,
    witness: User,
    called_at: datetime,
    verb: str,
    comment: str,
    request_key: str = "",
    chosen: Sequence[Any] = (),
    files: attached.Uploads = (),
) -> PhoneSignature:
    """Write down what an approver said on the telephone: `verb` is approve or reject; `files` prove
    it, a recording or a picture of the list of calls.

    Raises Refused for somebody without the right or with a part in it, for a witness who is one of
    the two, for a call in the future or before the step was opened, and without a comment.
    """
    if verb not in (Verb.APPROVE, Verb.REJECT):
        raise Refused(_("By telephone one agrees or rejects."))
    if not comment.strip():
        raise Refused(_("Please write down what was said."))
    try:
        with (
            attached.kept(task.step.approval, files) as stored,
            holding(task.step.approval_id, by=recorded_by, request_key=request_key) as held,
        ):
            task = read_task(held, task)
            _check_call(held, task, witness, called_at)
            signature = _write_down(held, task, witness, called_at, verb, comment, chosen)
            attached.adopt(stored, signature.decision, recorded_by)
            return signature
    except Replayed as same:
        rows = PhoneSignature.objects.filter(decision__request_key=request_key)
        return rows.get(decision__approval=same.approval)


def _check_call(held: Held, task: Task, witness: User, called_at: datetime) -> None:
    if not may_record_call(held.approval, held.by):
        raise Refused(_("You may not record decisions made by telephone here."))
    three = {held.by.pk, witness.pk, task.person_id}
    if len(three) < 3:
        raise Refused(_("Approver, recorder and witness must be three different people."))
    if held.approval.applicant_id in three and is_barred(
        held.approval, held.approval.applicant_id, held.definition
    ):
        raise Refused(_("The applicant has no part in a call about his own paper."))
    if not witness.is_active:
        raise Refused(_("{name} is not active.").format(name=witness.name))
    if called_at > held.now:
        raise Refused(_("The call lies in the future."))
    if task.opened_at is not None and called_at < task.opened_at.replace(second=0, microsecond=0):
        raise Refused(
            _("This was for {name} to decide only since {time}.").format(
                name=task.person.name, time=when(task.opened_at)
            )
        )
    if task.origin == Origin.DELEGATION:
        raise Refused(_("Whoever looks into something for another answers himself."))
    if not held.is_unchanged():
        raise Conflict(_("The content has changed since it was submitted."))


def _write_down(
    held: Held,
    task: Task,
    witness: User,
    called_at: datetime,
    verb: str,
    comment: str,
    chosen: Sequence[Any],
) -> PhoneSignature:
    if verb == Verb.APPROVE:
        choose_people(held, task, chosen)
    decision = held.decide(
        verb,
        step=task.step,
        task=task,
        acting_for=task.person,
        comment=comment,
        by_phone=True,
        witness=witness.name,
    )
    signature = PhoneSignature.objects.create(
        decision=decision,
        approver=task.person,
        recorded_by=held.by,
        witness=witness,
        called_at=called_at,
        sign_by=sign_by(task.person, called_at, held.approval),
    )
    held.tell(lambda: telling.to_sign(signature, held.approval))
    if verb == Verb.APPROVE:
        close_task(held, task, Outcome.APPROVED)
        follow(held, task)
    else:
        close_task(held, task, Outcome.REJECTED)
        refuse_parents(held, task)
        settle(held, task.step)
    return signature


def sign_by(approver: User, called_at: datetime, approval: Approval) -> datetime:
    """Until when a call is to be signed: so many working days after the approver is back."""
    back = away_until(approver.pk, called_at) or called_at
    return last_day_of(
        back, policy(SIGNATURE, approval.unit_id), approver.unit_id or approval.unit_id
    )


def sign(signature: PhoneSignature, *, by: Any, request_key: str = "") -> PhoneSignature:
    """The approver, or whoever acts for him while he is away, signs what was written down.

    Raises Refused for anybody else, and for whoever wrote it down, witnessed it or asked for it;
    Conflict when it is signed already.
    """
    approval = signature.decision.approval
    try:
        with holding(approval.pk, by=by, request_key=request_key) as held:
            held_row = lock(PhoneSignature.objects.filter(pk=signature.pk)).select_related(
                "decision", "approver", "signed_by"
            )
            row = held_row.get()
            if row.signed_at is not None:
                who = row.signed_by.name if row.signed_by else ""
                sentence = _("{name} signed already at {time}.")
                raise Conflict(sentence.format(name=who, time=when(row.signed_at)))
            _check_signer(held, row)
            row.signed_at, row.signed_by = held.now, by
            row.save(update_fields=["signed_at", "signed_by"])
            held.decide(
                Verb.SIGN,
                step=row.decision.step,
                acting_for=None if by.pk == row.approver_id else row.approver,
                called=row.decision_id,
            )
            return row
    except Replayed:
        return PhoneSignature.objects.get(pk=signature.pk)


def _check_signer(held: Held, row: PhoneSignature) -> None:
    if may_sign(row, held.by):
        return
    raise Refused(_("This is for {name} to sign.").format(name=row.approver.name))


def may_sign(row: PhoneSignature, user: Any) -> bool:
    """Whether somebody may sign a call: its approver, or his deputy who had no part in it."""
    if row.approver_id == user.pk:
        return True
    part = {row.recorded_by_id, row.witness_id, row.decision.approval.applicant_id}
    return user.pk not in part and row.approver_id in persons_of(user.pk)


def escalate_unsigned(now: datetime | None = None) -> int:
    """Tell the superior, the recorder and the applicant of calls that were not signed in time,
    each once; whoever is still away gets until he is back. Returns how many were told."""
    moment, told = now or timezone.now(), 0
    due = PhoneSignature.objects.unsigned().filter(sign_by__lte=moment, escalated_at=None)
    for pk in list(due.values_list("pk", flat=True)[:BATCH]):
        told += _escalate(pk, moment)
    return told


@transaction.atomic
def _escalate(pk: int, now: datetime) -> int:
    rows = lock(PhoneSignature.objects.filter(pk=pk), skip_locked=True).select_related(
        "approver__unit", "recorded_by", "decision__approval__applicant", "decision__approval__unit"
    )
    row = rows.filter(signed_at=None, escalated_at=None).first()
    if row is None:
        return 0
    approval = row.decision.approval
    # A trip that was approved or lengthened after the call moves the day on which he is back.
    fresh = max(
        sign_by(row.approver, row.called_at, approval),
        sign_by(row.approver, now, approval) if away_until(row.approver_id, now) else row.sign_by,
    )
    if fresh > now:
        row.sign_by = fresh
        row.save(update_fields=["sign_by"])
        return 0
    row.escalated_at = now
    row.save(update_fields=["escalated_at"])
    above = [one.pk for one in superiors(row.approver, approval.unit)]
    people = {*above, row.approver_id, row.recorded_by_id, approval.applicant_id}
    telling.unsigned(row, approval, people, now)
    return 1
