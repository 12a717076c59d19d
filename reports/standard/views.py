"""Pages of the standard reports: which there are, one of them, taking it away, its template."""

from io import BytesIO
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.services import record
from core.access import fresh, requires
from core.display import listed
from core.errors import Refused
from core.exports import pages
from core.pdf import NoPdf
from core.saving import saved, status_of
from core.scope import scope_of
from reports.builder.query import PAGE_SECONDS
from reports.builder.views import BUILD
from reports.models import ReportTemplate
from reports.models.saved import VIEW
from reports.standard.answers import PAGE_ROWS, answer, name_of, shown, write_paper
from reports.standard.base import Question, Standard
from reports.standard.catalogue import STANDARDS
from reports.standard.commentary_views import commentary_context
from reports.standard.common import crumbs, standard_or_404
from reports.standard.exports import STANDARD
from reports.standard.forms import StandardFilter, TemplateForm
from reports.standard.template import left_out, placeholders, shipped
from reports.standard.templates import outdated, save_template, use_template

KEEP = "reports.change_reporttemplate"
SEND = require_http_methods(["GET", "HEAD", "POST"])


def _form(request: HttpRequest, standard: Standard) -> StandardFilter:
    today = timezone.localdate()
    return StandardFilter(request.GET, user=request.user, standard=standard, today=today)


@requires(VIEW)
@require_safe
def standard_list(request: HttpRequest) -> HttpResponse:
    """The reports that the rules prescribe, as far as the reader may see them."""
    context = {
        "standards": [one for one in STANDARDS.values() if one.opens_to(request.user)],
        "may_keep": request.user.has_perm(KEEP),
        "crumbs": crumbs(),
    }
    return render(request, "reports/standard/list.html", context)


@requires(VIEW)
@require_safe
def standard_report(request: HttpRequest, key: str) -> HttpResponse:
    """A report of a unit and a period."""
    standard = standard_or_404(request, key)
    form = _form(request, standard)
    context: dict[str, Any] = {
        "standard": standard,
        "form": form,
        "may_take": request.user.has_perm(standard.taking),
        "may_send": request.user.has_perm(BUILD),
        "may_keep": request.user.has_perm(KEEP),
        "own_only": scope_of(request.user, "customers.view_customer").own_only,
        "crumbs": crumbs((str(standard.title), "")),
    }
    asked = form.question
    if asked is not None:
        query = urlencode(form.address())
        context |= {
            "asked": asked,
            "query": query,
            "pdf_url": f"{reverse('reports:standard-paper', args=[key])}?{query}",
        } | _shown(standard, asked)
        if standard.written:
            context |= commentary_context(request, standard, asked)
    return render(request, "reports/standard/report.html", context)


def _shown(standard: Standard, asked: Question) -> dict[str, Any]:
    try:
        found = answer(standard, asked, seconds=PAGE_SECONDS)
    except Refused as refusal:
        return {"refused": [str(refusal)]}
    return shown(standard, asked, found, PAGE_ROWS)


# --- to take away ---------------------------------------------------------------------------------


def _asked_or_404(request: HttpRequest, standard: Standard) -> Question:
    asked = _form(request, standard).question
    if asked is None:
        raise Http404("unit")
    return asked


@requires(VIEW)
@require_safe
def standard_paper(request: HttpRequest, key: str) -> HttpResponse | FileResponse:
    """The report as a PDF file."""
    standard = standard_or_404(request, key)
    asked = _asked_or_404(request, standard)
    try:
        pdf, rows = write_paper(standard, asked)
    except Refused as refusal:
        status = 503 if isinstance(refusal, NoPdf) else 409
        return render(request, "409.html", {"message": str(refusal)}, status=status)
    record(
        "reports.standard_taken",
        by=request.user,
        subject=asked.unit,
        report=str(standard.title),
        unit=asked.unit.code,
        period=asked.period.key,
        rows=rows,
    )
    return FileResponse(
        BytesIO(pdf), as_attachment=True, filename=f"{name_of(standard, asked)}.pdf"
    )


