"""Verbs of organisation changes: draft, propose, approve, apply, undo, cancel (CHG-01…05, GOV-01).

`by` is the acting person; None is the operator at the command line and the schedule, whom no rule
of reach binds. Each verb is one transaction and leaves an audit entry.
"""

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused, Stale
from core.jobs import enqueue
from core.locking import lock as locked
from core.scope import Scope
from regions.models import (
    ChangeKind,
    ChangeState,
    Kind,
    OrgChange,
    OrgChangeRow,
    OrgUnit,
    UnitVersion,
)
from regions.policies import policy
from regions.services.deadlines import days_late
from regions.services.journal import rewritten_units, take_back
from regions.services.rehearsal import (
    Picture,
    lock,
    moving_problems,
    picture,
    rehearse,
    sentences,
    standing_problems,
)
from regions.services.surgery import Surgeon, with_branches
from regions.services.units import mend_paths, move_rows, tell_calendars
from regions.takes_part import AFTERWARDS

PROPOSE = "regions.propose_orgchange"
APPROVE = "regions.approve_orgchange"
DECISION = {"approval_by", "approval_number", "approval_on"}
CARRY_OUT = "regions.apply_due_changes"  # the job that carries out what is due


# --- entering -----------------------------------------------------------------------------------


@transaction.atomic
def draft_change(
    *,
    by: Any,
    kind: str,
    effective_on: date,
    reason: str,
    unit: OrgUnit | None = None,
    target: OrgUnit | None = None,
    **more: Any,
) -> OrgChange:
    """Enter a change, which does nothing yet. `more`: payload, source and the approval's facts.

    Raises Refused for units out of reach and for a change without a reason.
    """
    change = OrgChange(
        kind=kind,
        unit=unit,
        target=target,
        effective_on=effective_on,
        reason=reason.strip(),
        author=by,
        **more,
    )
    _check_draft(change, by)
    change.save()
    record("orgchange.drafted", by=by, subject=change, kind=kind, unit=unit_code(change))
    return change


@transaction.atomic
def edit_change(change: OrgChange, *, by: Any, **values: Any) -> OrgChange:
    """Change a draft, whose author is then who changed it: somebody else must approve what he
    wrote (GOV-01).

    Raises Refused once it was proposed, and for units out of reach, those before included.
    """
    held = _hold(change)
    if held.state != ChangeState.DRAFT:
        raise Stale(_("This change was proposed already; its draft cannot be edited any more."))
    check_reach(by, PROPOSE, held)
    for name, value in values.items():
        setattr(held, name, value)
    held.author = by or held.author
    _check_draft(held, by)
    held.save()
    record("orgchange.edited", by=by, subject=held, kind=held.kind, unit=unit_code(held))
    return held


def _check_draft(change: OrgChange, by: Any) -> None:
    if not change.reason:
        raise Refused(_("Please give the reason of the change."))
    is_group = change.unit is not None and change.unit.kind == Kind.GROUP
    if is_group and change.kind != ChangeKind.RENAME:
        raise Refused(_("The group itself can only be renamed."))
    if change.kind == ChangeKind.UPGRADE and change.unit and change.unit.parent:
        # A raised unit hangs where its parent hangs, whatever a form says.
        change.target = change.unit.parent.parent
    check_reach(by, PROPOSE, change)


def unit_code(change: OrgChange) -> str:
    """The code of what changes; a new unit has the one it is to have."""
    return change.unit.code if change.unit else str(change.payload.get("code", ""))


# --- deciding -----------------------------------------------------------------------------------


@transaction.atomic
def propose_change(change: OrgChange, *, by: Any) -> OrgChange:
    """Hand a draft in for approval. Raises Refused while a problem is unsettled, or when the
    change would let the proposer see more than before."""
    held = _hold(change)
    if held.state != ChangeState.DRAFT:
        raise Stale(_("This change was proposed already."))
    _check_decision(held, by, PROPOSE)
    held.state, held.proposed_at = ChangeState.READY, timezone.now()
    held.late_by = days_late(
        held.kind, held.effective_on, held.unit or held.target, entered_on=timezone.localdate()
    )
    held.save()
    record("orgchange.proposed", by=by, subject=held, kind=held.kind, unit=unit_code(held))
    _tell_approvers(held, by)
    return held


