"""Works of contractors: the list, one work with its moves and parts, the list of contractors."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.forms.work import ContractorForm, PartForm, ReasonForm, WorkFilter, WorkForm
from complaints.models import Contractor, FileRole, SparePart, WorkOrder
from complaints.selectors.contract_works import (
    contractors_for,
    contractors_of,
    photos_of,
    total_of,
    work_in_reach,
    work_parts,
    work_rows,
)
from complaints.selectors.detail import warranty_of
from complaints.services import contract_works as verbs
from complaints.services.files import may_attach
from complaints.services.handling import may_work_on
from complaints.states import ASSIGN, HANDLE, VIEW
from complaints.views.case_work import worked_on_or_refuse
from complaints.views.common import case_crumbs, crumbs, subject_of
from complaints.views.files import attach_all
from complaints.work_states import UNFINISHED, WORK_MOVES, WorkState, work_moves_from
from core.access import requires
from core.errors import Refused, Stale
from core.htmx import page_or_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved, status_of

SEND = require_http_methods(["GET", "HEAD", "POST"])
TONES: dict[str, tuple[str, str]] = {
    WorkState.PLANNED: ("off", "calendar"),
    WorkState.UNDER_WAY: ("info", "progress"),
    WorkState.DONE: ("warn", "clipboard-check"),
    WorkState.ACCEPTED: ("ok", "circle-check"),
    WorkState.REFUSED: ("bad", "arrow-back-up"),
    WorkState.CANCELLED: ("off", "ban"),
}


def work_badge(work: WorkOrder) -> dict[str, str]:
    """Label, tone and icon of a work's state."""
    tone, icon = TONES[work.state]
    return {"label": work.get_state_display(), "tone": tone, "icon": icon}


def count_sentence(number: int, capped: bool) -> str:
    """ "1,000+ works" when there are more than are counted."""
    if capped:
        return _("{count}+ works").format(count=f"{number:,}")
    return ngettext("{count} work", "{count} works", number).format(count=f"{number:,}")


def work_crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """All cases › Contractor works › …"""
    address = reverse("complaints:works") if more else ""
    return crumbs((_("Contractor works"), address), *more)


@requires(HANDLE)
@require_safe
def work_list(request: HttpRequest) -> HttpResponse:
    """Works in reach: those not finished by their day, late ones, those of a contractor."""
    form = WorkFilter(request.GET, user=request.user)
    query = form.query()
    parts = work_parts(request.user, query)
    page = page_of(parts, query.order, work_rows, **asked_page(request))
    context = {
        "filter_form": form,
        "query": query,
        "page": page,
        "rows": [
            {"work": work, "state": work_badge(work), "warranty": warranty_of(work.case)}
            for work in page.rows
        ],
        "count": count_sentence(*count_of(parts)),
        "is_filtered": form.is_filtered(),
        "may_keep": request.user.has_perm(ASSIGN),
    }
    return page_or_rows(request, "complaints/works.html", "complaints/_works_rows.html", context)


@requires(HANDLE)
@SEND
def work_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a contractor or a crew for a case."""
    case = worked_on_or_refuse(request, pk)
    contractors = contractors_for(case.unit)
    form = WorkForm(request.POST or None, case=case, contractors=contractors)
    work = saved(
        request,
        form,
        lambda _data: verbs.plan_work(case, by=request.user, **form.facts()),
        _("The work is planned."),
    )
    if work is not None:
        return redirect(work)
    context = {
        "form": form,
        "title": _("Dispatch a crew"),
        "question": f"{case.number} {subject_of(case)}",
        "back": case.get_absolute_url(),
        "crumbs": case_crumbs(case, (_("Dispatch a crew"), "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


# --- one work -------------------------------------------------------------------------------------


def work_or_404(request: HttpRequest, pk: int) -> WorkOrder:
    """The work in reach. Foreign and missing ones look the same: 404."""
    work = work_in_reach(request.user, pk)
    if work is None:
        raise Http404("work")
    return work


def own_work_or_refuse(request: HttpRequest, pk: int) -> WorkOrder:
    """The work, for somebody who may work on its case; 403 for who only reads it."""
    work = work_or_404(request, pk)
    if not may_work_on(work.case, request.user):
        raise PermissionDenied(HANDLE)
    return work


@requires(VIEW)
@require_safe
def work_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts of one work, its parts and costs, and what may be done with it now."""
    return _detail(request, work_or_404(request, pk), PartForm())


def _detail(
    request: HttpRequest, work: WorkOrder, part_form: PartForm, status: int = 200
) -> HttpResponse:
    may_work = may_work_on(work.case, request.user)
    may_change = may_work and work.state in UNFINISHED
    context = {
        "work": work,
        "case": work.case,
        "subject": subject_of(work.case),
        "state": work_badge(work),
        "warranty": warranty_of(work.case),
        "total": total_of(work),
        "moves": list(work_moves_from(work.state)) if may_work else [],
        "may_work": may_work,
        "may_change": may_change,
        "part_form": part_form if may_change else None,
        "photos": photos_of(work),
        "roles": (FileRole.BEFORE, FileRole.AFTER),
        "may_attach": may_attach(work.case, request.user),
        "crumbs": case_crumbs(work.case, (work.title, "")),
    }
    return render(request, "complaints/work.html", context, status=status)


