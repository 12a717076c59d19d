"""Survey reports: the collected list, one report, its way up (SAT-04, SAT-05)."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import requires
from core.errors import Refused
from regions.models import OrgUnit
from satisfaction.forms.reports import DistributionForm, ReportFilter, ReportForm, ReviewForm
from satisfaction.models import Figure, ReportState, SurveyReport, Wave
from satisfaction.selectors.overview import Overview, Question, overview_of
from satisfaction.selectors.reports import collected, reports_to_read, targets_kept, waiting_for
from satisfaction.selectors.sight import VIEW, units_to_read, waves_to_read
from satisfaction.services import reports as verbs
from satisfaction.views.papers import pdf_answer, workbook_answer
from satisfaction.views.results import results_context
from satisfaction.wording import hidden_text, reading_text

TONES = {
    ReportState.DRAFT: ("off", "edit"),
    ReportState.HANDED_UP: ("info", "progress"),
    ReportState.RETURNED: ("warn", "arrow-back-up"),
    ReportState.REVIEWED: ("ok", "circle-check"),
    ReportState.ARCHIVED: ("off", "check"),
}


def state_badge(report: SurveyReport) -> dict[str, str]:
    """Label, tone and icon of a report's state, with the level that has it."""
    tone, icon = TONES[ReportState(report.state)]
    label = report.get_state_display()
    if report.desk is not None:
        label = _("In review at {unit}").format(unit=report.desk.name)
    return {"label": label, "tone": tone, "icon": icon}


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Survey reports"), reverse("satisfaction:reports") if more else ""), *more]


def _report_or_404(request: HttpRequest, pk: int) -> SurveyReport:
    report: SurveyReport = get_object_or_404(reports_to_read(request.user), pk=pk)
    return report


def _overview(request: HttpRequest, report: SurveyReport) -> Overview:
    kept = targets_kept(report)
    question = Question(report.wave, report.unit, Figure.MEAN, run=report.run, kept=kept)
    return overview_of(request.user, question)


@requires(VIEW)
@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """What waits for the reader's review, and the reports of a unit and those below it."""
    form = ReportFilter(request.GET, user=request.user)
    context: dict[str, Any] = {
        "form": form,
        "waiting": [
            {"report": one, "state": state_badge(one)} for one in waiting_for(request.user)
        ],
        "crumbs": _crumbs(),
    }
    if form.is_valid() and form.cleaned_data["wave"] and form.cleaned_data["unit"]:
        wave, unit = form.cleaned_data["wave"], form.cleaned_data["unit"]
        mine = OrgUnit.objects.visible_to(request.user, verbs.CHANGE)
        writable = set(mine.values_list("pk", flat=True))
        context |= {
            "wave": wave,
            "unit": unit,
            "rows": [
                {
                    "unit": one.line.unit,
                    "report": one.report,
                    "state": state_badge(one.report) if one.report else None,
                    "figure": reading_text(Figure.MEAN, one.line.reading(Figure.MEAN))
                    if not one.line.hidden
                    else "",
                    "hidden": bool(one.line.hidden),
                    "n": one.line.n,
                    "may_begin": one.may_begin and one.line.unit.pk in writable,
                }
                for one in collected(request.user, wave, unit)
            ],
        }
    return render(request, "satisfaction/reports.html", context)


@requires(verbs.CHANGE)
@require_POST
def report_new(request: HttpRequest) -> HttpResponse:
    """Begin the report of a unit about a wave."""
    wave = get_object_or_404(waves_to_read(request.user), code=request.POST.get("wave", ""))
    unit = get_object_or_404(units_to_read(request.user), code=request.POST.get("unit", ""))
    try:
        report = verbs.begin_report(wave=Wave.objects.get(pk=wave.pk), unit=unit, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse('satisfaction:reports')}?wave={wave.code}&unit={unit.code}")
    return redirect(report)


