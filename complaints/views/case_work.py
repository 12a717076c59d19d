"""What people write on a case beside its moves: notes, answers to the owner, cause and costs."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from complaints.forms.answers import AnswerForm
from complaints.forms.work import CauseForm, CostForm, NoteForm
from complaints.models import AnswerTemplate, Case, CaseEntry, CostLine, WorkOrder
from complaints.selectors.answers import filled, mail_address_of, templates_for
from complaints.selectors.contract_works import by_bearer, costs_of, total_of, works_of
from complaints.selectors.lists import case_in_reach
from complaints.selectors.measures import measures_of
from complaints.selectors.powers import Powers
from complaints.services import notes
from complaints.services.answers import answer_owner
from complaints.services.causes import set_cause
from complaints.services.costs import add_cost, remove_cost
from complaints.services.handling import may_work_on
from complaints.states import HANDLE, REGISTER, UNSOLVED, State
from complaints.views.common import case_crumbs, case_or_404, subject_of
from complaints.work_states import UNFINISHED
from core.access import requires
from core.errors import Refused
from core.saving import saved, status_of

SEND = require_http_methods(["GET", "HEAD", "POST"])


def work_context(request: HttpRequest, case: Case, powers: Powers) -> dict[str, Any]:
    """The parts of the page of a case that are about the work on it."""
    user: Any = request.user
    works, costs = works_of(case), costs_of(case)
    may_work = powers.may_work(case)
    return {
        "works": works,
        "works_open": any(work.state in UNFINISHED for work in works),
        "costs": costs,
        "cost_total": sum(line.amount for line in costs),
        "bearers": by_bearer(costs),
        "measures": measures_of(user, case),
        "may_work": may_work,
        "may_plan_work": may_work and case.state in UNSOLVED,
        "may_enter_cost": may_work and case.state != State.MERGED,
        "may_propose": user.has_perm(HANDLE),
        "note_form": NoteForm() if powers.reaches(case, notes.NOTE) else None,
    }


def worked_on_or_refuse(request: HttpRequest, pk: int) -> Case:
    """The case, for somebody who may work on it: 404 out of reach, 403 for who only reads it."""
    case = case_or_404(request, pk)
    if not may_work_on(case, request.user):
        raise PermissionDenied(HANDLE)
    return case


def _form_page(
    request: HttpRequest, case: Case, form: Any, title: str, **more: Any
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "question": f"{case.number} {subject_of(case)}",
        "back": case.get_absolute_url(),
        "crumbs": case_crumbs(case, (title, "")),
    }
    template = more.pop("template", "components/plain_form.html")
    return render(request, template, context | more, status=status_of(request))


# --- notes ----------------------------------------------------------------------------------------


@requires(REGISTER)
@SEND
def note_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a note for colleagues; the field stands on the page of the case."""
    case = case_in_reach(request.user, pk, notes.NOTE)
    if case is None:
        raise Http404("case")
    form = NoteForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: notes.write_note(case, by=request.user, **data),
        _("The note is saved."),
    )
    if done is not None:
        return redirect(case)
    return _form_page(request, case, form, _("Note for colleagues"))


@requires(REGISTER)
@SEND
def note_change(request: HttpRequest, pk: int, entry_pk: int) -> HttpResponse:
    """Mend one's own note while it is fresh."""
    case = case_or_404(request, pk)
    entry = get_object_or_404(CaseEntry, pk=entry_pk, case=case, kind=notes.KIND, by=request.user)
    form = NoteForm(request.POST or None, initial={"text": entry.text})
    done = saved(
        request,
        form,
        lambda data: notes.change_note(entry, by=request.user, **data),
        _("The note is saved."),
    )
    if done is not None:
        return redirect(case)
    return _form_page(request, case, form, _("Change the note"))


# --- answers --------------------------------------------------------------------------------------


@requires(HANDLE)
@SEND
def case_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the owner; with ?template= the text of a template, filled in for the case."""
    case = worked_on_or_refuse(request, pk)
    templates = templates_for(case)
    chosen = _chosen(templates, request.GET.get("template", ""))
    initial: dict[str, Any] = {}
    if chosen is not None:
        initial = {"channel": chosen.channel, "text": filled(chosen, case, timezone.now())}
    form = AnswerForm(request.POST or None, initial=initial)
    done = saved(
        request,
        form,
        lambda data: answer_owner(case, by=request.user, template=chosen, **data),
        _("The answer is in the log of the case."),
    )
    if done is not None:
        if done.facts["mailed"]:
            messages.success(request, _("The e-mail is on its way."))
        return redirect(case)
    return _form_page(
        request,
        case,
        form,
        _("Answer the owner"),
        template="complaints/answer.html",
        templates=templates,
        chosen=chosen,
        has_address=bool(mail_address_of(case)),
    )


def _chosen(templates: list[AnswerTemplate], key: str) -> AnswerTemplate | None:
    return next((one for one in templates if str(one.pk) == key), None)


# --- cause and costs ------------------------------------------------------------------------------


@requires(HANDLE)
@SEND
def case_cause(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the matter came from."""
    case = worked_on_or_refuse(request, pk)
    form = CauseForm(request.POST or None, initial={"cause": case.cause})
    done = saved(
        request,
        form,
        lambda data: set_cause(case, by=request.user, **data),
        _("The cause is saved."),
    )
    if done is not None:
        return redirect(case)
    return _form_page(request, case, form, _("Cause of the matter"))


@requires(HANDLE)
@SEND
def cost_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a cost of a case; with ?work= what that work comes to is proposed."""
    case = worked_on_or_refuse(request, pk)
    work = _work_of(case, request.GET.get("work", ""))
    initial = {"amount": total_of(work) or "", "reason": work.title} if work is not None else {}
    form = CostForm(request.POST or None, initial=initial)
    done = saved(
        request,
        form,
        lambda data: add_cost(case, by=request.user, work=work, **data),
        _("The cost is entered."),
    )
    if done is not None:
        return redirect(case)
    return _form_page(request, case, form, _("Enter a cost"))


def _work_of(case: Case, key: str) -> WorkOrder | None:
    works = WorkOrder.objects.filter(case=case).prefetch_related("parts")
    return works.filter(pk=key).first() if key.isdecimal() else None


@requires(HANDLE)
@require_POST
def cost_remove(request: HttpRequest, pk: int, cost_pk: int) -> HttpResponse:
    """Take a wrong line out."""
    case = worked_on_or_refuse(request, pk)
    line = get_object_or_404(CostLine.objects.select_related("case"), pk=cost_pk, case=case)
    try:
        remove_cost(line, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The line is taken out; the log keeps it."))
    return redirect(case)