@requires(HANDLE)
@SEND
def work_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the plan of a work."""
    work = own_work_or_refuse(request, pk)
    contractors = contractors_for(work.unit)
    form = WorkForm(request.POST or None, instance=work, case=work.case, contractors=contractors)

    def save(data: dict[str, Any]) -> WorkOrder:
        try:
            return verbs.change_work(work, by=request.user, version=data["version"], **form.facts())
        except Stale:
            _begin_anew(form, work)
            raise

    done = saved(request, form, save, _("The work is changed."))
    if done is not None:
        return redirect(work)
    context = {
        "form": form,
        "title": _("Change the work"),
        "question": work.title,
        "back": work.get_absolute_url(),
        "crumbs": case_crumbs(
            work.case, (work.title, work.get_absolute_url()), (_("Change the work"), "")
        ),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


@requires(HANDLE)
@SEND
def work_move(request: HttpRequest, pk: int, move: str) -> HttpResponse:
    """Make a move of a work. One that needs a reason has a form; the others are one button."""
    work = own_work_or_refuse(request, pk)
    if move not in WORK_MOVES:
        raise Http404("move")
    wanted = WORK_MOVES[move]
    form = ReasonForm(request.POST or None, initial={"version": work.version})
    if not wanted.asks:
        del form.fields["reason"]
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                moved = verbs.move_work(work, move, by=request.user, **form.cleaned_data)
            except Stale as stale:
                status = 409
                _begin_anew(form, work)
                form.add_error(None, str(stale))
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _work_done(moved))
                return redirect(moved)
    context = {
        "form": form,
        "title": wanted.label,
        "question": work.title,
        "verb": wanted.label,
        "back": work.get_absolute_url(),
        "crumbs": case_crumbs(
            work.case, (work.title, work.get_absolute_url()), (str(wanted.label), "")
        ),
    }
    return render(request, "components/plain_form.html", context, status=status)


def _begin_anew(form: Any, work: WorkOrder) -> None:
    """What was typed stays, the version is the present one: who has looked may send it again."""
    now = WorkOrder.objects.filter(pk=work.pk).values_list("version", flat=True)
    form.data = form.data.copy()
    form.data["version"] = str(now.first())


def _work_done(work: WorkOrder) -> str:
    return _("{work}: it is “{state}” now.").format(work=work.title, state=work.get_state_display())


@requires(HANDLE)
@require_POST
def part_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a part that was put in."""
    work = own_work_or_refuse(request, pk)
    form = PartForm(request.POST)
    done = saved(
        request,
        form,
        lambda data: verbs.add_part(work, by=request.user, **data),
        _("The part is written down."),
    )
    if done is not None:
        return redirect(work)
    return _detail(request, work, form, 422)


@requires(HANDLE)
@require_POST
def part_remove(request: HttpRequest, pk: int, part_pk: int) -> HttpResponse:
    """Take a part out again."""
    work = own_work_or_refuse(request, pk)
    part = get_object_or_404(SparePart.objects.select_related("work"), pk=part_pk, work=work)
    try:
        verbs.remove_part(part, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(work)


@requires(VIEW)
@require_POST
def work_file_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Attach photographs of a work, before or after it; they are files of its case."""
    work = work_or_404(request, pk)
    for sentence in attach_all(request, work.case, work=work):
        messages.error(request, sentence)
    return redirect(work)


# --- contractors ----------------------------------------------------------------------------------


@requires(ASSIGN)
@require_safe
def contractor_list(request: HttpRequest) -> HttpResponse:
    """Contractors of the reader's units with what they have in hand."""
    context = {
        "contractors": contractors_of(request.user),
        "crumbs": work_crumbs((_("Contractors"), "")),
    }
    return render(request, "complaints/contractors.html", context)


@requires(ASSIGN)
@SEND
def contractor_new(request: HttpRequest) -> HttpResponse:
    """Write a contractor into the list of a unit."""
    return _contractor_form(request, None, _("New contractor"))


@requires(ASSIGN)
@SEND
def contractor_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a contractor, or say that he no longer works for us."""
    rows = Contractor.objects.visible_to(request.user, ASSIGN).select_related("unit")
    contractor = get_object_or_404(rows, pk=pk)
    return _contractor_form(request, contractor, contractor.name)


def _contractor_form(
    request: HttpRequest, contractor: Contractor | None, title: str
) -> HttpResponse:
    form = ContractorForm(request.POST or None, instance=contractor, user=request.user)

    def save(data: dict[str, Any]) -> Contractor:
        return verbs.save_contractor(contractor, by=request.user, **data)

    if saved(request, form, save, _("The contractor is saved.")) is not None:
        return redirect("complaints:contractors")
    context = {
        "form": form,
        "title": title,
        "back": reverse("complaints:contractors"),
        "crumbs": work_crumbs((_("Contractors"), reverse("complaints:contractors")), (title, "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))