@requires(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A report with its figures; its author writes here."""
    report = _report_or_404(request, pk)
    may_write = report.is_writable and verbs.may_write(request.user, report.unit)
    form = ReportForm(request.POST or None, instance=report) if may_write else None
    status = 200
    if request.method == "POST":
        if form is None:
            raise Http404("report")
        if form.is_valid():
            try:
                verbs.write_report(report, by=request.user, **form.cleaned_data)
                if "hand_up" in request.POST:
                    verbs.hand_up(report, by=request.user)
                    messages.success(request, _("The report was handed up."))
                else:
                    messages.success(request, _("The report is saved."))
                return redirect(report)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        status = 422
    context = _detail_context(request, report, form)
    return render(request, "satisfaction/report.html", context, status=status)


def _detail_context(
    request: HttpRequest, report: SurveyReport, form: ReportForm | None
) -> dict[str, Any]:
    found = _overview(request, report)
    newer = form is not None and report.wave.run_id != report.run_id
    return results_context(found) | {
        "report": report,
        "state": state_badge(report),
        "form": form,
        "is_old": newer,
        "review": ReviewForm() if not verbs.why_no_review(report, request.user) else None,
        "distribution": _distribution(request, report),
        "steps": report.steps.select_related("unit", "by"),
        "levels": _levels(report),
        "hidden": hidden_text(found.line.hidden, found.fewest) if found.line else "",
        "crumbs": _crumbs((str(report), "")),
    }


def _distribution(request: HttpRequest, report: SurveyReport) -> DistributionForm | None:
    ready = report.state == ReportState.REVIEWED and verbs.may_write(request.user, report.unit)
    return DistributionForm() if ready else None


def _levels(report: SurveyReport) -> list[dict[str, str]]:
    """The way of a report, level by level, for the stepper."""
    steps = [{"label": report.unit.name, "state": "done"}]
    if report.is_writable:
        steps[0]["state"] = "bad" if report.state == ReportState.RETURNED else "current"
    line = report.unit.ancestor_ids()[:-1] or [report.unit_id]
    names = OrgUnit.objects.in_bulk(line)
    passed = report.state in (ReportState.REVIEWED, ReportState.ARCHIVED)
    for key in reversed(line):
        if report.desk_id == key:
            state = "current"
        elif passed or (report.desk is not None and key not in report.desk.ancestor_ids()):
            state = "done"
        else:
            state = "todo"
        steps.append({"label": names[key].name, "state": state})
    last = {ReportState.REVIEWED: "current", ReportState.ARCHIVED: "done"}
    archived = last.get(ReportState(report.state), "todo")
    steps.append({"label": _("Distributed and archived"), "state": archived})
    return steps


@requires(verbs.REVIEW)
@require_POST
def report_review(request: HttpRequest, pk: int) -> HttpResponse:
    """The level that has the report agrees or sends it back."""
    report = _report_or_404(request, pk)
    note = request.POST.get("note", "")
    try:
        if "send_back" in request.POST:
            verbs.send_back(report, by=request.user, note=note)
            messages.success(request, _("The report was sent back to its author."))
        else:
            verbs.agree(report, by=request.user, note=note)
            messages.success(request, _("You agreed with the report."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(report)


@requires(verbs.CHANGE)
@require_POST
def report_distribute(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell departments and archive the report."""
    report = _report_or_404(request, pk)
    form = DistributionForm(request.POST)
    chosen = form.cleaned_data["functions"] if form.is_valid() else []
    try:
        told = verbs.distribute(report, by=request.user, functions=chosen)
        sentence = _("The report was archived; {count} people were told.")
        messages.success(request, sentence.format(count=told))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(report)


@requires(verbs.CHANGE)
@require_POST
def report_renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the figures of the latest scoring into the report."""
    report = _report_or_404(request, pk)
    try:
        verbs.renew_figures(report, by=request.user)
        messages.success(request, _("The report has the latest figures now."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(report)


@requires(VIEW)
@require_safe
def report_pdf(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The report as a PDF file."""
    report = _report_or_404(request, pk)
    return pdf_answer(request, _overview(request, report), report)


@requires(VIEW)
@require_safe
def report_workbook(request: HttpRequest, pk: int) -> FileResponse:
    """The report as a workbook with charts."""
    report = _report_or_404(request, pk)
    return workbook_answer(request, _overview(request, report), report)
