"""The workbook of the ledger: asked for, written by a worker, fetched by whoever asked."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.access import fresh, requires
from core.errors import Refused
from core.htmx import wants_rows
from core.models import Job, JobState
from core.notices import mark_read
from customers.exports import folder
from expenses.exports import PERMISSION, notice_key
from expenses.ledger_book import KIND, start_export

STOP_POLLING = 286


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Ledger"), reverse("expenses:ledger")), (_("Export"), "")]


@fresh
@requires(PERMISSION)
@require_POST
def export_new(request: HttpRequest) -> HttpResponse:
    """Ask for the workbook of the filtered ledger, then show its progress."""
    try:
        job = start_export(by=request.user, filter_query=request.POST.get("filter", ""))
    except Refused as refusal:
        context = {"message": str(refusal), "crumbs": _crumbs()}
        return render(request, "409.html", context, status=409)
    return redirect("expenses:ledger-export-detail", job.pk)


def _mine_or_404(request: HttpRequest, pk: int) -> Job:
    job = Job.objects.filter(pk=pk, kind=KIND, actor=request.user.pk).first()
    if job is None:
        raise Http404("export")
    return job


@requires(PERMISSION)
@require_safe
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the export is, and the file once it is written."""
    job = _mine_or_404(request, pk)
    ready = job.state == JobState.DONE and (folder() / job.payload["file"]).exists()
    shown: dict[str, Any] = {
        name: getattr(job, name) for name in ("pk", "state", "done", "total", "message")
    }
    context = {
        "job": shown | {"phase": job.phase or job.get_state_display()},
        "poll_url": request.path,
        "result_url": reverse("expenses:ledger-export-file", args=[pk]) if ready else "",
        "result_label": _("Download the workbook"),
        "crumbs": _crumbs(),
    }
    if not job.is_live:
        mark_read(request.user, keys=[notice_key(job)])
    if not wants_rows(request):
        return render(request, "expenses/ledger_export.html", context)
    status = 200 if job.is_live else STOP_POLLING
    return render(request, "components/job_progress.html", context, status=status)


@requires(PERMISSION)
@require_safe
def export_file(request: HttpRequest, pk: int) -> FileResponse:
    """The workbook, for whoever asked for it and still may export."""
    job = _mine_or_404(request, pk)
    path = folder() / job.payload["file"]
    if job.state != JobState.DONE or not path.exists():
        raise Http404("file")
    name = _("Ledger {day}.xlsx").format(day=timezone.localdate().isoformat())
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)
