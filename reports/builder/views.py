"""Pages of saved reports: the list, putting one together, its answer, taking it away."""

import json
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.services import record
from core.access import fresh, requires
from core.errors import Refused
from core.exports import pages
from core.htmx import ask, leave
from core.paging import asked_page
from core.pdf import NoPdf
from core.saving import saved, status_of
from reports.builder.book import paper_bytes
from reports.builder.chart import chart_of
from reports.builder.definitions import Definition, read
from reports.builder.drawing import drawing_of
from reports.builder.exports import REPORT, check_rows, check_taking
from reports.builder.forms import ReportForm
from reports.builder.query import MOST_GROUPS, PREVIEW, group_table, list_page, table_of
from reports.builder.registry import SUBJECTS, Subject, subjects_for
from reports.builder.services import delete_report, save_report
from reports.builder.wording import question_lines
from reports.models import ReportSchedule, SavedReport
from reports.models.saved import VIEW

BUILD = "reports.build_report"
SEND = require_http_methods(["GET", "HEAD", "POST"])
Crumbs = list[tuple[str, str]]


def crumbs(*more: tuple[str, str]) -> Crumbs:
    """Report builder › …; the last one has no address."""
    return [(_("Report builder"), reverse("reports:builder") if more else ""), *more]


def report_or_404(request: HttpRequest, pk: int) -> SavedReport:
    """A report that the reader may open."""
    report = SavedReport.objects.visible_to(request.user).select_related("owner").filter(pk=pk)
    found = report.first()
    if found is None:
        raise Http404("report")
    return found


