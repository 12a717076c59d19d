"""One approval: what is approved, where it is, what was said, and the reader's decision (W14)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from approvals.errors import Conflict
from approvals.forms.acts import DecideForm
from approvals.models import (
    REQUEST_KIND,
    Approval,
    ApprovalFile,
    ApprovalState,
    Step,
    StepState,
    Task,
    TaskState,
)
from approvals.selectors.history import history, steps_now
from approvals.selectors.powers import (
    Powers,
    definition_of,
    may,
    may_on,
    needs_step_up,
    stepdef_of,
)
from approvals.services import approve, choose_next, mark_read, reject
from approvals.services.files import most_bytes
from approvals.shown import drawing_of_approval
from approvals.subjects import SUBJECTS, Facts, FieldSpec, Subject, facts_of, hash_of
from approvals.views.acts import more_acts
from approvals.views.common import act_draft, approval_or_404, crumbs, new_draft, state_badge
from core.access import fresh_if, signed_in
from core.attachments import send
from core.drafts.page import DraftPage
from core.errors import Refused
from core.models import Draft
from regions.calendars.left import time_left

DECIDE = "decide"  # names the draft of the decision's form


@dataclass(slots=True)
class Case:
    """An approval as one reader opens it: its paper, its steps, and what he may do."""

    approval: Approval
    reader: Any
    subject: Subject | None = None
    obj: Any = None
    facts: Facts | None = None
    steps: list[Step] = field(default_factory=list)
    task: Task | None = None
    powers: Powers = field(default_factory=Powers)

    @property
    def is_unchanged(self) -> bool:
        """Whether the paper says what it said when it was submitted."""
        return (
            self.facts is not None and hash_of(self.facts.snapshot) == self.approval.snapshot_hash
        )

    @property
    def step(self) -> Step | None:
        """The step that is being decided."""
        return next((one for one in self.steps if one.state == StepState.OPEN), None)


def open_case(request: HttpRequest, pk: int) -> Case:
    """The approval in reach with all that its page needs."""
    approval = approval_or_404(request, pk)
    case = Case(approval, request.user, subject=SUBJECTS.get(approval.subject_kind))
    if case.subject is not None:
        try:
            case.obj = case.subject.object_of(approval.subject_id)
            case.facts = facts_of(approval)
        except ObjectDoesNotExist:
            case.obj = None
    case.steps = steps_now(approval)
    step = case.step
    if step is not None:
        step.approval = approval
        case.task, case.powers = _task_of(step, request.user)
    return case


def _task_of(step: Step, reader: Any) -> tuple[Task | None, Powers]:
    """The reader's open task in the step, his own before those of whom he stands in for."""
    asked: Sequence[Task] = step.asked  # type: ignore[attr-defined]
    tasks = [task for task in asked if task.state == TaskState.OPEN]
    why = Powers()
    for task in sorted(tasks, key=lambda one: one.person_id != reader.pk):
        task.step = step
        powers = may(task, reader)
        if powers.verbs:
            return task, powers
        why = powers
    return None, why


def decide_form(case: Case, data: Any = None) -> DecideForm | None:
    """The form of the reader's decision, None where he has none."""
    if case.task is None or "approve" not in case.powers.verbs:
        return None
    return DecideForm(
        data,
        task=case.task,
        reader=case.reader,
        names_next="choose_next" in case.powers.verbs,
        writable=_writable(case),
        values=case.facts.fields if case.facts else {},
        initial={"task": case.task.pk, "request_key": uuid4().hex},
    )


def _writable(case: Case) -> tuple[FieldSpec, ...]:
    if case.subject is None or case.subject.change is None or case.task is None:
        return ()
    keys = _stepdef(case).writable_fields
    return tuple(spec for spec in case.subject.fields if spec.key in keys)


def _stepdef(case: Case) -> Any:
    step: Any = case.step
    return stepdef_of(definition_of(case.approval.flow_version), step)


