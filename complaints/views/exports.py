"""Exports of cases: asked for from the list, written by a worker, fetched by whoever asked."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints.exports import CASES
from complaints.views.common import crumbs
from core.access import fresh, requires
from core.exports import pages


@fresh
@requires(CASES.right)
@require_POST
def export_new(request: HttpRequest) -> HttpResponse:
    """Ask for the export of the filtered list, then show its progress."""
    return pages.asking(request, CASES, crumbs=crumbs((_("Export"), "")))


@requires(CASES.right)
@require_safe
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the export is, and the file once it is written."""
    return pages.progress(request, CASES, pk, crumbs=crumbs((_("Export"), "")))


@requires(CASES.right)
@require_safe
def export_file(request: HttpRequest, pk: int) -> FileResponse:
    """The workbook, for whoever asked for it and still may export."""
    return pages.file(request, CASES, pk)