def own_or_404(request: HttpRequest, pk: int) -> SavedReport:
    """A report of the reader's own."""
    found = SavedReport.objects.kept_by(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404("report")
    return found


@requires(VIEW)
@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """One's own reports and those of others that one may open."""
    scheduled = ReportSchedule.objects.filter(report=OuterRef("pk"), is_active=True)
    rows = SavedReport.objects.visible_to(request.user).select_related("owner")
    rows = rows.annotate(scheduled=Exists(scheduled)).order_by("name", "pk")
    found = [(row, SUBJECTS.get(row.subject)) for row in rows[:500]]
    context = {
        "mine": [pair for pair in found if pair[0].owner_id == request.user.pk],
        "shared": [pair for pair in found if pair[0].owner_id != request.user.pk],
        "may_build": request.user.has_perm(BUILD),
        "crumbs": crumbs(),
    }
    return render(request, "reports/builder/list.html", context)


# --- putting together -----------------------------------------------------------------------------


@requires(BUILD)
@SEND
def report_new(request: HttpRequest) -> HttpResponse:
    """Choose a subject, then what to ask about it."""
    offered = subjects_for(request.user)
    subject = next((one for one in offered if one.key == request.GET.get("subject")), None)
    if subject is None:
        context = {"subjects": offered, "crumbs": crumbs((_("New report"), ""))}
        return render(request, "reports/builder/subjects.html", context)
    return _edit(request, subject, None)


@requires(BUILD)
@SEND
def report_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a report of one's own; one that no longer reads begins anew with its subject."""
    report = own_or_404(request, pk)
    subject = SUBJECTS.get(report.subject)
    if subject is None or subject not in subjects_for(request.user):
        raise Http404("subject")
    return _edit(request, subject, report)


def _edit(request: HttpRequest, subject: Subject, report: SavedReport | None) -> HttpResponse:
    stored: dict[str, Any] = {}
    if report is not None:
        stored = _readable(report) | {"name": report.name, "audience": report.audience}
    form = ReportForm(request.POST or None, subject=subject, user=request.user, stored=stored)
    looking = "preview" in request.POST
    if not looking:
        done = saved(
            request,
            form,
            lambda data: save_report(
                by=request.user,
                name=data["name"],
                audience=data["audience"],
                definition=form.definition(),
                report=report,
            ),
            _("The report was saved."),
        )
        if done:
            return redirect("reports:report", done.pk)
    context = {
        "form": form,
        "subject": subject,
        "report": report,
        "crumbs": crumbs((report.name if report else _("New report"), "")),
    } | (_preview(request, form) if looking else {})
    status = 200 if looking else status_of(request)
    return render(request, "reports/builder/form.html", context, status=status)


def _readable(report: SavedReport) -> dict[str, Any]:
    try:
        read(report.definition)
    except Refused:
        return {}
    return report.definition


def _preview(request: HttpRequest, form: ReportForm) -> dict[str, Any]:
    """The first rows of what the form asks, or why there are none."""
    form.is_valid()
    try:
        if set(form.errors) - {"name"}:
            return {"refused": form.non_field_errors() or [_("Please check the fields.")]}
        asked = read(form.definition())
        if not asked.groups:
            return _shown(asked, table_of(asked, request.user, most=PREVIEW))
        # The chart is that of the report; of its table the first rows do.
        shown = _shown(asked, group_table(asked, request.user))
        table = shown["table"]
        table.cut = table.cut or len(table) > PREVIEW
        table.rows = table.rows[:PREVIEW]
        return shown
    except Refused as refusal:
        return {"refused": [str(refusal)]}
    finally:
        form.errors.pop("name", None)  # who only looks need not name it yet


@requires(BUILD)
@require_POST
def report_preview(request: HttpRequest) -> HttpResponse:
    """The first rows of a form that is being filled in."""
    offered = {one.key: one for one in subjects_for(request.user)}
    subject = offered.get(request.GET.get("subject", ""))
    if subject is None:
        raise Http404("subject")
    form = ReportForm(request.POST, subject=subject, user=request.user)
    return render(request, "reports/builder/_preview.html", _preview(request, form))


# --- the answer -----------------------------------------------------------------------------------


def _shown(asked: Definition, table: Any) -> dict[str, Any]:
    chart = chart_of(asked, table)
    return {
        "asked": asked,
        "table": table,
        "chart": chart,
        "chart_data": json.dumps(chart.as_data()) if chart and chart.series else "",
        "drawing": drawing_of(chart),
        "lines": question_lines(asked),
        "most": MOST_GROUPS,
    }


@requires(VIEW)
@require_safe
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer as far as the reader may see it, now."""
    report = report_or_404(request, pk)
    context: dict[str, Any] = {
        "report": report,
        "is_own": report.owner_id == request.user.pk and request.user.has_perm(BUILD),
        "may_build": request.user.has_perm(BUILD),
        "crumbs": crumbs((report.name, "")),
    }
    try:
        asked = read(report.definition)
        if asked.groups:
            table = group_table(asked, request.user)
        else:
            table = list_page(asked, request.user, **asked_page(request))
        context |= _shown(asked, table)
        context["may_take"] = request.user.has_perm(asked.subject.taking)
    except Refused as refusal:
        context["refused"] = [str(refusal)]
    return render(request, "reports/builder/detail.html", context)


@requires(BUILD)
@SEND
def report_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then delete a report of one's own."""
    report = own_or_404(request, pk)
    if request.method == "POST":
        delete_report(by=request.user, report=report)
        messages.success(request, _("The report was deleted."))
        return leave(request, reverse("reports:builder"))
    context = {
        "title": _("Delete the report {name}?").format(name=report.name),
        "effect": _("Its schedules end, and what was noted of its sendings goes with it."),
        "action": request.get_full_path(),
        "verb": _("Delete"),
        "danger": True,
        "cancel_url": report.get_absolute_url(),
        "crumbs": crumbs((report.name, "")),
    }
    return ask(request, context)


# --- to take away ---------------------------------------------------------------------------------


@requires(VIEW)
@require_safe
def report_paper(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The answer as a PDF file."""
    report = report_or_404(request, pk)
    try:
        asked = read(report.definition)
        check_taking(asked, request.user)
        pdf, rows = paper_bytes(asked, request.user, report.name)
        check_rows(rows)
    except Refused as refusal:
        status = 503 if isinstance(refusal, NoPdf) else 409
        return render(request, "409.html", {"message": str(refusal)}, status=status)
    record("report.exported", by=request.user, subject=report, name=report.name, rows=rows)
    return FileResponse(BytesIO(pdf), as_attachment=True, filename=f"{report.name}.pdf")


@fresh
@requires(VIEW)
@require_POST
def export_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the whole answer as a workbook, then show how far it is."""
    report = report_or_404(request, pk)
    return pages.asking(request, REPORT, crumbs=crumbs((report.name, "")), report=report.pk)


@requires(VIEW)
@require_safe
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an export of the reader is."""
    return pages.progress(request, REPORT, pk, crumbs=crumbs((_("Export"), "")))


@requires(VIEW)
@require_safe
def export_file(request: HttpRequest, pk: int) -> FileResponse:
    """The workbook, for whoever asked for it."""
    return pages.file(request, REPORT, pk)