@signed_in
@require_safe
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; whoever got a copy has read it by opening it."""
    case = open_case(request, pk)
    mark_read(case.approval, by=request.user)
    return _page(request, case, decide_form(case))


def _page(
    request: HttpRequest,
    case: Case,
    form: DecideForm | None,
    *,
    draft: DraftPage | None = None,
    problem: str = "",
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    one, step = case.approval, case.step
    context = {
        "approval": one,
        "flow": one.flow_version.flow,
        "state": state_badge(one),
        "subject": case.subject,
        "subject_object": case.obj,
        "reader": request.user,
        "hidden_fields": _stepdef(case).hidden_fields if case.task else (),
        # A request stands here whole; its own page would only lead back.
        "url": case.facts.url if case.facts and one.subject_kind != REQUEST_KIND else "",
        "mend_url": _mend_url(case, request.user),
        "unchanged": case.is_unchanged,
        "drawing": drawing_of_approval(one, case.steps, request.user),
        "history": history(one),
        "task": case.task,
        "acting_for": case.powers.acting_for,
        "form": form,
        "draft": draft or (new_draft(one.pk, DECIDE) if form else None),
        "most_bytes": most_bytes(one),
        "opinion_only": bool(case.task) and _stepdef(case).opinion_only,
        "verbs": case.powers.verbs,
        "why_not": case.powers.why_not if step is not None else "",
        "due": _due(one, step),
        "acts": more_acts(one, case.powers.verbs | may_on(one, request.user)),
        "problem": problem,
        "typed": typed,
        "crumbs": crumbs((one.title, "")),
    }
    return render(request, "approvals/approval.html", context, status=status)


def _mend_url(case: Case, reader: Any) -> str:
    """Where the applicant mends a paper that came back; empty for everybody else."""
    one = case.approval
    if one.state != ApprovalState.SENT_BACK or one.applicant_id != reader.pk or case.obj is None:
        return ""
    return str(case.obj.get_absolute_url())


def _due(one: Approval, step: Step | None) -> Any:
    if step is None or step.due_at is None or not one.is_open:
        return None
    left = time_left(step.opened_at or one.started_at, step.due_at, timezone.now(), one.unit_id)
    return {"tone": left.tone, "text": left.text, "at": step.due_at}


def _is_weighty(request: HttpRequest, **arguments: Any) -> bool:
    """A decision about a sum for which identity is confirmed again."""
    if request.method != "POST":
        return False
    case = open_case(request, arguments["pk"])
    return case.task is not None and needs_step_up(case.task)


@fresh_if(_is_weighty)
@signed_in
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree or reject. A second click is the same act; who comes too late is told who decided."""
    case = open_case(request, pk)
    form = decide_form(case, request.POST)
    typed = request.POST.get("comment", "")
    if form is None or str(getattr(case.task, "pk", "")) != request.POST.get("task"):
        return _too_late(request, case, typed)
    draft = act_draft(request, pk, DECIDE)
    if not form.is_valid() or draft.refused:
        return _page(request, case, form, draft=draft, status=422)
    try:
        done = _act(request, case, form, draft.row)
    except Conflict as conflict:
        return _page(request, open_case(request, pk), None, problem=str(conflict), typed=typed, status=409)  # fmt: skip  # noqa: E501
    except Refused as refusal:
        form.add_error("comment" if not typed.strip() else None, str(refusal))
        return _page(request, case, form, draft=draft, status=422)
    messages.success(request, done)
    return redirect("approvals:inbox")


def _act(request: HttpRequest, case: Case, form: DecideForm, files: Draft | None) -> str:
    """Carry out the button that was pressed; the sentence for the toast."""
    task: Any = case.task
    data = form.cleaned_data
    shared: dict[str, Any] = {
        "by": request.user,
        "comment": data["comment"],
        "request_key": data["request_key"],
    }
    title = case.approval.title
    if request.POST.get("verb") == "reject":
        reject(task, files=files, **shared)
        return _("Rejected: {title}").format(title=title)
    if request.POST.get("verb") != "approve":
        raise PermissionDenied("verb")
    if data.get("next"):
        choose_next(task, to=data["next"], values=form.values() or None, files=files, **shared)
        return _("Approved and passed on to {person}: {title}").format(
            person=data["next"].name, title=title
        )
    approve(task, values=form.values() or None, files=files, **shared)
    return _("Approved: {title}").format(title=title)


def _too_late(request: HttpRequest, case: Case, typed: str) -> HttpResponse:
    """What was to be decided is decided; a repeated post of one's own is no mistake."""
    key = request.POST.get("request_key", "")
    again = case.approval.decisions.filter(request_key=key, by=request.user.pk).exists()
    if key and again:
        return redirect("approvals:inbox")
    problem = case.powers.why_not or _too_late_words(case.approval)
    return _page(request, case, None, problem=problem, typed=typed, status=409)


def _too_late_words(one: Approval) -> str:
    last = one.decisions.exclude(by=None).select_related("by").order_by("-pk").first()
    if last is None or last.by is None:
        return _("There is nothing to decide here any more.")
    return _("{person}: {verb}, {at}. Nothing is left to decide.").format(
        person=last.by.name,
        verb=last.get_verb_display(),
        at=timezone.localtime(last.at).strftime("%m-%d %H:%M"),
    )


@signed_in
@require_safe
def approval_file(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """A file that came with a comment."""
    rows = ApprovalFile.objects.visible_to(request.user).filter(approval=pk, pk=file_pk)
    file = rows.first()
    if file is None:
        raise Http404("file")
    return send(request, file)