@fresh
@requires(VIEW)
@require_POST
def export_new(request: HttpRequest, key: str) -> HttpResponse:
    """Ask for the workbook (the posted `filter`), then show how far it is."""
    standard = standard_or_404(request, key)
    trail = crumbs((str(standard.title), ""))
    if not request.user.has_perm(standard.taking):
        sentence = _("You may not take “{subject}” away as a file.")
        context = {"message": sentence.format(subject=standard.title), "crumbs": trail}
        return render(request, "409.html", context, status=409)
    return pages.asking(request, STANDARD, crumbs=trail, standard=key)


@requires(VIEW)
@require_safe
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an export of the reader is."""
    return pages.progress(request, STANDARD, pk, crumbs=crumbs((_("Export"), "")))


@requires(VIEW)
@require_safe
def export_file(request: HttpRequest, pk: int) -> FileResponse:
    """The workbook, for whoever asked for it."""
    return pages.file(request, STANDARD, pk)


# --- templates ------------------------------------------------------------------------------------


def _kept_or_404(key: str) -> Standard:
    standard = STANDARDS.get(key)
    if standard is None:
        raise Http404(key)
    return standard


@requires(KEEP)
@require_safe
def template_list(request: HttpRequest) -> HttpResponse:
    """Which template each standard report is put into."""
    rows = ReportTemplate.objects.visible_to(request.user).filter(is_current=True)
    current = {row.standard: row for row in rows.defer("content").select_related("by")}
    context = {
        "standards": [(one, current.get(one.key)) for one in STANDARDS.values()],
        "crumbs": [(_("Templates of standard reports"), "")],
    }
    return render(request, "reports/standard/templates.html", context)


@requires(KEEP)
@SEND
def template_page(request: HttpRequest, key: str) -> HttpResponse:
    """The template of a report: its placeholders, its versions, another workbook in its place."""
    standard = _kept_or_404(key)
    form = TemplateForm(request.POST or None, request.FILES or None)
    done = saved(
        request,
        form,
        lambda data: save_template(
            by=request.user,
            standard=standard,
            name=data["file"].name,
            content=data["file"].read(),
        ),
        _("The template was saved and is in use from now on."),
    )
    if done:
        parts = left_out(bytes(done.content), standard)
        if parts:
            sentence = _("It leaves out: {part}").format(part=listed(parts))
            messages.warning(request, sentence)
        return redirect("reports:standard-template", key)
    versions = ReportTemplate.objects.visible_to(request.user).filter(standard=key)
    rows = list(versions.defer("content").select_related("by").order_by("-version"))
    context = {
        "standard": standard,
        "form": form,
        "versions": rows,
        "current": next((row for row in rows if row.is_current), None),
        "outdated": outdated(standard),
        "parts": list(placeholders(standard)),
        "crumbs": [
            (_("Templates of standard reports"), reverse("reports:standard-templates")),
            (str(standard.title), ""),
        ],
    }
    return render(request, "reports/standard/template.html", context, status=status_of(request))


@requires(KEEP)
@require_safe
def template_file(request: HttpRequest, key: str, version: int) -> FileResponse:
    """A version of a template as it was sent; 0 is the shipped one."""
    standard = _kept_or_404(key)
    if version:
        rows = ReportTemplate.objects.visible_to(request.user)
        row = rows.filter(standard=key, version=version).first()
        if row is None:
            raise Http404("version")
        content, name = bytes(row.content), row.name
    else:
        content, name = shipped(standard), f"{standard.title}.xlsx"
    return FileResponse(BytesIO(content), as_attachment=True, filename=name)


@requires(KEEP)
@require_POST
def template_use(request: HttpRequest, key: str, version: int) -> HttpResponse:
    """Go back to a version, 0 is the shipped one."""
    standard = _kept_or_404(key)
    try:
        use_template(by=request.user, standard=standard, version=version)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("This template is in use from now on."))
    return redirect("reports:standard-template", key)