@transaction.atomic
def approve_change(change: OrgChange, *, by: Any, **decision: str | date | None) -> OrgChange:
    """Approve a proposed change. `decision` says whose it carries out (`DECISION`); what is not
    given stays as the draft has it.

    One whose day has come is carried out by a job that begins with the commit. Raises Refused for
    the author himself while the policy asks for a second person.
    """
    held = _hold(change)
    if held.state != ChangeState.READY:
        raise Stale(_("This change does not wait for approval."))
    if needs_somebody_else(held, by):
        raise Refused(_("A change is approved by somebody else than its author."))
    _check_decision(held, by, APPROVE)
    held.state, held.approver, held.approved_at = ChangeState.APPROVED, by, timezone.now()
    for name in DECISION & decision.keys():
        setattr(held, name, decision[name])
    held.save()
    record("orgchange.approved", by=by, subject=held, kind=held.kind, unit=unit_code(held))
    if held.effective_on <= timezone.localdate():
        enqueue(CARRY_OUT, key=f"{CARRY_OUT}:{held.pk}", by=None, payload={})
    return held


def needs_somebody_else(change: OrgChange, by: Any) -> bool:
    """Whether the policy wants another person than `by`, who wrote the change, to approve it."""
    if by is None or change.author_id != by.pk:
        return False
    # A unit that is yet to come has no policies; those of its parent bind it.
    return bool(policy("regions.change_needs_second_person", unit=change.unit or change.target))


@transaction.atomic
def cancel_change(change: OrgChange, *, by: Any, reason: str) -> OrgChange:
    """Give up a change that is not in force yet."""
    held = _hold(change)
    if not held.is_pending:
        raise Stale(_("Only a change that is not in force yet can be cancelled."))
    check_reach(by, PROPOSE, held)
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    held.state, held.end_reason = ChangeState.CANCELLED, reason.strip()
    held.save(update_fields=["state", "end_reason"])
    record("orgchange.cancelled", by=by, subject=held, unit=unit_code(held), reason=reason)
    return held


def _check_decision(change: OrgChange, by: Any, right: str) -> None:
    check_reach(by, right, change)
    preview = rehearse(change)
    if preview.problems:
        raise Refused(preview.problems[0])
    if by is not None and by.pk in preview.widened:
        refuse_wider(preview.widened[by.pk])


def refuse_wider(unit: str) -> None:
    """Raise the refusal of a change by which its own author or approver would see more."""
    sentence = _(
        "By this change you would see more of {unit} than now. Somebody else must propose and "
        "approve it."
    )
    raise Refused(sentence.format(unit=unit))


def check_reach(by: Any, right: str, change: OrgChange) -> None:
    """Raise Refused unless every unit the change names lies in the person's reach."""
    if by is None:
        return
    scope = by.scope(right)
    named = [change.unit_id, change.target_id]
    named += [int(pk) for pk in (change.payload.get("heir"),) if pk]
    wanted = {pk for pk in named if pk is not None}
    whole = Scope(scope.user_id, scope.branches)
    found = OrgUnit.objects.visible_to(whole, right).filter(pk__in=wanted)
    if not wanted or found.count() < len(wanted):
        raise Refused(_("You may only change units within your own reach."))


# --- carrying out -------------------------------------------------------------------------------


@transaction.atomic
def apply_change(change: OrgChange, *, by: Any, today: date | None = None) -> OrgChange:
    """Carry an approved change out, in one transaction. Raises Refused when it is not due or no
    longer fits; then nothing was written."""
    lock()
    held = _hold(change)
    if held.state != ChangeState.APPROVED:
        raise Stale(_("Only an approved change can be carried out."))
    if held.effective_on > (today or timezone.localdate()):
        raise Refused(_("This change takes effect on {day}.").format(day=held.effective_on))
    if by is not None:
        check_reach(by, APPROVE, held)
    if problems := [*standing_problems(held), *moving_problems(held)]:
        raise Refused(problems[0])
    was = picture()
    try:
        with transaction.atomic():
            Surgeon(held).operate()
    except (ValidationError, IntegrityError) as problem:
        raise Refused(sentences(problem)[0]) from problem
    for follow in AFTERWARDS:
        follow()
    tell_calendars(_other_hours(was, held.kind, held.unit_id, held.target_id))
    _refuse_widening(held, was, by)
    held.state, held.applied_at, held.applied_by = ChangeState.APPLIED, timezone.now(), by
    held.problem = ""
    held.save()
    record("orgchange.applied", by=by, subject=held, kind=held.kind, unit=unit_code(held))
    return held


