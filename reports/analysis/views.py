"""Pages of the analysis of customers, their workbooks and papers."""

from io import BytesIO
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.services import record
from core.access import requires
from core.pdf import NoPdf, render_pdf
from regions.models import Kind, OrgUnit
from reports.analysis.base import SHOWN, Method, Question, Table
from reports.analysis.forms import OPTIONS, VIEW, AnalysisFilter
from reports.analysis.tables import GROUPS, METHODS
from reports.analysis.workbook import workbook_of

EXPORT = "customers.export_customer"


@requires(VIEW)
@require_safe
def first_method(request: HttpRequest) -> HttpResponse:
    """The front door of the analysis."""
    return redirect("reports:customer-analysis", next(iter(METHODS)))


@requires(VIEW)
@require_safe
def customer_analysis(request: HttpRequest, key: str) -> HttpResponse:
    """A method over the purchases of a branch."""
    method = _method_or_404(key)
    form = AnalysisFilter(request.GET, user=request.user, method=method, today=_today())
    context: dict[str, Any] = {
        "form": form,
        "method": method,
        **_choices(method, _kept(form)),
        "crumbs": [(_("Customer analysis"), reverse("reports:customers")), (method.title, "")],
    }
    asked = form.question
    if asked is not None:
        tables = method.read(asked, SHOWN)
        query = urlencode(form.address())
        context |= _shown(method, asked, tables) | {
            "book_url": f"{reverse('reports:customer-workbook', args=[key])}?{query}",
            "pdf_url": f"{reverse('reports:customer-paper', args=[key])}?{query}",
            "may_export": request.user.has_perm(EXPORT),
        }
    return render(request, "reports/customer_analysis.html", context)


def _choices(method: Method, kept: str) -> dict[str, Any]:
    """The groups of methods, and the methods of the group that is open: title, address, current."""

    def url(key: str) -> str:
        return f"{reverse('reports:customer-analysis', args=[key])}?{kept}"

    mine = next(keys for _title, keys in GROUPS if method.key in keys)
    return {
        "groups": [(title, url(keys[0]), keys is mine) for title, keys in GROUPS],
        "methods": [(METHODS[key].title, url(key), key == method.key) for key in mine],
    }


def _today() -> Any:
    return timezone.localdate()


def _method_or_404(key: str) -> Method:
    if key not in METHODS:
        raise Http404(key)
    return METHODS[key]


def _kept(form: AnalysisFilter) -> str:
    """What another method is asked too."""
    return urlencode({k: v for k, v in form.address().items() if k not in OPTIONS})


def _shown(method: Method, asked: Question, tables: list[Table]) -> dict[str, Any]:
    """What page and paper show. A table as long as the page shows has more in the workbook."""
    return {
        "asked": asked,
        "sentence": method.sentence(tables) if tables[-1].rows else "",
        "tables": [
            {
                "table": table,
                "cut": len(table.rows) >= SHOWN,
                "rows": [_row(table, place) for place in range(len(table.rows))],
            }
            for table in tables
        ],
        "is_empty": not tables[-1].rows or (method.by_money and not _has_money(tables)),
    }


def _has_money(tables: list[Table]) -> bool:
    """Whether anything but nothing stands in the columns of money."""
    return any(
        row[place]
        for table in tables
        for place, column in enumerate(table.columns)
        if column.kind == "money"
        for row in table.rows
    )


def _row(table: Table, place: int) -> dict[str, Any]:
    cells = [
        {"value": value, "kind": column.kind}
        for value, column in zip(table.rows[place], table.columns, strict=True)
    ]
    bar = None
    if table.bars is not None:
        most = max((row[table.bars] or 0 for row in table.rows), default=0)
        value = table.rows[place][table.bars] or 0
        bar = f"{100 * max(value, 0) / most:.2f}" if most > 0 else "0"
    url = table.links[place] if table.links else ""
    return {"first": cells[0], "rest": cells[1:], "url": url, "bar": bar}


# --- to take away ---------------------------------------------------------------------------------


def _asked_or_404(request: HttpRequest, method: Method) -> Question:
    form = AnalysisFilter(request.GET, user=request.user, method=method, today=_today())
    asked = form.question
    if asked is None:
        raise Http404("analysis")
    return asked


@requires(EXPORT)
@require_safe
def customer_workbook(request: HttpRequest, key: str) -> FileResponse:
    """The tables with all their rows and charts."""
    method = _method_or_404(key)
    asked = _asked_or_404(request, method)
    content = BytesIO(workbook_of(method, asked, method.read(asked, None)))
    _taken(request, method, asked)
    return FileResponse(content, as_attachment=True, filename=f"{_name(method, asked)}.xlsx")


@requires(EXPORT)
@require_safe
def customer_paper(request: HttpRequest, key: str) -> HttpResponse | FileResponse:
    """What the page shows, on paper."""
    method = _method_or_404(key)
    asked = _asked_or_404(request, method)
    context = _shown(method, asked, method.read(asked, SHOWN)) | {
        "method": method,
        "group": OrgUnit.objects.filter(kind=Kind.GROUP).values_list("name", flat=True).first(),
        "printed_at": timezone.now(),
        "printed_by": request.user,
    }
    try:
        pdf = render_pdf("reports/customer_analysis_paper.html", context)
    except NoPdf as refusal:
        return render(request, "409.html", {"message": str(refusal)}, status=503)
    _taken(request, method, asked)
    return FileResponse(BytesIO(pdf), as_attachment=True, filename=f"{_name(method, asked)}.pdf")


def _taken(request: HttpRequest, method: Method, asked: Question) -> None:
    record(
        "reports.analysis_taken",
        by=request.user,
        subject=asked.unit,
        method=method.key,
        unit=asked.unit.code,
        as_of=asked.as_of.isoformat(),
    )


def _name(method: Method, asked: Question) -> str:
    return f"{method.title} {asked.unit.name} {asked.as_of.isoformat()}"
