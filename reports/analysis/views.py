"""Pages of the analysis of customers, their workbooks and papers."""

from io import BytesIO
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.services import record
from core.access import fresh, requires
from core.errors import Refused
from core.exports import pages
from core.pdf import NoPdf, render_pdf
from core.scope import scope_of
from regions.models import Kind, OrgUnit
from reports.analysis.base import SHOWN, Method, Question, Table, asked_url
from reports.analysis.exports import ANALYSIS, EXPORT
from reports.analysis.forms import OPTIONS, VIEW, AnalysisFilter
from reports.analysis.tables import GROUPS, METHODS
from reports.analysis.workbook import rows_in
from reports.builder.exports import check_rows


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
        "crumbs": _crumbs(str(method.title)),
        "own_only": scope_of(request.user, VIEW).own_only,
        "may_merge": key == "quality" and request.user.has_perm("customers.merge_customer"),
    }
    asked = form.question
    if asked is not None:
        tables = method.read(asked, SHOWN)
        query = urlencode(form.address())
        context |= _shown(method, asked, tables) | {
            "query": query,
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


def _crumbs(here: str) -> list[tuple[str, str]]:
    return [(_("Customer analysis"), reverse("reports:customers")), (here, "")]


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
        "is_empty": not asked.chosen
        and (not tables[-1].rows or (method.by_money and not _has_money(tables))),
        "all_url": _all_url(method, asked) if asked.chosen else "",
    }


def _all_url(method: Method, asked: Question) -> str:
    """The page without its choice of a class."""
    return asked_url(method.key, asked)


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


@fresh
@requires(EXPORT)
@require_POST
def export_new(request: HttpRequest, key: str) -> HttpResponse:
    """Ask for the workbook with all rows (the posted `filter`), then show how far it is."""
    method = _method_or_404(key)
    return pages.asking(request, ANALYSIS, crumbs=_crumbs(str(method.title)), method=key)


@requires(EXPORT)
@require_safe
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an export of the reader is."""
    return pages.progress(request, ANALYSIS, pk, crumbs=_crumbs(_("Export")))


@requires(EXPORT)
@require_safe
def export_file(request: HttpRequest, pk: int) -> FileResponse:
    """The workbook, for whoever asked for it."""
    return pages.file(request, ANALYSIS, pk)


@requires(EXPORT)
@require_safe
def customer_paper(request: HttpRequest, key: str) -> HttpResponse | FileResponse:
    """What the page shows, on paper."""
    method = _method_or_404(key)
    asked = _asked_or_404(request, method)
    tables = method.read(asked, SHOWN)
    context = _shown(method, asked, tables) | {
        "method": method,
        "group": OrgUnit.objects.filter(kind=Kind.GROUP).values_list("name", flat=True).first(),
        "printed_at": timezone.now(),
        "printed_by": request.user,
    }
    try:
        check_rows(rows_in(tables))
        pdf = render_pdf("reports/customer_analysis_paper.html", context)
    except Refused as refusal:
        status = 503 if isinstance(refusal, NoPdf) else 409
        return render(request, "409.html", {"message": str(refusal)}, status=status)
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
