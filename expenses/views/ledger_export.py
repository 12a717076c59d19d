"""The workbook of the ledger: asked for, written by a worker, fetched by whoever asked."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.access import fresh, requires
from core.exports import pages
from expenses.ledger_book import LEDGER


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Ledger"), reverse("expenses:ledger")), (_("Export"), "")]


@fresh
@requires(LEDGER.right)
@require_POST
def export_new(request: HttpRequest) -> HttpResponse:
    """Ask for the export of the filtered list, then show its progress."""
    return pages.asking(request, LEDGER, crumbs=_crumbs())


@requires(LEDGER.right)
@require_safe
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the export is, and the file once it is written."""
    return pages.progress(request, LEDGER, pk, crumbs=_crumbs())


@requires(LEDGER.right)
@require_safe
def export_file(request: HttpRequest, pk: int) -> FileResponse:
    """The workbook, for whoever asked for it and still may export."""
    return pages.file(request, LEDGER, pk)
