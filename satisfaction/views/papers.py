"""Results to take away: a PDF and a workbook in one click (SAT-04)."""

from io import BytesIO
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.services import record
from core.access import requires
from core.pdf import NoPdf, render_pdf
from regions.models import Kind, OrgUnit
from satisfaction.exports import workbook_of
from satisfaction.forms.results import ResultsFilter
from satisfaction.models import SurveyReport
from satisfaction.selectors.overview import Overview, Question, overview_of
from satisfaction.selectors.sight import VIEW
from satisfaction.views.results import results_context


def _question(request: HttpRequest) -> Question:
    question = ResultsFilter(request.GET, user=request.user).question
    if question is None:
        raise Http404("results")
    return question


@requires(VIEW)
@require_safe
def results_pdf(request: HttpRequest) -> HttpResponse | FileResponse:
    """The results of a unit on paper, charts included."""
    return pdf_answer(request, overview_of(request.user, _question(request)))


@requires(VIEW)
@require_safe
def results_workbook(request: HttpRequest) -> FileResponse:
    """The results of a unit as a workbook with charts."""
    return workbook_answer(request, overview_of(request.user, _question(request)))


def pdf_answer(
    request: HttpRequest, found: Overview, report: SurveyReport | None = None
) -> HttpResponse | FileResponse:
    """An overview, with a report's words where there are any, as a PDF file."""
    context = paper_context(request, found, report)
    try:
        pdf = render_pdf("satisfaction/paper.html", context)
    except NoPdf as refusal:
        return render(request, "409.html", {"message": str(refusal)}, status=503)
    _taken(request, found)
    return FileResponse(BytesIO(pdf), as_attachment=True, filename=f"{_name(found)}.pdf")


def workbook_answer(
    request: HttpRequest, found: Overview, report: SurveyReport | None = None
) -> FileResponse:
    """The same as a workbook."""
    content = BytesIO(workbook_of(found, report))
    _taken(request, found)
    return FileResponse(content, as_attachment=True, filename=f"{_name(found)}.xlsx")


def _taken(request: HttpRequest, found: Overview) -> None:
    question = found.question
    record(
        "satisfaction.results_taken",
        by=request.user,
        subject=question.wave,
        code=question.wave.code,
        unit=question.unit.code,
    )


def _name(found: Overview) -> str:
    return _("Satisfaction {unit} {wave}").format(
        unit=found.question.unit.name, wave=found.question.wave.code
    )


def paper_context(
    request: HttpRequest, found: Overview, report: SurveyReport | None = None
) -> dict[str, Any]:
    """What stands on the paper."""
    return results_context(found) | {
        "report": report,
        "steps": report.steps.select_related("unit", "by") if report else [],
        "group": OrgUnit.objects.filter(kind=Kind.GROUP).values_list("name", flat=True).first(),
        "printed_at": timezone.now(),
        "printed_by": request.user,
    }