def _refuse_widening(change: OrgChange, was: Picture, by: Any) -> None:
    """What held when it was proposed must hold when it happens: roles may have changed since."""
    decided = (change.author_id, change.approver_id, by.pk if by else None)
    people = {pk for pk in decided if pk is not None}
    if not people:
        return
    now = picture()
    for pk in was.ways:
        for user in people:
            if now.rights(pk, user) - was.rights(pk, user):
                refuse_wider(was.units[pk].name)


def apply_due(today: date | None = None) -> dict[str, list[int]]:
    """Carry out all approved changes whose day has come, by date and number.

    Each is a transaction of its own: one that no longer fits is marked with a sentence, the
    administrators are told, and the others go on. Running twice changes nothing. Returns the
    numbers of changes `applied` and `failed`.
    """
    day = today or timezone.localdate()
    due = OrgChange.objects.filter(state=ChangeState.APPROVED, effective_on__lte=day)
    done: dict[str, list[int]] = {"applied": [], "failed": []}
    for pk in list(due.order_by("effective_on", "pk").values_list("pk", flat=True)):
        try:
            apply_change(OrgChange(pk=pk), by=None, today=day)
        except Stale:
            continue
        except Refused as refusal:
            _mark_failed(pk, str(refusal))
            done["failed"].append(pk)
        else:
            done["applied"].append(pk)
    forget_old_rows(day)
    return done


@transaction.atomic
def _mark_failed(pk: int, sentence: str) -> None:
    from core.notices import notify

    change = OrgChange.objects.select_for_update(of=("self",)).get(pk=pk)
    is_new = change.problem != sentence
    change.problem = sentence
    change.save(update_fields=["problem"])
    if is_new:
        record("orgchange.failed", by=None, subject=change, unit=unit_code(change), reason=sentence)
    notify(
        _deciders(change),
        "regions.change_failed",
        key=f"orgchange:{pk}:failed:{sentence}"[:200],
        url=change.get_absolute_url(),
        number=pk,
        reason=sentence,
    )


# --- undoing ------------------------------------------------------------------------------------


@transaction.atomic
def undo_change(change: OrgChange, *, by: Any, reason: str) -> OrgChange:
    """Take a change back as if it had never been, within the days that the policy allows.

    Rows that were changed since stay as they are; `kept_rows` of what is returned counts them.
    Raises Refused when later changes or edits stand on it; the sentence says which.
    """
    lock()
    held = _hold(change)
    check_reach(by, APPROVE, held)
    if problem := undo_problem(held):
        raise Refused(problem)
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    was = picture()
    touched, both = list(held.unit_ids), (held.unit_id, held.target_id)
    if held.kind == ChangeKind.CREATE:
        held.unit = None
    if held.kind == ChangeKind.SPLIT:
        held.target = None
    held.state, held.undone_at, held.undone_by = ChangeState.UNDONE, timezone.now(), by
    held.end_reason = reason.strip()
    held.save()
    try:
        with transaction.atomic():
            UnitVersion.objects.filter(unit__in=rewritten_units(held)).delete()
            held.kept_rows = take_back(held)
            mended = mend_paths()
            _refuse_closed_parents(touched)
    except IntegrityError as error:
        sentence = _("Newer records use what this change brought. Please move them first.")
        raise Refused(sentence) from error
    # The units may hang under others that hang elsewhere by now: theirs is another branch, too.
    move_rows(with_branches([*touched, *mended]))
    for follow in AFTERWARDS:
        follow()
    tell_calendars(_other_hours(was, held.kind, *both))
    _refuse_own_gain(was, by)
    record("orgchange.undone", by=by, subject=held, unit=unit_code(held), reason=reason)
    if held.kept_rows:
        record("orgchange.rows_kept", by=by, subject=held, count=held.kept_rows)
    return held


