"""The library of rules: written, approved, issued, reviewed each year (GOV-01…05, WF-07)."""

from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Approval, RequestState
from approvals.models.decisions import Decision, Verb
from approvals.ready import forms
from approvals.services.requests import attach_to_request, submit_request, write_request
from audit.services import record
from compliance.models import ReviewOutcome, RuleDocument, RuleReview, RuleVersion
from compliance.services.bulletins import publish
from core.display import listed
from core.errors import Refused
from core.locking import lock
from core.notices import notify
from regions.models import OrgUnit
from regions.policies import policy

FORM = "rule"


@transaction.atomic
def save_rule(
    *,
    by: Any,
    unit: OrgUnit,
    title: str,
    applies_to: str,
    department: str,
    interpreted_by: str,
    keeper: Any,
    next_review_on: date,
    number: str = "",
    rule: RuleDocument | None = None,
) -> RuleDocument:
    """Enter a rule document or change what stands on its cover. Raises Refused for a second one of
    the same title in a unit, for a review in the past or later than in a year, and for one that is
    out of force (GOV-01, GOV-05)."""
    row = RuleDocument() if rule is None else _held(rule)
    if row.is_retired:
        raise Refused(_("This rule is no longer in force."))
    same = RuleDocument.objects.filter(unit=unit, title=title.strip()).exclude(pk=row.pk)
    if same.exists():
        raise Refused(_("This unit has a rule of this title already."))
    _refuse_day(row, next_review_on)
    row.title, row.number, row.applies_to = title.strip(), number.strip(), applies_to.strip()
    row.department, row.interpreted_by = department.strip(), interpreted_by.strip()
    row.keeper, row.next_review_on = keeper, next_review_on
    row.place_in(unit)
    row.save()
    record("rule.saved", by=by, subject=row, title=row.title)
    return row


def _refuse_day(row: RuleDocument, next_review_on: date) -> None:
    """A day that stands already may stay: a review that is overdue, one after an early review."""
    today = timezone.localdate()
    if next_review_on == row.next_review_on:
        return
    if next_review_on < today:
        raise Refused(_("The next review lies in the past."))
    if next_review_on > _year_later(today):
        raise Refused(_("Rules are reviewed each year; please choose a day within one year."))


@transaction.atomic
def draft_version(
    rule: RuleDocument,
    *,
    by: Any,
    number: str,
    body: str,
    note: str,
    effective_on: date,
    proposed_by: str = "",
    signed_by: str = "",
    reviewer: str = "",
    approver: str = "",
    prints: int | None = None,
) -> RuleVersion:
    """Write the next version, or write the draft anew that nobody is deciding on. Raises Refused
    while it is in approval, for a number that was used, and for a rule out of force."""
    row = _held(rule)
    if row.is_retired:
        raise Refused(_("This rule is no longer in force."))
    if row.versions.filter(number=number.strip(), issued_at__isnull=False).exists():
        raise Refused(_("This rule has a version of this number already."))
    draft = row.versions.filter(issued_at=None).select_related("request").first()
    if draft is None:
        draft = RuleVersion(document=row, drafter=by)
    _refuse_pending(draft)
    draft.request = None  # what was rejected or withdrawn stays with its paper
    draft.number, draft.body, draft.note = number.strip(), body.strip(), note.strip()
    draft.effective_on, draft.prints = effective_on, prints
    draft.proposed_by, draft.signed_by = proposed_by.strip(), signed_by.strip()
    draft.reviewer, draft.approver = reviewer.strip(), approver.strip()
    draft.save()
    record("rule.drafted", by=by, subject=row, title=row.title, number=draft.number)
    return draft


def _refuse_pending(draft: RuleVersion) -> None:
    states = (RequestState.IN_APPROVAL, RequestState.SENT_BACK, RequestState.APPROVED)
    if draft.request is not None and draft.request.state in states:
        raise Refused(
            _("This version is being approved or was approved; withdraw the request to change it.")
        )


@transaction.atomic
def submit_version(version: RuleVersion, *, by: Any) -> Approval:
    """Hand a draft in on the ready form for rules, its text as a file. Raises Refused once it was
    handed in, and what the approval refuses (WF-07)."""
    draft = _held_draft(version)
    _refuse_pending(draft)
    rule = draft.document
    first = not rule.versions.filter(issued_at__isnull=False).exists()
    text = draft.body.encode()
    paper = write_request(
        form=FORM,
        title=_("{title} version {number}").format(title=rule.title, number=draft.number)[:120],
        values={
            "document": rule.title,
            "kind": _kind(first),
            "reason": draft.note,
            "starts_on": draft.effective_on.isoformat(),
        },
        by=by,
    )
    attach_to_request(paper, BytesIO(text), f"{draft.number}.txt", by=by)
    approval = submit_request(paper, by=by)
    draft.request = paper
    draft.save(update_fields=["request"])
    record("rule.submitted", by=by, subject=rule, title=rule.title, number=draft.number)
    return approval


