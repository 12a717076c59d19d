"""The monthly summary (CMP-07): figures of a unit and those below it, down to the list of cases."""

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.exports import PERMISSION as EXPORT
from complaints.exports import age_labels, write_summary
from complaints.forms.summary import SummaryFilter
from complaints.selectors.summary import Line, Summary, month_summary, units_to_choose
from complaints.states import VIEW
from complaints.views.common import crumbs
from core.access import requires
from regions.models import Kind


def _form(request: HttpRequest) -> SummaryFilter:
    units = units_to_choose(request.user)
    return SummaryFilter(request.GET, units=units, today=timezone.localdate())


def _address(name: str, code: str, summary: Summary, **more: str) -> str:
    query = urlencode({"unit": code, "month": f"{summary.first:%Y-%m}"} | more)
    return f"{reverse(name)}?{query}"


def _row(line: Line, summary: Summary) -> dict[str, Any]:
    """A unit of the table and where its name leads: to its own summary, a project to its cases."""
    code = line.unit.present_code
    if line.is_own:
        url = _address("complaints:list", code, summary, only="on")
    elif line.unit.kind == Kind.PROJECT:
        url = _address("complaints:list", code, summary)
    else:
        url = _address("complaints:summary", code, summary)
    return {"unit": line.unit, "figures": line.figures, "is_own": line.is_own, "url": url}


@requires(VIEW)
@require_safe
def summary_page(request: HttpRequest) -> HttpResponse:
    """The month of a unit, with the units below it."""
    form = _form(request)
    context: dict[str, Any] = {
        "form": form,
        "age_labels": age_labels(),
        "crumbs": crumbs((_("Monthly summary"), "")),
        "may_export": request.user.has_perm(EXPORT),
    }
    if form.is_valid() and form.cleaned_data["unit"] is not None:
        summary = month_summary(request.user, form.cleaned_data["unit"], form.cleaned_data["month"])
        code = summary.unit.code
        context |= {
            "report": summary,
            "total": summary.total,
            "rows": [_row(line, summary) for line in summary.lines],
            "cases_url": _address("complaints:list", code, summary),
            "book_url": _address("complaints:summary-workbook", code, summary),
            "above_url": _above(form, summary),
            "parts": (
                (_("By category"), summary.by_category),
                (_("Complaints by level"), summary.by_level),
                (_("By channel"), summary.by_channel),
                (_("By cause"), summary.by_cause),
            ),
        }
    return render(request, "complaints/summary.html", context)


def _above(form: SummaryFilter, summary: Summary) -> str:
    """The summary of the unit above, where the reader reaches it."""
    above = form.units.filter(pk=summary.unit.parent_id).first()
    return _address("complaints:summary", above.code, summary) if above else ""


@requires(EXPORT)
@require_safe
def summary_workbook(request: HttpRequest) -> FileResponse:
    """The same figures as a workbook."""
    form = _form(request)
    if not form.is_valid() or form.cleaned_data["unit"] is None:
        raise Http404("summary")
    month = form.cleaned_data["month"]
    summary = month_summary(request.user, form.cleaned_data["unit"], month)
    with TemporaryDirectory() as place:
        path = Path(place) / "summary.xlsx"
        write_summary(summary, path)
        content = BytesIO(path.read_bytes())
    name = _("Complaints {unit} {month}.xlsx").format(
        unit=summary.unit.name, month=f"{month:%Y-%m}"
    )
    return FileResponse(content, as_attachment=True, filename=name)