def _refuse_closed_parents(units: list[int]) -> None:
    """Undoing hangs units where they hung; that may have been closed in the meantime."""
    back = OrgUnit.objects.active().filter(pk__in=units, parent__is_active=False)
    if name := back.values_list("parent__name", flat=True).first():
        sentence = _("{parent} is closed; nothing can hang under it.")
        raise Refused(sentence.format(parent=name))


def _other_hours(was: Picture, kind: str, *both: int | None) -> set[int]:
    """The topmost units whose rows may follow other working hours now: those that hang elsewhere,
    and the two sides between which rows went."""
    now = dict(OrgUnit.objects.values_list("pk", "path"))
    found = {pk for pk, unit in was.units.items() if pk in now and now[pk] != unit.path}
    if kind in (ChangeKind.MERGE, ChangeKind.SPLIT, ChangeKind.CLOSE):
        found |= {pk for pk in both if pk in now}
    ways = {pk: {int(step) for step in now[pk].split("/") if step} - {pk} for pk in found}
    return {pk for pk in found if not ways[pk] & found}


def _refuse_own_gain(was: Picture, by: Any) -> None:
    if by is None:
        return
    now = picture()
    for pk in was.ways.keys() & now.ways.keys():
        if now.rights(pk, by.pk) - was.rights(pk, by.pk):
            refuse_wider(was.units[pk].name)


def undo_problem(change: OrgChange) -> str:
    """Why a change cannot be undone; empty when it can."""
    if change.state != ChangeState.APPLIED or change.applied_at is None:
        return _("Only a change that is in force can be undone.")
    days = policy("regions.change_undo_days", unit=change.unit)
    last = timezone.localdate(change.applied_at) + timedelta(days=days)
    if timezone.localdate() > last:
        return _("This change could be undone until {day}.").format(day=last)
    later = OrgChange.objects.filter(
        state=ChangeState.APPLIED,
        applied_at__gt=change.applied_at,
        unit_ids__overlap=change.unit_ids,
    ).exclude(pk=change.pk)
    if other := later.order_by("-applied_at").first():
        sentence = _("Change {number} stands on this one. Please undo it first.")
        return sentence.format(number=other.pk)
    edited = UnitVersion.objects.filter(
        unit__in=rewritten_units(change), recorded_at__gt=change.applied_at
    ).select_related("unit")
    if version := edited.first():
        sentence = _("{unit} was edited after this change, which therefore stays.")
        return sentence.format(unit=version.unit.name)
    return ""


def forget_old_rows(today: date) -> int:
    """Delete the notes of changes that can no longer be undone. Returns how many."""
    days = policy("regions.change_undo_days")
    limit = today - timedelta(days=days + 400)
    old = OrgChange.objects.filter(effective_on__lt=limit, applied_at__date__lt=limit)
    return OrgChangeRow.objects.filter(change__in=old)._raw_delete("default")  # type: ignore[attr-defined]


# --- helpers ------------------------------------------------------------------------------------


def _hold(change: OrgChange) -> OrgChange:
    """The change, locked until the transaction ends."""
    # A draft may get another unit or target while we wait.
    return locked(OrgChange.objects.filter(pk=change.pk)).select_related("unit", "target").get()


def _deciders(change: OrgChange) -> list[Any]:
    """Who may approve the change: holders of the right whose branch holds its units."""
    from django.contrib.auth import get_user_model

    now = picture()
    named = [pk for pk in (change.unit_id, change.target_id) if pk in now.ways]
    people = [{one.user_id for one in now.reached(pk) if APPROVE in one.rights} for pk in named]
    keys = set.intersection(*people) if people else set()
    return list(get_user_model()._default_manager.filter(pk__in=keys))


def _tell_approvers(change: OrgChange, by: Any) -> None:
    from core.notices import notify

    people = [person for person in _deciders(change) if by is None or person.pk != by.pk]
    notify(
        people,
        "regions.change_proposed",
        key=f"orgchange:{change.pk}:proposed",
        url=change.get_absolute_url(),
        number=change.pk,
        what=str(change.get_kind_display()),
        unit=change.unit.name if change.unit else change.payload.get("name", ""),
        day=change.effective_on.isoformat(),
    )
