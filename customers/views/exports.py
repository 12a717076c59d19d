"""Exports: asked for from the list, written by a worker, fetched by whoever asked."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.access import fresh, requires
from core.exports import pages
from customers.exports import CUSTOMERS
from customers.views.common import crumbs


@fresh
@requires(CUSTOMERS.right)
@require_POST
def export_new(request: HttpRequest) -> HttpResponse:
    """Ask for the export of the filtered list, then show its progress."""
    return pages.asking(request, CUSTOMERS, crumbs=crumbs((_("Export"), "")))


@requires(CUSTOMERS.right)
@require_safe
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the export is, and the file once it is written."""
    return pages.progress(request, CUSTOMERS, pk, crumbs=crumbs((_("Export"), "")))


@requires(CUSTOMERS.right)
@require_safe
def export_file(request: HttpRequest, pk: int) -> FileResponse:
    """The workbook, for whoever asked for it and still may export."""
    return pages.file(request, CUSTOMERS, pk)