def _kind(first: bool) -> str:
    """The word of the ready form for a new rule, or for one that is revised."""
    (field,) = (one for one in forms()[FORM].fields or () if one.key == "kind")
    return field.choices[0 if first else 1]


@transaction.atomic
def issue(version: RuleVersion, *, by: Any, must_confirm: bool = True) -> RuleVersion:
    """Issue an approved version: it is told to the unit and all below, who confirm to have read it.

    The approval says who reviewed and who approved. The first version of a rule that was decided
    before it came here names its approver instead; later ones need the approval. Raises Refused.
    """
    row = _held_draft(version)
    rule = row.document
    if row.request is not None:
        if row.request.state != RequestState.APPROVED:
            raise Refused(_("This version has not been approved yet."))
        if not row.request.files.filter(sha256=sha256(row.body.encode()).hexdigest()).exists():
            raise Refused(_("What was approved is another text than this one."))
        row.reviewer, row.approver = _deciders(row.request_id)
    elif rule.versions.filter(issued_at__isnull=False).exists() or not row.approver:
        raise Refused(_("This version has not been approved yet."))
    row.issued_at, row.issued_by = timezone.now(), by
    row.save()
    record("rule.issued", by=by, subject=rule, title=rule.title, number=row.number)
    publish(
        title=_("Rule issued: {title}, version {number}").format(
            title=rule.title, number=row.number
        )[:120],
        body=_("In force from {day}. {note}").format(day=row.effective_on, note=row.note),
        by=by,
        units=[rule.unit],
        unit=rule.unit,
        must_confirm=must_confirm,
        source=row,
    )
    return row


def _deciders(request: Any) -> tuple[str, str]:
    """Who reviewed and who approved a paper: those of earlier steps, and of the last."""
    verdicts = Decision.objects.filter(
        approval__subject_kind="approvals.request",
        approval__subject_id=request,
        verb=Verb.APPROVE,
        step__isnull=False,
    ).select_related("by", "acting_for", "step")
    by_step: dict[int, list[str]] = {}
    one: Any
    for one in verdicts.order_by("step__position", "pk"):
        who = one.acting_for or one.by
        by_step.setdefault(one.step.position, []).append(who.name if who else _("System"))
    if not by_step:
        return "", _("System")
    *before, last = sorted(by_step)
    names = [name for position in before for name in by_step[position]]
    return listed(dict.fromkeys(names))[:120], listed(dict.fromkeys(by_step[last]))[:120]


@transaction.atomic
def review(rule: RuleDocument, *, by: Any, outcome: str, note: str) -> RuleReview:
    """Record the yearly review; the next one is a year after it was due. What is taken out of force
    has no further one. Raises Refused without findings and for a rule out of force (GOV-05)."""
    row = _held(rule)
    if row.is_retired:
        raise Refused(_("This rule is no longer in force."))
    if not note.strip():
        raise Refused(_("Please write what the review found."))
    made = RuleReview.objects.create(
        document=row, due_on=row.next_review_on, outcome=outcome, note=note.strip(), by=by
    )
    today = timezone.localdate()
    due = row.next_review_on
    while due <= today:
        due = _year_later(due)
    row.next_review_on = due if due != made.due_on else _year_later(due)
    row.is_retired = outcome == ReviewOutcome.RETIRE
    row.save()
    record("rule.reviewed", by=by, subject=row, title=row.title)
    return made


def _year_later(day: date) -> date:
    return day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)


def remind() -> int:
    """Tell keepers of yearly reviews that come near, once for each. Returns how many."""
    today, told = timezone.localdate(), 0
    ahead = timedelta(days=policy("compliance.rule_review_notice"))
    near = RuleDocument.objects.filter(is_retired=False, next_review_on__lte=today + ahead)
    for row in near.exclude(Q(reminded_for=F("next_review_on"))).select_related("keeper"):
        with transaction.atomic():
            RuleDocument.objects.filter(pk=row.pk).update(reminded_for=row.next_review_on)
            told += notify(
                [row.keeper],
                "compliance.rule_review",
                key=f"rule:{row.pk}:{row.next_review_on}",
                url=row.get_absolute_url(),
                title=row.title,
                day=row.next_review_on,
            )
    return told


def _held(rule: RuleDocument) -> RuleDocument:
    return lock(RuleDocument.objects.filter(pk=rule.pk)).select_related("unit", "keeper").get()


def _held_draft(version: RuleVersion) -> RuleVersion:
    lock(RuleDocument.objects.filter(pk=version.document_id))
    rows = RuleVersion.objects.filter(pk=version.pk, issued_at=None)
    row = lock(rows).select_related("document__unit", "request").first()
    if row is None:
        raise Refused(_("This version was issued already."))
    return row
